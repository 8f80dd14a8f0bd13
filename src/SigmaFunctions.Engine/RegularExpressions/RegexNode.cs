using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>A part of a regular expression.</summary>
internal abstract record RegexNode;

/// <summary>One character.</summary>
/// <param name="Ascii">Which ASCII characters it may be; more where <paramref name="IsExact"/> is not set.</param>
/// <param name="Literal">The one that it is, in whatever case, if it can be no other and is ASCII; else null.</param>
/// <param name="Class">What stands there, which says exactly which characters it may be.</param>
/// <param name="IsExact">Whether it may be every one of these.</param>
internal sealed record RegexCharacter(AsciiSet Ascii, char? Literal, RegexClass Class, bool IsExact = true) : RegexNode;

/// <summary>A set of characters as it stands in a pattern.</summary>
/// <param name="Text">The dot, the escape, the class in brackets, or the character.</param>
/// <param name="Options">The options that hold there, as far as they change the set.</param>
internal readonly record struct RegexClass(string Text, RegexOptions Options);

/// <summary>An assertion about a place; it takes no character.</summary>
internal sealed record RegexAnchor(RegexPlace Place) : RegexNode;

/// <summary>A place between characters, as anchors ask for it.</summary>
internal enum RegexPlace
{
    /// <summary>The begin of the text.</summary>
    Begin,

    /// <summary>The begin of a line.</summary>
    LineBegin,

    /// <summary>The end of the text.</summary>
    End,

    /// <summary>The end of the text, or before a newline that ends it.</summary>
    LastLineEnd,

    /// <summary>The end of a line.</summary>
    LineEnd,

    /// <summary>Between a character of a word and another, or an end of the text.</summary>
    Boundary,

    /// <summary>Anywhere else.</summary>
    NoBoundary,
}

/// <summary>Parts one after another.</summary>
internal sealed record RegexSequence(ImmutableArray<RegexNode> Parts) : RegexNode;

/// <summary>One of several branches.</summary>
internal sealed record RegexAlternation(ImmutableArray<RegexNode> Branches) : RegexNode;

/// <summary>A part several times.</summary>
/// <param name="Part">The part.</param>
/// <param name="Least">Least number of times.</param>
/// <param name="Most">Most number of times; null if there is no bound.</param>
internal sealed record RegexRepetition(RegexNode Part, int Least, int? Most) : RegexNode
{
    /// <summary>Whether the least number of times is also the most.</summary>
    public bool IsExact => Most == Least;

    /// <summary>Whether there is no most.</summary>
    public bool IsUnbounded => Most is null;
}
