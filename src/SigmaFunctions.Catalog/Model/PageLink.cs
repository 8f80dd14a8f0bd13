using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Model;

/// <summary>A reference to a page of the catalogue.</summary>
/// <param name="Id">Id of the rule, correlation or filter.</param>
/// <param name="Title">Its title.</param>
/// <param name="Level">Severity as written.</param>
public sealed record PageLink(string Id, string Title, string? Level)
{
    /// <summary>Name of the page's file, without extension.</summary>
    public string Page { get; } = RulePageName.Of(Id);

    /// <summary>The page's place in the site.</summary>
    public string Path => RulePageName.PathOf(Id);
}

/// <summary>How a rule relates to another.</summary>
/// <param name="Id">Id of the other, as it is written.</param>
/// <param name="Type">The relation as written, such as <c>derived</c> or <c>obsolete</c>.</param>
/// <param name="IsStatedHere">Whether this rule states it; else the other one does.</param>
/// <param name="Link">The other, if it is in the catalogue.</param>
public sealed record Relation(string Id, string Type, bool IsStatedHere, PageLink? Link);

/// <summary>A rule that looks for the same rare things.</summary>
/// <param name="Link">The rule.</param>
/// <param name="Shared">Number of rare indicators that both look for.</param>
public sealed record SimilarRule(PageLink Link, int Shared);
