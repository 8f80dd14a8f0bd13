using System.Runtime.InteropServices;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Framing;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Shapes;

namespace SigmaFunctions.Telemetry;

/// <summary>
/// Finds the rules that hold on the events of one message body after another. It reads the bodies as its <see cref="EventDecoder"/>
/// does, but makes no events: only the values that rules look at are read, and a body in which nothing matches allocates
/// nothing once the buffers have grown. Not safe for concurrent use; <see cref="BodyMatcherPool"/> gives each thread its own.
/// </summary>
public sealed class BodyMatcher
{
    private readonly GzipBody _gzip = new();
    private readonly Utf16Body _utf16 = new();
    private readonly BodyReader _reader;
    private readonly Handler _handler;
    private readonly BodyMatches _matches;

    /// <summary>Makes a matcher.</summary>
    /// <param name="decoder">How bodies are read.</param>
    /// <param name="detector">Whose rules are matched.</param>
    public BodyMatcher(EventDecoder decoder, Detector detector)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(detector);
        Decoder = decoder;
        Detector = detector;
        _matches = new BodyMatches(decoder);
        _handler = new Handler(decoder, detector, _matches);
        _reader = new BodyReader(new RecordTape(decoder.Names), _handler);
    }

    /// <summary>How bodies are read.</summary>
    public EventDecoder Decoder { get; }

    /// <summary>Whose rules are matched.</summary>
    public Detector Detector { get; }

    /// <summary>Reads a body and matches its events. Never throws for what it holds.</summary>
    /// <param name="body">The body, as <see cref="EventDecoder.Decode"/> takes it.</param>
    /// <returns>What was found; valid until the next body.</returns>
    public BodyMatches Match(ReadOnlyMemory<byte> body)
    {
        bool isPacked = GzipBody.IsGzip(body.Span);
        if (isPacked && !_gzip.TryUnpack(ref body, out string reason))
        {
            _matches.Begin(body, isPacked: false);
            _matches.Undecoded = [new UndecodedRecord(0, reason, 0, body)];
            return _matches;
        }

        isPacked |= _utf16.Convert(ref body);
        _matches.Begin(body, isPacked);
        _reader.Read(body);
        _matches.Undecoded = !isPacked
            ? _reader.Undecoded

            // What was unpacked is overwritten by the next body; these records may be kept.
            : [.. _reader.Undecoded.Select(record => record with { Original = record.Original.ToArray() })];
        return _matches;
    }

    /// <summary>Matches records.</summary>
    private sealed class Handler(EventDecoder decoder, Detector detector, BodyMatches matches) : IRecordHandler
    {
        private readonly SlotSink _sink = new(new EventMatcher(detector), decoder.Names);

        public int Count => matches.Events;

        public string? Take(int record, RecordValue value, int start, int end)
        {
            IShape shape = decoder.ShapeOf(value);
            do
            {
                _sink.Begin(value.Tape!, start..end);
                shape.Decode(value, _sink);
            }
            while (_sink.HasLearnt);

            if (_sink.Rejection is null)
            {
                matches.Add(record, start, end, _sink.End());
            }

            return _sink.Rejection;
        }

        public void Truncate(int count) => matches.Truncate(count);
    }
}

/// <summary>What a <see cref="BodyMatcher"/> found in a body. Valid until its next body.</summary>
public sealed class BodyMatches
{
    private readonly EventDecoder _decoder;
    private readonly List<MatchedRecord> _records = [];
    private readonly List<int> _rules = [];
    private ReadOnlyMemory<byte> _body;
    private bool _isPacked;

    internal BodyMatches(EventDecoder decoder) => _decoder = decoder;

    /// <summary>Number of events in the body, those that match nothing included.</summary>
    public int Events { get; private set; }

    /// <summary>The records that rules hold on, in order.</summary>
    public ReadOnlySpan<MatchedRecord> Records => CollectionsMarshal.AsSpan(_records);

    /// <summary>The records that could not be read, in order.</summary>
    public IReadOnlyList<UndecodedRecord> Undecoded { get; internal set; } = [];

    internal void Begin(ReadOnlyMemory<byte> body, bool isPacked)
    {
        _body = body;
        _isPacked = isPacked;
        Truncate(0);
    }

    internal void Add(int record, int start, int end, ReadOnlySpan<int> rules)
    {
        if (!rules.IsEmpty)
        {
            _records.Add(new MatchedRecord(this, record, Events, start..end, _rules.Count..(_rules.Count + rules.Length)));
            _rules.AddRange(rules);
        }

        Events++;
    }

    internal void Truncate(int events)
    {
        Events = events;
        while (_records is [.., var last] && last.Event >= events)
        {
            _records.RemoveAt(_records.Count - 1);
            _rules.RemoveRange(last.RuleRange.Start.Value, _rules.Count - last.RuleRange.Start.Value);
        }

        if (events == 0)
        {
            _rules.Clear();
        }
    }

    internal ReadOnlySpan<int> RulesOf(Range range) => CollectionsMarshal.AsSpan(_rules)[range];

    internal DecodedEvent Decode(int record, Range bytes) => _decoder.DecodeRecord(record, OriginalOf(bytes));

    internal ReadOnlyMemory<byte> OriginalOf(Range bytes) => _isPacked ? _body[bytes].ToArray() : _body[bytes];
}

/// <summary>A record that rules hold on. Valid as long as the <see cref="BodyMatches"/> it is from.</summary>
public readonly struct MatchedRecord : IEquatable<MatchedRecord>
{
    private readonly BodyMatches _matches;
    private readonly Range _bytes;

    internal MatchedRecord(BodyMatches matches, int record, int @event, Range bytes, Range rules)
    {
        _matches = matches;
        _bytes = bytes;
        Record = record;
        Event = @event;
        RuleRange = rules;
    }

    /// <summary>Index of the record in the body, from 0; unreadable records count too.</summary>
    public int Record { get; }

    /// <summary>The rules that hold: indices into <see cref="Detector.Rules"/>, ascending.</summary>
    public ReadOnlySpan<int> Rules => _matches.RulesOf(RuleRange);

    /// <summary>Index of the event among those of the body.</summary>
    internal int Event { get; }

    internal Range RuleRange { get; }

    /// <summary>The record's bytes; they stay when the <see cref="BodyMatches"/> goes on.</summary>
    public ReadOnlyMemory<byte> Original => _matches.OriginalOf(_bytes);

    /// <summary>Decodes the record, for evidence and for keeping.</summary>
    public DecodedEvent Decode() => _matches.Decode(Record, _bytes);

    /// <inheritdoc/>
    public bool Equals(MatchedRecord other) => ReferenceEquals(_matches, other._matches) && Event == other.Event;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MatchedRecord other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Event;

    /// <summary>Whether both are the same record of the same body.</summary>
    public static bool operator ==(MatchedRecord left, MatchedRecord right) => left.Equals(right);

    /// <summary>Whether they are not the same.</summary>
    public static bool operator !=(MatchedRecord left, MatchedRecord right) => !left.Equals(right);
}
