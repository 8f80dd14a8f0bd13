using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// Finds which fields of one event made rules hold on it: those of predicates that hold, outside of any negation, as
/// <see cref="ReferenceEvaluator"/> says. What is found out for one rule is not found out again for the next. Not safe for concurrent use.
/// </summary>
/// <remarks>
/// The work for one event is bounded, however large it is and however many rules hold. Beyond <see cref="MaxWork"/> predicates are
/// known only where they are already, or follow from the rule's holding: where all of several must hold, or one of several on a field of
/// one value, that field took part without a test.
/// </remarks>
public sealed class EventEvidence
{
    /// <summary>
    /// Most work for the rules of one event, in characters of values that predicates are tested on (of a regular expression sixteen
    /// times these) and <see cref="TestWork"/> for each test: some ten milliseconds, and more than ten times what any event of the
    /// telemetry took that this was measured with.
    /// </summary>
    public const long MaxWork = 16_000_000;

    /// <summary>Most fields of the evidence for one rule. No rule of SigmaHQ had more than a tenth of it on real events.</summary>
    public const int MaxFields = 50;

    /// <summary>What a test is at least, whatever it is tested on.</summary>
    internal const int TestWork = 64;

    // What costs about as much as that many characters: a value of an array, a character for a regular expression.
    private const int ElementWork = 16;
    private const int SlowCharacterWork = 16;

    private readonly RuleSet _ruleSet;
    private readonly SigmaEvent _event;
    private readonly long _maxWork;
    private readonly int _maxFields;
    private readonly View?[] _views;
    private readonly Dictionary<Predicate, FieldValue?> _keywords = new(ReferenceEqualityComparer.Instance);
    private Size? _ownValues;

    // One object of equal texts of elements and keywords, each of which is compared in full only once.
    private readonly Dictionary<FieldValue, string> _texts = [];
    private readonly Dictionary<string, string> _equalTexts = new(StringComparer.Ordinal);

    /// <summary>Begins with an event.</summary>
    /// <param name="detector">Whose rules were found to hold.</param>
    /// <param name="sigmaEvent">The event they were found on.</param>
    /// <param name="maxWork">Most work, where it is less than <see cref="MaxWork"/>; zero or less: nothing is tested.</param>
    public EventEvidence(Detector detector, SigmaEvent sigmaEvent, long maxWork = MaxWork)
        : this((detector ?? throw new ArgumentNullException(nameof(detector))).RuleSet, sigmaEvent, Math.Clamp(maxWork, 0, MaxWork), MaxFields)
    {
    }

    internal EventEvidence(RuleSet ruleSet, SigmaEvent sigmaEvent, long maxWork, int maxFields)
    {
        ArgumentNullException.ThrowIfNull(sigmaEvent);
        _ruleSet = ruleSet;
        _event = sigmaEvent;
        _maxWork = maxWork;
        _maxFields = maxFields;
        _views = new View?[sigmaEvent.Views.Length];
    }

    /// <summary>The work done so far, as <see cref="MaxWork"/> counts it: a function of the event and the rules asked for.</summary>
    public long Work { get; private set; }

    /// <summary>The evidence for a rule that was found to hold on the event.</summary>
    /// <param name="rule">Index into <see cref="Detector.Rules"/>.</param>
    /// <exception cref="InvalidOperationException">The rule does not hold on the event.</exception>
    public RuleMatch Of(int rule)
    {
        CompiledRule compiled = _ruleSet.Compiled[rule];
        View? first = null;
        bool isOnlyOne = true;
        for (int i = 0; i < _views.Length; i++)
        {
            if (!Sees(compiled, _event.Views[i]))
            {
                continue;
            }

            View view = _views[i] ??= new View(_event.Views[i]);
            Verdict verdict = Evaluate(compiled.Expression, view);
            if (verdict == Verdict.Holds)
            {
                return new Collector(this, view, follows: true, isPartial: first is not null).Collect(compiled);
            }

            if (verdict != Verdict.Unknown)
            {
                continue;
            }

            isOnlyOne &= first is null;
            first ??= view;
        }

        return first is null
            ? throw new InvalidOperationException($"Matcher and reference evaluator disagree about rule {compiled.Rule.Id}.")
            : new Collector(this, first, follows: isOnlyOne, isPartial: !isOnlyOne).Collect(compiled);
    }

    private static bool Sees(CompiledRule rule, EventView view)
    {
        foreach (LogSource logSource in view.LogSources)
        {
            if (rule.Rule.LogSource.Covers(logSource))
            {
                return true;
            }
        }

        return false;
    }

