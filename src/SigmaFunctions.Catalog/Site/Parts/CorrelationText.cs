using System.Globalization;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>What a correlation asks for, in words.</summary>
internal static class CorrelationText
{
    /// <summary>Its condition, such as <c>the number of events is at least 10</c>; an expression as it is written.</summary>
    public static string ConditionOf(SigmaCorrelation correlation)
    {
        if (correlation.Condition is { } expression)
        {
            return expression.Trim();
        }

        string order = correlation.Type == CorrelationType.TemporalOrdered ? "in this order" : "in any order";
        if (correlation.Bounds.IsEmpty)
        {
            return correlation.Rules.Length switch
            {
                1 => "its rule matches",
                2 => $"both rules match, {order}",
                _ => $"all {NumberOf(correlation.Rules.Length)} rules match, {order}",
            };
        }

        string field = string.Join(" and ", correlation.Fields);
        string value = correlation.Type switch
        {
            CorrelationType.EventCount => "the number of events",
            CorrelationType.ValueCount => $"the number of different values of {field}",
            CorrelationType.ValueSum => $"the sum of {field}",
            CorrelationType.ValueAvg => $"the average of {field}",
            CorrelationType.ValuePercentile => $"percentile {NumberOf(correlation.Percentile ?? 0)} of {field}",
            CorrelationType.ValueMedian => $"the median of {field}",
            _ => $"the number of rules that match, {order},",
        };
        return $"{value} is {string.Join(" and ", correlation.Bounds.Select(BoundOf))}";
    }

    /// <summary>A timespan, such as <c>10 minutes</c>.</summary>
    public static string TimespanOf(SigmaCorrelation correlation)
    {
        string text = correlation.TimespanText;
        string unit = text[^1] switch { 's' => "second", 'm' => "minute", 'h' => "hour", _ => "day" };
        return PageText.Count(int.Parse(text.AsSpan(..^1), CultureInfo.InvariantCulture), unit);
    }

    /// <summary>When it is certain, while events still arrive, that it detected something, and why not sooner.</summary>
    public static string DecisionOf(CorrelationPage page) => page.Decision switch
    {
        CorrelationDecision.AtOnce => "At once: no event that is yet to come makes the condition false.",
        CorrelationDecision.AfterLateEvents => "After a wait: an event that comes late may make the condition false.",
        _ => $"After another {TimespanOf(page.Correlation)}, and a wait: a rule must not match in that time.",
    };

    private static string BoundOf(CorrelationBound bound) => bound.Operator switch
    {
        CorrelationOperator.Gt => "more than",
        CorrelationOperator.Gte => "at least",
        CorrelationOperator.Lt => "less than",
        CorrelationOperator.Lte => "at most",
        CorrelationOperator.Eq => "exactly",
        _ => "not",
    } + $" {NumberOf(bound.Value)}";

    private static string NumberOf(decimal number) => number.ToString("#,0.############################", CultureInfo.InvariantCulture);
}
