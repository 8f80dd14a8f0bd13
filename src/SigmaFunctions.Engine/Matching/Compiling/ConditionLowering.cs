using System.Collections.Immutable;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>
/// Brings conditions into a form without negations but those of single predicates, puts what decides with the least effort first, and
/// chooses each rule's witness.
/// </summary>
internal sealed class ConditionLowering
{
    // More operands stay where they are, since each condition that takes them over has a copy.
    private const int MaxMerged = 64;
    private const double NodeEffort = 2;

    private readonly NumberedPredicates _predicates;
    private readonly List<LoweredNode> _nodes = [];
    private readonly List<NodeId> _operands = [];
    private readonly Dictionary<(CompiledIdentifier, bool), Lowered> _identifiers = [];

    // By node, the operands that a node of its kind takes over.
    private readonly Dictionary<NodeId, List<Lowered>> _merged = [];

    private ConditionLowering(NumberedPredicates predicates) => _predicates = predicates;

    /// <summary>Lowers the conditions of a group's rules.</summary>
    /// <param name="conditions">The conditions, by rule.</param>
    /// <param name="predicates">Their predicates.</param>
    public static LoweredConditions Lower(IReadOnlyList<Expression> conditions, NumberedPredicates predicates)
    {
        var pass = new ConditionLowering(predicates);
        var roots = new NodeId[conditions.Count];
        var signals = new List<RuleSignal>();
        var always = new List<GroupRuleId>();
        for (int i = 0; i < roots.Length; i++)
        {
            var rule = new GroupRuleId(i);
            Lowered lowered = pass.Lower(conditions[i], negated: false);
            roots[i] = lowered.Node;
            if (lowered.Witness is null)
            {
                always.Add(rule);
                continue;
            }

            foreach (Signal signal in lowered.Witness.Signals)
            {
                signals.Add(new RuleSignal(rule, signal));
            }
        }

        return new LoweredConditions { Roots = roots, Nodes = pass._nodes, Operands = pass._operands, Signals = signals, AlwaysEvaluated = always };
    }

    private Lowered Lower(Expression expression, bool negated)
    {
        switch (expression)
        {
            case PredicateExpression { Predicate: var predicate }:
                return LowerTest(_predicates[predicate], negated);
            case NotExpression not:
                return Lower(not.Operand, !negated);
            case IdentifierExpression { Identifier: var identifier }:
                if (!_identifiers.TryGetValue((identifier, negated), out Lowered? lowered))
                {
                    _identifiers.Add((identifier, negated), lowered = Lower(identifier.Expression, negated));
                }

                return lowered;
            case AndExpression and:
                return Combine(negated ? NodeKind.Or : NodeKind.And, and.Operands, negated);
            case OrExpression or:
                return Combine(negated ? NodeKind.And : NodeKind.Or, or.Operands, negated);
            default:
                throw new ArgumentOutOfRangeException(nameof(expression));
        }
    }

    private Lowered LowerTest(NumberedPredicate numbered, bool negated)
    {
        TestShape shape = numbered.Shape;
        Witness? witness;
        if (negated)
        {
            // The opposite of "absent or null" and of "absent" needs the field; the opposite of anything else may hold without it.
            witness = numbered.Predicate is NullPredicate or ExistsPredicate { Expected: false }
                ? new Witness([new Signal(SignalKind.Present, numbered.Id)], LiteralRarity.Always)
                : null;
        }
        else
        {
            witness = shape.Signals.IsEmpty ? null : new Witness(shape.Signals, shape.Cost);
        }

        double likelihood = Bounded(negated ? 1 - shape.Likelihood : shape.Likelihood);
        NodeId node = Add(new LoweredNode(negated ? NodeKind.NotTest : NodeKind.Test, numbered.Id.Index, 0));
        return new Lowered(node, witness, likelihood, shape.Effort);
    }

    private Lowered Combine(NodeKind kind, ImmutableArray<Expression> parts, bool negated)
    {
        // A condition may name an identifier a hundred thousand times.
        var nodes = new HashSet<NodeId>();
        var operands = new List<Lowered>();
        foreach (Expression part in parts)
        {
            Lowered operand = Lower(part, negated);
            if (nodes.Add(operand.Node))
            {
                operands.Add(operand);
            }
        }

        if (operands is [var only])
        {
            return only;
        }

        // An operand of the same kind has its own operands taken over. What decides with the least effort comes first.
        var ordered = new List<Lowered>(operands.Count);
        foreach (Lowered operand in operands)
        {
            if (_nodes[operand.Node.Index].Kind != kind || !_merged.TryGetValue(operand.Node, out List<Lowered>? own))
            {
                ordered.Add(operand);
            }
            else
            {
                foreach (Lowered inner in own)
                {
                    if (nodes.Add(inner.Node))
                    {
                        ordered.Add(inner);
                    }
                }
            }
        }

        ordered.Sort((left, right) =>
            left.RankIn(kind).CompareTo(right.RankIn(kind)) is var order and not 0 ? order : left.Node.Index.CompareTo(right.Node.Index));
        double effort = 0;
        double undecided = 1;
        int first = _operands.Count;
        foreach (Lowered operand in ordered)
        {
            effort += undecided * operand.Effort;
            undecided *= kind == NodeKind.And ? operand.Likelihood : 1 - operand.Likelihood;
            _operands.Add(operand.Node);
        }

        var combined = new Lowered(
            Add(new LoweredNode(kind, first, ordered.Count)),
            kind == NodeKind.And ? Witness.Rarest(operands.Select(operand => operand.Witness)) : Witness.Union(operands.ConvertAll(operand => operand.Witness)),
            Bounded(kind == NodeKind.And ? undecided : 1 - undecided),
            effort + NodeEffort);
        if (ordered.Count <= MaxMerged)
        {
            _merged.Add(combined.Node, ordered);
        }

        return combined;
    }

    private static double Bounded(double likelihood) => Math.Clamp(likelihood, 0.0001, 0.9999);

    private NodeId Add(LoweredNode node)
    {
        _nodes.Add(node);
        return new NodeId(_nodes.Count - 1);
    }

    /// <summary>A condition as nodes.</summary>
    /// <param name="Node">Its root.</param>
    /// <param name="Witness">Its witness; null if it has none.</param>
    /// <param name="Likelihood">Estimate of how often it holds.</param>
    /// <param name="Effort">Estimate of what it takes to tell, in nanoseconds.</param>
    private sealed record Lowered(NodeId Node, Witness? Witness, double Likelihood, double Effort)
    {
        /// <summary>Where it belongs among the operands of a node: the less effort for deciding it, the lower.</summary>
        public double RankIn(NodeKind kind) => Effort / (kind == NodeKind.And ? 1 - Likelihood : Likelihood);
    }
}
