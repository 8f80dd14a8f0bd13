using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>
/// Cuts a text into bodies: its lines; and where a JSON document or an event of XML spans lines, or is longer than most lines are, the document or
/// event. Of an array every element is a body, and of a long object that lists records every record, so that a text of any length goes through a
/// buffer. Each byte is looked at a bounded number of times.
/// </summary>
/// <param name="text">The text, in UTF-8 or whatever else has the line ends of ASCII.</param>
/// <param name="source">What it is called, and where its lines begin.</param>
internal sealed class BodyCutter(Stream text, BodySource source)
{
    /// <summary>Longest body: more than any that Event Hubs carries, packed or not.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    private const int BufferBytes = 256 * 1024;

    // A longer object is no record. Where it lists records, these are bodies, and their number does not matter.
    private const int WholeBytes = 1024 * 1024;

    // A longer event of XML is none; what is there is given to be read, as records may be found in it.
    private const int MaxXmlBytes = 4 * 1024 * 1024;

    // A tag around events of XML is no longer.
    private const int TagBytes = 1024;

    // A document goes on with the next line if that begins so; this far it is looked for.
    private const int LookaheadBytes = 1024;

    // The bytes of a name and its quotes.
    private const int NameBytes = 16;

    private byte[] _buffer = new byte[BufferBytes];

    // Places are offsets in the text: that of the buffer, its end, and the first that is still needed.
    private long _base;
    private long _end;
    private long _keep;
    private bool _isEnd;
    private string? _fault;

    // The line of the place up to which lines were counted.
    private long _line = source.FirstLine;
    private long _counted;
    private Mode _mode;

    // Up to here the line at hand has no end: without it a long one would be searched again with every read.
    private long _searched;
    private bool _isTooLong;

    // Whether the line at hand is what is left of a document: it may have line ends in it, and is taken as it is.
    private bool _isRest;
    private bool _isBegun;

    private JsonOutline _outline;
    private long _documentLine;

    // The line of the document or element that is open, for when lines were counted beyond it.
    private long _openLine;
    private bool _isArray;
    private bool _isCut;

    // The element that is open, or -1; where its records are counted.
    private long _element;
    private int _records;
    private bool _isOfRecords;
    private bool _isInRecords;
    private bool _hasComma;

    // Events that are open within the event of XML at hand.
    private int _nested;

    // As it was where the first list of records began, of a document that is not cut yet.
    private JsonOutline? _firstRecords;

    private enum Mode
    {
        Line,
        Document,
        DocumentEnd,
        Xml,
        XmlEvent,
    }

    /// <summary>What ended the text before its end, as it follows the source's name; known when no more can be read.</summary>
    public string? Fault => _isEnd ? _fault : null;

    /// <summary>Reads on, when nothing more can be cut from what was read.</summary>
    /// <returns>Whether there may be more to cut; if not, the text has ended.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_isEnd)
        {
            return false;
        }

        int kept = (int)(_end - _keep);
        if (_end - _base == _buffer.Length)
        {
            // Moved only where that makes room for as much, so that the moves are no more work than the reading.
            byte[] target = kept <= _buffer.Length / 2 ? _buffer : new byte[_buffer.Length * 2];
            Bytes(_keep, _end).CopyTo(target);
            (_buffer, _base) = (target, _keep);
        }

        try
        {
            // A read of a terminal or pipe cannot be called off; Ctrl-C leaves it behind.
            ValueTask<int> reading = text.ReadAsync(_buffer.AsMemory((int)(_end - _base)), cancellationToken);
            int read = reading.IsCompleted ? await reading : await reading.AsTask().WaitAsync(cancellationToken);
            _end += read;
            _isEnd = read == 0;
        }
        catch (BodyFileException exception)
        {
            Stop(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Stop($"cannot be read further: {exception.Message}");
        }

        return true;
    }

    // What was cut so far stays; what was not, is no whole body.
    private void Stop(string fault)
    {
        _fault = fault;
        _isEnd = true;
    }

    private ReadOnlySpan<byte> Bytes(long from, long to) => _buffer.AsSpan((int)(from - _base), (int)(to - from));

    /// <summary>Cuts the next body, a blank line or a fault from what was read.</summary>
    public bool TryCut(out BodyLine body)
    {
        while (true)
        {
            Mode mode = _mode;
            bool isCut = mode switch
            {
                Mode.Line => TryCutLine(out body),
                Mode.Document => TryCutDocument(out body),
                Mode.DocumentEnd => TryEndDocument(out body),
                Mode.Xml => TryPassXml(out body),
                _ => TryCutXmlEvent(out body),
            };
            if (isCut || _mode == mode)
            {
                return isCut;
            }
        }
    }

