using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Linting;

/// <summary>Doubts about what a correlation asks for, whatever its rules are.</summary>
internal sealed class CorrelationLints(SigmaCorrelation correlation, CorrelationPlaces places, DiagnosticSink sink)
{
    private const decimal MaxThreshold = 100_000;

    // No window has as many events; beyond, a decimal has no room for one more.
    private const decimal Endless = 1_000_000_000_000_000_000;

    private static readonly TimeSpan LongTimespan = TimeSpan.FromDays(7);

    private readonly bool _isTemporal = correlation.Type is CorrelationType.Temporal or CorrelationType.TemporalOrdered;
    private readonly bool _isWhole = correlation.Type is CorrelationType.EventCount or CorrelationType.ValueCount or CorrelationType.Temporal or CorrelationType.TemporalOrdered;

    /// <summary>The greatest value of a window.</summary>
    private decimal Most => _isTemporal ? correlation.Rules.Length : Endless;

    public void Run()
    {
        if (correlation.Expression is { } expression)
        {
            CheckExpression(expression);
        }
        else if (!CheckNever() && !CheckAlways())
        {
            CheckUpperBounds();
        }

        CheckThreshold();
        if (correlation.Timespan > LongTimespan)
        {
            sink.Report(
                DiagnosticCode.LongTimespan,
                places.Of("timespan"),
                $"The app keeps every match of the correlation's rules for three timespans, here for {3 * correlation.Timespan.TotalDays:0.#} days. Take a shorter timespan if they are many.");
        }
    }

    private bool CheckNever()
    {
        for (int count = 1; count <= correlation.Bounds.Length; count++)
        {
            ImmutableArray<CorrelationBound> bounds = correlation.Bounds[..count];
            if (_isWhole ? IsNeverOfWhole(bounds) : IsNeverOfAny(bounds))
            {
                CorrelationBound last = bounds[^1];
                string reason = !_isWhole || !IsNeverOfWhole([last]) ? "the bounds exclude each other"
                    : _isTemporal && last.Value >= Most ? $"there are {Number(Most)} rules"
                    : last.Value != decimal.Floor(last.Value) ? "the value is a whole number"
                    : "a window ends with an event, so that its value is 1 at least: that nothing happens is no event and cannot be detected";
                sink.Report(
                    DiagnosticCode.NeverHolds,
                    PlaceOf(last),
                    $"The condition can never hold at {TextOf(last)}: {reason}. Correct the number.");
                return true;
            }
        }

        return false;
    }

    private bool CheckAlways()
    {
        bool isAlways = correlation.Bounds.IsEmpty ? correlation.Rules.Length == 1 : _isWhole && IsAlways();
        if (isAlways)
        {
            ReportAlways(correlation.Bounds.IsEmpty ? places.Of("rules") : PlaceOf(correlation.Bounds[0]));
        }

        return isAlways;

        bool IsAlways()
        {
            (decimal least, decimal most) = RangeOf(correlation.Bounds);
            return least <= 1 && most >= Most && !correlation.Bounds.Any(bound => bound.Operator == CorrelationOperator.Neq && IsValue(bound.Value));
        }
    }

    private void ReportAlways(Position position) => sink.Report(
        DiagnosticCode.AlwaysHolds,
        position,
        $"The condition holds at every match, so that the correlation tells of one of them in {correlation.TimespanText} and group, whatever else happens. Ask for more if more is meant.");

    private void CheckUpperBounds()
    {
        foreach (CorrelationBound bound in correlation.Bounds)
        {
            string? meaning = bound.Operator switch
            {
                CorrelationOperator.Eq when !_isTemporal || bound.Value < Most =>
                    $"{TextOf(bound)} holds while the value is just that, also where it only passes on its way, and not where it jumps over it. If as much or more is meant, write gte.",
                CorrelationOperator.Lt or CorrelationOperator.Lte when !_isTemporal || bound.Value < Most || (bound.Value == Most && bound.Operator == CorrelationOperator.Lt) =>
                    $"{TextOf(bound)} is judged at each event over the {correlation.TimespanText} before it, the event itself included, and so holds as well at the first of many. Use it for what is rare; that a source falls silent is no event and is not detected.",
                _ => null,
            };
            if (meaning is not null)
            {
                sink.Report(DiagnosticCode.UpperBound, PlaceOf(bound), meaning);
            }
        }
    }

