using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;

namespace SigmaFunctions.Telemetry.Sources;

/// <summary>What the rules of a set can do on the events of a source.</summary>
public sealed class SourceReport
{
    private SourceReport(TelemetrySource source, ImmutableArray<SourceVisibility?> rules)
    {
        Source = source;
        Rules = rules;
    }

    /// <summary>The source.</summary>
    public TelemetrySource Source { get; }

    /// <summary>By index into <see cref="RuleSet.Rules"/>; null where no event of the source is of the rule's log source.</summary>
    public ImmutableArray<SourceVisibility?> Rules { get; }

    /// <summary>Number of rules whose log source the source has no event of.</summary>
    public int NotForSource => Rules.Count(rule => rule is null);

    /// <summary>Analyses every rule of a set.</summary>
    public static SourceReport Create(TelemetrySource source, RuleSet ruleSet)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(ruleSet);
        var covered = new Dictionary<LogSource, Covered?>();
        ImmutableArray<SourceVisibility?>.Builder rules = ImmutableArray.CreateBuilder<SourceVisibility?>(ruleSet.Rules.Length);
        for (int rule = 0; rule < ruleSet.Rules.Length; rule++)
        {
            LogSource logSource = ruleSet.Rules[rule].LogSource;
            if (!covered.TryGetValue(logSource, out Covered? events))
            {
                covered.Add(logSource, events = Covered.By(logSource, source));
            }

            rules.Add(events?.Analyze(ruleSet, rule));
        }

        return new SourceReport(source, rules.MoveToImmutable());
    }

    /// <summary>Number of rules with a verdict.</summary>
    public int Count(VisibilityVerdict verdict) => Rules.Count(rule => rule?.Visibility.Verdict == verdict);

    /// <summary>The events that the rules of a log source see.</summary>
    private sealed record Covered(ImmutableArray<SourceEvent> Events, FieldScope Together)
    {
        public static Covered? By(LogSource logSource, TelemetrySource source)
        {
            ImmutableArray<SourceEvent> events = [.. source.Events.Where(one => one.LogSources.Any(logSource.Covers))];
            return events.IsEmpty ? null : new Covered(events, FieldScope.Union([.. events.Select(one => one.Scope)]));
        }

        public SourceVisibility Analyze(RuleSet ruleSet, int rule)
        {
            RuleVisibility together = VisibilityAnalyzer.Analyze(ruleSet, rule, Together);
            ImmutableArray<EventVisibility> each =
            [
                .. Events.Select(one => new EventVisibility(
                    one, ReferenceEquals(one.Scope, Together) ? together : VisibilityAnalyzer.Analyze(ruleSet, rule, one.Scope))),
            ];
            bool isBlind = each.All(one => one.Visibility.Verdict == VisibilityVerdict.Blind);
            return new SourceVisibility(
                isBlind && together.Verdict != VisibilityVerdict.Blind ? BlindOnEach(each) : together, each);
        }

        /// <summary>Every field that the rule needs comes, but never all of them in one event.</summary>
        private static RuleVisibility BlindOnEach(ImmutableArray<EventVisibility> each) => each[0].Visibility with
        {
            Missing = Distinct(each.SelectMany(one => one.Visibility.Missing)),
            Needed = Distinct(each.SelectMany(one => one.Visibility.Needed)),
        };

        private static ImmutableArray<string> Distinct(IEnumerable<string> fields) =>
            [.. fields.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }
}

/// <summary>What a rule can do on the events of a source.</summary>
/// <param name="Visibility">
/// On all of them together: blind if it is on each. Fields are missing if no event that the rule sees has them.
/// </param>
/// <param name="Events">On each kind of events that the rule sees; at least one.</param>
public sealed record SourceVisibility(RuleVisibility Visibility, ImmutableArray<EventVisibility> Events);

/// <summary>What a rule can do on one kind of events.</summary>
/// <param name="Event">The kind.</param>
/// <param name="Visibility">What the rule can do.</param>
public sealed record EventVisibility(SourceEvent Event, RuleVisibility Visibility);
