using System.Collections.Immutable;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>Compiles the rules of one log source, pass by pass.</summary>
/// <remarks>
/// The first event of a log source waits for this, in a process that has compiled little of its code: operands, signs and
/// literals are objects and go through loops, since queries over structures have to be compiled for each structure.
/// </remarks>
internal static class RuleGroupCompiler
{
    /// <summary>Compiles rules.</summary>
    /// <param name="all">The rules of a rule set.</param>
    /// <param name="indices">Which of them, ascending.</param>
    public static RuleGroup Compile(ImmutableArray<CompiledRule> all, IReadOnlyList<int> indices)
    {
        var conditions = new List<Expression>(indices.Count);
        foreach (int index in indices)
        {
            conditions.Add(all[index].Expression);
        }

        NumberedPredicates predicates = PredicateNumbering.Number(conditions);
        LoweredConditions lowered = ConditionLowering.Lower(conditions, predicates);
        bool[] isIndexed = IndexChoice.Choose(predicates, lowered.Signals);
        (ConditionNode[] nodes, Operand[] operands) = OperandPlacement.Place(lowered, isIndexed);
        return new RuleGroup
        {
            Rules = [.. indices],
            Conditions = lowered.Roots,
            Nodes = nodes,
            Operands = operands,
            IsIndexed = isIndexed,
            Tests = TestBuilding.Build(predicates, isIndexed),
            Wakes = WakeBuilding.Build(predicates, lowered.Signals),
            Fields = FieldIndexing.Build(predicates, isIndexed, lowered.Signals),
            AlwaysEvaluated = [.. lowered.AlwaysEvaluated],
        };
    }
}
