using System.Collections.Immutable;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Pages.Model;

/// <summary>A text of an event, and which parts of it made rules match.</summary>
/// <param name="Text">The text.</param>
/// <param name="Spans">Places of the parts in UTF-16 units, in order, none within another.</param>
internal sealed record MarkedText(string Text, ImmutableArray<TextSpan> Spans)
{
    private const char Ellipsis = '…';

    /// <summary>At most so much of the text, with its first marked part.</summary>
    /// <param name="length">UTF-16 units, from 16.</param>
    public MarkedText Around(int length)
    {
        if (Text.Length <= length)
        {
            return this;
        }

        int begin = Spans.IsEmpty || Spans[0].End <= length ? 0 : Math.Min(Math.Max(0, Spans[0].Start - (length / 4)), Text.Length - length);
        begin = begin > 0 && char.IsLowSurrogate(Text[begin]) ? begin + 1 : begin;
        int end = Math.Min(Text.Length, begin + length);
        end = char.IsHighSurrogate(Text[end - 1]) ? end - 1 : end;
        int shift = begin > 0 ? 1 : 0;
        string text = $"{(begin > 0 ? Ellipsis : "")}{Text.AsSpan(begin, end - begin)}{(end < Text.Length ? Ellipsis : "")}";
        return new MarkedText(
            text,
            [
                .. Spans
                    .Select(span => (Start: Math.Max(span.Start, begin), End: Math.Min(span.End, end)))
                    .Where(span => span.End > span.Start)
                    .Select(span => new TextSpan(span.Start - begin + shift, span.End - span.Start)),
            ]);
    }
}
