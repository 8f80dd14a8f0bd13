using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>
/// What is left of a rule set where a deployment leaves some out. What is silent in the set goes where its correlations go: a building block
/// is there as long as one of them is, and never begins to tell of itself because they are gone.
/// </summary>
internal sealed record RuleSetNarrowing(ImmutableArray<CompiledRule> Rules, ImmutableArray<SigmaCorrelation> Correlations, ImmutableArray<Diagnostic> Lost)
{
    /// <summary>Leaves out of a set.</summary>
    /// <param name="set">The set.</param>
    /// <param name="takesRule">Whether a rule with detections of its own stays.</param>
    /// <param name="takesCorrelation">Whether a correlation with detections of its own stays.</param>
    /// <param name="isOff">Whether a rule or correlation of that id is off, a building block too.</param>
    public static RuleSetNarrowing Of(
        RuleSet set, Func<SigmaRule, bool> takesRule, Func<CompiledCorrelation, bool> takesCorrelation, Func<string, bool> isOff)
    {
        CorrelationPlan plan = set.CorrelationPlan;
        var lost = new List<Diagnostic>();
        bool[] isUsable = new bool[plan.Correlations.Length];
        for (int place = 0; place < isUsable.Length; place++)
        {
            CompiledCorrelation correlation = plan.Correlations[place];
            bool isMeant = !isOff(correlation.Correlation.Id) && (correlation.IsSilent || takesCorrelation(correlation));
            string? missing = isMeant ? correlation.Correlation.Rules.Where((_, part) => !IsThere(correlation.Parts[part])).FirstOrDefault() : null;
            isUsable[place] = isMeant && missing is null;
            if (missing is not null)
            {
                lost.Add(LossOf(correlation.Correlation, missing));
            }
        }

        var needed = new HashSet<string>(RuleIdComparer.Instance);
        for (int place = isUsable.Length - 1; place >= 0; place--)
        {
            CompiledCorrelation correlation = plan.Correlations[place];
            isUsable[place] &= !correlation.IsSilent || needed.Contains(correlation.Correlation.Id);
            if (isUsable[place])
            {
                needed.UnionWith(correlation.Parts.Select(part => part.Id));
            }
        }

        var left = plan.Correlations.Where((_, place) => isUsable[place]).Select(one => one.Correlation.Id).ToHashSet(RuleIdComparer.Instance);
        return new RuleSetNarrowing(
            [.. set.Compiled.Where((rule, place) => plan.IsSilent(place) ? needed.Contains(rule.Rule.Id) : !isOff(rule.Rule.Id) && takesRule(rule.Rule))],
            [.. set.Correlations.Where(one => left.Contains(one.Id))],
            [.. lost]);

        bool IsThere(CorrelationPart part) => part.Correlation is { } inner
            ? isUsable[inner]
            : !isOff(part.Id) && (plan.IsSilent(part.Rule!.Value) || takesRule(set.Rules[part.Rule.Value]));
    }

    private static Diagnostic LossOf(SigmaCorrelation correlation, string missing) => new(
        DiagnosticCode.UnresolvedReference.Id,
        DiagnosticCode.UnresolvedReference.Severity,
        correlation.File,
        correlation.Line,
        1,
        $"The correlation refers to '{Shortened.Of(missing)}', which is switched off or not selected, or has a rule that is, so that nothing is detected. Let it run, or take this one out too.");
}