    private Verdict Evaluate(Expression expression, View view)
    {
        switch (expression)
        {
            case AndExpression and:
                return EvaluateAll(and.Operands, Verdict.Fails, view);
            case OrExpression or:
                return EvaluateAll(or.Operands, Verdict.Holds, view);
            case NotExpression not:
                return Evaluate(not.Operand, view) switch
                {
                    Verdict.Holds => Verdict.Fails,
                    Verdict.Fails => Verdict.Holds,
                    _ => Verdict.Unknown,
                };
            case IdentifierExpression { Identifier: var identifier }:
                // What is not known stays so, since work only grows.
                if (!view.Identifiers.TryGetValue(identifier, out Verdict verdict))
                {
                    view.Identifiers.Add(identifier, verdict = Evaluate(identifier.Expression, view));
                }

                return verdict;
            case PredicateExpression { Predicate: var predicate }:
                return !TryTest(predicate, view, out FieldValue? value) ? Verdict.Unknown : value is null ? Verdict.Fails : Verdict.Holds;
            default:
                throw new ArgumentOutOfRangeException(nameof(expression));
        }
    }

    /// <summary>The verdict that one operand of it decides; else the opposite, where all are known.</summary>
    private Verdict EvaluateAll(ImmutableArray<Expression> operands, Verdict deciding, View view)
    {
        Verdict verdict = deciding == Verdict.Holds ? Verdict.Fails : Verdict.Holds;
        foreach (Expression operand in operands)
        {
            Verdict own = Evaluate(operand, view);
            if (own == deciding)
            {
                return own;
            }

            if (own == Verdict.Unknown)
            {
                verdict = own;
            }
        }

        return verdict;
    }

    /// <summary>Tests a predicate, unless that was done before or would be too much.</summary>
    /// <param name="predicate">The predicate.</param>
    /// <param name="view">The fields to test it on.</param>
    /// <param name="value">The value that satisfies it, as <see cref="ReferenceEvaluator"/> has it.</param>
    /// <returns>Whether it is known.</returns>
    private bool TryTest(Predicate predicate, View view, out FieldValue? value)
    {
        Dictionary<Predicate, FieldValue?> known = predicate.Field is null ? _keywords : view.Predicates;
        if (known.TryGetValue(predicate, out value))
        {
            return true;
        }

        if (predicate.Field is null)
        {
            if (!TrySpend(WorkOf(predicate, _ownValues ??= Size.Of(_event.OwnValues))))
            {
                return false;
            }

            value = ReferenceEvaluator.SatisfyingKeyword(predicate, _event);
        }
        else
        {
            Field other = default;
            if (!TryFind(predicate.Field, view, out Field field)
                || (predicate is FieldReferencePredicate reference && !TryFind(reference.Other, view, out other))
                || !TrySpend(WorkOf(predicate, field.Size, other.Size)))
            {
                return false;
            }

            value = ReferenceEvaluator.Satisfying(predicate, field.Value, other.Value);
        }

        known.Add(predicate, value);
        return true;
    }

    private bool TryFind(string name, View view, out Field field)
    {
        if (view.Fields.TryGetValue(name, out field))
        {
            return true;
        }

        if (Work >= _maxWork)
        {
            return false;
        }

        int visited = 0;
        FieldValue? value = EventFields.Find(view.Event.Fields, name, ref visited);
        field = new Field(value, value is null ? default : Size.Of(value));
        // What is to be looked at in arrays of objects is known only when it was.
        Work += (long)ElementWork * (visited + field.Size.Values);
        view.Fields.Add(name, field);
        return true;
    }

    private bool TrySpend(long work)
    {
        if (work > _maxWork - Work)
        {
            return false;
        }

        Work += work;
        return true;
    }

    private static long WorkOf(Predicate predicate, Size own, Size other = default)
    {
        long values = TestWork + ((long)ElementWork * own.Values);
        return predicate switch
        {
            NullPredicate or ExistsPredicate => values,
            TextPredicate { Pattern: var pattern } when pattern.IsPlaced => values + Math.Min(own.Characters, (long)own.Values * pattern.Length),
            TextPredicate { Pattern.HasAnyOne: true } or RegexPredicate => values + (SlowCharacterWork * own.Characters),
            FieldReferencePredicate => values
                + (Math.Min(own.Values, FieldReferencePredicate.MaxElements) * (((long)ElementWork * other.Values) + other.Characters))
                + (Math.Min(other.Values, FieldReferencePredicate.MaxElements) * own.Characters),
            _ => values + own.Characters,
        };
    }

    private string TextOf(FieldValue value)
    {
        if (_texts.TryGetValue(value, out string? text))
        {
            return text;
        }

        if (!_equalTexts.TryGetValue(value.Text, out text))
        {
            _equalTexts.Add(text = value.Text, text);
        }

        _texts.Add(value, text);
        return text;
    }

    private enum Verdict : byte
    {
        Fails,
        Holds,
        Unknown,
    }

    /// <summary>Gathers the evidence for one rule on one view.</summary>
    /// <param name="evidence">What is known of the event.</param>
    /// <param name="view">The view.</param>
    /// <param name="follows">Whether the rule holds on this view, be it for want of another.</param>
    /// <param name="isPartial">Whether it may be another view that the rule holds on.</param>
    private sealed class Collector(EventEvidence evidence, View view, bool follows, bool isPartial)
    {
        private readonly ImmutableArray<MatchedField>.Builder _fields = ImmutableArray.CreateBuilder<MatchedField>();
        private readonly HashSet<CompiledIdentifier> _identifiers = new(ReferenceEqualityComparer.Instance);
        private bool _isPartial = isPartial;

