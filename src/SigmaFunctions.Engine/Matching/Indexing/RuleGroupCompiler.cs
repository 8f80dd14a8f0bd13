using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>
/// Compiles the rules of one log source, in these passes: number the predicates and fields; bring each condition into a form without
/// negations and choose its witness; decide for each predicate whether an index answers it; build the indexes.
/// </summary>
/// <remarks>
/// The first event of a log source waits for this, in a process that has compiled little of its code: operands, signs and
/// literals are objects and go through loops, since queries over structures have to be compiled for each structure.
/// </remarks>
internal sealed class RuleGroupCompiler
{
    // More operands stay where they are, since each condition that takes them over has a copy.
    private const int MaxMerged = 64;
    private const double NodeEffort = 2;

    private readonly Dictionary<Predicate, int> _ids = new(ReferenceEqualityComparer.Instance);
    private readonly List<Predicate> _predicates = [];
    private readonly List<TestShape> _shapes = [];
    private readonly List<(int Slot, int OtherSlot)> _slots = [];
    private readonly Dictionary<string, int> _fields = new(StringComparer.Ordinal);
    private readonly List<string?> _fieldNames = [];
    private readonly List<ConditionNode> _nodes = [];
    private readonly List<int> _operands = [];
    private readonly Dictionary<(CompiledIdentifier, bool), Lowered> _identifiers = [];

    // By node, the operands that a node of its kind takes over.
    private readonly Dictionary<int, List<Lowered>> _merged = [];
    private int _ownValues = -1;

    private RuleGroupCompiler()
    {
    }

    /// <summary>Compiles rules.</summary>
    /// <param name="all">The rules of a rule set.</param>
    /// <param name="indices">Which of them, ascending.</param>
    public static RuleGroup Compile(ImmutableArray<CompiledRule> all, IReadOnlyList<int> indices) => new RuleGroupCompiler().CompileAll(all, indices);

    private RuleGroup CompileAll(ImmutableArray<CompiledRule> all, IReadOnlyList<int> indices)
    {
        int[] conditions = new int[indices.Count];
        var signals = new List<RuleSignal>();
        var always = new List<int>();
        for (int rule = 0; rule < conditions.Length; rule++)
        {
            Lowered lowered = Lower(all[indices[rule]].Expression, negated: false);
            conditions[rule] = lowered.Node;
            if (lowered.Witness is { } witness)
            {
                foreach (Signal signal in witness.Signals)
                {
                    signals.Add(new RuleSignal(rule, signal));
                }
            }
            else
            {
                always.Add(rule);
            }
        }

        bool[] isIndexed = DecideIndexed(signals);
        InlineIndexed(isIndexed);
        (int[]? wokenStart, int[]? woken) = Wakes(signals);
        return new RuleGroup
        {
            Rules = [.. indices],
            Conditions = conditions,
            Nodes = [.. _nodes],
            Operands = [.. _operands],
            IsIndexed = isIndexed,
            Tests = [.. _predicates.Select((_, id) => TestOf(id, isIndexed[id]))],
            WokenStart = wokenStart,
            Woken = woken,
            Fields = BuildFields(signals, isIndexed),
            AlwaysEvaluated = [.. always],
        };
    }

    private int IdOf(Predicate predicate)
    {
        if (_ids.TryGetValue(predicate, out int known))
        {
            return known;
        }

        int id = _predicates.Count;
        _ids.Add(predicate, id);
        _predicates.Add(predicate);
        _shapes.Add(TestShape.Of(predicate, id));
        _slots.Add((SlotOf(predicate.Field), predicate is FieldReferencePredicate reference ? SlotOf(reference.Other) : -1));
        return id;
    }

    private int SlotOf(string? field)
    {
        if (field is null)
        {
            if (_ownValues < 0)
            {
                _ownValues = _fieldNames.Count;
                _fieldNames.Add(null);
            }

            return _ownValues;
        }

        if (!_fields.TryGetValue(field, out int slot))
        {
            slot = _fieldNames.Count;
            _fields.Add(field, slot);
            _fieldNames.Add(field);
        }

        return slot;
    }