    private void CheckExpression(CorrelationTerms expression)
    {
        int last = expression.Positive[^1];
        bool isOrdered = correlation.Type == CorrelationType.TemporalOrdered;
        if (expression.Terms.All(term => term.Present.Any(rule => term.Absent.Contains(rule) && (!isOrdered || rule < last))))
        {
            sink.Report(DiagnosticCode.NeverHolds, places.Of("condition"), "The condition can never hold: it asks of a rule that it matches and that it does not. Correct the expression.");
            return;
        }

        if (expression.Positive.All(rule => expression.Terms.Any(term => term is { Present: [var only], Absent: [] } && only == rule)))
        {
            ReportAlways(places.Of("condition"));
            return;
        }

        foreach (int rule in expression.Negative.Where(rule => !isOrdered || rule >= last))
        {
            sink.Report(
                DiagnosticCode.DecidedLate,
                places.Of("condition", correlation.Rules[rule]),
                $"That '{Shortened.Of(correlation.Rules[rule])}' does not follow is known late: the app tells of it {correlation.TimespanText} and 2 minutes after the event. Take a shorter timespan if that is too late.");
        }
    }

    private void CheckThreshold()
    {
        if (correlation.Type is CorrelationType.EventCount or CorrelationType.ValueCount
            && correlation.Bounds.FirstOrDefault(bound => bound.Value > MaxThreshold && bound.Operator is CorrelationOperator.Gt or CorrelationOperator.Gte or CorrelationOperator.Eq) is { } bound)
        {
            sink.Report(
                DiagnosticCode.LargeThreshold,
                PlaceOf(bound),
                $"{TextOf(bound)}: the app keeps as many matches of each group and reads them to count them, which is slow over {MaxThreshold:0}. Count something rarer, or over a shorter timespan.");
        }
    }

    private bool IsNeverOfWhole(ImmutableArray<CorrelationBound> bounds)
    {
        (decimal least, decimal most) = RangeOf(bounds);
        HashSet<decimal> excluded = [.. bounds.Where(bound => bound.Operator == CorrelationOperator.Neq).Select(bound => bound.Value)];

        // Of more values than are excluded one is left.
        return least > most || (most - least < excluded.Count && Enumerable.Range(0, (int)(most - least) + 1).All(step => excluded.Contains(least + step)));
    }

    /// <summary>The whole numbers that are values of windows and satisfy bounds, but for those that <c>neq</c> excludes; the least is greater than the most if there is none.</summary>
    private (decimal Least, decimal Most) RangeOf(ImmutableArray<CorrelationBound> bounds)
    {
        decimal least = 1;
        decimal most = Most;
        foreach (CorrelationBound bound in bounds)
        {
            decimal value = Math.Clamp(bound.Value, -Endless, Endless);
            if (bound.Operator is CorrelationOperator.Gt or CorrelationOperator.Gte or CorrelationOperator.Eq)
            {
                least = Math.Max(least, bound.Operator == CorrelationOperator.Gt ? decimal.Floor(value) + 1 : decimal.Ceiling(value));
            }

            if (bound.Operator is CorrelationOperator.Lt or CorrelationOperator.Lte or CorrelationOperator.Eq)
            {
                most = Math.Min(most, bound.Operator == CorrelationOperator.Lt ? decimal.Ceiling(value) - 1 : decimal.Floor(value));
            }
        }

        return (least, most);
    }

    private bool IsValue(decimal number) => number >= 1 && number <= Most && number == decimal.Floor(number);

    /// <summary>Whether no number at all satisfies bounds.</summary>
    private static bool IsNeverOfAny(ImmutableArray<CorrelationBound> bounds)
    {
        decimal least = decimal.MinValue;
        decimal most = decimal.MaxValue;
        HashSet<decimal> excluded = [];
        foreach (CorrelationBound bound in bounds)
        {
            least = bound.Operator is CorrelationOperator.Gt or CorrelationOperator.Gte or CorrelationOperator.Eq ? Math.Max(least, bound.Value) : least;
            most = bound.Operator is CorrelationOperator.Lt or CorrelationOperator.Lte or CorrelationOperator.Eq ? Math.Min(most, bound.Value) : most;
            if (bound.Operator is CorrelationOperator.Gt or CorrelationOperator.Lt or CorrelationOperator.Neq)
            {
                excluded.Add(bound.Value);
            }
        }

        return least > most || (least == most && excluded.Contains(least));
    }

    private Position PlaceOf(CorrelationBound bound) => places.Of("condition", bound.OperatorName);

    private static string TextOf(CorrelationBound bound) => $"'{bound.OperatorName}: {bound.ValueText}'";

    private static string Number(decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture);
}
