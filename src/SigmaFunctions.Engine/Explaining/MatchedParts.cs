using System.Collections.Immutable;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Explaining;

/// <summary>
/// Which parts of an event's values made a rule match: of each test that holds, outside of any negation, the text that it found. A whole value is marked
/// where a test is about all of it (a number, a network, equality). Work is bounded: beyond <see cref="MaxWork"/> nothing further is marked.
/// </summary>
public static class MatchedParts
{
    /// <summary>Most values that are marked.</summary>
    public const int MaxValues = 50;

    /// <summary>Most work, in characters of values that tests are made on; of a regular expression sixteen times these.</summary>
    public const long MaxWork = 16_000_000;

    // A test is at least that, whatever it is made on.
    private const int TestWork = 64;
    private const int SlowCharacterWork = 16;

    // Regular expressions are looked for a second time, by .NET's engine, which tells the place.
    private const int MaxExpressions = 20;
    private const int MaxExpressionText = 16_384;
    private static readonly TimeSpan ExpressionPatience = TimeSpan.FromMilliseconds(200);

    /// <summary>The marked values of a rule on an event; empty where the rule does not match it, or no such rule runs.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="ruleId">Id of the rule.</param>
    /// <param name="sigmaEvent">The event.</param>
    public static ImmutableArray<MatchedValue> Of(RuleLookup rules, string ruleId, SigmaEvent sigmaEvent)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(sigmaEvent);
        if (rules.Find(ruleId) is not { } rule)
        {
            return [];
        }

        foreach (EventView view in sigmaEvent.Views.Where(view => view.LogSources.Any(rule.Rule.LogSource.Covers)))
        {
            var collector = new Collector(sigmaEvent, view, isLenient: false);
            if (collector.Collect(rule.Expression))
            {
                return collector.Values();
            }
        }

