using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Model;

/// <summary>How a rule relates to another (specification, "related").</summary>
/// <param name="Id">Id of the other rule.</param>
/// <param name="Type">Relation, such as <c>derived</c>, <c>obsolete</c>, <c>similar</c>.</param>
public sealed record RelatedRule(string Id, string Type);

/// <summary>The metadata of one Sigma rule (specification 2.1.0, "Sigma Rules").</summary>
public sealed record SigmaRule
{
    internal static ImmutableSortedDictionary<string, string> NoCustomAttributes { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The rule's id (a UUID); made from the rule's content where it states none.</summary>
    public required string Id { get; init; }

    /// <summary>Short title.</summary>
    public required string Title { get; init; }

    /// <summary>Unique name by which filters and correlations may refer to the rule.</summary>
    public string? Name { get; init; }

    /// <summary>Severity as written: informational, low, medium, high or critical.</summary>
    public string? Level { get; init; }

    /// <summary>Maturity as written: stable, test, experimental, deprecated or unsupported.</summary>
    public string? Status { get; init; }

    /// <summary>What the rule detects.</summary>
    public string? Description { get; init; }

    /// <summary>Who wrote it.</summary>
    public string? Author { get; init; }

    /// <summary>Licence of the rule.</summary>
    public string? License { get; init; }

    /// <summary>Date of creation as written.</summary>
    public string? Date { get; init; }

    /// <summary>Date of the last change as written.</summary>
    public string? Modified { get; init; }

    /// <summary>Taxonomy of the field names, if not Sigma's.</summary>
    public string? Taxonomy { get; init; }

    /// <summary>Where the rule looks.</summary>
    public required LogSource LogSource { get; init; }

    /// <summary>Tags such as <c>attack.t1059.007</c>.</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>References (mostly links).</summary>
    public ImmutableArray<string> References { get; init; } = [];

    /// <summary>Fields an analyst wants to see.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];

    /// <summary>Known false positives.</summary>
    public ImmutableArray<string> FalsePositives { get; init; } = [];

    /// <summary>Scope of the rule.</summary>
    public ImmutableArray<string> Scope { get; init; } = [];

    /// <summary>Related rules.</summary>
    public ImmutableArray<RelatedRule> Related { get; init; } = [];

    /// <summary>Attributes that the specification does not name, as YAML text by key.</summary>
    public ImmutableSortedDictionary<string, string> CustomAttributes { get; init; } = NoCustomAttributes;

    /// <summary>File the rule was read from, as it was given.</summary>
    public required string File { get; init; }

    /// <summary>Line of the file where the rule's document starts, from 1.</summary>
    public required int Line { get; init; }
}
