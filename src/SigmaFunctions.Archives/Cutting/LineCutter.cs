using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>What a <see cref="LineCutter"/> came to.</summary>
internal enum LineStep
{
    /// <summary>More bytes are needed, or the text has ended.</summary>
    More,

    /// <summary>A body, blank lines or a fault.</summary>
    Body,

    /// <summary>A JSON document begins at the first place that is kept, and ends on another line or is long.</summary>
    Document,

    /// <summary>Events of XML begin at the first place that is kept, and end on another line or are long.</summary>
    Events,
}

/// <summary>Cuts a text into its lines, up to where a JSON document or events of XML span lines, or are longer than most lines are.</summary>
internal sealed class LineCutter(CutText text)
{
    // A document goes on with the next line if that begins so; this far it is looked for.
    private const int LookaheadBytes = 1024;

    // Up to here the line at hand has no end: without it a long one would be searched again with every read.
    private long _searched;
    private bool _isTooLong;

    // Whether the line at hand is what is left of a document: it may have line ends in it, and is taken as it is.
    private bool _isRest;
    private bool _isBegun;

    /// <summary>Goes on behind what another cutter took, at the first place that is kept.</summary>
    public void GoOn()
    {
        _searched = text.Kept;
        _isTooLong = _isRest = false;
    }

    /// <summary>Goes on with what another cutter left, which is taken as it is up to the end of a line.</summary>
    /// <param name="searched">The place from which on the line's end is looked for.</param>
    public void GoOnWithRest(long searched)
    {
        (_searched, _isTooLong, _isRest) = (searched, false, true);
    }

    /// <summary>Cuts the next line, or finds that a document or events begin on it, which are then the first that is kept.</summary>
    public LineStep Cut(out BodyLine body)
    {
        if (TryPassBlankLines(out body))
        {
            return LineStep.Body;
        }

        int found = text.Bytes(_searched, text.End).IndexOf((byte)'\n');
        long lineEnd = found < 0 ? text.End : _searched + found;
        _searched = lineEnd;
        bool isTooLong = _isTooLong || lineEnd - text.Kept > CutText.MaxBytes;
        if (found < 0 && !text.IsEnd)
        {
            if (isTooLong)
            {
                _isTooLong = true;
                text.DropTo(text.End);
            }
            else if (!_isRest && text.End - text.Kept > CutText.WholeBytes)
            {
                SkipMark();
                int first = text.Bytes(text.Kept, text.End).IndexOfAnyExcept(" \t\r"u8);
                if (first >= 0 && text[text.Kept + first] is (byte)'{' or (byte)'[')
                {
                    return Begin(text.Kept + first, LineStep.Document);
                }

                if (first >= 0 && XmlTags.BeginsEvents(text.Bytes(text.Kept + first, text.End)))
                {
                    return Begin(text.Kept + first, LineStep.Events);
                }
            }

            return LineStep.More;
        }

        if (found < 0 && ((text.Kept == text.End && !isTooLong) || text.Fault is not null))
        {
            return LineStep.More;
        }

        SkipMark();
        if (!isTooLong && !_isRest)
        {
            ReadOnlySpan<byte> line = text.Bytes(text.Kept, lineEnd);
            int first = FirstOf(line);
            if (first >= 0 && TryBegin(line, first, lineEnd, out LineStep step))
            {
                return step;
            }

            _isBegun |= first >= 0;
            if (first == 0 && IsHeading(line))
            {
                text.PassTo(lineEnd);
            }
        }

        body = isTooLong ? text.FaultHere("the line is longer than 64 MiB") : _isRest ? text.Take(text.Kept, lineEnd, 0) : text.TakeLine(text.Kept, lineEnd);
        if (isTooLong || _isRest)
        {
            text.CountTo(lineEnd);
        }

        _isTooLong = _isRest = false;
        _searched = Math.Min(lineEnd + 1, text.End);
        text.PassTo(_searched, lineEnd < text.End ? 1 : 0);
        return LineStep.Body;
    }

