using System.Text.Json;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Xml;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>
/// Reads the records of one (unpacked) body after another. A body is either a document that may span lines or newline-delimited
/// records, and the reader finds out which: it takes the first record for a document, and where that ends on its first line, or
/// fails although later lines can only begin a record of their own, every line stands alone. Elements of XML are records wherever they
/// stand: they show where they begin and end.
/// </summary>
/// <remarks>
/// What is damaged may have to be read again from a later place. A <see cref="WorkMeter"/> sees to it that this ends: what is left of
/// the body then is one record that could not be read.
/// </remarks>
internal sealed class BodyReader
{
    // Longest header of a syslog line.
    private const int MaxHeader = 1024;

    private const string SyslogLine = "a syslog line, of which only event XML from Sysmon is read: send the message without its header";

    private const string TooMuchWork = "more work than a body of its size may take";

    private readonly RecordTape _tape;
    private readonly IRecordHandler _handler;
    private readonly BodyLimits _limits;
    private readonly List<UndecodedRecord> _undecoded = [];
    private readonly WorkMeter _work;
    private readonly XmlEnds _xmlEnds;
    private ReadOnlyMemory<byte> _body;
    private int _record;

    // Where the record that is being read begins, for when it turns out to be unreadable.
    private int _pending;

    // The part of the body that is known to hold no tag that a record of XML begins with; the next begins where it ends.
    private int _plainFrom;
    private int _plainTo;

    // What had been found where the document begins that is being read.
    private State _marked;

    /// <summary>Makes a reader.</summary>
    /// <param name="tape">Where records are read to.</param>
    /// <param name="handler">What is done with them.</param>
    /// <param name="limits">How many of the unreadable ones are kept.</param>
    public BodyReader(RecordTape tape, IRecordHandler handler, BodyLimits limits)
    {
        _tape = tape;
        _handler = handler;
        _limits = limits;
        _work = new WorkMeter();
        _xmlEnds = new XmlEnds(_work);
    }

    /// <summary>What reading the last body took.</summary>
    public WorkMeter Work => _work;

    /// <summary>The first records of the last body that could not be read, in order.</summary>
    public IReadOnlyList<UndecodedRecord> Undecoded => _undecoded;

    /// <summary>Number of records that could not be read.</summary>
    public int UndecodedCount { get; private set; }

    // The tape's, which are an array's: the span of memory of any kind takes longer to get.
    private ReadOnlySpan<byte> Bytes => _tape.Body[.._body.Length];

    /// <summary>Reads a body. Never throws for what it holds.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; another body can be read.</exception>
    public void Read(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        _body = body;
        _record = 0;
        _undecoded.Clear();
        UndecodedCount = 0;
        _xmlEnds.Clear();
        _pending = _plainFrom = _plainTo = 0;
        _tape.Begin(body);
        _work.Begin(body.Length, cancellationToken);
        try
        {
            ReadAll();
        }
        catch (WorkExceededException)
        {
            AddUndecoded(TooMuchWork, _pending, _pending, Bytes.Length);
        }
    }

    /// <summary>Lets go of the last body.</summary>
    public void Forget()
    {
        _body = default;
        _undecoded.Clear();
        _tape.Begin(default);
    }

    private void ReadAll()
    {
        int position = SkipBlank(Bytes.StartsWith("\uFEFF"u8) ? 3 : 0, Bytes.Length);
        bool byLine = position < Bytes.Length && !OpensRecord(Bytes[position]) && !OpensXml(position);
        if (byLine && !AnyLineOpensRecord(position))
        {
            AddUndecoded(IsSyslog(position) ? SyslogLine : "neither JSON nor event XML", position, position, Bytes.Length);
            position = Bytes.Length;
        }

        while (position < Bytes.Length)
        {
            _pending = position;
            if (OpensXml(position) || TrySkipSyslogHeader(ref position))
            {
                position = ReadXml(position);
                continue;
            }

            if (IsHeading(position, out int behind))
            {
                position = ReadHeaded(SkipBlank(behind, Bytes.Length));
                continue;
            }

            if (byLine || !OpensRecord(Bytes[position]))
            {
                int lineEnd = LineEnd(position);
                _work.Add(lineEnd - position);
                ReadLine(position, lineEnd);
                position = SkipBlank(lineEnd, Bytes.Length);
                continue;
            }

            if (TryReadDocument(position, Bytes.Length, out int end, out Fault fault))
            {
                if (RecordBehind(end, Bytes.Length) is >= 0 and int another)
                {
                    position = another;
                    continue;
                }

                int lineEnd = LineEnd(end);
                ReadNothing(end, lineEnd);
                int next = SkipBlank(lineEnd, Bytes.Length);
                byLine = next < Bytes.Length && !Bytes[position..end].Contains((byte)'\n');
                _work.Add(next - position);
                position = next;
            }
            else if (RecordsBeginLater(position, fault.Offset, Bytes.Length))
            {
                ReturnToMark(position);
                byLine = true;
            }
            else
            {
                AddUndecoded(fault.Reason, fault.Offset, _pending, Bytes.Length);
                break;
            }
        }
    }

