using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Visibility;

/// <summary>
/// Compares the fields of a sample of events with those that rules look at, log source by log source. A field arrives where it has a
/// value other than null. Not safe for concurrent use.
/// </summary>
/// <param name="ruleSet">The rules.</param>
public sealed class FieldCensus(RuleSet ruleSet)
{
    private readonly Dictionary<LogSourceSet, Count> _counts = [];
    private readonly HashSet<int> _rules = [];

    /// <summary>Number of rules that see no event, for want of one of their log source.</summary>
    public int RulesWithoutEvents => ruleSet.Rules.Length - _rules.Count;

    /// <summary>Counts an event.</summary>
    public void Add(SigmaEvent sigmaEvent)
    {
        ArgumentNullException.ThrowIfNull(sigmaEvent);
        foreach (EventView view in sigmaEvent.Views)
        {
            if (!_counts.TryGetValue(view.LogSources, out Count? count))
            {
                _counts.Add(view.LogSources, count = Begin(view.LogSources));
            }

            count.Add(view);
        }
    }

    /// <summary>What came of it, in the order of the log sources' names.</summary>
    public ImmutableArray<LogSourceFields> ToResult() =>
        [.. _counts.Values.Select(count => count.ToResult()).OrderBy(result => string.Join(' ', result.LogSources), StringComparer.Ordinal)];

    private Count Begin(LogSourceSet logSources)
    {
        int[] rules = [.. Enumerable.Range(0, ruleSet.Rules.Length).Where(rule => logSources.Any(ruleSet.Rules[rule].LogSource.Covers))];
        _rules.UnionWith(rules);
        return new Count(logSources, rules.Length, rules.SelectMany(rule => VisibilityAnalyzer.FieldsOf(ruleSet, rule)));
    }

    private sealed class Count
    {
        private readonly LogSourceSet _logSources;
        private readonly int _rules;
        private readonly Dictionary<string, int> _rulesOf = new(StringComparer.Ordinal);
        private readonly HashSet<string> _usedNames = new(StringComparer.Ordinal);
        private readonly HashSet<string> _neverArrived;
        private readonly Dictionary<string, long> _unused = new(StringComparer.Ordinal);
        private long _events;

        /// <summary>Begins to count.</summary>
        /// <param name="logSources">The log sources.</param>
        /// <param name="rules">Number of rules that see them.</param>
        /// <param name="fields">The fields that these look at, each rule's once.</param>
        public Count(LogSourceSet logSources, int rules, IEnumerable<string> fields)
        {
            _logSources = logSources;
            _rules = rules;
            foreach (string field in fields)
            {
                _rulesOf[field] = _rulesOf.GetValueOrDefault(field) + 1;
            }

            _neverArrived = [.. _rulesOf.Keys];
            foreach (string field in _rulesOf.Keys)
            {
                _usedNames.Add(field);
                for (int dot = field.LastIndexOf('.'); dot > 0; dot = field.LastIndexOf('.', dot - 1))
                {
                    _usedNames.Add(field[..dot]);
                }
            }
        }

        public void Add(EventView view)
        {
            _events++;
            _neverArrived.RemoveWhere(field => EventFields.Find(view.Fields, field) is { Kind: not FieldValueKind.Null });
            foreach ((string? name, FieldValue? value) in view.Fields)
            {
                if (value.Kind != FieldValueKind.Null && !_usedNames.Contains(name))
                {
                    _unused[name] = _unused.GetValueOrDefault(name) + 1;
                }
            }
        }

        public LogSourceFields ToResult() => new(
            _logSources,
            _events,
            _rules,
            [.. _unused.OrderByDescending(field => field.Value).ThenBy(field => field.Key, StringComparer.Ordinal)
                .Select(field => new FieldCount(field.Key, field.Value))],
            [.. _neverArrived.OrderByDescending(field => _rulesOf[field]).ThenBy(field => field, StringComparer.Ordinal)
                .Select(field => new FieldCount(field, _rulesOf[field]))]);
    }
}

/// <summary>The fields of the events of some log sources, and of the rules that see them.</summary>
/// <param name="LogSources">The log sources; events of several have them all.</param>
/// <param name="Events">Number of events.</param>
/// <param name="Rules">Number of rules that see them.</param>
/// <param name="Unused">Fields that arrived and no rule looks at, with the number of events; the most frequent first.</param>
/// <param name="NeverArrived">Fields that rules look at and no event had, with the number of rules; the most wanted first.</param>
public sealed record LogSourceFields(
    LogSourceSet LogSources, long Events, int Rules, ImmutableArray<FieldCount> Unused, ImmutableArray<FieldCount> NeverArrived);

/// <summary>A field and how many events have it, or how many rules look at it.</summary>
/// <param name="Field">The field's name.</param>
/// <param name="Count">The number.</param>
public sealed record FieldCount(string Field, long Count);
