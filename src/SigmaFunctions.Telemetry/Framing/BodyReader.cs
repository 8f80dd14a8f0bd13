using System.Collections.Immutable;
using System.Text.Json;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Shapes;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Reads the records of one (unpacked) body. A body is either a document that may span lines or newline-delimited records, and the
/// reader finds out which: it takes the first record for a document, and where that ends on its first line, or fails although
/// later lines can only begin a record of their own, every line stands alone.
/// </summary>
internal sealed class BodyReader
{
    private readonly ReadOnlyMemory<byte> _body;
    private readonly ImmutableArray<IShape> _shapes;
    private readonly RecordTape _tape;
    private readonly EventBuilder _builder = new();
    private readonly List<DecodedEvent> _events = [];
    private readonly List<UndecodedRecord> _undecoded = [];
    private int _record;

    // Where the record that is being read begins, for when it turns out to be unreadable.
    private int _pending;

    public BodyReader(ReadOnlyMemory<byte> body, ImmutableArray<IShape> shapes)
    {
        _body = body;
        _shapes = shapes;
        _tape = new RecordTape(body);
    }

    private ReadOnlySpan<byte> Bytes => _body.Span;

    /// <summary>Reads the body. Never throws for what it holds.</summary>
    public DecodedBody Read()
    {
        int position = SkipBlank(Bytes.StartsWith("\uFEFF"u8) ? 3 : 0, Bytes.Length);
        bool byLine = position < Bytes.Length && !OpensRecord(Bytes[position]);
        if (byLine && !AnyLineOpensRecord(position))
        {
            AddUndecoded("neither JSON objects nor an array of them", position, position, Bytes.Length);
            position = Bytes.Length;
        }

        while (position < Bytes.Length)
        {
            int lineEnd = LineEnd(position);
            if (byLine)
            {
                ReadLine(position, lineEnd);
                position = SkipBlank(lineEnd, Bytes.Length);
                continue;
            }

            (int events, int undecoded, int record) = (_events.Count, _undecoded.Count, _record);
            if (TryReadDocument(position, Bytes.Length, out int end, out Fault fault))
            {
                byLine = end <= lineEnd;
                lineEnd = LineEnd(end);
                ReadNothing(end, lineEnd);
                position = SkipBlank(lineEnd, Bytes.Length);
            }
            else if (RecordsBeginLater(position, fault.Offset))
            {
                _events.RemoveRange(events, _events.Count - events);
                _undecoded.RemoveRange(undecoded, _undecoded.Count - undecoded);
                _record = record;
                byLine = true;
            }
            else
            {
                AddUndecoded(fault.Reason, fault.Offset, _pending, Bytes.Length);
                break;
            }
        }

        return new DecodedBody([.. _events], [.. _undecoded]);
    }

    private void ReadLine(int start, int end)
    {
        if (!OpensRecord(Bytes[start]))
        {
            AddUndecoded("a record must be a JSON object", start, start, end);
        }
        else if (TryReadDocument(start, end, out int documentEnd, out Fault fault))
        {
            ReadNothing(documentEnd, end);
        }
        else
        {
            AddUndecoded(fault.Reason, fault.Offset, _pending, end);
        }
    }

    private void ReadNothing(int start, int end)
    {
        start = SkipBlank(start, end);
        if (start < end)
        {
            AddUndecoded("only a line break may stand between records", start, start, end);
        }
    }

    private bool TryReadDocument(int start, int limit, out int end, out Fault fault)
    {
        _pending = start;
        var reader = new Utf8JsonReader(Bytes[start..limit], RecordTape.ReaderOptions);
        try
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                ReadElements(ref reader, start, mayBeEnvelopes: true);
            }
            else
            {
                ReadObject(ref reader, start, mayBeEnvelope: true);
            }

