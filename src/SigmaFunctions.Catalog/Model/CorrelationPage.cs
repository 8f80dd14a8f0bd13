using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Model;

/// <summary>Everything that the page of a correlation tells.</summary>
public sealed record CorrelationPage
{
    /// <summary>What it looks for.</summary>
    public required SigmaCorrelation Correlation { get; init; }

    /// <summary>The page. Its level is the correlation's own, or else the highest of its rules.</summary>
    public required PageLink Link { get; init; }

    /// <summary>Where it comes from.</summary>
    public required RuleSource Source { get; init; }

    /// <summary>Its file below the source, with <c>/</c>.</summary>
    public required string Path { get; init; }

    /// <summary>As it is written.</summary>
    public required string Yaml { get; init; }

    /// <summary>What its tags name.</summary>
    public required TagNames Attack { get; init; }

    /// <summary>Whether it is a building block of others alone, without detections of its own.</summary>
    public bool IsSilent { get; init; }

    /// <summary>When it is certain that it detected something.</summary>
    public CorrelationDecision Decision { get; init; }

    /// <summary>The rules and correlations it looks at, in their order.</summary>
    public ImmutableArray<CorrelationStage> Stages { get; init; } = [];

    /// <summary>The pages of those.</summary>
    public IEnumerable<PageLink> Rules => Stages.Select(stage => stage.Link);

    /// <summary>Correlations that look at its own results.</summary>
    public ImmutableArray<PageLink> Correlations { get; init; } = [];
}

/// <summary>A rule or correlation that a correlation looks at.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="Reference">Its id or name, as the correlation has it.</param>
/// <param name="Link">Its page.</param>
/// <param name="LogSource">Where it looks; null for a correlation.</param>
/// <param name="IsSilent">Whether it is a building block, without detections of its own.</param>
/// <param name="IsAbsent">Whether it must not match.</param>
/// <param name="Fields">Names of the correlation that are another field of this one's events.</param>
public sealed record CorrelationStage(
    int Number, string Reference, PageLink Link, LogSource? LogSource, bool IsSilent, bool IsAbsent, ImmutableArray<(string Name, string Field)> Fields);
