using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Testing;

/// <summary>What a correlation made of a stream. Times are ticks of 100 ns since the stream's begin.</summary>
/// <param name="Correlation">The correlation.</param>
/// <param name="Passed">Whether it detected what is expected.</param>
/// <param name="Missing">What is expected and was not detected.</param>
/// <param name="Detected">What it detected, by time and group.</param>
/// <param name="Reached">Groups in which it detected nothing and came nearest to it, the nearest first, at most <see cref="MaxReached"/>.</param>
/// <param name="Matches">How many events matched each of the rules that it looks at.</param>
/// <param name="Lacking">Fields that matches of its rules lack, so that they took no part.</param>
public sealed record StreamVerdict(
    CompiledCorrelation Correlation,
    bool Passed,
    ImmutableArray<ExpectedDetection> Missing,
    ImmutableArray<StreamDetection> Detected,
    ImmutableArray<ReachedValue> Reached,
    ImmutableArray<MatchedRule> Matches,
    ImmutableArray<LackingField> Lacking)
{
    /// <summary>Most groups that are told of.</summary>
    public const int MaxReached = 3;
}

/// <summary>A detection in a stream.</summary>
/// <param name="Group">Texts of its group, in the order of <c>group-by</c>.</param>
/// <param name="Value">The value of its window.</param>
/// <param name="First">Time of its first event.</param>
/// <param name="Last">Time of its last event.</param>
/// <param name="Events">Number of its events.</param>
public sealed record StreamDetection(ImmutableArray<string> Group, Rational Value, long First, long Last, int Events);

/// <summary>How near a group came.</summary>
/// <param name="Group">Texts of the group, in the order of <c>group-by</c>.</param>
/// <param name="Value">The value of the window that came nearest.</param>
/// <param name="Last">When that window ends.</param>
public sealed record ReachedValue(ImmutableArray<string> Group, Rational Value, long Last);

/// <summary>How many events matched a rule.</summary>
/// <param name="Rule">Name of the rule, or its id where it has none.</param>
/// <param name="Events">How many.</param>
public sealed record MatchedRule(string Rule, int Events);

/// <summary>A field that matches of a rule lack.</summary>
/// <param name="Rule">Name of the rule, or its id where it has none.</param>
/// <param name="Field">The field.</param>
/// <param name="Events">How many lack it.</param>
public sealed record LackingField(string Rule, string Field, int Events);
