using System.Collections.Immutable;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Visibility;

/// <summary>
/// Tells what rules can do on events that have only some fields. A test of a field that no event has comes out the same on all of them,
/// as <see cref="ReferenceEvaluator"/> says; a test of any other may come out either way, independently of all others. So a rule that is
/// said to be blind never holds; one that contradicts itself otherwise is not found.
/// </summary>
public static class VisibilityAnalyzer
{
    private static readonly RuleVisibility SeesAll = new(VisibilityVerdict.Full, VisibilityEffects.None, [], [], []);

    /// <summary>The fields that a rule and its filters look at, in ordinal order; those that a field is compared with included.</summary>
    /// <param name="ruleSet">The rules.</param>
    /// <param name="rule">Index into <see cref="RuleSet.Rules"/>.</param>
    public static ImmutableArray<string> FieldsOf(RuleSet ruleSet, int rule)
    {
        ArgumentNullException.ThrowIfNull(ruleSet);
        var fields = new SortedSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<CompiledIdentifier>(ReferenceEqualityComparer.Instance);
        Collect(ruleSet.Compiled[rule].Expression);
        return [.. fields];

        void Collect(Expression expression)
        {
            switch (expression)
            {
                case PredicateExpression { Predicate: var predicate }:
                    fields.UnionWith(FieldsOf(predicate));
                    break;
                case IdentifierExpression reference when !seen.Add(reference.Identifier):
                    break;
                default:
                    foreach (Expression operand in OperandsOf(expression))
                    {
                        Collect(operand);
                    }

                    break;
            }
        }
    }

    /// <summary>What a rule, with its filters, can do.</summary>
    /// <param name="ruleSet">The rules.</param>
    /// <param name="rule">Index into <see cref="RuleSet.Rules"/>.</param>
    /// <param name="scope">The fields that events can have.</param>
    public static RuleVisibility Analyze(RuleSet ruleSet, int rule, FieldScope scope)
    {
        ArgumentNullException.ThrowIfNull(ruleSet);
        ArgumentNullException.ThrowIfNull(scope);
        return scope.IsOpen ? SeesAll : new Analysis(scope).Run(ruleSet.Compiled[rule].Expression);
    }


    private static IEnumerable<string> FieldsOf(Predicate predicate) => predicate switch
    {
        FieldReferencePredicate reference => [reference.Field!, reference.Other],
        { Field: { } field } => [field],
        _ => [],
    };

    private static ImmutableArray<Expression> OperandsOf(Expression expression) => expression switch
    {
        AndExpression and => and.Operands,
        OrExpression or => or.Operands,
        NotExpression not => [not.Operand],
        IdentifierExpression reference => [reference.Identifier.Expression],
        PredicateExpression => [],
        _ => throw new ArgumentOutOfRangeException(nameof(expression)),
    };

    private sealed class Analysis(FieldScope scope)
    {
        // A condition may refer to an identifier thousands of times.
        private readonly Dictionary<CompiledIdentifier, Outcome> _outcomes = new(ReferenceEqualityComparer.Instance);
        private readonly Dictionary<CompiledIdentifier, Part> _parts = new(ReferenceEqualityComparer.Instance);
        private readonly HashSet<CompiledIdentifier> _explained = new(ReferenceEqualityComparer.Instance);
        private readonly Part _whole = new();

        // The values of an item have one field, and that name is one object.
        private string? _latestField;
        private bool _isLatestCarried;

        public RuleVisibility Run(Expression expression)
        {
            Collect(expression, _whole, isNegated: false);
            if (_whole.Missing.Count == 0)
            {
                return SeesAll;
            }

            var missing = _whole.Missing.ToImmutableArray();
            var identifiers = _parts
                .Where(part => part.Value.Missing.Count > 0)
                .Select(part => new IdentifierVisibility(part.Key.Name, OutcomeOf(part.Key), part.Value.Effects, [.. part.Value.Missing]))
                .ToImmutableArray();
            if (OutcomeOf(expression) != Outcome.Never)
            {
                return new RuleVisibility(VisibilityVerdict.Weakened, _whole.Effects, missing, [], identifiers);
            }

            var needed = new SortedSet<string>(StringComparer.Ordinal);
            CollectCauses(expression, Outcome.Never, needed);
            return new RuleVisibility(VisibilityVerdict.Blind, VisibilityEffects.None, missing, [.. needed], identifiers);
        }

        private Outcome OutcomeOf(Expression expression) => expression switch
        {
            AndExpression and => Combined(and.Operands, Outcome.Never, Outcome.Always),
            OrExpression or => Combined(or.Operands, Outcome.Always, Outcome.Never),
            NotExpression not => Opposite(OutcomeOf(not.Operand)),
            IdentifierExpression reference => OutcomeOf(reference.Identifier),
            PredicateExpression test => OutcomeOf(test.Predicate),
            _ => throw new ArgumentOutOfRangeException(nameof(expression)),
        };

