using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.App.Sources;

/// <summary>Rules that hold on no event any more, and the ATT&amp;CK techniques that they are for.</summary>
/// <param name="Rules">How many rules.</param>
/// <param name="Techniques">The techniques' ids, such as <c>T1059.001</c>, in order: those that a blind rule names, whether or not another rule sees them still.</param>
internal sealed record BlindRules(int Rules, IReadOnlyList<string> Techniques)
{
    private const string TagPrefix = "attack.t";

    /// <summary>Those that only a source supplied which fell silent.</summary>
    /// <param name="ruleSet">The rules that run.</param>
    /// <param name="silent">What rules saw of it.</param>
    /// <param name="arriving">What rules see of the sources that still arrive.</param>
    public static BlindRules OfSilent(RuleSet ruleSet, IEnumerable<LogSourceSet> silent, IEnumerable<LogSourceSet> arriving)
    {
        HashSet<LogSource> lost = [.. silent.SelectMany(logSources => logSources)];
        HashSet<LogSource> left = [.. arriving.SelectMany(logSources => logSources)];
        return Of(ruleSet, Enumerable.Range(0, ruleSet.Rules.Length)
            .Where(rule => lost.Any(ruleSet.Rules[rule].LogSource.Covers) && !left.Any(ruleSet.Rules[rule].LogSource.Covers)));
    }

    /// <summary>Those that see a source and need fields that it lost.</summary>
    /// <param name="ruleSet">The rules that run.</param>
    /// <param name="views">What rules saw of the source, on the days that <see cref="LostField.LastSeen"/> tells.</param>
    /// <param name="lost">The fields.</param>
    public static BlindRules OfThinner(RuleSet ruleSet, IReadOnlyCollection<SourceDay> views, IEnumerable<LostField> lost)
    {
        var blind = new HashSet<int>();
        foreach (IGrouping<(string LogSources, DateOnly LastSeen), LostField> group in lost.GroupBy(field => (field.LogSources, field.LastSeen)))
        {
            if (views.FirstOrDefault(day => day.Day == group.Key.LastSeen)?.Views.GetValueOrDefault(group.Key.LogSources) is not { } view)
            {
                continue;
            }

            string[] fields = [.. view.Fields.Where(field => field.Value.Present > 0).Select(field => field.Key)];
            var before = new FieldScope(fields);
            var now = new FieldScope(fields.Except(group.Select(field => field.Field), StringComparer.Ordinal));
            blind.UnionWith(Enumerable.Range(0, ruleSet.Rules.Length)
                .Where(rule => view.LogSources.Any(ruleSet.Rules[rule].LogSource.Covers) && IsBlind(ruleSet, rule, now) && !IsBlind(ruleSet, rule, before)));
        }

        return Of(ruleSet, blind);
    }

    private static bool IsBlind(RuleSet ruleSet, int rule, FieldScope scope) =>
        VisibilityAnalyzer.Analyze(ruleSet, rule, scope).Verdict == VisibilityVerdict.Blind;

    private static BlindRules Of(RuleSet ruleSet, IEnumerable<int> rules)
    {
        int count = 0;
        var techniques = new SortedSet<string>(StringComparer.Ordinal);
        foreach (int rule in rules)
        {
            count++;
            techniques.UnionWith(ruleSet.Rules[rule].Tags
                .Where(tag => tag.StartsWith(TagPrefix, StringComparison.OrdinalIgnoreCase) && tag.Length > TagPrefix.Length && char.IsAsciiDigit(tag[TagPrefix.Length]))
                .Select(tag => tag["attack.".Length..].ToUpperInvariant()));
        }

        return new BlindRules(count, [.. techniques]);
    }
}
