using SigmaFunctions.Engine.Compilation;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>
/// Compiles the rules of one log source, in these passes: number the predicates and fields; bring each condition into a form without
/// negations and choose its witness; decide for each predicate whether an index answers it; build the indexes.
/// </summary>
internal sealed class RuleGroupCompiler
{
    // More operands stay where they are, since each condition that takes them over has a copy.
    private const int MaxMerged = 64;
    private const double NodeEffort = 2;

    private readonly Dictionary<Predicate, int> _predicates = new(ReferenceEqualityComparer.Instance);
    private readonly List<TestShape> _shapes = [];
    private readonly List<(int Slot, int OtherSlot)> _slots = [];
    private readonly Dictionary<string, int> _fields = new(StringComparer.Ordinal);
    private readonly List<string?> _fieldNames = [];
    private readonly List<ConditionNode> _nodes = [];
    private readonly List<int> _operands = [];
    private readonly Dictionary<(CompiledIdentifier, bool), Lowered> _identifiers = [];

    // By node, the operands that a node of its kind takes over.
    private readonly Dictionary<int, Lowered[]> _merged = [];
    private int _ownValues = -1;

    private RuleGroupCompiler()
    {
    }

    /// <summary>Compiles rules.</summary>
    /// <param name="rules">Index in the rule set and rule, ascending.</param>
    public static RuleGroup Compile(IReadOnlyList<(int Index, CompiledRule Rule)> rules) => new RuleGroupCompiler().CompileAll(rules);

    private RuleGroup CompileAll(IReadOnlyList<(int Index, CompiledRule Rule)> rules)
    {
        var conditions = rules.Select(rule => Lower(rule.Rule.Expression, negated: false)).ToList();
        var signals = new List<(int Rule, Signal Signal)>();
        var always = new List<int>();
        for (int rule = 0; rule < conditions.Count; rule++)
        {
            if (conditions[rule].Witness is { } witness)
                signals.AddRange(witness.Signals.Select(signal => (rule, signal)));
            else
                always.Add(rule);
        }

        bool[] isIndexed = DecideIndexed(signals);
        InlineIndexed(isIndexed);
        var (wokenStart, woken) = Wakes(signals);
        return new RuleGroup
        {
            Rules = [.. rules.Select(rule => rule.Index)],
            Conditions = [.. conditions.Select(condition => condition.Node)],
            Nodes = [.. _nodes],
            Operands = [.. _operands],
            IsIndexed = isIndexed,
            Tests = [.. _predicates.OrderBy(pair => pair.Value).Select(pair => TestOf(pair.Key, pair.Value, isIndexed[pair.Value]))],
            WokenStart = wokenStart,
            Woken = woken,
            Fields = BuildFields(signals, isIndexed),
            AlwaysEvaluated = [.. always],
        };
    }