            end = start + (int)reader.BytesConsumed;
            fault = default;
            return true;
        }
        catch (JsonException e)
        {
            end = start;
            fault = FaultOf(e, start, limit);
            return false;
        }
    }

    /// <summary>Reads the elements of the array the reader stands on; each is a record.</summary>
    private void ReadElements(ref Utf8JsonReader reader, int offset, bool mayBeEnvelopes)
    {
        _pending = offset + (int)reader.BytesConsumed;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            _pending = offset + (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                ReadObject(ref reader, offset, mayBeEnvelopes);
            }
            else
            {
                reader.Skip();
                AddUndecoded("a record must be a JSON object", _pending, _pending, offset + (int)reader.BytesConsumed);
            }

            _pending = offset + (int)reader.BytesConsumed;
        }
    }

    /// <summary>Reads the object the reader stands on: a record, or an envelope with <c>records</c>.</summary>
    private void ReadObject(ref Utf8JsonReader reader, int offset, bool mayBeEnvelope)
    {
        int start = offset + (int)reader.TokenStartIndex;
        _tape.Clear();
        int root = _tape.BeginObject();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            if (mayBeEnvelope && OpensRecords(reader))
            {
                ReadEnvelope(ref reader, offset);
                return;
            }

            _tape.AppendProperty(ref reader, offset);
        }

        RecordValue record = _tape.EndObject(root);
        _builder.Clear();
        foreach (IShape shape in _shapes)
        {
            if (shape.Recognises(record))
            {
                shape.Decode(record, _builder);
                _events.Add(_builder.Build(_record++, shape.Name, _body[start..(offset + (int)reader.BytesConsumed)]));
                return;
            }
        }

        AddUndecoded("no known shape", start, start, offset + (int)reader.BytesConsumed);
    }

    private void ReadEnvelope(ref Utf8JsonReader reader, int offset)
    {
        do
        {
            bool records = OpensRecords(reader);
            reader.Read();
            if (records)
            {
                ReadElements(ref reader, offset, mayBeEnvelopes: false);
            }
            else
            {
                reader.Skip();
            }
        }
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject);
    }

    /// <summary>Whether a reader stands on <c>records</c> with records in it, rather than a field of that name that lists something else.</summary>
    private static bool OpensRecords(Utf8JsonReader reader)
    {
        // Not ValueTextEquals: it throws at names with half a surrogate pair.
        bool named = reader.ValueIsEscaped
            ? JsonText.Read(reader.ValueSpan, escaped: true) == "records"
            : reader.ValueSpan.SequenceEqual("records"u8);
        if (!named)
        {
            return false;
        }

        reader.Read();
        return reader.TokenType == JsonTokenType.StartArray
            && reader.Read()
            && reader.TokenType is JsonTokenType.StartObject or JsonTokenType.EndArray;
    }

    /// <summary>
    /// Whether, in a document that is broken, a later line can only begin a record of its own: no JSON goes on with an opening
    /// bracket unless a comma, a colon or another opening bracket comes before it, nor where the fault itself is that bracket.
    /// </summary>
    private bool RecordsBeginLater(int start, int fault)
    {
        int line = SkipBlank(LineEnd(start), Bytes.Length);
        int lines = 1;
        int second = line;
        while (line < Bytes.Length)
        {
            lines++;
            if (OpensRecord(Bytes[line]) && (line == fault || !ExpectsValue(LastBefore(line))))
            {
                return true;
            }

            line = SkipBlank(LineEnd(line), Bytes.Length);
        }

        return lines == 2 && Bytes[start] == (byte)'{' && IsComplete(second);
    }

    private bool IsComplete(int start)
    {
        var reader = new Utf8JsonReader(Bytes[start..], RecordTape.ReaderOptions);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private bool AnyLineOpensRecord(int start)
    {
        while (start < Bytes.Length)
        {
            if (OpensRecord(Bytes[start]))
            {
                return true;
            }

            start = SkipBlank(LineEnd(start), Bytes.Length);
        }

        return false;
    }

    private void AddUndecoded(string reason, int offset, int start, int end)
    {
        start = SkipBlank(start, end);
        if (start < end && start < offset && Bytes[start] == (byte)',')
        {
            start = SkipBlank(start + 1, end);
        }

        _undecoded.Add(new UndecodedRecord(_record++, reason, offset, _body[start..end]));
    }

    private Fault FaultOf(JsonException e, int start, int limit)
    {
        int offset = start;
        for (long line = e.LineNumber ?? 0; line > 0; line--)
        {
            offset = Math.Min(limit, offset + Bytes[offset..limit].IndexOf((byte)'\n') + 1);
        }

        offset = (int)Math.Min(limit, offset + (e.BytePositionInLine ?? 0));

        // The reader blames a comma that nothing follows, where it is what follows that is missing.
        if (offset < limit && Bytes[offset] == (byte)',' && SkipBlank(offset + 1, limit) == limit)
        {
            offset = limit;
        }

        return new Fault(ReasonAt(offset, start, limit), offset);
    }

    // The reader's own messages quote what they found; reasons must not.
    private string ReasonAt(int offset, int start, int limit)
    {
        if (SkipBlank(offset, limit) == limit)
        {
            return "the JSON ends early";
        }

        byte found = Bytes[offset];
        return found switch
        {
            (byte)'{' or (byte)'[' when DepthAt(start, offset) >= RecordTape.MaxDepth => "nested deeper than 64 levels",
            (byte)'\'' => "not JSON: single quotes",
            (byte)'}' or (byte)']' when LastBefore(offset) == (byte)',' => "not JSON: trailing comma",
            < 0x20 => "not JSON: control character",
            _ => "not JSON",
        };
    }

    private int DepthAt(int start, int offset)
    {
        var reader = new Utf8JsonReader(Bytes[start..offset], isFinalBlock: false, new JsonReaderState(RecordTape.ReaderOptions));
        while (reader.Read())
        {
        }

        return reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject ? reader.CurrentDepth + 1 : reader.CurrentDepth;
    }

    private byte LastBefore(int position)
    {
        int last = Bytes[..position].LastIndexOfAnyExcept(" \t\r\n"u8);
        return last < 0 ? (byte)0 : Bytes[last];
    }

    private int SkipBlank(int start, int end)
    {
        int found = Bytes[start..end].IndexOfAnyExcept(" \t\r\n"u8);
        return found < 0 ? end : start + found;
    }

    private int LineEnd(int start)
    {
        int found = Bytes[start..].IndexOf((byte)'\n');
        return found < 0 ? Bytes.Length : start + found;
    }

    private static bool OpensRecord(byte first) => first is (byte)'{' or (byte)'[';

    private static bool ExpectsValue(byte last) => last is (byte)',' or (byte)':' or (byte)'[';

    private readonly record struct Fault(string Reason, int Offset);
}
