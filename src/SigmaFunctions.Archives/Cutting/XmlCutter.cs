using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>Cuts events of XML that span lines, or are long. What is around events, on their lines, is passed over.</summary>
/// <param name="text">The text.</param>
/// <param name="lines">What goes on behind the events.</param>
internal sealed class XmlCutter(CutText text, LineCutter lines)
{
    // A longer event of XML is none; what is there is given to be read, as records may be found in it.
    private const int MaxEventBytes = 4 * 1024 * 1024;

    // A tag around events of XML is no longer.
    private const int TagBytes = 1024;

    private bool _isInEvent;

    // Up to here the event at hand has no end.
    private long _searched;
    private int _records;

    // Events that are open within the event at hand.
    private int _nested;

    /// <summary>Whether an event is open, or a line that events are on.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Begins events at the first place that is kept.</summary>
    public void Begin()
    {
        IsOpen = true;
        _isInEvent = false;
        _records = 0;
    }

    /// <summary>Cuts the next event, or what ends the events.</summary>
    /// <returns>Whether there is something; if not, more bytes are needed, unless nothing is open any more.</returns>
    public bool TryCut(out BodyLine body)
    {
        if (!_isInEvent && TryPass(out body))
        {
            return true;
        }

        body = default;
        return _isInEvent && TryCutEvent(out body);
    }

    /// <summary>Goes over what is around events of XML up to the next event or to the end of the line, or takes as a line what is neither.</summary>
    private bool TryPass(out BodyLine body)
    {
        body = default;
        while (true)
        {
            int found = text.Bytes(text.Kept, text.End).IndexOfAnyExcept(" \t\r"u8);
            text.DropTo(found < 0 ? text.End : text.Kept + found);
            ReadOnlySpan<byte> xml = text.Bytes(text.Kept, Math.Min(text.End, text.Kept + TagBytes));
            if (xml.Length < XmlTags.LongestName + 1 && !xml.Contains((byte)'\n') && !text.IsEnd)
            {
                return false;
            }

            if (xml.IsEmpty || xml[0] == (byte)'\n')
            {
                // For the line, which may be the last.
                body = text.Take(text.Kept, text.Kept, 0);
                text.DropTo(text.Kept + (xml.IsEmpty ? 0 : 1));
                GiveBack();
                return true;
            }

            if (XmlTags.IsTag(xml, XmlTags.Event))
            {
                BeginEvent();
                return false;
            }

            int end = XmlTags.BeginsEvents(xml) ? xml.IndexOf((byte)'>') : -1;
            if (end < 0)
            {
                if (xml.Length < TagBytes && XmlTags.BeginsEvents(xml) && !text.IsEnd)
                {
                    return false;
                }

                GiveBackRest(text.Kept);
                return false;
            }

            text.DropTo(text.Kept + end + 1);
        }
    }

    private void BeginEvent()
    {
        _isInEvent = true;
        _searched = text.Kept + 1 + XmlTags.Event.Length;
        _nested = 0;
    }

    private bool TryCutEvent(out BodyLine body)
    {
        body = default;
        while (true)
        {
            int found = text.Bytes(_searched, text.End).IndexOf(XmlTags.Event);
            long name = found < 0 ? text.End : _searched + found;
            long tagEnd = name + XmlTags.Event.Length;
            int closed = -1;
            if (tagEnd < text.End)
            {
                if (!XmlTags.IsBehindName(text[tagEnd]))
                {
                    _searched = tagEnd;
                    continue;
                }

                // No further than to the next tag: there may be many without an end.
                closed = text.Bytes(tagEnd, text.End).IndexOfAny((byte)'>', (byte)'<');
            }

            if (closed < 0)
            {
                _searched = Math.Max(_searched, Math.Min(name, text.End - XmlTags.Event.Length));
                return TryEndEarly(out body);
            }

            _searched = tagEnd;
            ReadOnlySpan<byte> before = text.Bytes(name - 2, name);
            if (before.SequenceEqual("</"u8) && _nested-- == 0)
            {
                long end = tagEnd + closed + 1;
                body = text.Take(text.Kept, end, _records++);
                text.DropTo(end);
                _isInEvent = false;
                return true;
            }

            if (before.SequenceEqual("\n<"u8))
            {
                // The one before it is cut off.
                body = text.Take(text.Kept, name - 2, _records++);
                text.DropTo(name - 1);
                BeginEvent();
                return true;
            }

            if (before[1] == (byte)'<' && text.Bytes(tagEnd + closed - 1, tagEnd + closed + 1) is not [(byte)'/', (byte)'>'])
            {
                _nested++;
            }
        }
    }

    /// <summary>What was read of an event of XML ends before the event.</summary>
    private bool TryEndEarly(out BodyLine body)
    {
        body = default;
        if (!text.IsEnd && text.End - text.Kept <= MaxEventBytes)
        {
            return false;
        }

        int newline = text.IsEnd ? -1 : text.Bytes(text.Kept, text.End).LastIndexOf((byte)'\n');
        if (text.Fault is not null)
        {
            text.DropTo(text.End);
        }
        else if (newline >= 0)
        {
            body = text.Take(text.Kept, text.Kept + newline, _records);
            text.DropTo(text.Kept + newline + 1);
        }
        else if (text.IsEnd)
        {
            body = text.Take(text.Kept, text.End, _records);
            text.DropTo(text.End);
        }

        else
        {
            // A long line, of which nothing is known but its beginning.
            GiveBackRest(text.End);
            return false;
        }

        GiveBack();
        return body.Source is not null;
    }

    private void GiveBack()
    {
        IsOpen = false;
        lines.GoOn();
    }

    private void GiveBackRest(long searched)
    {
        IsOpen = false;
        lines.GoOnWithRest(searched);
    }
}