    /// <summary>Reads what follows a line with the number of its record, as evtx_dump writes it: a document that may span lines.</summary>
    /// <returns>Where it ends.</returns>
    private int ReadHeaded(int start)
    {
        if (start == Bytes.Length || OpensXml(start) || IsHeading(start, out _))
        {
            return start;
        }

        int next = start;
        do
        {
            next = SkipBlank(LineEnd(next), Bytes.Length);
        }
        while (next < Bytes.Length && !IsHeading(next, out _));

        _work.Add(next - start);
        bool isDocument = OpensRecord(Bytes[start]);
        var fault = new Fault("", -1);
        if (isDocument && TryReadDocument(start, next, out int end, out fault))
        {
            int lineEnd = LineEnd(end);
            ReadNothing(end, lineEnd);
            return SkipBlank(lineEnd, Bytes.Length);
        }

        if (RecordsBeginLater(start, fault.Offset, next))
        {
            if (isDocument)
            {
                ReturnToMark(start);
            }

            ReadLine(start, LineEnd(start));
            return SkipBlank(LineEnd(start), Bytes.Length);
        }

        if (isDocument)
        {
            AddUndecoded(fault.Reason, fault.Offset, _pending, next);
        }
        else
        {
            ReadLine(start, next);
        }

        return next;
    }

    /// <summary>Whether a line is <c>Record</c> and a number.</summary>
    private bool IsHeading(int start, out int end)
    {
        end = start;
        if (!Bytes[start..].StartsWith("Record "u8))
        {
            return false;
        }

        int digits = start + "Record ".Length;
        int length = Bytes[digits..].IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        end = length < 0 ? Bytes.Length : digits + length;
        return end > digits && (end == Bytes.Length || Bytes[end] is (byte)'\r' or (byte)'\n');
    }

    private void ReadLine(int start, int end)
    {
        if (!OpensRecord(Bytes[start]))
        {
            AddUndecoded(IsSyslog(start) ? SyslogLine : "a record must be a JSON object or event XML", start, start, end);
            return;
        }

        int behind = start;
        while (behind >= 0)
        {
            start = behind;
            if (!TryReadDocument(start, end, out int documentEnd, out Fault fault))
            {
                AddUndecoded(fault.Reason, fault.Offset, _pending, end);
                return;
            }

            behind = RecordBehind(documentEnd, end);
            if (behind < 0)
            {
                ReadNothing(documentEnd, end);
            }
        }
    }

    /// <summary>Where another JSON document begins behind one on the same line, as senders write them that join what they have; -1 if none does.</summary>
    private int RecordBehind(int start, int end)
    {
        int found = Bytes[start..end].IndexOfAnyExcept(" \t\r"u8);
        return found >= 0 && OpensRecord(Bytes[start + found]) ? start + found : -1;
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
        Mark();
        var scanner = new ScannerCursor(_tape, Bytes[start..limit], start);
        ReadDocument(ref scanner, start);
        if (!scanner.Failed)
        {
            end = scanner.Consumed;
            fault = default;
            _work.Add(end - start);
            return true;
        }

        ReturnToMark(start);
        _work.Add(limit - start);
        var cursor = new ReaderCursor(_tape, Bytes[start..limit], start);
        ReadDocument(ref cursor, start);
        end = cursor.Consumed;
        _work.Add(end - start);
        fault = cursor.Failed ? new Fault(ReasonOf(cursor, limit), cursor.Fault) : default;
        return !cursor.Failed;
    }

    private void ReadDocument<TCursor>(ref TCursor cursor, int start)
        where TCursor : struct, IJsonCursor, allows ref struct
    {
        _pending = start;
        switch (cursor.Read())
        {
            case JsonTokenType.StartArray:
                ReadElements(ref cursor, Envelope.Body);
                break;
            case JsonTokenType.StartObject:
                ReadObject(ref cursor, Envelope.Body);
                break;
        }
    }

    /// <summary>Reads the elements of the array the cursor stands on; each is a record.</summary>
    private void ReadElements<TCursor>(ref TCursor cursor, Envelope elements)
        where TCursor : struct, IJsonCursor, allows ref struct
    {
        _pending = cursor.Consumed;
        while (cursor.Read() is var token && token is not (JsonTokenType.EndArray or JsonTokenType.None))
        {
            _pending = cursor.TokenStart;
            if (token == JsonTokenType.StartObject)
            {
                ReadObject(ref cursor, elements);
            }
            else
            {
                cursor.Skip();
            }

            if (cursor.Failed)
            {
                return;
            }

            if (token != JsonTokenType.StartObject)
            {
                AddUndecoded("a record must be a JSON object", _pending, _pending, cursor.Consumed);
            }

            _pending = cursor.Consumed;
        }
    }

