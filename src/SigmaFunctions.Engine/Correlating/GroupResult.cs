using System.Collections.Immutable;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>A time at which matches take part, and what the correlation comes to there.</summary>
/// <param name="Time">The time, in ticks.</param>
/// <param name="Value">The value of the window that ends there.</param>
/// <param name="Holds">Whether the condition is true of it.</param>
/// <param name="First">Where the window's matches begin in the matches that take part.</param>
/// <param name="End">Behind the last of them.</param>
public readonly record struct CorrelationInstant(long Time, Rational Value, bool Holds, int First, int End);

/// <summary>What a correlation detects in one group.</summary>
/// <param name="Matches">The matches that take part, by time, event and rule; of the types that count events or values one for each event.</param>
/// <param name="Instants">Every time at which one of them is.</param>
/// <param name="Firings">The instants at which it fires.</param>
public sealed record GroupResult(
    ImmutableArray<GroupMatch> Matches, ImmutableArray<CorrelationInstant> Instants, ImmutableArray<CorrelationInstant> Firings);
