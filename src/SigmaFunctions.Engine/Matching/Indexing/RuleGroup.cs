using SigmaFunctions.Engine.Logic;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>
/// All rules that state one log source, compiled for matching. Predicates, fields, rules and nodes are numbered from 0 within the group.
/// A rule is evaluated only when its <em>witness</em> was seen: predicates of which one must hold for the rule to match, chosen to be
/// rare. Immutable.
/// </summary>
internal sealed class RuleGroup
{
    /// <summary>For each rule its index in the rule set; ascending.</summary>
    public required int[] Rules { get; init; }

    /// <summary>For each rule the node that is its condition.</summary>
    public required NodeId[] Conditions { get; init; }

    /// <summary>The nodes of all conditions.</summary>
    public required ConditionNode[] Nodes { get; init; }

    /// <summary>The operands of the nodes.</summary>
    public required Operand[] Operands { get; init; }

    /// <summary>The predicates.</summary>
    public required CompiledTest[] Tests { get; init; }

    /// <summary>For each predicate whether an index decides it.</summary>
    public required bool[] IsIndexed { get; init; }

    /// <summary>The rules that a predicate is the witness of.</summary>
    public required WakeTable Wakes { get; init; }

    /// <summary>The fields.</summary>
    public required FieldIndex[] Fields { get; init; }

    /// <summary>The rules that have no witness and are evaluated on every event.</summary>
    public required GroupRuleId[] AlwaysEvaluated { get; init; }

    /// <summary>Names of the fields, without the own values.</summary>
    public IEnumerable<string> FieldNames => Fields.Select(index => index.Field).OfType<string>();

    /// <summary>Whether a rule has keywords.</summary>
    public bool HasKeywords => Fields.Any(index => index.Field is null);

    /// <summary>The predicates that look at the event's own values.</summary>
    public IEnumerable<Predicate> Keywords => Tests.Where(test => Fields[test.Field.Index].Field is null).Select(test => test.Predicate);
}
