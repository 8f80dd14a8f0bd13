using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.App.Correlating;

/// <summary>The matches of a batch that correlations count, by the parts that they are of. What it holds of a message follows from the message alone.</summary>
/// <param name="plan">The correlations.</param>
public sealed class CorrelationBatch(CorrelationPlan plan)
{
    /// <summary>Most parts of a correlation that the matches of one message are of; those of further ones take no part.</summary>
    public const int MaxParts = 1_000;

    /// <summary>Most matches of a message for one correlation, each once for every part that it is of; further ones take no part.</summary>
    public const int MaxEntries = 10_000;

    /// <summary>Most that the matches of a message take, in bytes, about.</summary>
    public const long MaxSize = 32 * 1024 * 1024;

    /// <summary>Values, in bytes, from which on what is in hand should be written.</summary>
    public const long LargeSize = 4 * 1024 * 1024;

    // What a match takes beside its values, about.
    private const int SizeOfMatch = 300;

    private readonly Dictionary<string, PartMatches> _parts = new(StringComparer.Ordinal);

    // Of the message at hand.
    private readonly Dictionary<CorrelationTree, Seen> _seen = [];
    private long _sizeBefore;

    /// <summary>The parts that were touched, in the order of their first matches.</summary>
    public IReadOnlyCollection<PartMatches> Parts => _parts.Values;

    /// <summary>Number of matches that take part, each once for every part that it is of.</summary>
    public long Matches { get; private set; }

    /// <summary>Number of matches that take no part, since their message had too many parts, or lists with too much.</summary>
    public long LeftOut { get; private set; }

    /// <summary>About how much is in hand, in bytes.</summary>
    public long Size { get; private set; }

    /// <summary>Adds the matches of a message.</summary>
    /// <param name="body">They.</param>
    /// <param name="identity">The message; its record does not matter.</param>
    public void Add(CorrelatedBody body, HubEventIdentity identity)
    {
        _seen.Clear();
        _sizeBefore = Size;
        LeftOut += body.LeftOut;
        if (body.Count == 0)
        {
            return;
        }

        identity = identity with { Namespace = identity.Namespace.ToLowerInvariant(), EventHub = identity.EventHub.ToLowerInvariant() };
        for (int index = 0; index < body.Count; index++)
        {
            Add(body[index], identity);
        }
    }

    /// <summary>Takes what was written out of hand; the parts stay.</summary>
    public void Written()
    {
        Size = 0;
        foreach (PartMatches part in _parts.Values)
        {
            part.Matches.Clear();
        }
    }

    private void Add(CorrelatedRecord record, HubEventIdentity message)
    {
        HubEventIdentity identity = message with { Record = record.Record };

        // Nothing happens after it was enqueued.
        long enqueued = identity.EnqueuedTime.UtcTicks;
        long time = Math.Min(record.Time?.UtcTicks ?? enqueued, enqueued);
        string? host = record.Host;
        string? user = record.User;
        for (int match = 0; match < record.Count; match++)
        {
            foreach ((CorrelationTree tree, int rule) in plan.TreesOf(record.RuleOf(match)))
            {
                byte[] values = tree.Keep(rule, record.ValuesOf(match), out bool isCut);
                LeftOut += isCut || record.IsCut(match) ? 1 : 0;
                var stored = new StoredMatch(rule, time, identity, host, user, values);
                foreach (ReadOnlyMemory<byte> part in tree.PartsOf(rule, values))
                {
                    Add(tree, part, stored);
                }
            }
        }
    }

    private void Add(CorrelationTree tree, ReadOnlyMemory<byte> part, StoredMatch match)
    {
        string partition = StateRows.PartitionOf(tree.Key, part.Span);
        if (!_seen.TryGetValue(tree, out Seen? seen))
        {
            _seen.Add(tree, seen = new Seen());
        }

        if (seen.Entries == MaxEntries || Size - _sizeBefore >= MaxSize || !seen.TryTake(partition))
        {
            LeftOut++;
            return;
        }

        seen.Entries++;
        if (!_parts.TryGetValue(partition, out PartMatches? matches))
        {
            _parts.Add(partition, matches = new PartMatches(new TreePart(tree, part, partition)));
        }

        matches.Matches.Add(match);
        matches.From = Math.Min(matches.From, match.Time);
        matches.To = Math.Max(matches.To, match.Time);
        Matches++;
        Size += SizeOfMatch + match.Values.Length;
    }

    /// <summary>What a message had for a correlation so far.</summary>
    private sealed class Seen
    {
        private readonly HashSet<string> _partitions = new(StringComparer.Ordinal);

        public int Entries { get; set; }

        public bool TryTake(string partition)
        {
            if (_partitions.Count < MaxParts)
            {
                _partitions.Add(partition);
                return true;
            }

            return _partitions.Contains(partition);
        }
    }
}

/// <summary>A part of a correlation.</summary>
/// <param name="Tree">The correlation.</param>
/// <param name="Key">The part.</param>
/// <param name="Partition">Its partition of the table.</param>
public sealed record TreePart(CorrelationTree Tree, ReadOnlyMemory<byte> Key, string Partition)
{
    /// <summary>The part of a correlation with a key.</summary>
    public static TreePart Of(CorrelationTree tree, ReadOnlyMemory<byte> key) => new(tree, key, StateRows.PartitionOf(tree.Key, key.Span));

    // A timespan may be centuries.
    private static readonly TimeSpan LongestKept = TimeSpan.FromDays(3_650);

    /// <summary>For how long its rows are kept from when they are written, up to ten years.</summary>
    public TimeSpan KeptFor => TimeSpan.FromTicks(Math.Min(LongestKept.Ticks, Math.Max(TimeSpan.TicksPerDay, 2 * Tree.Reach) + Tree.Reach));
}

/// <summary>New matches of a part.</summary>
/// <param name="part">The part.</param>
public sealed class PartMatches(TreePart part)
{
    /// <summary>The part.</summary>
    public TreePart Part { get; } = part;

    /// <summary>Those that are in hand.</summary>
    public List<StoredMatch> Matches { get; } = [];

    /// <summary>The time of the earliest one, in ticks, those that were written before included.</summary>
    public long From { get; set; } = long.MaxValue;

    /// <summary>The time of the latest one.</summary>
    public long To { get; set; }
}
