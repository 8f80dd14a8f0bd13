using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>A node of a condition from which every negation but those of single predicates is gone.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="First">Place of the first operand; of a test, its predicate (<see cref="Predicate"/>).</param>
/// <param name="Count">Number of operands.</param>
internal readonly record struct LoweredNode(NodeKind Kind, int First, int Count)
{
    /// <summary>The predicate of a <see cref="NodeKind.Test"/> or <see cref="NodeKind.NotTest"/>.</summary>
    public PredicateId Predicate => new(First);
}

/// <summary>Conditions as nodes, and what wakes their rules.</summary>
internal sealed class LoweredConditions
{
    /// <summary>For each rule the node that is its condition.</summary>
    public required NodeId[] Roots { get; init; }

    /// <summary>The nodes of all conditions; operands come before what they are operands of.</summary>
    public required IReadOnlyList<LoweredNode> Nodes { get; init; }

    /// <summary>The operands of the nodes, those that decide with the least effort first.</summary>
    public required IReadOnlyList<NodeId> Operands { get; init; }

    /// <summary>The signs that rules are woken by.</summary>
    public required IReadOnlyList<RuleSignal> Signals { get; init; }

    /// <summary>The rules that hold on events which show no sign of it.</summary>
    public required IReadOnlyList<GroupRuleId> AlwaysEvaluated { get; init; }
}
