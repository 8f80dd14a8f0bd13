using System.Collections.Immutable;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>An event that a detection of a correlation is made of.</summary>
/// <param name="Place">The event's place.</param>
/// <param name="Rule">The id of the rule or inner correlation.</param>
/// <param name="Time">Its time, in ticks.</param>
public readonly record struct CorrelatedEvent(int Place, string Rule, long Time);

/// <summary>What a correlation detected.</summary>
/// <param name="Correlation">The correlation.</param>
/// <param name="Group">The texts of the completing match for each entry of <c>group-by</c>.</param>
/// <param name="Value">The window's value.</param>
/// <param name="First">Time of the window's first match, in ticks.</param>
/// <param name="Last">Time of the completing match, in ticks.</param>
/// <param name="Place">The completing event's place.</param>
/// <param name="Events">The window's events, by time and place; of more than <see cref="MaxEvents"/> the first and the last half of them.</param>
/// <param name="EventCount">How many they are.</param>
public sealed record CorrelationDetection(
    CompiledCorrelation Correlation,
    ImmutableArray<string> Group,
    Rational Value,
    long First,
    long Last,
    int Place,
    ImmutableArray<CorrelatedEvent> Events,
    int EventCount)
{
    /// <summary>Most events that are told.</summary>
    public const int MaxEvents = 100;
}
