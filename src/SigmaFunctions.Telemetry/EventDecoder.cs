using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Framing;
using SigmaFunctions.Telemetry.Shapes;

namespace SigmaFunctions.Telemetry;

/// <summary>Turns the body of an Event Hub message into events. Stateless and safe for concurrent use.</summary>
public sealed class EventDecoder
{
    private readonly ImmutableArray<IShape> _shapes;

    /// <summary>Makes a decoder.</summary>
    /// <param name="defaultLogSource">The log source of flat events that do not tell theirs; without it no rule sees them.</param>
    public EventDecoder(LogSource? defaultLogSource = null) =>
        // The first that recognises a record decodes it; the flat shape takes every object that is left.
        _shapes =
        [
            new DefenderShape(),
            new EvtxShape(),
            new FlatShape(defaultLogSource),
        ];

    /// <summary>
    /// Decodes one body: one JSON object, <c>{"records":[…]}</c>, a top-level array or newline-delimited JSON, with or without
    /// a UTF-8 byte order mark, or any of these compressed by gzip. Never throws for what the body holds.
    /// </summary>
    public DecodedBody Decode(ReadOnlyMemory<byte> body)
    {
        if (!GzipBody.IsGzip(body.Span))
        {
            return new BodyReader(body, _shapes).Read();
        }

        return GzipBody.TryUnpack(body, out ReadOnlyMemory<byte> unpacked, out string reason)
            ? new BodyReader(unpacked, _shapes).Read()
            : new DecodedBody([], [new UndecodedRecord(0, reason, 0, body)]);
    }
}
