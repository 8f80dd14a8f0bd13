namespace SigmaFunctions.Archives.Bodies;

/// <summary>
/// The lines of places in a body. Where they are asked for in the order of the body, each of its bytes is looked at once, however many places
/// there are.
/// </summary>
/// <param name="body">The body.</param>
public struct BodyPlaces(BodyLine body)
{
    private int _offset;
    private int _lines;

    /// <summary>The body.</summary>
    public readonly BodyLine Body => body;

    /// <summary>The line of a place, from 0 over all that is read.</summary>
    /// <param name="offset">The place, in bytes.</param>
    public long LineAt(long offset) => body.Lines == 1 ? body.Line : body.Line + LinesBefore(offset);

    /// <summary>The line of a place, from 1 in its source, as people count.</summary>
    /// <param name="offset">The place, in bytes.</param>
    public long SourceLineAt(long offset) => body.IsWhole ? LinesBefore(offset) + 1 : LineAt(offset) - body.Source.FirstLine + 1;

    private int LinesBefore(long offset)
    {
        int place = (int)Math.Clamp(offset, 0, body.Body.Length);
        if (place < _offset)
        {
            (_offset, _lines) = (0, 0);
        }

        _lines += body.Body.Span[_offset..place].Count((byte)'\n');
        _offset = place;
        return _lines;
    }
}
