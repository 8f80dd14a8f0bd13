using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching.Compiling;
using SigmaFunctions.Engine.Matching.Indexing;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Matching;

/// <summary>A rule set compiled for matching. Safe for concurrent use; compile once, keep, share.</summary>
public sealed class Detector
{
    // Senders can name log sources as they like: beyond this number of sets their routes are not kept.
    private const int MaxRoutes = 4_096;

    private readonly FrozenDictionary<LogSource, Lazy<RuleGroup>> _groups;
    private readonly ConcurrentDictionary<LogSourceSet, Route> _routes = new();
    private readonly ConcurrentDictionary<LogSourceSet, KeywordFilter?> _keywords = new();
    private readonly ConcurrentBag<EventMatcher> _matchers = [];

    /// <summary>Compiles a rule set.</summary>
    public Detector(RuleSet ruleSet)
    {
        ArgumentNullException.ThrowIfNull(ruleSet);
        RuleSet = ruleSet;
        // A group is compiled when its first event comes: most deployments see events of few log sources.
        _groups = Enumerable.Range(0, ruleSet.Compiled.Length)
            .GroupBy(index => ruleSet.Compiled[index].Rule.LogSource)
            .ToFrozenDictionary(group => group.Key, group => new Lazy<RuleGroup>(() => RuleGroupCompiler.Compile(ruleSet.Compiled, [.. group])));
    }

    /// <summary>The rule set this detector was compiled from.</summary>
    public RuleSet RuleSet { get; }

    /// <summary>The rules, ordered by id.</summary>
    public ImmutableArray<SigmaRule> Rules => RuleSet.Rules;

    /// <summary>Every log source that a rule states.</summary>
    public IReadOnlyList<LogSource> LogSources => _groups.Keys;

    /// <summary>
    /// Number of rules that are evaluated on every event of their log source, since a match needs nothing that could be looked for first;
    /// among the log sources that events came from so far.
    /// </summary>
    public int RulesAlwaysEvaluated => _groups.Values.Where(group => group.IsValueCreated).Sum(group => group.Value.AlwaysEvaluated.Length);

    /// <summary>The rules for events of a set of log sources.</summary>
    public Route RouteOf(LogSourceSet logSources)
    {
        if (_routes.TryGetValue(logSources, out Route? known))
        {
            return known;
        }

        Route route = MakeRoute(logSources);
        return _routes.Count < MaxRoutes ? _routes.GetOrAdd(logSources, route) : route;
    }

    /// <summary>
    /// Compiles for the log sources that another detector has seen, so that after a change of rules the first events of each need not wait
    /// for it.
    /// </summary>
    public void Warm(Detector former)
    {
        ArgumentNullException.ThrowIfNull(former);
        foreach (LogSourceSet logSources in former._routes.Keys)
        {
            RouteOf(logSources);
        }
    }

    /// <summary>The rules that hold on an event, ordered by rule id, with all evidence. Never throws for what the event holds.</summary>
    public ImmutableArray<RuleMatch> Match(SigmaEvent sigmaEvent) => Match(sigmaEvent, null, 0, 0);

    /// <summary>As <see cref="Match(SigmaEvent)"/>, and adds what correlations look at.</summary>
    /// <param name="sigmaEvent">The event.</param>
    /// <param name="correlated">Where matches are added that correlations of the same rule set look at; null for nowhere.</param>
    /// <param name="time">When the event was, in ticks of 100 ns, UTC.</param>
    /// <param name="place">The event's place among all.</param>
    public ImmutableArray<RuleMatch> Match(SigmaEvent sigmaEvent, CorrelationMatches? correlated, long time, int place)
    {
        ArgumentNullException.ThrowIfNull(sigmaEvent);
        if (!_matchers.TryTake(out EventMatcher? matcher))
        {
            matcher = new EventMatcher(this);
        }

        matcher.BeginEvent();
        foreach (EventView view in sigmaEvent.Views)
        {
            EventWriter.Write(matcher, RouteOf(view.LogSources), sigmaEvent, view);
        }

        ImmutableArray<int> rules = [.. matcher.EndEvent()];
        for (int match = 0; match < matcher.Correlated.Count; match++)
        {
            correlated?.Add(matcher.Correlated.RuleOf(match), time, place, matcher.Correlated.ValuesOf(match), matcher.Correlated.IsCut(match));
        }

        _matchers.Add(matcher);
        var evidence = new EventEvidence(RuleSet, sigmaEvent, maxWork: long.MaxValue, maxFields: int.MaxValue);
        return [.. rules.Select(evidence.Of)];
    }

    private Route MakeRoute(LogSourceSet logSources)
    {
        List<LogSource> covering = [.. logSources.SelectMany(Covering).Distinct().Where(_groups.ContainsKey)];
        LogSourceSet withKeywords = [.. covering.Where(logSource => _groups[logSource].Value.HasKeywords)];
        KeywordFilter? keywords = withKeywords.Count == 0
            ? null
            : _keywords.GetOrAdd(withKeywords, sources => KeywordFilter.Create(sources.SelectMany(source => _groups[source].Value.Keywords)));
        return new Route([.. covering.Select(logSource => _groups[logSource].Value)], keywords, RuleSet.CorrelationPlan);
    }

    /// <summary>Every log source that a rule may state to see events of <paramref name="source"/>.</summary>
    private static IEnumerable<LogSource> Covering(LogSource source)
    {
        string?[] categories = source.Category is null ? [null] : [source.Category, null];
        string?[] products = source.Product is null ? [null] : [source.Product, null];
        string?[] services = source.Service is null ? [null] : [source.Service, null];
        foreach (string? category in categories)
        {
            foreach (string? product in products)
            {
                foreach (string? service in services)
                {
                    yield return new LogSource(category, product, service);
                }
            }
        }
    }
}
