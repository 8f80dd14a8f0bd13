using System.Collections.Immutable;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>A match of one of a correlation's rules in one of its groups.</summary>
/// <param name="Time">When it was, in ticks of 100 ns, UTC.</param>
/// <param name="Event">Which event it is of: the event's place among all in the order of their identity.</param>
/// <param name="Rule">Its rule's place among those of the correlation.</param>
/// <param name="Source">What it was made of, for whoever made it; of two that are the same match the lower counts.</param>
/// <param name="Values">Distinct values that are counted, each by a number of its own; empty where none are.</param>
/// <param name="Numbers">Numbers that are summed or ranked; empty where none are.</param>
public readonly record struct GroupMatch(
    long Time, int Event, int Rule, int Source, ImmutableArray<int> Values, ImmutableArray<Rational> Numbers);
