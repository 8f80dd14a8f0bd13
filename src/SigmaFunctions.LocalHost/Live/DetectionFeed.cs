using System.Globalization;
using System.Security.Cryptography;

namespace SigmaFunctions.LocalHost.Live;

/// <summary>A detection as the live view has it.</summary>
/// <param name="Number">Its place among all of this run, from 1.</param>
/// <param name="Id">Id of the detection.</param>
/// <param name="Summary">What is sent to browsers: JSON on one line.</param>
/// <param name="Alert">The alert, UTF-8 JSON.</param>
internal sealed record FeedEntry(long Number, string Id, byte[] Summary, byte[] Alert);

/// <summary>
/// The last detections of a run. Readers ask for what comes after the last that they have: nothing is kept for a reader, so a slow one
/// costs nothing, waits for nobody and misses what has left the feed.
/// </summary>
internal sealed class DetectionFeed
{
    private readonly FeedEntry?[] _entries;
    private readonly Lock _gate = new();

    // Ids of an earlier run of the program mean other detections.
    private readonly string _run = RandomNumberGenerator.GetHexString(8, lowercase: true);
    private TaskCompletionSource _added = New();
    private long _count;

    /// <param name="capacity">Number of detections that are kept.</param>
    public DetectionFeed(int capacity = 1_000) => _entries = new FeedEntry?[capacity];

    /// <summary>Detections of this run, kept or not.</summary>
    public long Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Adds a detection; never waits.</summary>
    public void Add(string id, byte[] summary, byte[] alert)
    {
        TaskCompletionSource added;
        lock (_gate)
        {
            long number = ++_count;
            _entries[number % _entries.Length] = new FeedEntry(number, id, summary, alert);
            (added, _added) = (_added, New());
        }
        added.SetResult();
    }

    /// <summary>The detections after a number that are still kept, oldest first, at most <paramref name="maximum"/>; and what completes when there are more.</summary>
    public (IReadOnlyList<FeedEntry> Entries, Task More) After(long number, int maximum)
    {
        lock (_gate)
        {
            long first = Math.Max(number, _count - _entries.Length) + 1;
            long last = Math.Min(_count, first + maximum - 1);
            var entries = new List<FeedEntry>();
            for (long i = first; i <= last; i++)
            {
                entries.Add(_entries[i % _entries.Length]!);
            }

            return (entries, last < _count ? Task.CompletedTask : _added.Task);
        }
    }

    /// <summary>A detection that is still kept; null where it is not.</summary>
    public FeedEntry? Find(string id)
    {
        lock (_gate)
        {
            return Array.Find(_entries, entry => entry?.Id == id);
        }
    }

    /// <summary>The id that an entry has in the stream of events.</summary>
    public string EventId(FeedEntry entry) => string.Create(CultureInfo.InvariantCulture, $"{_run}-{entry.Number}");

    /// <summary>The number after which a browser goes on that has last seen an event; 0, all that is kept, where the id is not of this run.</summary>
    public long Resume(string? lastEventId) =>
        lastEventId is not null && lastEventId.StartsWith(_run + "-", StringComparison.Ordinal)
        && long.TryParse(lastEventId.AsSpan(_run.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number <= Count
            ? number
            : 0;

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
