using System.Globalization;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>How parts of a correlation are called.</summary>
internal sealed class CorrelationWords(RuleSet rules, CompiledCorrelation correlation)
{
    private readonly Dictionary<string, string> _names = NamesOf(rules, correlation);

    /// <summary>What is asked of the value: <c>gte 3</c>, <c>a, then b</c>.</summary>
    public string Condition
    {
        get
        {
            SigmaCorrelation written = correlation.Correlation;
            string bounds = string.Join(" and ", written.Bounds.Select(bound => $"{bound.OperatorName} {bound.ValueText}"));
            return written.Condition
                ?? (bounds.Length > 0 ? bounds : string.Join(written.Type == CorrelationType.TemporalOrdered ? ", then " : " and ", written.Rules));
        }
    }

    /// <summary>A rule as the correlation refers to it; of others the name, or else the id.</summary>
    public string NameOf(string id) => _names.GetValueOrDefault(id, id);

    /// <summary>Why a match does not count.</summary>
    public static string ReasonOf(LeftMatch match) => match.Reason switch
    {
        LeftReason.NoTime => "the event has no time",
        LeftReason.NoField or LeftReason.NoValue => $"no value in {match.Detail}",
        LeftReason.NoNumber => $"no number in {match.Detail}",
        LeftReason.Filtered => $"filtered by {match.Detail}",
        _ => "the event counts already",
    };

    /// <summary>A time in UTC, as exact as events have it.</summary>
    public static string TimeOf(long ticks) => new DateTime(ticks, DateTimeKind.Utc).ToString("yyyy-MM-dd HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static Dictionary<string, string> NamesOf(RuleSet rules, CompiledCorrelation correlation)
    {
        var names = new Dictionary<string, string>(RuleIdComparer.Instance);
        foreach ((CorrelationPart part, string reference) in correlation.Parts.Zip(correlation.Correlation.Rules))
        {
            names[part.Id] = reference;
        }

        foreach (SigmaRule rule in rules.Rules)
        {
            names.TryAdd(rule.Id, rule.Name ?? rule.Id);
        }

        return names;
    }
}