    private Lowered Lower(Expression expression, bool negated)
    {
        switch (expression)
        {
            case PredicateExpression { Predicate: var predicate }:
                return LowerTest(predicate, negated);
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

    private Lowered LowerTest(Predicate predicate, bool negated)
    {
        int id = IdOf(predicate);
        TestShape shape = _shapes[id];
        Witness? witness;
        if (negated)
        {
            // The opposite of "absent or null" and of "absent" needs the field; the opposite of anything else may hold without it.
            witness = predicate is NullPredicate or ExistsPredicate { Expected: false } ? new Witness([new Signal(SignalKind.Present, id)], LiteralRarity.Always) : null;
        }
        else
        {
            witness = shape.Signals.IsEmpty ? null : new Witness(shape.Signals, shape.Cost);
        }

        double likelihood = Bounded(negated ? 1 - shape.Likelihood : shape.Likelihood);
        return new Lowered(Add(new ConditionNode(negated ? NodeKind.NotTest : NodeKind.Test, id, 0)), witness, likelihood, shape.Effort);
    }

    private Lowered Combine(NodeKind kind, ImmutableArray<Expression> parts, bool negated)
    {
        // A condition may name an identifier a hundred thousand times.
        var nodes = new HashSet<int>();
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
            if (_nodes[operand.Node].Kind != kind || !_merged.TryGetValue(operand.Node, out List<Lowered>? own))
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

        ordered.Sort((left, right) => left.RankIn(kind).CompareTo(right.RankIn(kind)) is var order and not 0 ? order : left.Node.CompareTo(right.Node));
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
            Add(new ConditionNode(kind, first, ordered.Count)),
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

    /// <summary>
    /// Puts the operands that an index decides first, as predicates: conditions often have hundreds, and these need no more than a look at
    /// what was found.
    /// </summary>
    private void InlineIndexed(bool[] isIndexed)
    {
        (List<int>? holding, List<int>? excluding, List<int>? others) = (new List<int>(), new List<int>(), new List<int>());
        for (int node = 0; node < _nodes.Count; node++)
        {
            (NodeKind kind, int first, int count, int _, int _) = _nodes[node];
            if (kind is not (NodeKind.And or NodeKind.Or))
            {
                continue;
            }

            Span<int> operands = CollectionsMarshal.AsSpan(_operands).Slice(first, count);
            foreach (int operand in operands)
            {
                (NodeKind own, int predicate, int _, int _, int _) = _nodes[operand];
                if (own == NodeKind.Test && isIndexed[predicate])
                {
                    holding.Add(predicate);
                }
                else if (own == NodeKind.NotTest && kind == NodeKind.And && isIndexed[predicate])
                {
                    excluding.Add(predicate);
                }
                else
                {
                    others.Add(operand);
                }
            }

            holding.CopyTo(operands);
            excluding.CopyTo(operands[holding.Count..]);
            others.CopyTo(operands[(holding.Count + excluding.Count)..]);
            _nodes[node] = new ConditionNode(kind, first, count, holding.Count, excluding.Count);
            holding.Clear();
            excluding.Clear();
            others.Clear();
        }
    }

    private int Add(ConditionNode node)
    {
        _nodes.Add(node);
        return _nodes.Count - 1;
    }

    /// <summary>A predicate is answered by an index if it is a witness, or if finding it is rare enough to cost nothing on most events.</summary>
    private bool[] DecideIndexed(List<RuleSignal> signals)
    {
        bool[] isIndexed = new bool[_shapes.Count];
        for (int id = 0; id < isIndexed.Length; id++)
        {
            isIndexed[id] = _shapes[id] is { IsDecided: true, IsCommon: false };
        }

        foreach ((int _, Signal? signal) in signals)
        {
            if (signal.Kind == SignalKind.Indexed)
            {
                isIndexed[signal.Predicate] = true;
            }
        }

        return isIndexed;
    }

    /// <summary>For each predicate the rules that its signs wake.</summary>
    private (int[] Start, int[] Rules) Wakes(List<RuleSignal> signals)
    {
        // A predicate and a rule in one number.
        var pairs = new List<long>();
        foreach ((int rule, Signal? signal) in signals)
        {
            if (signal.Kind is SignalKind.Indexed or SignalKind.Literal or SignalKind.Tested)
            {
                pairs.Add(((long)signal.Predicate << 32) | (uint)rule);
            }
        }

        pairs.Sort();
        int[] start = new int[_shapes.Count + 1];
        var rules = new List<int>(pairs.Count);
        long last = -1;
        foreach (long pair in pairs)
        {
            if (pair == last)
            {
                continue;
            }

            last = pair;
            start[(int)(pair >> 32) + 1]++;
            rules.Add((int)pair);
        }

        for (int i = 1; i < start.Length; i++)
        {
            start[i] += start[i - 1];
        }

        return (start, [.. rules]);
    }

    private CompiledTest TestOf(int id, bool isIndexed)
    {
        Predicate predicate = _predicates[id];
        (int slot, int otherSlot) = _slots[id];
        TestShape shape = _shapes[id];
        return isIndexed
            ? new CompiledTest { Kind = TestKind.Indexed, Predicate = predicate, Slot = slot }
            : new CompiledTest
            {
                Kind = shape.Kind,
                Predicate = predicate,
                Slot = slot,
                OtherSlot = otherSlot,
                Traits = shape.Traits,
                Literal = shape.Literal,
                Needed = shape.Needed,
                MinLength = shape.MinLength,
                Sought = shape.Sought,
                Outline = shape.Outline,
                Pieces = shape.Pieces,
                IsFirstAtStart = shape.IsFirstAtStart,
                IsLastAtEnd = shape.IsLastAtEnd,
            };
    }

    private FieldIndex[] BuildFields(List<RuleSignal> signals, bool[] isIndexed)
    {
        Draft[] drafts = _fieldNames.Select(_ => new Draft()).ToArray();
        for (int id = 0; id < _predicates.Count; id++)
        {
            if (!isIndexed[id])
            {
                continue;
            }

            Predicate predicate = _predicates[id];
            Draft draft = drafts[_slots[id].Slot];
            TestShape shape = _shapes[id];
            if (predicate is NumberPredicate)
            {
                draft.Numbers.Add(new IndexedLiteral(shape.Literal, id, LiteralUse.Anywhere));
            }
            else if (shape.Kind == TestKind.Equals)
            {
                draft.Texts.Add(new IndexedLiteral(shape.Literal, id, LiteralUse.Anywhere));
            }
            else
            {
                draft.Literals.Add(new IndexedLiteral(shape.Literal, id, shape.Use));
            }

            if (predicate is TextPredicate { Pattern.Number: { } number })
            {
                draft.Numbers.Add(new IndexedLiteral(FoldedText.Of(number.ToString()), id, LiteralUse.NumbersOnly));
            }
        }

        foreach (TestShape shape in _shapes)
        {
            foreach (Signal signal in shape.Signals)
            {
                if (signal.Kind == SignalKind.Literal)
                {
                    drafts[_slots[signal.Predicate].Slot].Literals.Add(new IndexedLiteral(signal.Literal!, signal.Predicate, LiteralUse.Hint));
                }
            }
        }

        foreach ((int rule, Signal? signal) in signals)
        {
            Draft draft = drafts[_slots[signal.Predicate].Slot];
            if (signal.Kind == SignalKind.NotAscii)
            {
                draft.RulesIfNotAscii.Add(rule);
            }
            else if (signal.Kind == SignalKind.Present)
            {
                draft.RulesIfPresent.Add(rule);
            }
            else if (signal.Kind == SignalKind.Tested)
            {
                draft.Tested.Add(signal.Predicate);
            }
        }

        return
        [
            .. drafts.Select((draft, slot) => new FieldIndex(
                _fieldNames[slot],
                LiteralIndex.Create([.. draft.Literals.Where(literal => (literal.Use & LiteralUse.AtEnd) == 0)]),
                EndingIndex.Create([.. draft.Literals.Where(literal => (literal.Use & LiteralUse.AtEnd) != 0)]),
                EqualityIndex.Create(draft.Texts),
                EqualityIndex.Create(draft.Numbers),
                Array.ConvertAll(Ordered(draft.Tested), Tested),
                Ordered(draft.RulesIfPresent),
                Ordered(draft.RulesIfNotAscii))),
        ];
    }

    private TestedPredicate Tested(int predicate)
    {
        TestShape shape = _shapes[predicate];
        byte[] needed = shape.Needed is [var only] ? only : shape.Pieces is { Length: > 0 } pieces ? [.. pieces.SelectMany(piece => piece)] : shape.Literal;
        byte first = Rarest(needed, besides: 0);
        return new TestedPredicate(
            predicate, shape.MinLength, first, Rarest(needed, besides: first), (shape.Traits & TestTraits.NeedsKnownForAsciiOnly) != 0);
    }

    /// <summary>The least common ASCII character of a literal, folded; 0 if there is none besides the one that is named.</summary>
    private static byte Rarest(byte[] literal, byte besides)
    {
        byte rarest = 0;
        foreach (byte value in literal)
        {
            byte folded = FoldedText.Fold(value);
            if (folded < 128 && folded != besides && (rarest == 0 || LiteralRarity.Commonness(folded) < LiteralRarity.Commonness(rarest)))
            {
                rarest = folded;
            }
        }

        return rarest;
    }

    private static int[] Ordered(List<int> numbers)
    {
        numbers.Sort();
        return [.. numbers.Distinct()];
    }

    /// <summary>A condition as nodes.</summary>
    /// <param name="Node">Its root.</param>
    /// <param name="Witness">Its witness; null if it has none.</param>
    /// <param name="Likelihood">Estimate of how often it holds.</param>
    /// <param name="Effort">Estimate of what it takes to tell, in nanoseconds.</param>
    private sealed record Lowered(int Node, Witness? Witness, double Likelihood, double Effort)
    {
        /// <summary>Where it belongs among the operands of a node: the less effort for deciding it, the lower.</summary>
        public double RankIn(NodeKind kind) => Effort / (kind == NodeKind.And ? 1 - Likelihood : Likelihood);
    }

    /// <summary>A sign that wakes a rule.</summary>
    private sealed record RuleSignal(int Rule, Signal Signal);

    private sealed class Draft
    {
        public List<IndexedLiteral> Literals { get; } = [];

        public List<IndexedLiteral> Texts { get; } = [];

        public List<IndexedLiteral> Numbers { get; } = [];

        public List<int> Tested { get; } = [];

        public List<int> RulesIfPresent { get; } = [];

        public List<int> RulesIfNotAscii { get; } = [];
    }
}
