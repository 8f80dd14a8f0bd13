using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Events;

/// <summary>What a <see cref="FieldValue"/> holds.</summary>
public enum FieldValueKind
{
    /// <summary>Present and null.</summary>
    Null,

    /// <summary>Text.</summary>
    Text,

    /// <summary>A number; <see cref="FieldValue.Text"/> is the number as it was written.</summary>
    Number,

    /// <summary>A boolean; <see cref="FieldValue.Text"/> is <c>true</c> or <c>false</c>.</summary>
    Boolean,

    /// <summary>Several values.</summary>
    Array,

    /// <summary>Named values, reached by dotted paths.</summary>
    Object,
}

/// <summary>The immutable value of one field of an event. Text is well-formed UTF-16: decoders replace what is not by U+FFFD.</summary>
public sealed class FieldValue
{
    private static readonly ImmutableDictionary<string, FieldValue> NoProperties =
        ImmutableDictionary.Create<string, FieldValue>(StringComparer.Ordinal);

    private FieldValue(
        FieldValueKind kind, string text, ImmutableArray<FieldValue> items, IReadOnlyDictionary<string, FieldValue> properties)
    {
        Kind = kind;
        Text = text;
        Items = items;
        Properties = properties;
    }

    /// <summary>The value that is present and null.</summary>
    public static FieldValue Null { get; } = new(FieldValueKind.Null, "", [], NoProperties);

    /// <summary>The boolean true.</summary>
    public static FieldValue True { get; } = new(FieldValueKind.Boolean, "true", [], NoProperties);

    /// <summary>The boolean false.</summary>
    public static FieldValue False { get; } = new(FieldValueKind.Boolean, "false", [], NoProperties);

    /// <summary>What this value holds.</summary>
    public FieldValueKind Kind { get; }

    /// <summary>The text of a text, number or boolean; empty for the other kinds.</summary>
    public string Text { get; }

    /// <summary>The elements of an array; empty for the other kinds.</summary>
    public ImmutableArray<FieldValue> Items { get; }

    /// <summary>The properties of an object, by their exact names; empty for the other kinds.</summary>
    public IReadOnlyDictionary<string, FieldValue> Properties { get; }

    /// <summary>A text value.</summary>
    public static FieldValue FromText(string text) => new(FieldValueKind.Text, text, [], NoProperties);

    /// <summary>A number, given as it was written (<c>4688</c>, <c>-1.50</c>, <c>18446744073709551615</c>).</summary>
    public static FieldValue FromNumber(string text) => new(FieldValueKind.Number, text, [], NoProperties);

    /// <summary>A boolean value.</summary>
    public static FieldValue FromBoolean(bool value) => value ? True : False;

    /// <summary>An array of values.</summary>
    public static FieldValue FromItems(ImmutableArray<FieldValue> items) => new(FieldValueKind.Array, "", items, NoProperties);

    /// <summary>An object; <paramref name="properties"/> must compare names ordinally and not change afterwards.</summary>
    public static FieldValue FromProperties(IReadOnlyDictionary<string, FieldValue> properties) =>
        new(FieldValueKind.Object, "", [], properties);
}