    /// <summary>Reads the object the cursor stands on: a record, or an envelope with records.</summary>
    private void ReadObject<TCursor>(ref TCursor cursor, Envelope envelope)
        where TCursor : struct, IJsonCursor, allows ref struct
    {
        int start = cursor.TokenStart;
        _tape.Clear();
        bool isRead;
        int index;
        try
        {
            isRead = cursor.AppendObject(envelope, out index);
            if (isRead)
            {
                _tape.EndReading();
            }
        }
        catch (RecordTooLargeException)
        {
            cursor.SkipRest();
            if (!cursor.Failed)
            {
                AddUndecoded(RecordTooLargeException.Reason, start, start, cursor.Consumed);
            }

            return;
        }

        if (isRead)
        {
            Take(index, start, cursor.Consumed);
        }
        else if (!cursor.Failed)
        {
            ReadEnvelope(ref cursor, envelope);
        }
    }

    private void ReadEnvelope<TCursor>(ref TCursor cursor, Envelope envelope)
        where TCursor : struct, IJsonCursor, allows ref struct
    {
        do
        {
            bool records = cursor.OpensRecords(envelope, out Envelope elements);
            cursor.Read();
            if (records)
            {
                ReadElements(ref cursor, elements);
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
        _work.AddRecord(_tape.Count);
        if (ReasonAgainst(index, start, end) is { } reason)
        {
            AddUndecoded(reason, start, start, end);
        }
        else
        {
            _record++;
            _pending = end;
        }
    }

    private string? ReasonAgainst(int index, int start, int end)
    {
        if (end - start > RecordTooLargeException.MaxBytes)
        {
            return RecordTooLargeException.Reason;
        }

        try
        {
            return _handler.Take(_record, new RecordValue(_tape, index), start, end);
        }
        catch (RecordTooLargeException)
        {
            return RecordTooLargeException.Reason;
        }
    }

    /// <summary>Reads XML up to what is none: one element after another, with or without <c>Events</c> around them.</summary>
    /// <returns>Where it ends.</returns>
    private int ReadXml(int position)
    {
        bool inEvents = false;
        while (true)
        {
            _tape.Clear();
            _tape.IsXml = true;
            var cursor = new XmlCursor(_tape, Bytes, 0, _xmlEnds) { Position = position };
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
                _pending = start;
                isRead = TryReadElement(ref cursor, start);
            }

            _work.Add(cursor.Position - position - cursor.Jumped);
            position = cursor.Position;
            if (!isRead)
            {
                string reason = cursor.Fault ?? (start == Bytes.Length ? XmlCursor.EndsEarly : "not XML");
                _pending = start;
                position = NextRecord(start, position);
                AddUndecoded(reason, cursor.Fault is null ? start : cursor.FaultPosition, start, position);
                if (position == Bytes.Length || !OpensXml(position))
                {
                    return position;
                }
            }
        }
    }

    /// <summary>Reads the element that the cursor stands on; it is a record.</summary>
    private bool TryReadElement(ref XmlCursor cursor, int start)
    {
        int index;
        try
        {
            if (!cursor.TryReadElement(out index))
            {
                return false;
            }

            _tape.EndReading();
        }
        catch (RecordTooLargeException)
        {
            return cursor.Fail(RecordTooLargeException.Reason, start);
        }

        Take(index, start, cursor.Position);
        return true;
    }

    /// <summary>
    /// Where the record after a broken one of XML begins: with the next event, whose tag can be nothing else in XML, or with a line
    /// that is a JSON object by itself.
    /// </summary>
    /// <param name="start">Where the broken one begins.</param>
    /// <param name="position">Where it was given up.</param>
    private int NextRecord(int start, int position)
    {
        int next = NextTag(Math.Min(Math.Max(start + 1, position), Bytes.Length));
        for (int line = NextLine(start, next); line < next; line = NextLine(line, next))
        {
            _work.Add(line - start);
            start = line;
            if (Bytes[line] == (byte)'{' && IsRecord(line, LineEnd(line)))
            {
                return line;
            }
        }

        return next;
    }

    /// <summary>The next tag that a record of XML begins with.</summary>
    /// <remarks>Many broken ones may stand before it: it is looked for once for all of them.</remarks>
    private int NextTag(int start)
    {
        if (start < _plainFrom || start > _plainTo)
        {
            int next = start;
            while (next < Bytes.Length && !BeginsRecord(Bytes[next..]))
            {
                int found = Bytes[(next + 1)..].IndexOf((byte)'<');
                next = found < 0 ? Bytes.Length : next + 1 + found;
            }

            (_plainFrom, _plainTo) = (start, next);
            _work.Add(next - start);
        }

        return _plainTo;
    }

    private bool IsRecord(int start, int end)
    {
        _work.Add(end - start);
        _tape.Clear();
        try
        {
            return new ScannerCursor(_tape, Bytes[start..end], start).TryReadOnlyObject(out _);
        }
        catch (RecordTooLargeException)
        {
            return false;
        }
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

        // No further than to the event or the end of the line: there may be many lines, or many events in one.
        int xml = -1;
        for (int next = line.IndexOfAny((byte)'\n', (byte)'<'); next >= 0 && line[next] == (byte)'<'; next = NextBreak(line, next))
        {
            if (line[next..].StartsWith("<Event"u8))
            {
                xml = SysmonMessage.FindXml(line[..Math.Min(line.Length, next + 7)]);
                break;
            }
        }

        position += Math.Max(xml, 0);
        return xml >= 0;
    }

    /// <summary>Whether a line begins with a priority, as those of syslog do.</summary>
    private bool IsSyslog(int position)
    {
        ReadOnlySpan<byte> line = Bytes[position..];
        int digits = line is [(byte)'<', ..] ? line[1..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') : 0;
        return digits is > 0 and <= 3 && line[digits + 1] == (byte)'>';
    }

    private static int NextBreak(ReadOnlySpan<byte> line, int place)
    {
        int found = line[(place + 1)..].IndexOfAny((byte)'\n', (byte)'<');
        return found < 0 ? -1 : place + 1 + found;
    }

    private bool OpensXml(int position) => XmlCursor.Opens(Bytes[position..]);

    /// <summary>
    /// Whether, in a document that is broken, a later line can only begin a record of its own: no JSON goes on with an opening
    /// bracket unless a comma, a colon or another opening bracket comes before it, nor where the fault itself is that bracket.
    /// </summary>
    private bool RecordsBeginLater(int start, int fault, int limit)
    {
        int line = SkipBlank(LineEnd(start), limit);
        int lines = 1;
        int second = line;
        while (line < limit)
        {
            lines++;
            if (OpensXml(line) || (OpensRecord(Bytes[line]) && (line == fault || !ExpectsValue(LastBefore(line)))))
            {
                return true;
            }

            int next = SkipBlank(LineEnd(line), limit);
            _work.Add(next - line);
            line = next;
        }

        return lines == 2 && Bytes[start] == (byte)'{' && IsComplete(second, limit);
    }

    private bool IsComplete(int start, int limit)
    {
        _work.Add(limit - start);
        var reader = new TokenReader(Bytes[start..limit]);
        while (reader.Read())
        {
        }

        return reader.Fault < 0;
    }

    private bool AnyLineOpensRecord(int start)
    {
        while (start < Bytes.Length)
        {
            if (OpensRecord(Bytes[start]) || OpensXml(start) || TrySkipSyslogHeader(ref start))
            {
                return true;
            }

            int next = SkipBlank(LineEnd(start), Bytes.Length);
            _work.Add(next - start);
            start = next;
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

        if (UndecodedCount++ < _limits.Undecoded)
        {
            _undecoded.Add(new UndecodedRecord(_record, reason, offset, _body[start..end]));
        }

        _record++;
        _pending = end;
    }

    private string ReasonOf(in ReaderCursor cursor, int limit)
    {
        if (cursor.Fault == limit)
        {
            return "the JSON ends early";
        }

        byte found = Bytes[cursor.Fault];
        return found switch
        {
            _ when cursor.IsTooDeep => "nested deeper than 64 levels",
            (byte)'\'' => "not JSON: single quotes",
            (byte)'}' or (byte)']' when LastBefore(cursor.Fault) == (byte)',' => "not JSON: trailing comma",
            < 0x20 => "not JSON: control character",
            _ => "not JSON",
        };
    }

    private byte LastBefore(int position)
    {
        int last = Bytes[..position].LastIndexOfAnyExcept(" \t\r\n"u8);
        return last < 0 ? (byte)0 : Bytes[last];
    }

    private void Mark()
    {
        _marked = new State(UndecodedCount, _record);
        _handler.Mark();
    }

    /// <summary>Takes back what was read since the mark, which is at <paramref name="start"/>.</summary>
    private void ReturnToMark(int start)
    {
        _handler.ReturnToMark();
        _pending = start;
        (UndecodedCount, _record) = (_marked.Undecoded, _marked.Record);
        if (_undecoded.Count > UndecodedCount)
        {
            _undecoded.RemoveRange(UndecodedCount, _undecoded.Count - UndecodedCount);
        }
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

    private readonly record struct State(int Undecoded, int Record);

    private readonly record struct Fault(string Reason, int Offset);
}
