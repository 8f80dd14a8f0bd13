using System.Collections.Immutable;

namespace SigmaFunctions.Pages;

/// <summary>What a browser asks for, after whoever serves the pages has made sure that it may.</summary>
/// <param name="Path">The path, decoded.</param>
/// <param name="Query">Names and values of the query string, decoded.</param>
public sealed record PageRequest(string Path, ImmutableArray<KeyValuePair<string, string>> Query)
{
    /// <summary>Names and values of a form that was sent by one of the pages themselves; null of a request that only reads.</summary>
    public ImmutableArray<KeyValuePair<string, string>>? Form { get; init; }

    /// <summary>Who asks, as verdicts name them.</summary>
    public required string User { get; init; }

    /// <summary>Whether they may give verdicts.</summary>
    public bool MayDecide { get; init; }
}

/// <summary>What is answered.</summary>
/// <param name="Status">Status code of HTTP.</param>
/// <param name="ContentType">Type of the content.</param>
/// <param name="Body">The content, UTF-8 where it is text.</param>
public sealed record PageReply(int Status, string ContentType, ReadOnlyMemory<byte> Body)
{
    /// <summary>Where to go on, from the site's root; null where the reply is all.</summary>
    public string? Location { get; init; }
}
