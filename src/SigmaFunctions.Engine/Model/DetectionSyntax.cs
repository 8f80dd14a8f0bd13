using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Model;

/// <summary>
/// A rule as it is written. What is null was reported; the rest is still compiled, so that everything wrong with a rule is
/// reported at once.
/// </summary>
internal sealed record RuleSyntax(SigmaRule? Rule, DetectionSyntax Detection, DiagnosticSink Diagnostics);

/// <summary>Search identifiers and the condition over them; null where it could not be read.</summary>
internal sealed record DetectionSyntax(ImmutableArray<SearchIdentifier> Identifiers, ConditionSyntax? Condition)
{
    /// <summary>Every item of every search identifier, as they are written.</summary>
    public IEnumerable<DetectionItem> Items => Identifiers.SelectMany(identifier => identifier.Search?.AllItems ?? []);
}

/// <summary>A named search of a rule's detection; <paramref name="Search"/> is null where it could not be read.</summary>
internal sealed record SearchIdentifier(string Name, Position Position, SearchSyntax? Search);

/// <summary>The body of a search identifier.</summary>
internal abstract record SearchSyntax
{
    /// <summary>Every item within, as they are written.</summary>
    public IEnumerable<DetectionItem> AllItems => this switch
    {
        DetectionItem item => [item],
        MapSearch map => map.Items,
        ListSearch list => list.Alternatives.SelectMany(alternative => alternative.AllItems),
        _ => [],
    };
}

/// <summary>A map: every item holds.</summary>
internal sealed record MapSearch(ImmutableArray<DetectionItem> Items) : SearchSyntax;

/// <summary>A list: some alternative holds.</summary>
internal sealed record ListSearch(ImmutableArray<SearchSyntax> Alternatives) : SearchSyntax;

/// <summary>A field with its modifiers and values; without a field the values are keywords.</summary>
internal sealed record DetectionItem(
    string? Field, ImmutableArray<ModifierSyntax> Modifiers, ImmutableArray<YamlScalar> Values, Position Position)
    : SearchSyntax;

/// <summary>A modifier and where it stands.</summary>
internal readonly record struct ModifierSyntax(Modifier Modifier, Position Position);