    private bool TryCutLine(out BodyLine body)
    {
        if (TryPassBlankLines(out body))
        {
            return true;
        }

        int found = Bytes(_searched, _end).IndexOf((byte)'\n');
        long lineEnd = found < 0 ? _end : _searched + found;
        _searched = lineEnd;
        bool isTooLong = _isTooLong || lineEnd - _keep > MaxBytes;
        if (found < 0 && !_isEnd)
        {
            if (isTooLong)
            {
                CountTo(_end);
                (_isTooLong, _keep) = (true, _end);
            }
            else if (!_isRest && _end - _keep > WholeBytes)
            {
                SkipMark();
                int first = Bytes(_keep, _end).IndexOfAnyExcept(" \t\r"u8);
                if (first >= 0 && _buffer[(int)(_keep + first - _base)] is (byte)'{' or (byte)'[')
                {
                    BeginDocument(_keep + first);
                }
                else if (first >= 0 && XmlTags.BeginsEvents(Bytes(_keep + first, _end)))
                {
                    BeginXml(_keep + first);
                }
            }

            return false;
        }

        if (found < 0 && ((_keep == _end && !isTooLong) || _fault is not null))
        {
            return false;
        }

        SkipMark();
        if (!isTooLong && !_isRest)
        {
            ReadOnlySpan<byte> line = Bytes(_keep, lineEnd);
            int first = line.IndexOfAnyExcept(" \t\r"u8);
            if (first == 0 && line.StartsWith("\uFEFF"u8) && line is [_, _, _, (byte)'{' or (byte)'[' or (byte)'<', ..])
            {
                // Of another file that was put behind the first.
                first = 3;
            }

            if (first >= 0 && line[first] is (byte)'{' or (byte)'[')
            {
                if (!IsEndKnown(line, lineEnd, out bool goesOn))
                {
                    return false;
                }

                if (goesOn || line.Length > WholeBytes)
                {
                    BeginDocument(_keep + first);
                    return false;
                }
            }
            else if (first >= 0 && XmlTags.BeginsEvents(line[first..]))
            {
                if (line.Length > WholeBytes || !XmlTags.AreWhole(line[first..]))
                {
                    BeginXml(_keep + first);
                    return false;
                }
            }
            else if (first >= 0 && !_isBegun)
            {
                long windowEnd = Math.Min(_end, lineEnd + 1 + CsvHeader.Window);
                if (windowEnd == _end && !_isEnd)
                {
                    return false;
                }

                if (lineEnd < _end && CsvHeader.IsHeader(line, Bytes(lineEnd + 1, windowEnd)))
                {
                    _keep = _searched = _end;
                    Stop(CsvHeader.Advice);
                    return false;
                }
            }

            _isBegun |= first >= 0;
            if (first == 0 && IsHeading(line))
            {
                _keep = lineEnd;
            }
        }

        body = isTooLong ? FaultHere("the line is longer than 64 MiB") : Take(_keep, lineEnd, 0);
        if (isTooLong || _isRest)
        {
            CountTo(lineEnd);
        }

        _isTooLong = _isRest = false;
        _line += lineEnd < _end ? 1 : 0;
        _keep = _searched = _counted = Math.Min(lineEnd + 1, _end);
        return true;
    }

    /// <summary>Many blank lines are one.</summary>
    private bool TryPassBlankLines(out BodyLine body)
    {
        body = default;
        if (_searched != _keep || _keep == _end || _isTooLong || _isRest || _buffer[(int)(_keep - _base)] > (byte)' ')
        {
            return false;
        }

        int length = Bytes(_keep, _end).IndexOfAnyExcept(" \t\r\n"u8);
        length = Bytes(_keep, length < 0 ? _end : _keep + length).LastIndexOf((byte)'\n') + 1;
        if (length == 0)
        {
            return false;
        }

        long behind = _keep + length;
        body = new BodyLine(source, _line, default) { Lines = Bytes(_keep, behind).Count((byte)'\n') };
        _line += body.Lines;
        _keep = _searched = _counted = behind;
        return true;
    }

    /// <summary>A byte order mark is the file's.</summary>
    private void SkipMark()
    {
        if (_keep == 0 && Bytes(0, _end).StartsWith("\uFEFF"u8))
        {
            DropTo(3);
        }
    }

