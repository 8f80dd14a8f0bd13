using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Comparing;

/// <summary>How the verdicts of one rule change on events.</summary>
/// <param name="Rule">The rule, as the new set has it if it does.</param>
/// <param name="Gained">How many events only the new rule matches.</param>
/// <param name="FirstGained">Where the first of them stands; null if there is none.</param>
/// <param name="Lost">How many events only the old rule matches.</param>
/// <param name="FirstLost">Where the first of them stands; null if there is none.</param>
internal sealed record ChangedVerdicts(SigmaRule Rule, int Gained, EventPlace? FirstGained, int Lost, EventPlace? FirstLost);

/// <summary>How what a correlation detects changes on events. A detection is the same if its group and its time are.</summary>
/// <param name="Correlation">The correlation, as the new set has it if it does.</param>
/// <param name="Gained">How many detections only the new set has.</param>
/// <param name="FirstGained">Where the event stands that completes the first of them; null if there is none.</param>
/// <param name="Lost">How many detections only the old set has.</param>
/// <param name="FirstLost">Where the event stands that completes the first of them; null if there is none.</param>
internal sealed record ChangedDetections(SigmaCorrelation Correlation, int Gained, EventPlace? FirstGained, int Lost, EventPlace? FirstLost);

/// <summary>Where an event stands, counted as <c>sigmaf scan</c> does.</summary>
/// <param name="Line">Line from 0 over all files.</param>
/// <param name="Record">Index in the body.</param>
internal readonly record struct EventPlace(long Line, int Record);

