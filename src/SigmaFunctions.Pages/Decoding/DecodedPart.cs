using System.Collections.Immutable;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Pages.Decoding;

/// <summary>How a part of a value was written.</summary>
internal enum PartEncoding
{
    /// <summary>Base64 of UTF-16, little endian, as PowerShell's <c>-EncodedCommand</c> takes it.</summary>
    Base64Utf16,

    /// <summary>Base64 of UTF-8.</summary>
    Base64Utf8,

    /// <summary>Base64 of text compressed by gzip or deflate.</summary>
    Base64Compressed,

    /// <summary>Per cent and two hex digits.</summary>
    PercentEncoded,

    /// <summary>Numbers of characters, as <c>[char]104+[char]105</c>.</summary>
    CharacterCodes,

    /// <summary>Characters that the shell takes away again: carets, back ticks, empty quotes, strings put together.</summary>
    Noise,
}

/// <summary>What is encoded in a value.</summary>
/// <param name="Parts">The parts that are, in the order of their places.</param>
/// <param name="IsPartial">Whether there may be more: the value is very long, or holds very much.</param>
internal sealed record DecodedValue(ImmutableArray<DecodedPart> Parts, bool IsPartial);

/// <summary>A part of a value in another writing.</summary>
/// <param name="Encoding">How it was written.</param>
/// <param name="Place">Where it stands in the value.</param>
/// <param name="Text">What it says.</param>
/// <param name="IsCut">Whether there was more than is shown.</param>
/// <param name="Inner">What of it is encoded in turn.</param>
internal sealed record DecodedPart(PartEncoding Encoding, TextSpan Place, string Text, bool IsCut, ImmutableArray<DecodedPart> Inner)
{
    /// <summary>This and all within it.</summary>
    public IEnumerable<DecodedPart> All => [this, .. Inner.SelectMany(part => part.All)];
}