    /// <summary>Whether it is known if a JSON document that begins on a line goes on behind it; and if so.</summary>
    private bool IsEndKnown(ReadOnlySpan<byte> line, long lineEnd, out bool goesOn)
    {
        goesOn = line[line.LastIndexOfAnyExcept(" \t\r"u8)] is (byte)'{' or (byte)'[' or (byte)',' or (byte)':';
        if (goesOn || lineEnd == _end)
        {
            return goesOn || _isEnd;
        }

        ReadOnlySpan<byte> ahead = Bytes(lineEnd + 1, Math.Min(_end, lineEnd + 1 + LookaheadBytes));
        int next = ahead.IndexOfAnyExcept(" \t\r\n"u8);
        goesOn = next >= 0 && ahead[next] is (byte)',' or (byte)'}' or (byte)']' or (byte)':';
        return next >= 0 || ahead.Length == LookaheadBytes || _isEnd;
    }

    /// <summary>The line that evtx_dump writes above a record.</summary>
    private static bool IsHeading(ReadOnlySpan<byte> line) =>
        line.StartsWith("Record "u8) && line["Record ".Length..].TrimEnd((byte)'\r') is { IsEmpty: false } number && !number.ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private void BeginDocument(long at)
    {
        _mode = Mode.Document;
        _keep = at;
        CountTo(at);
        _isBegun = true;
        _documentLine = _openLine = _line;
        _outline = new JsonOutline(at);
        _isArray = _isCut = _buffer[(int)(at - _base)] == (byte)'[';
        (_element, _records, _firstRecords) = (-1, 0, null);
        _isOfRecords = _isInRecords = _isTooLong = false;
    }

    private bool TryCutDocument(out BodyLine body)
    {
        body = default;
        while (true)
        {
            switch (_outline.Advance(Bytes(_outline.Position, _end)))
            {
                case OutlineStep.More when _isEnd:
                    return TryEndEarly(out body);
                case OutlineStep.More:
                    if (TryReturnToRecords())
                    {
                        continue;
                    }

                    if (_isCut && _element < 0)
                    {
                        DropTo(Math.Max(_keep, _end - NameBytes));
                    }
                    else if (_end - _keep > MaxBytes)
                    {
                        _isTooLong = true;
                        DropTo(_end);
                    }

                    return false;
                case OutlineStep.Name:
                    _isOfRecords = !_isArray && _outline.Depth == 1 && IsOfRecords(_outline.Position);
                    break;
                case OutlineStep.Start:
                    Start();
                    break;
                case OutlineStep.End when _outline.Depth == 0:
                    if (TryReturnToRecords())
                    {
                        continue;
                    }

                    EndDocument(out body);
                    return true;
                case OutlineStep.End when _element >= 0 && _outline.Depth == (_isArray ? 1 : 2):
                    body = TakeElement(_outline.Position);
                    return true;
                case OutlineStep.End:
                    _isInRecords &= _outline.Depth > 1;
                    break;
                case OutlineStep.Fault:
                    BreakOff(out body);
                    return body.Fault is not null || !body.Body.IsEmpty;
            }
        }
    }

    /// <summary>Goes back to where records begin, to cut them out one by one, where the document is found to be long.</summary>
    private bool TryReturnToRecords()
    {
        if (_isCut || _isTooLong || _firstRecords is not { } records || _outline.Position - _keep <= WholeBytes)
        {
            return false;
        }

        (_outline, _isCut, _isInRecords) = (records, true, true);
        DropTo(records.Position);
        return true;
    }

    private void Start()
    {
        long at = _outline.Position;
        byte first = _buffer[(int)(at - _base)];
        if (!_isArray && _outline.Depth == 1)
        {
            _isInRecords = _isOfRecords && first == (byte)'[';
            if (_isInRecords && !_isCut)
            {
                _firstRecords ??= _outline;
            }
        }
        else if (_outline.Depth == (_isArray ? 1 : 2) && (_isArray || _isInRecords))
        {
            if (_isCut)
            {
                DropTo(at);
                _element = at;
                _openLine = _line;
            }
            else if (first != (byte)'{')
            {
                // A property of that name which lists something else.
                _isInRecords = false;
                _firstRecords = null;
            }
        }
    }

    private bool IsOfRecords(long nameEnd)
    {
        ReadOnlySpan<byte> name = Bytes(Math.Max(_keep, nameEnd - NameBytes), nameEnd);
        return EndsWith(name, "\"records\""u8) || EndsWith(name, "\"results\""u8) || EndsWith(name, "\"Results\""u8);

        static bool EndsWith(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> quoted) =>
            bytes.EndsWith(quoted) && (bytes.Length == quoted.Length || bytes[^(quoted.Length + 1)] != (byte)'\\');
    }