        public RuleMatch Collect(CompiledRule rule)
        {
            Collect(rule.Condition);
            return new RuleMatch(rule.Rule, _fields.DrainToImmutable()) { IsEvidencePartial = _isPartial };
        }

        /// <summary>Gathers from an expression that holds, or would if the rule holds on this view.</summary>
        private void Collect(Expression expression)
        {
            switch (expression)
            {
                case AndExpression and:
                    foreach (Expression operand in and.Operands)
                    {
                        Collect(operand);
                    }

                    break;
                case OrExpression or:
                    CollectOneOf(or.Operands);
                    break;
                case IdentifierExpression { Identifier: var identifier }:
                    if (_identifiers.Add(identifier))
                    {
                        Collect(identifier.Expression);
                    }

                    break;
                case PredicateExpression { Predicate: var predicate }:
                    Collect(predicate);
                    break;
            }
        }

        private void CollectOneOf(ImmutableArray<Expression> operands)
        {
            Expression? first = null;
            bool isOneField = true;
            bool isKnown = false;
            foreach (Expression operand in operands)
            {
                if (IsTold(operand))
                {
                    isKnown = true;
                    continue;
                }

                switch (evidence.Evaluate(operand, view))
                {
                    case Verdict.Holds:
                        isKnown = true;
                        Collect(operand);
                        break;
                    case Verdict.Unknown:
                        _isPartial = true;
                        isOneField &= first is null || IsSameField(first, operand);
                        first ??= operand;
                        break;
                }
            }

            // One of those that are not known holds.
            if (!isKnown && isOneField && follows && first is not null)
            {
                Collect(first);
            }
        }

        private static bool IsSameField(Expression left, Expression right) =>
            left is PredicateExpression { Predicate.Field: { } field } && right is PredicateExpression { Predicate.Field: { } other } && field == other;

        private void Collect(Predicate predicate)
        {
            if (IsTold(predicate))
            {
                return;
            }

            if (!evidence.TryTest(predicate, view, out FieldValue? value))
            {
                _isPartial = true;
                if (!follows || ValueOf(predicate) is not { } only)
                {
                    return;
                }

                value = only;
            }

            if (value is not null)
            {
                Add(predicate.Field ?? "", ReferenceEquals(value, ValueOf(predicate)) ? value.Text : evidence.TextOf(value));
            }
        }

        /// <summary>Whether a predicate's field has one value, which is among the evidence already: its test would add nothing.</summary>
        private bool IsTold(Expression expression) => expression is PredicateExpression { Predicate: var predicate } && IsTold(predicate);

        private bool IsTold(Predicate predicate) =>
            _fields.Count > 0 && ValueOf(predicate) is { } only && Contains(predicate.Field!, only.Text);

        /// <summary>The value of a predicate's field, where it is known and not an array; else null.</summary>
        private FieldValue? ValueOf(Predicate predicate) =>
            predicate.Field is { } name && view.Fields.TryGetValue(name, out Field field) && field.Value is { Kind: not FieldValueKind.Array } value ? value : null;

        private void Add(string field, string text)
        {
            if (Contains(field, text))
            {
                return;
            }

            if (_fields.Count == evidence._maxFields)
            {
                _isPartial = true;
            }
            else
            {
                _fields.Add(new MatchedField(field, text));
            }
        }

        // Equal texts of one field are one object.
        private bool Contains(string field, string text)
        {
            foreach (MatchedField known in _fields)
            {
                if (ReferenceEquals(known.Value, text) && known.Field == field)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>What is known of a view of the event.</summary>
    private sealed class View(EventView view)
    {
        public EventView Event => view;

        public Dictionary<string, Field> Fields { get; } = new(StringComparer.Ordinal);

        public Dictionary<Predicate, FieldValue?> Predicates { get; } = new(ReferenceEqualityComparer.Instance);

        public Dictionary<CompiledIdentifier, Verdict> Identifiers { get; } = new(ReferenceEqualityComparer.Instance);
    }

    private readonly record struct Field(FieldValue? Value, Size Size);

    /// <summary>How much a value is.</summary>
    /// <param name="Values">Number of values, arrays and objects themselves counted.</param>
    /// <param name="Characters">Characters of all texts, in UTF-16 units.</param>
    private readonly record struct Size(int Values, long Characters)
    {
        public static Size Of(FieldValue value)
        {
            (int values, long characters) = Of(value.Items);
            foreach ((string _, FieldValue? property) in value.Properties)
            {
                Size own = Of(property);
                (values, characters) = (values + own.Values, characters + own.Characters);
            }

            return new Size(values + 1, characters + value.Text.Length);
        }

        public static Size Of(ImmutableArray<FieldValue> all)
        {
            (int values, long characters) = (0, 0L);
            foreach (FieldValue value in all)
            {
                Size own = Of(value);
                (values, characters) = (values + own.Values, characters + own.Characters);
            }

            return new Size(values, characters);
        }
    }
}