        return [];
    }

    /// <summary>
    /// The same of an event of which only the evidence is at hand: the fields whose values made the rule match. Where that does not show that the rule
    /// matches, since it was cut, whatever single tests find in it is marked.
    /// </summary>
    /// <param name="rules">The rules.</param>
    /// <param name="ruleId">Id of the rule.</param>
    /// <param name="evidence">Names of fields, empty for a keyword, with their values; a name may come more than once.</param>
    public static ImmutableArray<MatchedValue> OfEvidence(RuleLookup rules, string ruleId, IReadOnlyCollection<(string Field, string Value)> evidence)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(evidence);
        if (rules.Find(ruleId) is not { } rule)
        {
            return [];
        }

        var fields = evidence.Where(one => one.Field.Length > 0)
            .GroupBy(one => one.Field, one => FieldValue.FromText(one.Value), StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => group.ToArray() is [var only] ? only : FieldValue.FromItems([.. group]), StringComparer.Ordinal);
        var view = new EventView([rule.Rule.LogSource], fields);
        var sigmaEvent = new SigmaEvent([view], [.. evidence.Where(one => one.Field.Length == 0).Select(one => FieldValue.FromText(one.Value))]);
        var strict = new Collector(sigmaEvent, view, isLenient: false);
        if (strict.Collect(rule.Expression))
        {
            return strict.Values();
        }

        var lenient = new Collector(sigmaEvent, view, isLenient: true);
        lenient.Collect(rule.Expression);
        return lenient.Values();
    }

    /// <summary>Walks a condition once and keeps the tests that hold, without those of parts that do not.</summary>
    private sealed class Collector(SigmaEvent sigmaEvent, EventView view, bool isLenient)
    {
        private readonly List<(Predicate Predicate, string Value)> _found = [];
        private readonly Dictionary<string, long> _lengths = new(StringComparer.Ordinal);
        private long _work;

        public bool Collect(Expression expression)
        {
            int before = _found.Count;
            switch (expression)
            {
                case AndExpression and:
                    bool all = true;
                    foreach (Expression operand in and.Operands)
                    {
                        all &= Collect(operand);
                        if (!all && !isLenient)
                        {
                            break;
                        }
                    }

                    return all || Forget(before);
                case OrExpression or:
                    bool any = false;
                    foreach (Expression operand in or.Operands)
                    {
                        any |= Collect(operand);
                    }

                    return any;
                case NotExpression not:
                    bool holds = Collect(not.Operand);
                    _found.RemoveRange(before, _found.Count - before);
                    return !holds;
                case IdentifierExpression { Identifier.Expression: var inner }:
                    return Collect(inner);
                case PredicateExpression { Predicate: var predicate }:
                    return Test(predicate);
                default:
                    throw new ArgumentOutOfRangeException(nameof(expression));
            }
        }

        /// <summary>The values with their parts, in the order in which they were found.</summary>
        public ImmutableArray<MatchedValue> Values()
        {
            var values = new OrderedDictionary<(string Field, string Value), List<TextSpan>>();
            int expressions = 0;
            foreach ((Predicate predicate, string value) in _found)
            {
                (string, string) key = (predicate.Field ?? "", value);
                if (!values.TryGetValue(key, out List<TextSpan>? spans))
                {
                    if (values.Count == MaxValues)
                    {
                        break;
                    }

                    values.Add(key, spans = []);
                }

                expressions += predicate is RegexPredicate ? 1 : 0;
                spans.AddRange(Spans(predicate, value, expressions <= MaxExpressions));
            }

            return [.. values.Where(pair => pair.Key.Value.Length > 0).Select(pair => new MatchedValue(pair.Key.Field, pair.Key.Value, TextSpan.Merge(pair.Value)))];
        }

        private bool Forget(int count)
        {
            if (!isLenient)
            {
                _found.RemoveRange(count, _found.Count - count);
            }

            return false;
        }

        private bool Test(Predicate predicate)
        {
            if (_work > MaxWork)
            {
                return false;
            }

            _work += TestWork + ((predicate is RegexPredicate ? SlowCharacterWork : 1) * LengthOf(predicate.Field));
            if (ReferenceEvaluator.Satisfying(predicate, sigmaEvent, view) is not { } value)
            {
                return false;
            }

            if (predicate is not (NullPredicate or ExistsPredicate))
            {
                _found.Add((predicate, value.Text));
            }

            return true;
        }

        /// <summary>Characters that a test on a field may look at; of a keyword those of all values.</summary>
        private long LengthOf(string? field)
        {
            if (!_lengths.TryGetValue(field ?? "", out long length))
            {
                length = field is null ? sigmaEvent.OwnValues.Sum(LengthOf)
                    : EventFields.Find(view.Fields, field) is { } value ? LengthOf(value) : 0;
                _lengths.Add(field ?? "", length);
            }

            return length;
        }

        private static long LengthOf(FieldValue value) => value.Kind switch
        {
            FieldValueKind.Array => value.Items.Sum(LengthOf),
            FieldValueKind.Object => value.Properties.Values.Sum(LengthOf),
            _ => value.Text.Length,
        };

        private static ImmutableArray<TextSpan> Spans(Predicate predicate, string value, bool mayLook) => predicate switch
        {
            TextPredicate text => text.Pattern.PlacesIn(value, text.Cased),
            RegexPredicate regex when mayLook && value.Length <= MaxExpressionText => [PlaceOf(regex, value)],
            _ => [new TextSpan(0, value.Length)],
        };

        // Where .NET's engine knows no linear way, or sees it otherwise, the whole value is what matched.
        private static TextSpan PlaceOf(RegexPredicate regex, string value)
        {
            try
            {
                Match match = Regex.Match(value, regex.Pattern, regex.Options | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, ExpressionPatience);
                return match is { Success: true, Length: > 0 } ? new TextSpan(match.Index, match.Length) : new TextSpan(0, value.Length);
            }
            catch (Exception exception) when (exception is NotSupportedException or RegexMatchTimeoutException or ArgumentException)
            {
                return new TextSpan(0, value.Length);
            }
        }
    }
}

/// <summary>A value that took part in a match, and what of it was found.</summary>
/// <param name="Field">Name of the field as the rule writes it; empty for a keyword.</param>
/// <param name="Value">The event's value; of an array the element.</param>
/// <param name="Spans">What was found: in order, none within another or touching it, at least one.</param>
public sealed record MatchedValue(string Field, string Value, ImmutableArray<TextSpan> Spans);
