using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Testing;

/// <summary>One event and what a rule must say of it.</summary>
/// <param name="Name">What the event shows.</param>
/// <param name="Fields">The event's fields under Sigma's names.</param>
/// <param name="Match">Whether the rule must match.</param>
/// <param name="Rule">Id of the rule, where the rule file holds several; else null.</param>
/// <param name="Line">Line of the test file where the case begins, from 1.</param>
/// <param name="Column">Its column, from 1.</param>
public sealed record RuleTestCase(string Name, IReadOnlyDictionary<string, FieldValue> Fields, bool Match, string? Rule, int Line, int Column)
{
    /// <summary>The event as rules of a log source see it.</summary>
    public SigmaEvent EventOf(LogSource logSource) => new([new EventView([logSource], Fields)], [.. Fields.Values]);
}