        private Outcome OutcomeOf(CompiledIdentifier identifier)
        {
            if (!_outcomes.TryGetValue(identifier, out Outcome outcome))
            {
                _outcomes.Add(identifier, outcome = OutcomeOf(identifier.Expression));
            }

            return outcome;
        }

        /// <summary>What operands come to together.</summary>
        /// <param name="operands">The operands.</param>
        /// <param name="deciding">What one operand comes to that decides alone.</param>
        /// <param name="otherwise">What all come to where none decides and none is open.</param>
        private Outcome Combined(ImmutableArray<Expression> operands, Outcome deciding, Outcome otherwise)
        {
            Outcome combined = otherwise;
            foreach (Expression operand in operands)
            {
                Outcome outcome = OutcomeOf(operand);
                if (outcome == deciding)
                {
                    return deciding;
                }

                if (outcome == Outcome.Possibly)
                {
                    combined = Outcome.Possibly;
                }
            }

            return combined;
        }

        private Outcome OutcomeOf(Predicate predicate) => !IsDecided(predicate)
            ? Outcome.Possibly
            : predicate is NullPredicate or ExistsPredicate { Expected: false } ? Outcome.Always : Outcome.Never;

        /// <summary>Whether a predicate looks at something that no event has.</summary>
        private bool IsDecided(Predicate predicate) => predicate.Field is { } field
            && (!Carries(field) || (predicate is FieldReferencePredicate or TextPredicate && MissingOf(predicate).Any()));

        private bool Carries(string field)
        {
            if (!ReferenceEquals(field, _latestField))
            {
                (_latestField, _isLatestCarried) = (field, scope.Carries(field));
            }

            return _isLatestCarried;
        }

        /// <summary>What a predicate looks at and no event has.</summary>
        private IEnumerable<string> MissingOf(Predicate predicate) =>
            predicate is TextPredicate { Field: { } field } text && Carries(field)
                ? scope.HasWhole(field) ? [] : text.Pattern.Parts.Select(part => scope.MissingPartOf(field, part.Text)?.Name).OfType<string>()
                : FieldsOf(predicate).Where(name => !Carries(name));

        /// <summary>Adds the missing fields because of which an expression comes to what it does.</summary>
        private void CollectCauses(Expression expression, Outcome outcome, SortedSet<string> causes)
        {
            if (expression is PredicateExpression { Predicate: var predicate })
            {
                causes.UnionWith(MissingOf(predicate));
            }
            else if (expression is IdentifierExpression { Identifier: var identifier } && !_explained.Add(identifier))
            {
                return;
            }
            else if (expression is NotExpression not)
            {
                CollectCauses(not.Operand, Opposite(outcome), causes);
            }
            else
            {
                foreach (Expression operand in OperandsOf(expression))
                {
                    if (OutcomeOf(operand) == outcome)
                    {
                        CollectCauses(operand, outcome, causes);
                    }
                }
            }
        }

        private void Collect(Expression expression, Part part, bool isNegated)
        {
            switch (expression)
            {
                case PredicateExpression { Predicate: var predicate }:
                    if (!IsDecided(predicate))
                    {
                        break;
                    }

                    VisibilityEffects effect = OutcomeOf(predicate) == Outcome.Always != isNegated ? VisibilityEffects.Widens : VisibilityEffects.Narrows;
                    string[] missing = [.. MissingOf(predicate)];
                    part.Add(missing, effect);
                    _whole.Add(missing, effect);
                    break;
                case NotExpression not:
                    Collect(not.Operand, part, !isNegated);
                    break;
                case IdentifierExpression { Identifier: var identifier }:
                    if (!_parts.TryGetValue(identifier, out Part? named))
                    {
                        _parts.Add(identifier, named = new Part());
                    }

                    if (named.IsFirst(isNegated))
                    {
                        Collect(identifier.Expression, named, isNegated);
                    }

                    break;
                default:
                    foreach (Expression operand in OperandsOf(expression))
                    {
                        Collect(operand, part, isNegated);
                    }

                    break;
            }
        }

        private static Outcome Opposite(Outcome outcome) => outcome switch
        {
            Outcome.Never => Outcome.Always,
            Outcome.Always => Outcome.Never,
            _ => outcome,
        };

        /// <summary>What was found in a part of the condition.</summary>
        private sealed class Part
        {
            private bool _seen;
            private bool _seenNegated;

            public SortedSet<string> Missing { get; } = new(StringComparer.Ordinal);

            public VisibilityEffects Effects { get; private set; }

            public void Add(IEnumerable<string> missing, VisibilityEffects effects)
            {
                Missing.UnionWith(missing);
                Effects |= effects;
            }

            /// <summary>Whether the part is seen for the first time with that sign.</summary>
            public bool IsFirst(bool isNegated)
            {
                ref bool seen = ref isNegated ? ref _seenNegated : ref _seen;
                bool isFirst = !seen;
                seen = true;
                return isFirst;
            }
        }
    }
}
