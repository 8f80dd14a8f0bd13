using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Model;

/// <summary>
/// A filter (specification 2.1.0, "Sigma Filters"): its condition is joined by AND to that of each rule it names and whose log
/// source lies within its own. It never widens a rule.
/// </summary>
public sealed record SigmaFilter
{
    /// <summary>The filter's id; made from its content where it states none.</summary>
    public required string Id { get; init; }

    /// <summary>Short title.</summary>
    public required string Title { get; init; }

    /// <summary>Unique name.</summary>
    public string? Name { get; init; }

    /// <summary>What it filters.</summary>
    public string? Description { get; init; }

    /// <summary>The log source within which it applies.</summary>
    public required LogSource LogSource { get; init; }

    /// <summary>Ids or names of the rules it applies to; empty if it applies to any.</summary>
    public ImmutableArray<string> Rules { get; init; } = [];

    /// <summary>File the filter was read from, as it was given.</summary>
    public required string File { get; init; }

    /// <summary>Line of the file where its document starts, from 1.</summary>
    public required int Line { get; init; }
}
