using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Testing;

/// <summary>A case of a test file.</summary>
/// <param name="Name">What its event or events show.</param>
/// <param name="Rule">Id or name of the rule or correlation, where the rule file holds several; else null.</param>
/// <param name="Line">Line of the test file where the case begins, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
public abstract record RuleTestCase(string Name, string? Rule, int Line, int Column);

/// <summary>One event and what a rule must say of it.</summary>
/// <param name="Name">What its event or events show.</param>
/// <param name="Fields">The event's fields under Sigma's names.</param>
/// <param name="Match">Whether the rule must match.</param>
/// <param name="Rule">Id or name of the rule or correlation, where the rule file holds several; else null.</param>
/// <param name="Line">Line of the test file where the case begins, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
public sealed record EventTestCase(string Name, IReadOnlyDictionary<string, FieldValue> Fields, bool Match, string? Rule, int Line, int Column)
    : RuleTestCase(Name, Rule, Line, Column)
{
    /// <summary>The event as rules of a log source see it.</summary>
    public SigmaEvent EventOf(LogSource logSource) => EventOf([logSource], Fields);

    /// <summary>An event as rules of several log sources see it.</summary>
    internal static SigmaEvent EventOf(LogSourceSet logSources, IReadOnlyDictionary<string, FieldValue> fields) =>
        new([new EventView(logSources, fields)], [.. fields.Values]);
}

/// <summary>A stream of events and what a correlation must detect in it.</summary>
/// <param name="Name">What its event or events show.</param>
/// <param name="Events">The events, in the order in which they are written.</param>
/// <param name="Expected">What must be detected.</param>
/// <param name="Rule">Id or name of the rule or correlation, where the rule file holds several; else null.</param>
/// <param name="Line">Line of the test file where the case begins, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
public sealed record StreamTestCase(string Name, ImmutableArray<StreamEvent> Events, ExpectedDetections Expected, string? Rule, int Line, int Column)
    : RuleTestCase(Name, Rule, Line, Column);

/// <summary>An event of a stream.</summary>
/// <param name="Ticks">When it is, since the stream's begin, in ticks of 100 ns.</param>
/// <param name="Fields">Its fields under Sigma's names.</param>
public sealed record StreamEvent(long Ticks, IReadOnlyDictionary<string, FieldValue> Fields);

/// <summary>What must be detected in a stream: something, a number of detections, or these and no others.</summary>
/// <param name="Count">How many detections there must be; null for any number but none.</param>
/// <param name="Each">What each must be; empty where that is left open.</param>
public sealed record ExpectedDetections(int? Count, ImmutableArray<ExpectedDetection> Each);

/// <summary>What a detection must be; what is null is left open.</summary>
/// <param name="Group">Texts of its group by the names of <c>group-by</c>; those that are not named are left open.</param>
/// <param name="Value">The value of its window.</param>
/// <param name="First">Time of its first event, since the stream's begin, in ticks.</param>
/// <param name="Last">Time of its last event, since the stream's begin, in ticks.</param>
/// <param name="Events">Number of its events.</param>
public sealed record ExpectedDetection(ImmutableSortedDictionary<string, string> Group, Rational? Value, long? First, long? Last, int? Events);