    private void EndDocument(out BodyLine body)
    {
        long end = _outline.Position;
        if (_isCut)
        {
            // For its line, which may be the last.
            DropTo(end);
            body = Take(end, end, 0);
        }
        else
        {
            body = IsTooLong(end) ? TooLongDocument() : Take(_keep, end, 0);
            DropTo(end);
        }

        (_mode, _hasComma, _isTooLong) = (Mode.DocumentEnd, false, false);
    }

    private BodyLine TakeElement(long end)
    {
        BodyLine body = IsTooLong(end) ? TooLongDocument() : Take(_element, end, _records);
        _records++;
        DropTo(end);
        (_element, _isTooLong) = (-1, false);
        return body;
    }

    /// <summary>The text ends within a document.</summary>
    private bool TryEndEarly(out BodyLine body)
    {
        body = default;
        if (_fault is null && (_isTooLong || !_isCut || _element >= 0))
        {
            body = IsTooLong(_end) ? TooLongDocument() : Take(_keep, _end, _records);
        }

        DropTo(_end);
        if (_fault is null && body.Source is null)
        {
            body = FaultHere($"the JSON document that begins on line {LineOfDocument} ends early");
        }

        BeginLine(_end);
        return _fault is null;
    }

    /// <summary>
    /// A document is none, be it that what looked like one was a damaged line. What was cut stays; what is left of it is one body, up to the line
    /// that it breaks off on where that begins something else, or with that line.
    /// </summary>
    private void BreakOff(out BodyLine body)
    {
        body = default;
        long at = _outline.Position;
        int newline = Bytes(_keep, at).LastIndexOf((byte)'\n');
        long lineStart = newline < 0 ? _keep : _keep + newline + 1;
        bool isFirst = newline >= 0 && !Bytes(lineStart, at).ContainsAnyExcept(" \t\r"u8);
        if (_isTooLong)
        {
            body = TooLongDocument();
            DropTo(at);
            BeginLine(at);
        }
        else if (_isCut && _element < 0)
        {
            DropTo(at);
            body = FaultHere($"the JSON document that begins on line {LineOfDocument} breaks off here");
            BeginLine(at);
        }
        else if (isFirst)
        {
            body = Take(_keep, lineStart - 1, _records);
            DropTo(lineStart);
            BeginLine(lineStart);
        }
        else
        {
            BeginLine(_keep);
            (_searched, _isRest) = (at, true);
        }
    }

    private long LineOfDocument => _documentLine - source.FirstLine + 1;

    private void BeginLine(long at)
    {
        _mode = Mode.Line;
        _keep = _searched = at;
        _isTooLong = _isRest = false;
    }

    /// <summary>What follows a document on its line: nothing, a comma, or something else.</summary>
    private bool TryEndDocument(out BodyLine body)
    {
        body = default;
        while (true)
        {
            int found = Bytes(_keep, _end).IndexOfAnyExcept(" \t\r"u8);
            DropTo(found < 0 ? _end : _keep + found);
            if (_keep == _end)
            {
                return false;
            }

            switch (_buffer[(int)(_keep - _base)])
            {
                case (byte)',' when !_hasComma:
                    _hasComma = true;
                    _keep++;
                    continue;
                case (byte)'\n':
                    DropTo(_keep + 1);
                    BeginLine(_keep);
                    return false;
                case (byte)'{' or (byte)'[':
                    BeginDocument(_keep);
                    return false;
                default:
                    BeginLine(_keep);
                    return false;
            }
        }
    }

    private void BeginXml(long at)
    {
        _mode = Mode.Xml;
        CountTo(at);
        _keep = at;
        _isBegun = true;
        _records = 0;
    }

    /// <summary>Goes over what is around events of XML up to the next event or to the end of the line, or takes as a line what is neither.</summary>
    private bool TryPassXml(out BodyLine body)
    {
        body = default;
        while (true)
        {
            int found = Bytes(_keep, _end).IndexOfAnyExcept(" \t\r"u8);
            DropTo(found < 0 ? _end : _keep + found);
            ReadOnlySpan<byte> xml = Bytes(_keep, Math.Min(_end, _keep + TagBytes));
            if (xml.Length < XmlTags.LongestName + 1 && !xml.Contains((byte)'\n') && !_isEnd)
            {
                return false;
            }

            if (xml.IsEmpty || xml[0] == (byte)'\n')
            {
                // For the line, which may be the last.
                body = Take(_keep, _keep, 0);
                DropTo(_keep + (xml.IsEmpty ? 0 : 1));
                BeginLine(_keep);
                return true;
            }

            if (XmlTags.IsTag(xml, XmlTags.Event))
            {
                BeginXmlEvent(_keep);
                return false;
            }

            int end = XmlTags.BeginsEvents(xml) ? xml.IndexOf((byte)'>') : -1;
            if (end < 0)
            {
                if (xml.Length < TagBytes && XmlTags.BeginsEvents(xml) && !_isEnd)
                {
                    return false;
                }

                BeginLine(_keep);
                _isRest = true;
                return false;
            }

            DropTo(_keep + end + 1);
        }
    }

