using System.Collections.Immutable;
using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Cli.Scanning;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Explaining;

/// <summary>What correlations come to on events, and where the events stand.</summary>
/// <param name="Explanations">One for each correlation.</param>
/// <param name="Places">Where events stand, by the places that explanations tell.</param>
/// <param name="Events">Number of events.</param>
internal sealed record CorrelationEvents(ImmutableArray<CorrelationExplanation> Explanations, IReadOnlyList<InputPlace> Places, long Events)
{
    /// <summary>Reads and matches bodies one after another.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="correlations">Places of the correlations among those of the rules' plan.</param>
    /// <param name="decoder">What events are.</param>
    /// <param name="bodies">The bodies.</param>
    /// <param name="unread">Is told of what could not be read.</param>
    public static async Task<CorrelationEvents> ReadAsync(
        RuleSet rules, IEnumerable<int> correlations, EventDecoder decoder, IAsyncEnumerable<BodyLine> bodies, UndecodedReport unread)
    {
        var pool = new BodyMatcherPool(decoder, new BodyLimits { Correlates = true });
        BodyMatcher matcher = pool.Rent(new Detector(rules));
        BodyMatcher? unfiltered = rules.WithoutFilters() is { } open ? pool.Rent(new Detector(open)) : null;
        var reader = new Reader([.. correlations.Select(place => new CorrelationExplainer(rules, place))]);
        long events = 0;
        await foreach (BodyLine body in bodies)
        {
            if (body.Fault is not null)
            {
                await unread.AddAsync(body);
                continue;
            }

            BodyMatches matches = matcher.Match(body.Body);
            events += matches.Events;
            var places = new BodyPlaces(body);
            foreach (UndecodedRecord record in matches.Undecoded)
            {
                await unread.AddAsync(InputPlace.Of(ref places, record.Offset, record.Record), record);
            }

            unread.AddOmitted(body.Source.Name, matches.UndecodedCount - matches.Undecoded.Count);
            reader.Add(body, matches.Correlated, unfiltered?.Match(body.Body).Correlated);
        }

        return new CorrelationEvents([.. reader.Explainers.Select(explainer => explainer.Explain())], reader.Places, events);
    }

    /// <summary>Gives the matches of bodies to what explains.</summary>
    private sealed class Reader(ImmutableArray<CorrelationExplainer> explainers)
    {
        public ImmutableArray<CorrelationExplainer> Explainers => explainers;

        public List<InputPlace> Places { get; } = [];

        public void Add(BodyLine body, CorrelatedBody matched, CorrelatedBody? unfiltered)
        {
            var known = new HashSet<(int Record, int Rule)>();
            var places = new BodyPlaces(body);
            for (int index = 0; index < matched.Count; index++)
            {
                CorrelatedRecord record = matched[index];
                for (int match = 0; match < record.Count; match++)
                {
                    known.Add((record.Record, record.RuleOf(match)));
                    foreach (CorrelationExplainer explainer in explainers)
                    {
                        if (record.Time is { } time)
                        {
                            explainer.Matches.Add(record.RuleOf(match), time.UtcTicks, Places.Count, record.ValuesOf(match));
                        }
                        else
                        {
                            explainer.AddWithoutTime(record.RuleOf(match), Places.Count);
                        }
                    }
                }

                Places.Add(InputPlace.Of(ref places, record.Start, record.Record));
            }

            for (int index = 0; index < (unfiltered?.Count ?? 0); index++)
            {
                CorrelatedRecord record = unfiltered![index];
                bool isFiltered = false;
                for (int match = 0; match < record.Count; match++)
                {
                    if (known.Contains((record.Record, record.RuleOf(match))))
                    {
                        continue;
                    }

                    isFiltered = true;
                    foreach (CorrelationExplainer explainer in explainers)
                    {
                        explainer.AddFiltered(record.RuleOf(match), Places.Count, record.Time?.UtcTicks);
                    }
                }

                if (isFiltered)
                {
                    Places.Add(InputPlace.Of(ref places, record.Start, record.Record));
                }
            }
        }
    }
}
