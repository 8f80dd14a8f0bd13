using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Framing;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Mappings;
using SigmaFunctions.Telemetry.Shapes;
using SigmaFunctions.Telemetry.Shapes.Defender;
using SigmaFunctions.Telemetry.Shapes.Elastic;
using SigmaFunctions.Telemetry.Shapes.LogAnalytics;
using SigmaFunctions.Telemetry.Xml;

namespace SigmaFunctions.Telemetry;

/// <summary>
/// Turns the body of an Event Hub message into events. Stateless and safe for concurrent use. Where only the events that match rules
/// are of interest, <see cref="BodyMatcher"/> does the same without making events of the others.
/// </summary>
public sealed class EventDecoder
{
    /// <summary>Makes a decoder.</summary>
    /// <param name="defaultLogSource">The log source of flat events that do not tell theirs; without it no rule sees them.</param>
    /// <param name="mappings">How records of other sources are read; asked in their order before the built-in shapes.</param>
    public EventDecoder(LogSource? defaultLogSource = null, IEnumerable<Mapping>? mappings = null)
    {
        var names = new NameTable.Builder();

        // The first that recognises a record decodes it. Shippers say what a record is, so they come before the shape that takes any
        // row whose message is XML: a message that somebody made up does not hide what the shipper saw. The flat shape takes every
        // object that is left.
        ImmutableArray<IShape> mapped = [.. (mappings ?? []).Select(mapping => new MappingShape(names, mapping))];
        ImmutableArray<IShape> known =
        [
            new DefenderShape(names),
            new XmlShape(names),
            new EvtxShape(names),
            new LogAnalyticsWindowsEvent(names),
            new LogAnalyticsEvent(names),
            new LogAnalyticsSecurityEvent(names),
            new AzureDiagnosticsShape(names),
            new WinlogbeatShape(names),
            new NxlogShape(names),
            new FluentBitShape(names),
            new OpenTelemetryShape(names),
            new WinEventShape(names),
            new XmlMessageShape(names),
        ];
        var flat = new FlatShape(names, defaultLogSource);
        Shapes = [.. mapped, .. known, new WrappedShape(names, known, flat), flat];
        Names = names.Build();
    }

    /// <summary>The names that shapes look for.</summary>
    internal NameTable Names { get; }

    /// <summary>The shapes, in the order in which they are asked.</summary>
    internal ImmutableArray<IShape> Shapes { get; }

    /// <summary>
    /// Decodes one body: one JSON object, <c>{"records":[…]}</c>, a top-level array, newline-delimited JSON or Windows event XML, one
    /// event after another or under <c>Events</c>; in UTF-8 with or without a byte order mark or in UTF-16, or any of these
    /// compressed by gzip. Never throws for what the body holds.
    /// </summary>
    /// <param name="body">The body.</param>
    /// <param name="limits">How many unreadable records are kept; <see cref="BodyLimits.Default"/> if null. All events are.</param>
    public DecodedBody Decode(ReadOnlyMemory<byte> body, BodyLimits? limits = null)
    {
        if (new BodyUnpacker(LargeBuffers.None).Unpack(ref body, out _, CancellationToken.None) is { } reason)
        {
            return new DecodedBody([], [new UndecodedRecord(0, reason, 0, body)]);
        }

        var collector = new EventCollector(this, body);
        var reader = new BodyReader(new RecordTape(Names), collector, limits ?? BodyLimits.Default);
        reader.Read(body, CancellationToken.None);
        return new DecodedBody([.. collector.Events], [.. reader.Undecoded]) { UndecodedCount = reader.UndecodedCount };
    }

    /// <summary>The shape that recognises a record.</summary>
    internal IShape ShapeOf(RecordValue record)
    {
        foreach (IShape shape in Shapes)
        {
            if (shape.Recognises(record))
            {
                return shape;
            }
        }

        throw new InvalidOperationException("The last shape takes every object.");
    }

    /// <summary>Decodes one record by itself, whatever it looks like.</summary>
    /// <param name="record">Its index in the body.</param>
    /// <param name="original">Its bytes: a JSON object or an XML element that was read before.</param>
    internal DecodedEvent DecodeRecord(int record, ReadOnlyMemory<byte> original)
    {
        var tape = new RecordTape(Names);
        var collector = new EventCollector(this, original);
        tape.Begin(original);
        tape.IsXml = original.Span is [(byte)'<', ..];
        bool isRead = tape.IsXml
            ? new XmlCursor(tape, original.Span, 0, new XmlEnds(new WorkMeter())).TryReadElement(out int index)
            : new ReaderCursor(tape, original.Span, 0).TryReadOnlyObject(out index);
        if (!isRead)
        {
            throw new ArgumentException("The bytes are not one record.", nameof(original));
        }

        tape.EndReading();
        collector.Take(record, new RecordValue(tape, index), 0, original.Length);
        return collector.Events[0];
    }

    /// <summary>Makes events of records.</summary>
    private sealed class EventCollector(EventDecoder decoder, ReadOnlyMemory<byte> body) : IRecordHandler
    {
        private readonly ObjectSink _sink = new(decoder.Names);
        private int _marked;

        public List<DecodedEvent> Events { get; } = [];

        public string? Take(int record, RecordValue value, int start, int end)
        {
            IShape shape = decoder.ShapeOf(value);
            _sink.Begin(value.Tape!);
            shape.Decode(value, _sink);
            if (_sink.Rejection is null)
            {
                Events.Add(_sink.Build(record, shape.Name, body[start..end]));
            }

            return _sink.Rejection;
        }

        public void Mark() => _marked = Events.Count;

        public void ReturnToMark() => Events.RemoveRange(_marked, Events.Count - _marked);
    }
}