/// <summary>Runs two rule sets over the same events.</summary>
/// <param name="Events">Number of events.</param>
/// <param name="Undecoded">Number of records that could not be read.</param>
/// <param name="Changes">The rules whose verdicts change, ordered by title.</param>
/// <param name="Detections">The correlations whose detections change, ordered by title.</param>
/// <param name="WithoutTime">Number of matches that took no part in correlations of the new set, since their events have no time.</param>
/// <param name="Cut">Number of matches with lists of which correlations of the new set looked at the beginning only.</param>
internal sealed record VerdictComparison(
    long Events, long Undecoded, IReadOnlyList<ChangedVerdicts> Changes, IReadOnlyList<ChangedDetections> Detections, long WithoutTime, long Cut)
{
    /// <summary>Reads and matches bodies one after another.</summary>
    /// <param name="oldRules">The rules before.</param>
    /// <param name="newRules">The rules after.</param>
    /// <param name="decoder">What events are.</param>
    /// <param name="bodies">The bodies.</param>
    /// <param name="unread">Is told of what could not be read.</param>
    public static async Task<VerdictComparison> RunAsync(
        RuleSet oldRules, RuleSet newRules, EventDecoder decoder, IAsyncEnumerable<BodyLine> bodies, UndecodedReport unread)
    {
        var oldSide = new Side(oldRules, decoder);
        var newSide = new Side(newRules, decoder);
        var changes = new Dictionary<string, ChangedVerdicts>(StringComparer.Ordinal);
        long events = 0;
        await foreach (BodyLine body in bodies)
        {
            if (body.Fault is not null)
            {
                await unread.AddAsync(body);
                continue;
            }

            Dictionary<(EventPlace Place, string Rule), SigmaRule> before = oldSide.Match(body, out _);
            Dictionary<(EventPlace Place, string Rule), SigmaRule> after = newSide.Match(body, out BodyMatches matches);
            events += matches.Events;
            var places = new BodyPlaces(body);
            foreach (UndecodedRecord record in matches.Undecoded)
            {
                await unread.AddAsync(InputPlace.Of(ref places, record.Offset, record.Record), record);
            }

            unread.AddOmitted(body.Source.Name, matches.UndecodedCount - matches.Undecoded.Count);
            foreach (((EventPlace place, string id), SigmaRule rule) in after)
            {
                if (!before.ContainsKey((place, id)))
                {
                    ChangedVerdicts known = changes.GetValueOrDefault(id) ?? new ChangedVerdicts(rule, 0, null, 0, null);
                    changes[id] = known with { Rule = rule, Gained = known.Gained + 1, FirstGained = known.FirstGained ?? place };
                }
            }

            foreach (((EventPlace place, string id), SigmaRule rule) in before)
            {
                if (!after.ContainsKey((place, id)))
                {
                    ChangedVerdicts known = changes.GetValueOrDefault(id) ?? new ChangedVerdicts(rule, 0, null, 0, null);
                    changes[id] = known with { Lost = known.Lost + 1, FirstLost = known.FirstLost ?? place };
                }
            }
        }

        return new VerdictComparison(
            events,
            unread.Count,
            [.. changes.Values.OrderBy(change => change.Rule.Title, StringComparer.Ordinal).ThenBy(change => change.Rule.Id, StringComparer.Ordinal)],
            Compare(oldSide.Detect(), newSide.Detect()),
            newSide.WithoutTime,
            newSide.Cut);
    }

    private static ChangedDetections[] Compare(Dictionary<string, DetectionPlaces> before, Dictionary<string, DetectionPlaces> after)
    {
        var changes = new List<ChangedDetections>();
        foreach (string id in after.Keys.Union(before.Keys, RuleIdComparer.Instance))
        {
            DetectionPlaces? old = before.GetValueOrDefault(id);
            DetectionPlaces? @new = after.GetValueOrDefault(id);
            List<EventPlace> gained = [.. Only(@new, old)];
            List<EventPlace> lost = [.. Only(old, @new)];
            if (gained.Count + lost.Count > 0)
            {
                changes.Add(new ChangedDetections(
                    (@new ?? old)!.Correlation, gained.Count, gained.Count > 0 ? gained[0] : null, lost.Count, lost.Count > 0 ? lost[0] : null));
            }
        }

        return [.. changes.OrderBy(change => change.Correlation.Title, StringComparer.Ordinal).ThenBy(change => change.Correlation.Id, StringComparer.Ordinal)];

        static IEnumerable<EventPlace> Only(DetectionPlaces? some, DetectionPlaces? others) =>
            some?.Places.Where(one => others?.Places.ContainsKey(one.Key) != true).Select(one => one.Value) ?? [];
    }

    /// <summary>What a correlation detects: by group and time, in order of time, where the event stands that completes it.</summary>
    private sealed record DetectionPlaces(SigmaCorrelation Correlation, OrderedDictionary<(string Group, long Time), EventPlace> Places);

    /// <summary>One of the rule sets.</summary>
    private sealed class Side
    {
        private readonly Detector _detector;
        private readonly BodyMatcher _matcher;
        private readonly CorrelationMatches _correlated;
        private readonly List<EventPlace> _places = [];

        public Side(RuleSet rules, EventDecoder decoder)
        {
            _detector = new Detector(rules);
            _matcher = new BodyMatcherPool(decoder, new BodyLimits { Correlates = true }).Rent(_detector);
            _correlated = new CorrelationMatches(rules.CorrelationPlan);
        }

        /// <summary>Matches without a time that correlations look at.</summary>
        public long WithoutTime { get; private set; }

        /// <summary>Matches with lists of which correlations look at the beginning only; known whole after <see cref="Detect"/>.</summary>
        public long Cut => _correlated.Cut;

        /// <summary>What matches in a body, by record and the rule's id; also where the rule is a building block of correlations alone.</summary>
        public Dictionary<(EventPlace Place, string Rule), SigmaRule> Match(BodyLine body, out BodyMatches matches)
        {
            matches = _matcher.Match(body.Body);
            var found = new Dictionary<(EventPlace, string), SigmaRule>();
            var places = new BodyPlaces(body);
            foreach (MatchedRecord matched in matches.Records)
            {
                var place = new EventPlace(places.LineAt(matched.Start), body.FirstRecord + matched.Record);
                foreach (int rule in matched.Rules)
                {
                    found.TryAdd((place, _detector.Rules[rule].Id), _detector.Rules[rule]);
                }
            }

            Correlate(body, matches.Correlated, found);
            return found;
        }

        /// <summary>What correlations detect in all bodies, by their ids.</summary>
        public Dictionary<string, DetectionPlaces> Detect()
        {
            var detections = new Dictionary<string, DetectionPlaces>(RuleIdComparer.Instance);
            foreach (CorrelationDetection detection in _correlated.Detect())
            {
                SigmaCorrelation correlation = detection.Correlation.Correlation;
                if (!detections.TryGetValue(correlation.Id, out DetectionPlaces? known))
                {
                    detections.Add(correlation.Id, known = new DetectionPlaces(correlation, []));
                }

                // The order of the names does not matter, nor the case of the values.
                string group = string.Concat(correlation.GroupBy.Zip(detection.Group, (name, text) => $"{name.Length}:{name}{text.Length}:{text.ToUpperInvariant()}").Order(StringComparer.Ordinal));
                known.Places.TryAdd((group, detection.Last), _places[detection.Place]);
            }

            return detections;
        }

        private void Correlate(BodyLine body, CorrelatedBody correlated, Dictionary<(EventPlace Place, string Rule), SigmaRule> found)
        {
            var places = new BodyPlaces(body);
            for (int index = 0; index < correlated.Count; index++)
            {
                CorrelatedRecord record = correlated[index];
                var place = new EventPlace(places.LineAt(record.Start), body.FirstRecord + record.Record);
                for (int match = 0; match < record.Count; match++)
                {
                    SigmaRule rule = _detector.Rules[record.RuleOf(match)];
                    found.TryAdd((place, rule.Id), rule);
                    if (record.Time is { } time)
                    {
                        _correlated.Add(record.RuleOf(match), time.UtcTicks, _places.Count, record.ValuesOf(match), record.IsCut(match));
                    }
                    else
                    {
                        WithoutTime++;
                    }
                }

                _places.Add(place);
            }
        }
    }
}
