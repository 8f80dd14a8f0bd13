using System.Collections.Immutable;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Model;

/// <summary>What tags name.</summary>
/// <param name="Tactics">Tactics, in matrix order; for a former one those that replace it.</param>
/// <param name="Techniques">Techniques and sub-techniques, by id; for a revoked one that which replaces it.</param>
/// <param name="Retired">Tags that name what is no longer in force, in their order.</param>
/// <param name="Others">Tags that name neither tactics nor techniques.</param>
public sealed record TagNames(
    ImmutableArray<AttackTactic> Tactics, ImmutableArray<AttackTechnique> Techniques, ImmutableArray<RetiredAttackTag> Retired, ImmutableArray<string> Others)
{
    /// <summary>No tags.</summary>
    public static TagNames None { get; } = new([], [], [], []);
}

/// <summary>Everything that the page of a rule tells.</summary>
public sealed record RulePage
{
    /// <summary>The rule's metadata.</summary>
    public required SigmaRule Rule { get; init; }

    /// <summary>The page.</summary>
    public required PageLink Link { get; init; }

    /// <summary>Where the rule comes from.</summary>
    public required RuleSource Source { get; init; }

    /// <summary>Its file below the source, with <c>/</c>.</summary>
    public required string Path { get; init; }

    /// <summary>The rule as it is written.</summary>
    public required string Yaml { get; init; }

    /// <summary>Day of the last change, or of creation; null where neither can be read.</summary>
    public DateOnly? Changed { get; init; }

    /// <summary>What its tags name.</summary>
    public required TagNames Attack { get; init; }

    /// <summary>The tactics it names, in matrix order.</summary>
    public ImmutableArray<AttackTactic> Tactics => Attack.Tactics;

    /// <summary>The techniques and sub-techniques it names, by id.</summary>
    public ImmutableArray<AttackTechnique> Techniques => Attack.Techniques;

    /// <summary>Tags that name neither.</summary>
    public ImmutableArray<string> OtherTags => Attack.Others;

    /// <summary>What telemetry can trigger it: one for every source that has events of its log source.</summary>
    public ImmutableArray<SourceCoverage> Coverage { get; init; } = [];

    /// <summary>The condition as stage 0, and every search identifier that it uses.</summary>
    public ImmutableArray<Stage> Stages { get; init; } = [];

    /// <summary>What it looks for, by field and kind.</summary>
    public ImmutableArray<IndicatorGroup> Indicators { get; init; } = [];

    /// <summary>Rules it is related to by its own word or theirs.</summary>
    public ImmutableArray<Relation> Related { get; init; } = [];

    /// <summary>Rules that share rare indicators, the closest first.</summary>
    public ImmutableArray<SimilarRule> Similar { get; init; } = [];

    /// <summary>Correlations that look at its matches.</summary>
    public ImmutableArray<PageLink> Correlations { get; init; } = [];

    /// <summary>Whether it is a building block of correlations alone, without detections of its own.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Filters that are applied to it.</summary>
    public ImmutableArray<PageLink> Filters { get; init; } = [];
}

/// <summary>The page of a filter.</summary>
/// <param name="Filter">The filter's metadata.</param>
/// <param name="Link">The page.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Path">Its file below the source, with <c>/</c>.</param>
/// <param name="Yaml">As it is written.</param>
/// <param name="Stages">Its condition and search identifiers.</param>
/// <param name="Rules">The rules it is applied to.</param>
public sealed record FilterPage(
    SigmaFilter Filter,
    PageLink Link,
    RuleSource Source,
    string Path,
    string Yaml,
    ImmutableArray<Stage> Stages,
    ImmutableArray<PageLink> Rules);
