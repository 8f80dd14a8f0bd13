using System.Text.Json;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Xml;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Reads the records of one (unpacked) body after another. A body is either a document that may span lines or newline-delimited
/// records, and the reader finds out which: it takes the first record for a document, and where that ends on its first line, or
/// fails although later lines can only begin a record of their own, every line stands alone. Elements of XML are records wherever they
/// stand: they show where they begin and end.
/// </summary>
/// <param name="tape">Where records are read to.</param>
/// <param name="handler">What is done with them.</param>
internal sealed class BodyReader(RecordTape tape, IRecordHandler handler)
{
    // Longest header of a syslog line.
    private const int MaxHeader = 1024;

    private readonly List<UndecodedRecord> _undecoded = [];
    private readonly XmlEnds _xmlEnds = new();
    private ReadOnlyMemory<byte> _body;
    private int _record;

    // Where the record that is being read begins, for when it turns out to be unreadable.
    private int _pending;

    /// <summary>The records of the last body that could not be read, in order.</summary>
    public IReadOnlyList<UndecodedRecord> Undecoded => _undecoded;

    // The tape's, which are an array's: the span of memory of any kind takes longer to get.
    private ReadOnlySpan<byte> Bytes => tape.Body[.._body.Length];

    /// <summary>Reads a body. Never throws for what it holds.</summary>
    public void Read(ReadOnlyMemory<byte> body)
    {
        _body = body;
        _record = 0;
        _undecoded.Clear();
        _xmlEnds.Clear();
        tape.Begin(body);
        int position = SkipBlank(Bytes.StartsWith("\uFEFF"u8) ? 3 : 0, Bytes.Length);
        bool byLine = position < Bytes.Length && !OpensRecord(Bytes[position]) && !OpensXml(position);
        if (byLine && !AnyLineOpensRecord(position))
        {
            AddUndecoded("neither JSON nor event XML", position, position, Bytes.Length);
            position = Bytes.Length;
        }

        while (position < Bytes.Length)
        {
            if (OpensXml(position) || TrySkipSyslogHeader(ref position))
            {
                position = ReadXml(position);
                continue;
            }

            if (byLine || !OpensRecord(Bytes[position]))
            {
                int lineEnd = LineEnd(position);
                ReadLine(position, lineEnd);
                position = SkipBlank(lineEnd, Bytes.Length);
                continue;
            }

            State before = Now();
            if (TryReadDocument(position, Bytes.Length, out int end, out Fault fault))
            {
                int lineEnd = LineEnd(end);
                ReadNothing(end, lineEnd);
                int next = SkipBlank(lineEnd, Bytes.Length);
                byLine = next < Bytes.Length && !Bytes[position..end].Contains((byte)'\n');
                position = next;
            }
            else if (RecordsBeginLater(position, fault.Offset))
            {
                ReturnTo(before);
                byLine = true;
            }
            else
            {
                AddUndecoded(fault.Reason, fault.Offset, _pending, Bytes.Length);
                break;
            }
        }
    }