    /// <summary>The first byte of a line that counts, or -1.</summary>
    private static int FirstOf(ReadOnlySpan<byte> line)
    {
        int first = line.IndexOfAnyExcept(" \t\r"u8);

        // A byte order mark here is of another file that was put behind the first.
        return first == 0 && line.StartsWith("\uFEFF"u8) && line is [_, _, _, (byte)'{' or (byte)'[' or (byte)'<', ..] ? 3 : first;
    }

    /// <summary>Whether a line is not to be cut: it begins something that is no line, or it takes more bytes to know.</summary>
    private bool TryBegin(ReadOnlySpan<byte> line, int first, long lineEnd, out LineStep step)
    {
        step = LineStep.More;
        if (line[first] is (byte)'{' or (byte)'[')
        {
            if (!IsEndKnown(line, lineEnd, out bool goesOn))
            {
                return true;
            }

            if (goesOn || line.Length > CutText.WholeBytes)
            {
                step = Begin(text.Kept + first, LineStep.Document);
                return true;
            }
        }
        else if (XmlTags.BeginsEvents(line[first..]))
        {
            if (line.Length > CutText.WholeBytes || !XmlTags.AreWhole(line[first..]))
            {
                step = Begin(text.Kept + first, LineStep.Events);
                return true;
            }
        }
        else if (!_isBegun)
        {
            long windowEnd = Math.Min(text.End, lineEnd + 1 + CsvHeader.Window);
            if (windowEnd == text.End && !text.IsEnd)
            {
                return true;
            }

            if (lineEnd < text.End && CsvHeader.IsHeader(line, text.Bytes(lineEnd + 1, windowEnd)))
            {
                text.PassTo(text.End);
                _searched = text.End;
                text.Stop(CsvHeader.Advice);
                return true;
            }
        }

        return false;
    }

    private LineStep Begin(long at, LineStep step)
    {
        text.DropTo(at);
        _isBegun = true;
        return step;
    }

    /// <summary>Many blank lines are one.</summary>
    private bool TryPassBlankLines(out BodyLine body)
    {
        body = default;
        if (_searched != text.Kept || text.Kept == text.End || _isTooLong || _isRest || text[text.Kept] > (byte)' ')
        {
            return false;
        }

        int length = text.Bytes(text.Kept, text.End).IndexOfAnyExcept(" \t\r\n"u8);
        length = text.Bytes(text.Kept, length < 0 ? text.End : text.Kept + length).LastIndexOf((byte)'\n') + 1;
        if (length == 0)
        {
            return false;
        }

        long behind = text.Kept + length;
        int lines = text.Bytes(text.Kept, behind).Count((byte)'\n');
        body = text.TakeBlank(lines);
        text.PassTo(behind, lines);
        _searched = behind;
        return true;
    }

    /// <summary>A byte order mark is the file's.</summary>
    private void SkipMark()
    {
        if (text.Kept == 0 && text.Bytes(0, text.End).StartsWith("\uFEFF"u8))
        {
            text.DropTo(3);
        }
    }

    /// <summary>Whether it is known if a JSON document that begins on a line goes on behind it; and if so.</summary>
    private bool IsEndKnown(ReadOnlySpan<byte> line, long lineEnd, out bool goesOn)
    {
        goesOn = line[line.LastIndexOfAnyExcept(" \t\r"u8)] is (byte)'{' or (byte)'[' or (byte)',' or (byte)':';
        if (goesOn || lineEnd == text.End)
        {
            return goesOn || text.IsEnd;
        }

        ReadOnlySpan<byte> ahead = text.Bytes(lineEnd + 1, Math.Min(text.End, lineEnd + 1 + LookaheadBytes));
        int next = ahead.IndexOfAnyExcept(" \t\r\n"u8);
        goesOn = next >= 0 && ahead[next] is (byte)',' or (byte)'}' or (byte)']' or (byte)':';
        return next >= 0 || ahead.Length == LookaheadBytes || text.IsEnd;
    }

    /// <summary>The line that evtx_dump writes above a record.</summary>
    private static bool IsHeading(ReadOnlySpan<byte> line) =>
        line.StartsWith("Record "u8) && line["Record ".Length..].TrimEnd((byte)'\r') is { IsEmpty: false } number && !number.ContainsAnyExceptInRange((byte)'0', (byte)'9');
}
