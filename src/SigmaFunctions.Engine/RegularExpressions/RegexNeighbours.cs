namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>What stands beside a place in a text.</summary>
internal enum RegexNeighbour
{
    /// <summary>A character that is none of the others.</summary>
    Other,

    /// <summary>A character of a word, as <c>\b</c> understands it.</summary>
    Word,

    /// <summary>A newline.</summary>
    Newline,

    /// <summary>The newline that ends the text.</summary>
    LastNewline,

    /// <summary>No character: the begin or the end of the text.</summary>
    None,
}

/// <summary>What stands before and behind a place.</summary>
/// <param name="Before">What stands before it.</param>
/// <param name="Behind">What stands behind it.</param>
internal readonly record struct RegexNeighbours(RegexNeighbour Before, RegexNeighbour Behind)
{
    /// <summary>How many kinds of neighbours there are.</summary>
    public const int Kinds = 5;

    /// <summary>How many there are.</summary>
    public const int Count = Kinds * Kinds;

    /// <summary>Its number.</summary>
    public int Index => ((int)Before * Kinds) + (int)Behind;

    /// <summary>The one of a number.</summary>
    public static RegexNeighbours At(int index) => new((RegexNeighbour)(index / Kinds), (RegexNeighbour)(index % Kinds));

    /// <summary>Whether the place is what an anchor asks for.</summary>
    public bool Is(RegexPlace place) => place switch
    {
        RegexPlace.Begin => Before == RegexNeighbour.None,
        RegexPlace.LineBegin => Before is RegexNeighbour.None or RegexNeighbour.Newline or RegexNeighbour.LastNewline,
        RegexPlace.End => Behind == RegexNeighbour.None,
        RegexPlace.LastLineEnd => Behind is RegexNeighbour.None or RegexNeighbour.LastNewline,
        RegexPlace.LineEnd => Behind is RegexNeighbour.None or RegexNeighbour.Newline or RegexNeighbour.LastNewline,
        RegexPlace.Boundary => (Before == RegexNeighbour.Word) != (Behind == RegexNeighbour.Word),
        RegexPlace.NoBoundary => (Before == RegexNeighbour.Word) == (Behind == RegexNeighbour.Word),
        _ => throw new ArgumentOutOfRangeException(nameof(place)),
    };
}
