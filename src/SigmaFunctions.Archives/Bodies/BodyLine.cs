namespace SigmaFunctions.Archives.Bodies;

/// <summary>What a file holds at a place: a body, a blank line, or a fault.</summary>
/// <param name="Source">The text it is from.</param>
/// <param name="Line">The number of the line on which it begins, from 0 over all that is read.</param>
/// <param name="Body">The body; empty where <paramref name="Fault"/> says why there is none.</param>
/// <param name="Fault">Why what stands there could not be taken as a body.</param>
public readonly record struct BodyLine(BodySource Source, long Line, ReadOnlyMemory<byte> Body, string? Fault = null)
{
    /// <summary>How many lines it stands on, at least 1.</summary>
    public int Lines { get; init; } = 1;

    /// <summary>The number that its first record has; not 0 where a document was cut into records.</summary>
    public int FirstRecord { get; init; }

    /// <summary>Whether it is all of a file: its line is one line over all that is read, however many it has itself.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Whether the fault is one of the whole source, and names it: no more of it is read.</summary>
    public bool EndsSource { get; init; }

    /// <summary>Whether there is nothing: a line is counted, and no body.</summary>
    public bool IsBlank => Fault is null && !Body.Span.ContainsAnyExcept(" \t\r"u8);

    /// <summary>The line of a place in the body, from 1 in its source, as people count.</summary>
    /// <param name="offset">The place, in bytes.</param>
    public long SourceLineAt(long offset) => new BodyPlaces(this).SourceLineAt(offset);
}
