using System.Collections.Immutable;

namespace SigmaFunctions.Telemetry.Mappings;

/// <summary>How records of a source that the decoder does not know become events (docs/mappings.md). Immutable.</summary>
public sealed class Mapping
{
    internal Mapping()
    {
    }

    /// <summary>Its name, which is also the shape of the events.</summary>
    public required string Name { get; init; }

    /// <summary>The file it is from, as it was given.</summary>
    public required string File { get; init; }

    /// <summary>Where in the file it begins, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Which records it takes: those for which all tests of one of these groups hold.</summary>
    internal ImmutableArray<ImmutableArray<MappingTest>> When { get; init; } = [];

    /// <summary>The category of the log source.</summary>
    internal MappingAttribute Category { get; init; } = MappingAttribute.NotStated;

    /// <summary>The product of the log source.</summary>
    internal MappingAttribute Product { get; init; } = MappingAttribute.NotStated;

    /// <summary>The service of the log source.</summary>
    internal MappingAttribute Service { get; init; } = MappingAttribute.NotStated;

    /// <summary>Objects of which every property is a field.</summary>
    internal ImmutableArray<MappingPrefix> Prefixes { get; init; } = [];

    /// <summary>Fields by name, with where each stands; the first place that holds something counts.</summary>
    internal ImmutableArray<(string Field, ImmutableArray<string> Paths)> Fields { get; init; } = [];

    /// <summary>Fields that are the same in every event.</summary>
    internal ImmutableArray<(string Field, string Value)> Constants { get; init; } = [];

    /// <summary>Where the time stands.</summary>
    internal ImmutableArray<string> Time { get; init; } = [];

    /// <summary>Where the host stands.</summary>
    internal ImmutableArray<string> Host { get; init; } = [];

    /// <summary>Where the account stands.</summary>
    internal ImmutableArray<string> User { get; init; } = [];

    /// <summary>Where the Entra tenant stands.</summary>
    internal ImmutableArray<string> Tenant { get; init; } = [];
}

/// <summary>What a mapping compares a value with.</summary>
internal enum MappingTestKind
{
    /// <summary>The value is one of the texts.</summary>
    Equals,

    /// <summary>The value begins with one of the texts.</summary>
    StartsWith,

    /// <summary>The value ends with one of the texts.</summary>
    EndsWith,

    /// <summary>There is a value, null or not.</summary>
    Exists,

    /// <summary>There is none.</summary>
    Absent,
}

/// <summary>One test of a mapping's condition.</summary>
/// <param name="Path">Where the value stands.</param>
/// <param name="Kind">What is asked.</param>
/// <param name="Values">The texts, of which one must fit; none where presence is asked for.</param>
internal sealed record MappingTest(string Path, MappingTestKind Kind, ImmutableArray<string> Values);

/// <summary>An attribute of the log source: one text, or a text by a value of the record, or not stated.</summary>
/// <param name="Text">The text where it is always the same.</param>
/// <param name="Path">Where the value stands that decides.</param>
/// <param name="Values">The texts by value; the attribute is not stated for any other.</param>
internal sealed record MappingAttribute(string? Text, string? Path = null, ImmutableArray<(string Value, string Text)> Values = default)
{
    /// <summary>Not stated.</summary>
    public static MappingAttribute NotStated { get; } = new((string?)null);
}

/// <summary>An object of which every property is a field.</summary>
/// <param name="Field">What the names of the fields begin with; ends with a dot, or is empty.</param>
/// <param name="Path">Where the object stands; null for the record itself.</param>
internal sealed record MappingPrefix(string Field, string? Path);
