using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>
/// Cuts JSON documents that span lines, or are long: a document is a body; of an array every element is, and of a long object that lists records every
/// record, so that documents of any length go through a buffer.
/// </summary>
/// <param name="text">The text.</param>
/// <param name="lines">What goes on behind the documents.</param>
internal sealed class JsonCutter(CutText text, LineCutter lines)
{
    // The bytes of a name and its quotes.
    private const int NameBytes = 16;

    // Whether the document has ended, and its line has not.
    private bool _isEnded;
    private bool _hasComma;

    private JsonOutline _outline;
    private long _line;

    // The line of the document or element that is open, for when lines were counted beyond it.
    private long _openLine;
    private bool _isTooLong;
    private bool _isArray;
    private bool _isCut;

    // The element that is open, or -1; where its records are counted.
    private long _element;
    private int _records;
    private bool _isOfRecords;
    private bool _isInRecords;

    // As it was where the first list of records began, of a document that is not cut yet.
    private JsonOutline? _firstRecords;

    /// <summary>Whether a document is open, or the line that one ended on.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Begins a document at the first place that is kept.</summary>
    public void Begin()
    {
        IsOpen = true;
        _isEnded = false;
        long at = text.Kept;
        _line = _openLine = text.Line;
        _outline = new JsonOutline(at);
        _isArray = _isCut = text[at] == (byte)'[';
        (_element, _records, _firstRecords) = (-1, 0, null);
        _isOfRecords = _isInRecords = _isTooLong = false;
    }

    /// <summary>Cuts the next body or fault of what is open.</summary>
    /// <returns>Whether there is one; if not, more bytes are needed, unless nothing is open any more.</returns>
    public bool TryCut(out BodyLine body)
    {
        body = default;
        return (!_isEnded || TryGoOn()) && TryCutDocument(out body);
    }

    private bool TryCutDocument(out BodyLine body)
    {
        body = default;
        while (true)
        {
            switch (_outline.Advance(text.Bytes(_outline.Position, text.End)))
            {
                case OutlineStep.More when text.IsEnd:
                    return TryEndEarly(out body);
                case OutlineStep.More:
                    if (TryReturnToRecords())
                    {
                        continue;
                    }

                    if (_isCut && _element < 0)
                    {
                        text.DropTo(Math.Max(text.Kept, text.End - NameBytes));
                    }
                    else if (text.End - text.Kept > CutText.MaxBytes)
                    {
                        _isTooLong = true;
                        text.DropTo(text.End);
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
        if (_isCut || _isTooLong || _firstRecords is not { } records || _outline.Position - text.Kept <= CutText.WholeBytes)
        {
            return false;
        }

        (_outline, _isCut, _isInRecords) = (records, true, true);
        text.DropTo(records.Position);
        return true;
    }

    private void Start()
    {
        long at = _outline.Position;
        byte first = text[at];
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
                text.DropTo(at);
                _element = at;
                _openLine = text.Line;
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
        ReadOnlySpan<byte> name = text.Bytes(Math.Max(text.Kept, nameEnd - NameBytes), nameEnd);
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
            text.DropTo(end);
            body = text.Take(end, end, 0);
        }
        else
        {
            body = IsTooLong(end) ? TooLongDocument() : text.Take(text.Kept, end, 0);
            text.DropTo(end);
        }

        (_isEnded, _hasComma, _isTooLong) = (true, false, false);
    }

    private BodyLine TakeElement(long end)
    {
        BodyLine body = IsTooLong(end) ? TooLongDocument() : text.Take(_element, end, _records);
        _records++;
        text.DropTo(end);
        (_element, _isTooLong) = (-1, false);
        return body;
    }

    /// <summary>The text ends within a document.</summary>
    private bool TryEndEarly(out BodyLine body)
    {
        body = default;
        if (text.Fault is null && (_isTooLong || !_isCut || _element >= 0))
        {
            body = IsTooLong(text.End) ? TooLongDocument() : text.Take(text.Kept, text.End, _records);
        }

        text.DropTo(text.End);
        if (text.Fault is null && body.Source is null)
        {
            body = text.FaultHere($"the JSON document that begins on line {text.InSource(_line)} ends early");
        }

        GiveBack();
        return text.Fault is null;
    }

    /// <summary>
    /// A document is none, be it that what looked like one was a damaged line. What was cut stays; what is left of it is one body, up to the line
    /// that it breaks off on where that begins something else, or with that line.
    /// </summary>
    private void BreakOff(out BodyLine body)
    {
        body = default;
        long at = _outline.Position;
        int newline = text.Bytes(text.Kept, at).LastIndexOf((byte)'\n');
        long lineStart = newline < 0 ? text.Kept : text.Kept + newline + 1;
        bool isFirst = newline >= 0 && !text.Bytes(lineStart, at).ContainsAnyExcept(" \t\r"u8);
        if (_isTooLong)
        {
            body = TooLongDocument();
            text.DropTo(at);
            GiveBack();
        }
        else if (_isCut && _element < 0)
        {
            text.DropTo(at);
            body = text.FaultHere($"the JSON document that begins on line {text.InSource(_line)} breaks off here");
            GiveBack();
        }
        else if (isFirst)
        {
            body = text.Take(text.Kept, lineStart - 1, _records);
            text.DropTo(lineStart);
            GiveBack();
        }
        else
        {
            IsOpen = false;
            lines.GoOnWithRest(at);
        }
    }

    /// <summary>What follows a document on its line: nothing, a comma, or something else.</summary>
    /// <returns>Whether it is another document.</returns>
    private bool TryGoOn()
    {
        while (true)
        {
            int found = text.Bytes(text.Kept, text.End).IndexOfAnyExcept(" \t\r"u8);
            text.DropTo(found < 0 ? text.End : text.Kept + found);
            if (text.Kept == text.End)
            {
                return false;
            }

            switch (text[text.Kept])
            {
                case (byte)',' when !_hasComma:
                    _hasComma = true;
                    text.PassTo(text.Kept + 1);
                    continue;
                case (byte)'\n':
                    text.DropTo(text.Kept + 1);
                    GiveBack();
                    return false;
                case (byte)'{' or (byte)'[':
                    Begin();
                    return true;
                default:
                    GiveBack();
                    return false;
            }
        }
    }

    private void GiveBack()
    {
        IsOpen = false;
        lines.GoOn();
    }

    private bool IsTooLong(long end) => _isTooLong || end - text.Kept > CutText.MaxBytes;

    private BodyLine TooLongDocument() => text.FaultFrom(_openLine, "the JSON document is longer than 64 MiB");
}
