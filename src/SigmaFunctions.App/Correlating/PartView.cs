using Azure.Data.Tables;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.App.Correlating;

/// <summary>What is known of a part, from a time on.</summary>
internal sealed class PartView
{
    private PartView(IReadOnlyList<CorrelatedMatch> matches, IReadOnlyList<StoredMatch> events, IReadOnlyList<StoredFiring> firings, IReadOnlyList<TableEntity> rows, long? completeFrom)
    {
        Matches = matches;
        Events = events;
        Firings = firings.ToLookup(firing => (firing.Correlation, firing.Group));
        ByKey = firings.ToDictionary(StateRows.KeyOf, StringComparer.Ordinal);
        Rows = rows;
        CompleteFrom = completeFrom;
    }

    /// <summary>The matches, in the order of their events' identity.</summary>
    public IReadOnlyList<CorrelatedMatch> Matches { get; }

    /// <summary>By the place of an event: a match of it.</summary>
    public IReadOnlyList<StoredMatch> Events { get; }

    /// <summary>The firings by correlation and group.</summary>
    public ILookup<(int Correlation, string Group), StoredFiring> Firings { get; }

    /// <summary>The firings by the keys of their rows.</summary>
    public IReadOnlyDictionary<string, StoredFiring> ByKey { get; }

    /// <summary>The rows of matches.</summary>
    public IReadOnlyList<TableEntity> Rows { get; }

    /// <summary>The time from which on all matches are there, in ticks, where there are more than are looked at; else null.</summary>
    public long? CompleteFrom { get; }

    /// <summary>Reads a part.</summary>
    /// <param name="rows">The table.</param>
    /// <param name="part">The part.</param>
    /// <param name="from">The time, in ticks.</param>
    /// <param name="limits">How much is looked at.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="FormatException">A row is not of a part's state.</exception>
    public static async Task<PartView> ReadAsync(ICorrelationRows rows, TreePart part, long from, PartLimits limits, CancellationToken cancellationToken)
    {
        long[] spans = [.. part.Tree.Correlations.Select(correlation => correlation.Logic.Span)];
        var found = new Dictionary<(long, long, int, int, int), StoredMatch>();
        var origins = new Dictionary<(string, string, string), int>();
        var ofMatches = new List<TableEntity>();
        var firings = new List<StoredFiring>();
        long? completeFrom = null;
        string last = "";
        long bytes = 0;
        await foreach (TableEntity row in rows.ReadAsync(part.Partition, StateRows.Since(from), cancellationToken))
        {
            if (!StateRows.IsMatches(row))
            {
                firings.Add(StateRows.FiringOf(row, spans));
                continue;
            }

            if (ofMatches.Count == limits.Rows || found.Count >= limits.Matches || bytes >= limits.Bytes)
            {
                completeFrom = StateRows.EndOf(row) + 1;
                break;
            }

            ofMatches.Add(row);
            last = row.RowKey;
            bytes += StateRows.SizeOf(row);
            foreach (StoredMatch match in StateRows.MatchesOf(row))
            {
                if (match.Time >= from && match.Rule < part.Tree.Rules.Length)
                {
                    Add(match);
                }
            }
        }

        if (completeFrom is not null)
        {
            await foreach (TableEntity row in rows.ReadFiringsAsync(part.Partition, last, StateRows.Since(from), cancellationToken))
            {
                firings.Add(StateRows.FiringOf(row, spans));
            }
        }

        return Of(found.Values, [.. firings.DistinctBy(StateRows.KeyOf)], ofMatches, completeFrom);

        void Add(StoredMatch match)
        {
            (string, string, string) where = (match.Identity.Namespace, match.Identity.EventHub, match.Identity.Partition);
            if (!origins.TryGetValue(where, out int origin))
            {
                origins.Add(where, origin = origins.Count);
            }

            found.TryAdd((match.Identity.EnqueuedTime.UtcTicks, match.Identity.SequenceNumber, match.Identity.Record, origin, match.Rule), match);
        }
    }

    private static PartView Of(IReadOnlyCollection<StoredMatch> found, List<StoredFiring> firings, List<TableEntity> rows, long? completeFrom)
    {
        StoredMatch[] ordered = [.. found];
        Array.Sort(ordered, (left, right) => StoredMatch.Compare(left.Identity, right.Identity) is var compared and not 0 ? compared : left.Rule.CompareTo(right.Rule));
        var matches = new CorrelatedMatch[ordered.Length];
        var events = new List<StoredMatch>();
        for (int match = 0; match < ordered.Length; match++)
        {
            if (match == 0 || StoredMatch.Compare(ordered[match - 1].Identity, ordered[match].Identity) != 0)
            {
                events.Add(ordered[match]);
            }

            matches[match] = new CorrelatedMatch(ordered[match].Rule, events.Count - 1, ordered[match].Time, ordered[match].Values);
        }

        return new PartView(matches, events, firings, rows, completeFrom);
    }
}
