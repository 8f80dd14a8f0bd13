using System.Collections.Immutable;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>A part of a regular expression.</summary>
internal abstract record RegexNode;

/// <summary>One character.</summary>
/// <param name="Ascii">Which ASCII characters it may be; more where <paramref name="IsExact"/> is not set.</param>
/// <param name="Literal">The one that it is, in whatever case, if it can be no other and is ASCII; else null.</param>
/// <param name="IsExact">Whether it may be every one of these.</param>
internal sealed record RegexCharacter(AsciiSet Ascii, char? Literal, bool IsExact = true) : RegexNode;

/// <summary>An assertion about a place; it takes no character.</summary>
internal sealed record RegexAnchor : RegexNode;

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
