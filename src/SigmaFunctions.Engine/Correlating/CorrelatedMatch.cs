namespace SigmaFunctions.Engine.Correlating;

/// <summary>A match of a rule that correlations look at.</summary>
/// <param name="Rule">Its rule's place among those of the set.</param>
/// <param name="Place">Its event's place among all, in the order of their identity.</param>
/// <param name="Time">When its event was, in ticks of 100 ns, UTC.</param>
/// <param name="Values">The values of the fields that <see cref="CorrelationPlan.FieldsOf"/> tells, as the matcher captured them.</param>
public readonly record struct CorrelatedMatch(int Rule, int Place, long Time, ReadOnlyMemory<byte> Values);
