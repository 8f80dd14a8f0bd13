using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>A match of a rule that correlations look at.</summary>
/// <param name="Rule">The rule's id.</param>
/// <param name="Time">When its event was, in ticks of 100 ns, UTC.</param>
/// <param name="Place">The event's place among all, in the order of their identity.</param>
/// <param name="Fields">The fields that correlations ask for, by their names.</param>
internal sealed record CorrelationInput(string Rule, long Time, int Place, IReadOnlyDictionary<string, FieldValue> Fields);
