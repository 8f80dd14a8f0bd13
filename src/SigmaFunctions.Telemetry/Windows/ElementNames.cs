using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// How XML that was made JSON tells an element's attributes and its text: <c>#attributes</c> and <c>#text</c> (evtx_dump, and
/// <see cref="Xml.XmlCursor"/> here), <c>@Name</c> and <c>#text</c> (Newtonsoft, xmltodict), <c>@_Name</c> (fast-xml-parser), <c>$</c> and
/// <c>_</c> (xml2js), or attributes as if they were elements with the text as <c>content</c> (XmlSimple, and so Logstash).
/// </summary>
internal sealed class ElementNames(NameTable.Builder names)
{
    private readonly Name _attributes = names.Add("#attributes");
    private readonly Name _otherAttributes = names.Add("$");
    private readonly Name _text = names.Add("#text");
    private readonly ImmutableArray<Name> _otherTexts = [names.Add("#cdata-section"), names.Add("_"), names.Add("content")];

    /// <summary>Whether a property of an element is an attribute or holds them; those that look like elements are none.</summary>
    public static bool IsAttribute(ReadOnlySpan<byte> name) => name is [(byte)'@', ..] || HoldsAttributes(name);

    /// <summary>Whether a property of an element holds its attributes.</summary>
    public static bool HoldsAttributes(ReadOnlySpan<byte> name) => name.SequenceEqual("#attributes"u8) || name.SequenceEqual("$"u8);

    /// <summary>The name of an attribute without what marks it as one.</summary>
    public static ReadOnlySpan<byte> AttributeOf(ReadOnlySpan<byte> name) => name switch
    {
        [(byte)'@', (byte)'_', .. var rest] => rest,
        [(byte)'@', .. var rest] => rest,
        _ => name,
    };

    /// <summary>Whether a property of an element is its text.</summary>
    public static bool IsText(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("#text"u8) || name.SequenceEqual("#cdata-section"u8) || name.SequenceEqual("_"u8) || name.SequenceEqual("content"u8);

    /// <summary>An attribute of an element; absent where it has none of that name.</summary>
    public RecordValue AttributeOf(RecordValue element, AttributeNames attribute)
    {
        RecordValue value = element[_attributes][attribute.Plain];
        if (value.Exists || !element.IsObject)
        {
            return value;
        }

        foreach (Name name in attribute.Marked)
        {
            if (element[name] is { Exists: true } marked)
            {
                return marked;
            }
        }

        return element[_otherAttributes][attribute.Plain] is { Exists: true } other ? other : element[attribute.Plain];
    }

    /// <summary>The text of an element that is an object; absent where it has none.</summary>
    public RecordValue TextIn(RecordValue element)
    {
        if (element[_text] is { Exists: true } text)
        {
            return text;
        }

        // What has its attributes in the usual way has its text so too.
        if (element[_attributes].Exists)
        {
            return default;
        }

        foreach (Name name in _otherTexts)
        {
            if (element[name] is { Exists: true } other)
            {
                return other;
            }
        }

        return default;
    }

    /// <summary>The text of an element, whether or not it stands beside attributes; the element where it has none.</summary>
    public RecordValue TextOf(RecordValue element) => element.IsObject && TextIn(element) is { Exists: true } text ? text : element;
}

/// <summary>The names that one attribute may have.</summary>
internal sealed class AttributeNames(NameTable.Builder names, string name)
{
    /// <summary>Its own.</summary>
    public Name Plain { get; } = names.Add(name);

    /// <summary>Those that mark it as an attribute.</summary>
    public ImmutableArray<Name> Marked { get; } = [names.Add($"@{name}"), names.Add($"@_{name}")];
}
