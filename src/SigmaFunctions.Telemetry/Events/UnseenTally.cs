using System.Runtime.InteropServices;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// Counts the events of a body that no rule can see, by kind. What a kind looks like is found out once and kept from body to body, so that
/// counting allocates nothing after that.
/// </summary>
internal sealed class UnseenTally
{
    // Shapes and log sources are few. Should mappings make many of them, those beyond are counted with the last.
    private const int MaxKinds = 256;

    private readonly Dictionary<Key, int> _indexes = [];
    private readonly List<Entry> _entries = [];

    // Entries that were counted in this body, and since the mark.
    private readonly List<int> _counted = [];
    private readonly List<int> _sinceMark = [];

    private readonly List<UnseenEvents> _current = [];

    /// <summary>What was counted in the body, in the order of its first events; valid until the next body begins.</summary>
    public IReadOnlyList<UnseenEvents> End()
    {
        foreach (int index in _counted)
        {
            Entry entry = _entries[index];
            if (entry.Count > 0)
            {
                _current.Add(new UnseenEvents(entry.Kind, entry.Count, entry.LooksLike, entry.Stated));
            }
        }

        return _current;
    }

    /// <summary>Begins a body.</summary>
    public void Begin()
    {
        foreach (int index in _counted)
        {
            ref Entry entry = ref CollectionsMarshal.AsSpan(_entries)[index];
            (entry.Count, entry.Marked) = (0, 0);
        }

        _counted.Clear();
        _sinceMark.Clear();
        _current.Clear();
    }

    /// <summary>Counts an event.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="reason">Why no rule can see it.</param>
    /// <param name="logSources">Its log sources, for <see cref="UnseenReason.NoRule"/>.</param>
    /// <param name="record">The record.</param>
    /// <param name="stated">What it states, for <see cref="UnseenReason.NoRuleForStated"/>.</param>
    public void Add(string shape, UnseenReason reason, LogSourceSet? logSources, RecordValue record, StatedLogSource stated)
    {
        var key = new Key(shape, reason, logSources);
        if (!_indexes.TryGetValue(key, out int index))
        {
            index = Math.Min(_entries.Count, MaxKinds - 1);
            if (_entries.Count < MaxKinds)
            {
                _entries.Add(new Entry(
                    new UnseenKind(shape, reason, logSources is null ? "" : string.Join(" / ", logSources)), RecordOutline.Of(record), stated.Describe()));
                _indexes.Add(key, index);
            }
        }

        ref Entry entry = ref CollectionsMarshal.AsSpan(_entries)[index];
        if (entry.Count == 0 && entry.Marked == 0 && !_counted.Contains(index))
        {
            _counted.Add(index);
        }

        if (entry.Count == entry.Marked)
        {
            _sinceMark.Add(index);
        }

        entry.Count++;
    }

    /// <summary>Remembers what was counted so far, in place of what was remembered before.</summary>
    public void Mark()
    {
        foreach (int index in _sinceMark)
        {
            ref Entry entry = ref CollectionsMarshal.AsSpan(_entries)[index];
            entry.Marked = entry.Count;
        }

        _sinceMark.Clear();
    }

    /// <summary>Takes back what was counted since the mark.</summary>
    public void ReturnToMark()
    {
        foreach (int index in _sinceMark)
        {
            ref Entry entry = ref CollectionsMarshal.AsSpan(_entries)[index];
            entry.Count = entry.Marked;
        }

        _sinceMark.Clear();
    }

    private readonly record struct Key(string Shape, UnseenReason Reason, LogSourceSet? LogSources);

    private struct Entry(UnseenKind kind, string looksLike, string stated)
    {
        public readonly UnseenKind Kind = kind;
        public readonly string LooksLike = looksLike;
        public readonly string Stated = stated;
        public int Count;

        /// <summary>What the count was at the mark.</summary>
        public int Marked;
    }
}

/// <summary>A log source that a record states; valid as long as the record.</summary>
/// <param name="category">Its category; absent where not stated.</param>
/// <param name="product">Its product.</param>
/// <param name="service">Its service.</param>
internal readonly struct StatedLogSource(RecordValue category, RecordValue product, RecordValue service)
{
    /// <summary>As <c>product=linux,category=proxy</c>, for people to look at; empty where nothing is stated.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        Append(text, "product=", product);
        Append(text, "category=", category);
        Append(text, "service=", service);
        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, RecordValue value)
    {
        if (value.Exists)
        {
            text.Append(text.Length > 0 ? "," : "").Append(name).Append(RecordOutline.Printable(value.Text));
        }
    }
}
