using System.Collections.Immutable;

namespace SigmaFunctions.Pages.Model;

/// <summary>What differs where pages are served.</summary>
public sealed record PageOptions
{
    /// <summary>Links of the header.</summary>
    public required ImmutableArray<PageLinkItem> Navigation { get; init; }

    /// <summary>The catalogue's address from the site's root, with a slash at its end; null where there is none.</summary>
    public string? Catalogue { get; init; }

    /// <summary>What stands at the foot of each page.</summary>
    public required string Footer { get; init; }
}

/// <summary>A link.</summary>
/// <param name="Address">Address from the site's root.</param>
/// <param name="Name">What it is called.</param>
public sealed record PageLinkItem(string Address, string Name);
