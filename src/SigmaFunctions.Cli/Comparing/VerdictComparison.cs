using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Cli.Scanning;
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

/// <summary>Where an event stands, counted as <c>sigmaf scan</c> does.</summary>
/// <param name="Line">Line from 0 over all files.</param>
/// <param name="Record">Index in the body.</param>
internal readonly record struct EventPlace(long Line, int Record);

/// <summary>Runs two rule sets over the same events.</summary>
/// <param name="Events">Number of events.</param>
/// <param name="Undecoded">Number of records that could not be read.</param>
/// <param name="Changes">The rules whose verdicts change, ordered by title.</param>
internal sealed record VerdictComparison(long Events, long Undecoded, IReadOnlyList<ChangedVerdicts> Changes)
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
            [.. changes.Values.OrderBy(change => change.Rule.Title, StringComparer.Ordinal).ThenBy(change => change.Rule.Id, StringComparer.Ordinal)]);
    }

    /// <summary>One of the rule sets.</summary>
    private sealed class Side
    {
        private readonly Detector _detector;
        private readonly BodyMatcher _matcher;

        public Side(RuleSet rules, EventDecoder decoder)
        {
            _detector = new Detector(rules);
            _matcher = new BodyMatcherPool(decoder).Rent(_detector);
        }

        /// <summary>What matches in a body, by record and the rule's id.</summary>
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

            return found;
        }
    }
}
