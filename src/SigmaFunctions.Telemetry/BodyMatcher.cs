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
    private readonly BodyUnpacker _unpacker;
    private readonly BodyReader _reader;
    private readonly BodyMatches _matches;

    /// <summary>Makes a matcher.</summary>
    /// <param name="decoder">How bodies are read.</param>
    /// <param name="detector">Whose rules are matched.</param>
    /// <param name="limits">How much of what is found is kept; <see cref="BodyLimits.Default"/> if null.</param>
    public BodyMatcher(EventDecoder decoder, Detector detector, BodyLimits? limits = null)
        : this(decoder, detector, limits, LargeBuffers.None)
    {
    }

    internal BodyMatcher(EventDecoder decoder, Detector detector, BodyLimits? limits, LargeBuffers buffers)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(detector);
        _unpacker = new BodyUnpacker(buffers);
        Detector = detector;
        Limits = limits ?? BodyLimits.Default;
        _matches = new BodyMatches(decoder, Limits, detector);
        _reader = new BodyReader(new RecordTape(decoder.Names), new Handler(decoder, detector, _matches), Limits);
    }

    /// <summary>Whose rules are matched.</summary>
    public Detector Detector { get; }

    /// <summary>How much of what is found is kept.</summary>
    public BodyLimits Limits { get; }

    /// <summary>What reading the last body took.</summary>
    internal WorkMeter Work => _reader.Work;

    /// <summary>
    /// Most bytes that a body takes beside its own while it is read: what it unpacks to at most and has as UTF-8; 0 for one that is read
    /// as it is. What else a matcher needs depends on no more of the body than its longest record, and on what is kept of it.
    /// </summary>
    public static long MaxUnpacked(ReadOnlySpan<byte> body) => BodyUnpacker.MaxLength(body);

    /// <summary>Reads a body and matches its events. Never throws for what it holds.</summary>
    /// <param name="body">The body, as <see cref="EventDecoder.Decode"/> takes it.</param>
    /// <param name="cancellationToken">Ends the reading within the body; the matcher is good for another body then.</param>
    /// <returns>What was found; valid until the next body.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public BodyMatches Match(ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        string? reason = _unpacker.Unpack(ref body, out bool isOwn, cancellationToken);
        _matches.Begin(body, isOwn);
        if (reason is not null)
        {
            var unread = new UndecodedRecord(0, reason, 0, body);
            _matches.End(isOwn ? CopiesOf([unread]) : [unread], 1);
            return _matches;
        }

        _reader.Read(body, cancellationToken);

        // What was unpacked is overwritten by the next body; these records may be kept.
        _matches.End(isOwn ? CopiesOf(_reader.Undecoded) : _reader.Undecoded, _reader.UndecodedCount);
        return _matches;
    }

    /// <summary>
    /// Lets go of the last body, and of what it took to read it but for the room that is kept for the next. What was found in it is no longer
    /// valid.
    /// </summary>
    public void Forget()
    {
        _unpacker.Trim();
        _matches.Begin(default, isPacked: false);
        _reader.Forget();
    }

    private List<UndecodedRecord> CopiesOf(IReadOnlyList<UndecodedRecord> records)
    {
        var copies = new List<UndecodedRecord>(records.Count);
        int left = Limits.UndecodedBytes;
        foreach (UndecodedRecord record in records)
        {
            byte[] bytes = record.Original[..Math.Min(left, record.Original.Length)].ToArray();
            left -= bytes.Length;
            copies.Add(record with { Original = bytes });
        }

        return copies;
    }

    /// <summary>Matches records.</summary>
    private sealed class Handler : IRecordHandler
    {
        private readonly EventDecoder _decoder;
        private readonly BodyMatches _matches;
        private readonly SlotSink _sink;
        private readonly FactsSink _facts;

        public Handler(EventDecoder decoder, Detector detector, BodyMatches matches)
        {
            _decoder = decoder;
            _matches = matches;
            _sink = new SlotSink(new EventMatcher(detector), decoder.Names, matches.SourceTally);
            _facts = new FactsSink(decoder.Names);
        }

        public string? Take(int record, RecordValue value, int start, int end)
        {
            IShape shape = _decoder.ShapeOf(value);
            do
            {
                _sink.Begin(value.Tape!, start..end, shape.Name);
                shape.Decode(value, _sink);
            }
            while (_sink.HasLearnt);

            if (_sink.Rejection is null)
            {
                _matches.Add(record, start, end, _sink.End());
                if (_matches.Correlates && _sink.Correlated is { Count: > 0 } correlated)
                {
                    _facts.Begin(value.Tape!);
                    shape.Decode(value, _facts);
                    _matches.Correlate(record, start, correlated, _facts.Facts);
                }

                _sink.CountSource();
                if (!_sink.IsSeen)
                {
                    _sink.CountUnseen(_matches.UnseenTally, shape.Name, value);
                }
            }

            return _sink.Rejection;
        }

        public void Mark() => _matches.Mark();

        public void ReturnToMark() => _matches.ReturnToMark();
    }
}