    private void ReadLine(int start, int end)
    {
        if (!OpensRecord(Bytes[start]))
        {
            AddUndecoded("a record must be a JSON object or event XML", start, start, end);
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
        State before = Now();
        var scanner = new ScannerCursor(tape, Bytes[start..limit], start);
        ReadDocument(ref scanner, start);
        if (!scanner.Failed)
        {
            end = scanner.Consumed;
            fault = default;
            return true;
        }

        ReturnTo(before);
        var cursor = new ReaderCursor(tape, Bytes[start..limit], start);
        try
        {
            ReadDocument(ref cursor, start);
            end = cursor.Consumed;
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

    private void ReadDocument<TCursor>(ref TCursor cursor, int start)
        where TCursor : struct, IJsonCursor, allows ref struct
    {
        _pending = start;
        switch (cursor.Read())
        {
            case JsonTokenType.StartArray:
                ReadElements(ref cursor, mayBeEnvelopes: true);
                break;
            case JsonTokenType.StartObject:
                ReadObject(ref cursor, mayBeEnvelope: true);
                break;
        }
    }

    /// <summary>Reads the elements of the array the cursor stands on; each is a record.</summary>
    private void ReadElements<TCursor>(ref TCursor cursor, bool mayBeEnvelopes)
        where TCursor : struct, IJsonCursor, allows ref struct
    {
        _pending = cursor.Consumed;
        while (cursor.Read() is var token && token is not (JsonTokenType.EndArray or JsonTokenType.None))
        {
            _pending = cursor.TokenStart;
            if (token == JsonTokenType.StartObject)
            {
                ReadObject(ref cursor, mayBeEnvelopes);
            }
            else
            {
                cursor.Skip();
                AddUndecoded("a record must be a JSON object", _pending, _pending, cursor.Consumed);
            }

            if (cursor.Failed)
            {
                return;
            }

            _pending = cursor.Consumed;
        }
    }

    /// <summary>Reads the object the cursor stands on: a record, or an envelope with <c>records</c>.</summary>
    private void ReadObject<TCursor>(ref TCursor cursor, bool mayBeEnvelope)
        where TCursor : struct, IJsonCursor, allows ref struct
    {
        int start = cursor.TokenStart;
        tape.Clear();
        if (cursor.AppendObject(mayBeEnvelope, out int index))
        {
            Take(index, start, cursor.Consumed);
        }
        else if (!cursor.Failed)
        {
            ReadEnvelope(ref cursor);
        }
    }

    private void ReadEnvelope<TCursor>(ref TCursor cursor)
        where TCursor : struct, IJsonCursor, allows ref struct
    {
        do
        {
            bool records = cursor.OpensRecords();
            cursor.Read();
            if (records)
            {
                ReadElements(ref cursor, mayBeEnvelopes: false);
            }
            else
            {
                cursor.Skip();
            }
        }
        while (!cursor.Failed && cursor.Read() == JsonTokenType.PropertyName);
    }

    private void Take(int index, int start, int end)
    {
        if (handler.Take(_record, new RecordValue(tape, index), start, end) is { } reason)
        {
            AddUndecoded(reason, start, start, end);
        }
        else
        {
            _record++;
        }
    }

    /// <summary>Reads XML up to what is none: one element after another, with or without <c>Events</c> around them.</summary>
    /// <returns>Where it ends.</returns>
    private int ReadXml(int position)
    {
        bool inEvents = false;
        while (true)
        {
            tape.Clear();
            tape.IsXml = true;
            var cursor = new XmlCursor(tape, Bytes, 0, _xmlEnds) { Position = position };
            bool isRead = cursor.SkipMiscellany();
            int start = cursor.Position;
            if (isRead && !OpensXml(start))
            {
                if (!inEvents)
                {
                    return start;
                }

                isRead = false;
            }
            else if (isRead && cursor.LocalName().SequenceEqual("Events"u8))
            {
                bool ends = Bytes[start + 1] == (byte)'/';
                isRead = ends == inEvents && cursor.SkipTag(out inEvents);
            }
            else if (isRead)
            {
                isRead = cursor.TryReadElement(out int index);
                if (isRead)
                {
                    Take(index, start, cursor.Position);
                }
            }

            position = cursor.Position;
            if (!isRead)
            {
                position = NextRecord(start, position);
                AddUndecoded(
                    cursor.Fault ?? (start == Bytes.Length ? XmlCursor.EndsEarly : "not XML"),
                    cursor.Fault is null ? start : cursor.FaultPosition,
                    start,
                    position);
                if (position == Bytes.Length || !OpensXml(position))
                {
                    return position;
                }
            }
        }
    }

    /// <summary>
    /// Where the record after a broken one of XML begins: with the next event, whose tag can be nothing else in XML, or with a line
    /// that is a JSON object by itself.
    /// </summary>
    /// <param name="start">Where the broken one begins.</param>
    /// <param name="position">Where it was given up.</param>
    private int NextRecord(int start, int position)
    {
        int next = Math.Min(Math.Max(start + 1, position), Bytes.Length);
        while (next < Bytes.Length && !BeginsRecord(Bytes[next..]))
        {
            int found = Bytes[(next + 1)..].IndexOf((byte)'<');
            next = found < 0 ? Bytes.Length : next + 1 + found;
        }

        for (int line = NextLine(start, next); line < next; line = NextLine(line, next))
        {
            if (Bytes[line] == (byte)'{')
            {
                tape.Clear();
                if (new ScannerCursor(tape, Bytes[line..LineEnd(line)], line).TryReadOnlyObject(out _))
                {
                    return line;
                }
            }
        }

        return next;
    }

    private int NextLine(int start, int end)
    {
        int found = Bytes[start..end].IndexOf((byte)'\n');
        return found < 0 ? end : SkipBlank(start + found, end);
    }

    private static bool BeginsRecord(ReadOnlySpan<byte> xml) =>
        IsTagOf(xml, "Event"u8) || IsTagOf(xml, "Events"u8) || IsTagOf(xml, "?xml"u8);

    private static bool IsTagOf(ReadOnlySpan<byte> xml, ReadOnlySpan<byte> name) =>
        xml.Length > name.Length + 1 && xml[0] == (byte)'<' && xml[1..].StartsWith(name)
        && xml[name.Length + 1] is (byte)' ' or (byte)'>' or (byte)'/' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    /// <summary>
    /// Goes over what a syslog line of Sysmon for Linux begins with, up to its XML; the tag is Sysmon's as RFC 3164 or RFC 5424 write it.
    /// </summary>
    private bool TrySkipSyslogHeader(ref int position)
    {
        if (OpensRecord(Bytes[position]))
        {
            return false;
        }

        ReadOnlySpan<byte> line = Bytes.Slice(position, Math.Min(MaxHeader, Bytes.Length - position));
        int lineEnd = line.IndexOf((byte)'\n');
        int xml = SysmonMessage.FindXml(lineEnd < 0 ? line : line[..lineEnd]);
        position += Math.Max(xml, 0);
        return xml >= 0;
    }

    private bool OpensXml(int position) => XmlCursor.Opens(Bytes[position..]);

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
            if (OpensXml(line) || (OpensRecord(Bytes[line]) && (line == fault || !ExpectsValue(LastBefore(line)))))
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
            if (OpensRecord(Bytes[start]) || OpensXml(start) || TrySkipSyslogHeader(ref start))
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

    private State Now() => new(handler.Count, _undecoded.Count, _record);

    private void ReturnTo(State state)
    {
        handler.Truncate(state.Events);
        _undecoded.RemoveRange(state.Undecoded, _undecoded.Count - state.Undecoded);
        _record = state.Record;
    }

    private int SkipBlank(int start, int end)
    {
        if (start == end || Bytes[start] > (byte)' ')
        {
            return start;
        }

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

    private readonly record struct State(int Events, int Undecoded, int Record);

    private readonly record struct Fault(string Reason, int Offset);
}