    private int IdOf(Predicate predicate)
    {
        if (_predicates.TryGetValue(predicate, out int known))
            return known;
        int id = _predicates.Count;
        _predicates.Add(predicate, id);
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
                if (!_identifiers.TryGetValue((identifier, negated), out var lowered))
                    _identifiers.Add((identifier, negated), lowered = Lower(identifier.Expression, negated));
                return lowered;
            case AndExpression and:
                return Combine(negated ? NodeKind.Or : NodeKind.And, and.Operands.Select(operand => Lower(operand, negated)));
            case OrExpression or:
                return Combine(negated ? NodeKind.And : NodeKind.Or, or.Operands.Select(operand => Lower(operand, negated)));
            default:
                throw new ArgumentOutOfRangeException(nameof(expression));
        }
    }

    private Lowered LowerTest(Predicate predicate, bool negated)
    {
        int id = IdOf(predicate);
        var shape = _shapes[id];
        Witness? witness;
        if (negated)
            // The opposite of "absent or null" and of "absent" needs the field; the opposite of anything else may hold without it.
            witness = predicate is NullPredicate or ExistsPredicate { Expected: false } ? new Witness([new Signal(SignalKind.Present, id)], LiteralRarity.Always) : null;
        else
            witness = shape.Signals.IsEmpty ? null : new Witness(shape.Signals, shape.Cost);
        double likelihood = Bounded(negated ? 1 - shape.Likelihood : shape.Likelihood);
        return new Lowered(Add(new ConditionNode(negated ? NodeKind.NotTest : NodeKind.Test, id, 0)), witness, likelihood, shape.Effort);
    }

    private Lowered Combine(NodeKind kind, IEnumerable<Lowered> parts)
    {
        // A condition may name an identifier a hundred thousand times.
        var operands = parts.DistinctBy(part => part.Node).ToList();
        if (operands is [var only])
            return only;
        Witness? witness = null;
        if (kind == NodeKind.And)
            witness = operands.Select(operand => operand.Witness).Aggregate(Witness.Rarer);
        else if (operands.TrueForAll(operand => operand.Witness is not null))
            witness = Witness.Union([.. operands.Select(operand => operand.Witness!)]);

        // What decides with the least effort comes first.
        Lowered[] ordered =
        [
            .. operands.SelectMany(operand => OperandsOf(kind, operand)).DistinctBy(operand => operand.Node)
                .OrderBy(operand => operand.Effort / (kind == NodeKind.And ? 1 - operand.Likelihood : operand.Likelihood)),
        ];
        double effort = 0;
        double undecided = 1;
        foreach (var operand in ordered)
        {
            effort += undecided * operand.Effort;
            undecided *= kind == NodeKind.And ? operand.Likelihood : 1 - operand.Likelihood;
        }

        int first = _operands.Count;
        _operands.AddRange(ordered.Select(operand => operand.Node));
        var combined = new Lowered(
            Add(new ConditionNode(kind, first, ordered.Length)), witness, Bounded(kind == NodeKind.And ? undecided : 1 - undecided), effort + NodeEffort);
        if (ordered.Length <= MaxMerged)
            _merged.Add(combined.Node, ordered);
        return combined;
    }

    /// <summary>What an operand of an "and" or "or" adds to it: its own operands if it is of the same kind, else itself.</summary>
    private Lowered[] OperandsOf(NodeKind kind, Lowered operand) =>
        _nodes[operand.Node].Kind == kind && _merged.TryGetValue(operand.Node, out var operands) ? operands : [operand];

    private static double Bounded(double likelihood) => Math.Clamp(likelihood, 0.0001, 0.9999);

    /// <summary>
    /// Puts the operands that an index decides first, as predicates: conditions often have hundreds, and these need no more than a look at
    /// what was found.
    /// </summary>
    private void InlineIndexed(bool[] isIndexed)
    {
        for (int node = 0; node < _nodes.Count; node++)
        {
            var (kind, first, count, _, _) = _nodes[node];
            if (kind is not (NodeKind.And or NodeKind.Or))
                continue;
            var operands = _operands.GetRange(first, count).ToLookup(operand =>
                _nodes[operand] is { Kind: NodeKind.Test } test && isIndexed[test.First] ? NodeKind.Test
                : kind == NodeKind.And && _nodes[operand] is { Kind: NodeKind.NotTest } excluded && isIndexed[excluded.First] ? NodeKind.NotTest
                : kind);
            int place = first;
            foreach (int operand in operands[NodeKind.Test].Concat(operands[NodeKind.NotTest]))
                _operands[place++] = _nodes[operand].First;
            foreach (int operand in operands[kind])
                _operands[place++] = operand;
            _nodes[node] = new ConditionNode(kind, first, count, operands[NodeKind.Test].Count(), operands[NodeKind.NotTest].Count());
        }
    }

    private int Add(ConditionNode node)
    {
        _nodes.Add(node);
        return _nodes.Count - 1;
    }

    /// <summary>A predicate is answered by an index if it is a witness, or if finding it is rare enough to cost nothing on most events.</summary>
    private bool[] DecideIndexed(List<(int Rule, Signal Signal)> signals)
    {
        var isIndexed = new bool[_shapes.Count];
        for (int id = 0; id < isIndexed.Length; id++)
            isIndexed[id] = _shapes[id] is { IsDecided: true, IsCommon: false };
        foreach (var (_, signal) in signals)
            if (signal.Kind == SignalKind.Indexed)
                isIndexed[signal.Predicate] = true;
        return isIndexed;
    }

    /// <summary>For each predicate the rules that its signs wake.</summary>
    private (int[] Start, int[] Rules) Wakes(List<(int Rule, Signal Signal)> signals)
    {
        var pairs = signals
            .Where(pair => pair.Signal.Kind is SignalKind.Indexed or SignalKind.Literal or SignalKind.Tested)
            .Select(pair => (pair.Signal.Predicate, pair.Rule))
            .Distinct()
            .Order()
            .ToList();
        var start = new int[_shapes.Count + 1];
        foreach (var (predicate, _) in pairs)
            start[predicate + 1]++;
        for (int i = 1; i < start.Length; i++)
            start[i] += start[i - 1];
        return (start, [.. pairs.Select(pair => pair.Rule)]);
    }

    private CompiledTest TestOf(Predicate predicate, int id, bool isIndexed)
    {
        var (slot, otherSlot) = _slots[id];
        var shape = _shapes[id];
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
                Outline = shape.Outline,
                Pieces = shape.Pieces,
                IsFirstAtStart = shape.IsFirstAtStart,
                IsLastAtEnd = shape.IsLastAtEnd,
            };
    }

    private FieldIndex[] BuildFields(List<(int Rule, Signal Signal)> signals, bool[] isIndexed)
    {
        var drafts = _fieldNames.Select(_ => new Draft()).ToArray();
        foreach (var (predicate, id) in _predicates)
        {
            if (!isIndexed[id])
                continue;
            var draft = drafts[_slots[id].Slot];
            var shape = _shapes[id];
            if (predicate is NumberPredicate)
                draft.Numbers.Add(new IndexedLiteral(shape.Literal, id, LiteralUse.Anywhere));
            else if (shape.Kind == TestKind.Equals)
                draft.Texts.Add(new IndexedLiteral(shape.Literal, id, LiteralUse.Anywhere));
            else
                draft.Literals.Add(new IndexedLiteral(shape.Literal, id, shape.Use));
            if (predicate is TextPredicate { Pattern.Number: { } number })
                draft.Numbers.Add(new IndexedLiteral(FoldedText.Of(number.ToString()), id, LiteralUse.NumbersOnly));
        }

        foreach (var signal in _shapes.SelectMany(shape => shape.Signals).Where(signal => signal.Kind == SignalKind.Literal))
            drafts[_slots[signal.Predicate].Slot].Literals.Add(new IndexedLiteral(signal.Literal!, signal.Predicate, LiteralUse.Hint));
        foreach (var (rule, signal) in signals)
        {
            var draft = drafts[_slots[signal.Predicate].Slot];
            if (signal.Kind == SignalKind.NotAscii)
                draft.RulesIfNotAscii.Add(rule);
            else if (signal.Kind == SignalKind.Present)
                draft.RulesIfPresent.Add(rule);
            else if (signal.Kind == SignalKind.Tested)
                draft.Tested.Add(signal.Predicate);
        }

        return
        [
            .. drafts.Select((draft, slot) => new FieldIndex(
                _fieldNames[slot],
                LiteralIndex.Create([.. draft.Literals.Where(literal => (literal.Use & LiteralUse.AtEnd) == 0)]),
                EndingIndex.Create([.. draft.Literals.Where(literal => (literal.Use & LiteralUse.AtEnd) != 0)]),
                EqualityIndex.Create(draft.Texts),
                EqualityIndex.Create(draft.Numbers),
                [.. draft.Tested.Select(Tested)],
                [.. draft.RulesIfPresent],
                [.. draft.RulesIfNotAscii])),
        ];
    }

    private TestedPredicate Tested(int predicate)
    {
        var shape = _shapes[predicate];
        var needed = shape.Needed is [var only] ? only : shape.Pieces is { Length: > 0 } pieces ? pieces.SelectMany(piece => piece) : shape.Literal;
        byte[] characters = [.. needed.Select(FoldedText.Fold).Where(value => value < 128).Distinct().OrderBy(LiteralRarity.Commonness).Take(2), 0, 0];
        return new TestedPredicate(
            predicate, shape.MinLength, characters[0], characters[1], (shape.Traits & TestTraits.NeedsKnownForAsciiOnly) != 0);
    }

    /// <summary>A condition as nodes.</summary>
    /// <param name="Node">Its root.</param>
    /// <param name="Witness">Its witness; null if it has none.</param>
    /// <param name="Likelihood">Estimate of how often it holds.</param>
    /// <param name="Effort">Estimate of what it takes to tell, in nanoseconds.</param>
    private readonly record struct Lowered(int Node, Witness? Witness, double Likelihood, double Effort);

    private sealed class Draft
    {
        public List<IndexedLiteral> Literals { get; } = [];

        public List<IndexedLiteral> Texts { get; } = [];

        public List<IndexedLiteral> Numbers { get; } = [];

        public SortedSet<int> Tested { get; } = [];

        public SortedSet<int> RulesIfPresent { get; } = [];

        public SortedSet<int> RulesIfNotAscii { get; } = [];
    }
}