    private void BeginXmlEvent(long at)
    {
        _mode = Mode.XmlEvent;
        _searched = at + 1 + XmlTags.Event.Length;
        _nested = 0;
    }

    private bool TryCutXmlEvent(out BodyLine body)
    {
        body = default;
        while (true)
        {
            int found = Bytes(_searched, _end).IndexOf(XmlTags.Event);
            long name = found < 0 ? _end : _searched + found;
            long tagEnd = name + XmlTags.Event.Length;
            int closed = -1;
            if (tagEnd < _end)
            {
                if (!XmlTags.IsBehindName(_buffer[(int)(tagEnd - _base)]))
                {
                    _searched = tagEnd;
                    continue;
                }

                // No further than to the next tag: there may be many without an end.
                closed = Bytes(tagEnd, _end).IndexOfAny((byte)'>', (byte)'<');
            }

            if (closed < 0)
            {
                _searched = Math.Max(_searched, Math.Min(name, _end - XmlTags.Event.Length));
                return TryEndXmlEarly(out body);
            }

            _searched = tagEnd;
            ReadOnlySpan<byte> before = Bytes(name - 2, name);
            if (before.SequenceEqual("</"u8) && _nested-- == 0)
            {
                long end = tagEnd + closed + 1;
                body = Take(_keep, end, _records++);
                DropTo(end);
                _mode = Mode.Xml;
                return true;
            }

            if (before.SequenceEqual("\n<"u8))
            {
                // The one before it is cut off.
                body = Take(_keep, name - 2, _records++);
                DropTo(name - 1);
                BeginXmlEvent(_keep);
                return true;
            }

            if (before[1] == (byte)'<' && Bytes(tagEnd + closed - 1, tagEnd + closed + 1) is not [(byte)'/', (byte)'>'])
            {
                _nested++;
            }
        }
    }

    /// <summary>What was read of an event of XML ends before the event.</summary>
    private bool TryEndXmlEarly(out BodyLine body)
    {
        body = default;
        if (!_isEnd && _end - _keep <= MaxXmlBytes)
        {
            return false;
        }

        int newline = _isEnd ? -1 : Bytes(_keep, _end).LastIndexOf((byte)'\n');
        if (_fault is not null)
        {
            DropTo(_end);
        }
        else if (newline >= 0)
        {
            body = Take(_keep, _keep + newline, _records);
            DropTo(_keep + newline + 1);
        }
        else if (_isEnd)
        {
            body = Take(_keep, _end, _records);
            DropTo(_end);
        }

        bool isRest = body.Source is null && _fault is null;
        BeginLine(_keep);
        if (isRest)
        {
            // A long line, of which nothing is known but its beginning.
            (_searched, _isRest) = (_end, true);
        }

        return body.Source is not null;
    }

    private void DropTo(long place)
    {
        CountTo(place);
        _keep = place;
    }

    private void CountTo(long place)
    {
        if (place > _counted)
        {
            _line += Bytes(_counted, place).Count((byte)'\n');
            _counted = place;
        }
    }

    /// <summary>A body that begins where lines were counted to. The buffer is used again, bodies are kept.</summary>
    private BodyLine Take(long from, long to, int record)
    {
        ReadOnlySpan<byte> bytes = Bytes(from, to);
        int ends = (_mode == Mode.Line && !_isRest) || bytes.IsEmpty ? 0 : bytes[..^1].Count((byte)'\n');
        return new BodyLine(source, _line, bytes.ToArray()) { Lines = 1 + ends, FirstRecord = record };
    }

    private BodyLine FaultHere(string reason) => new(source, _line, default, reason);

    private bool IsTooLong(long end) => _isTooLong || end - _keep > MaxBytes;

    private BodyLine TooLongDocument() =>
        new(source, _openLine, default, "the JSON document is longer than 64 MiB") { Lines = (int)Math.Min(_line - _openLine + 1, int.MaxValue) };
}
