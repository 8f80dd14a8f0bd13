using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>Reads attributes of a map as texts and lists of texts, and reports those of another shape.</summary>
internal sealed class AttributeReader(YamlMapping map, DiagnosticSink sink)
{
    public YamlMapping Map { get; } = map;

    /// <summary>The text under a key; null if it is absent, null, or of another shape.</summary>
    public string? Text(string key)
    {
        switch (Map[key])
        {
            case null or YamlScalar { IsNull: true }:
                return null;
            case YamlScalar scalar:
                return scalar.Value;
            case var other:
                Invalid(other.Position, $"'{key}' is a single text. Write it behind the colon.");
                return null;
        }
    }

    /// <summary>The texts under a key; a single text counts as a list of one.</summary>
    public ImmutableArray<string> List(string key)
    {
        ImmutableArray<YamlScalar> scalars = Scalars(key);
        if (scalars.IsEmpty)
        {
            return [];
        }

        ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>(scalars.Length);
        foreach (YamlScalar scalar in scalars)
        {
            texts.Add(scalar.Value);
        }

        return texts.MoveToImmutable();
    }

    /// <summary>As <see cref="List"/>, with the places of the texts.</summary>
    public ImmutableArray<YamlScalar> Scalars(string key)
    {
        switch (Map[key])
        {
            case null or YamlScalar { IsNull: true }:
                return [];
            case YamlScalar scalar:
                return [scalar];
            case YamlSequence list:
                ImmutableArray<YamlScalar>.Builder scalars = ImmutableArray.CreateBuilder<YamlScalar>(list.Items.Length);
                foreach (YamlNode item in list.Items)
                {
                    if (item is YamlScalar text)
                    {
                        scalars.Add(text);
                    }
                    else
                    {
                        Invalid(item.Position, $"'{key}' is a list of texts. Write each behind a dash.");
                    }
                }

                return scalars.DrainToImmutable();
            case var other:
                Invalid(other.Position, $"'{key}' is a list of texts. Write each behind a dash.");
                return [];
        }
    }

    /// <summary>The text under a key that no match depends on: where it is of another shape, that is doubted and its YAML taken for the text.</summary>
    public string? Note(string key)
    {
        switch (Map[key])
        {
            case null or YamlScalar:
                return Text(key);
            case var other:
                Doubt(other.Position, $"'{key}' is a single text. Write it behind the colon, in quotes if need be.");
                return TextOf(other);
        }
    }

    /// <summary>As <see cref="Note"/>, for a list of texts; a single text counts as a list of one.</summary>
    public ImmutableArray<string> Notes(string key)
    {
        switch (Map[key])
        {
            case null or YamlScalar:
                return List(key);
            case YamlSequence list:
                ImmutableArray<string>.Builder texts = ImmutableArray.CreateBuilder<string>(list.Items.Length);
                foreach (YamlNode item in list.Items)
                {
                    if (item is not YamlScalar)
                    {
                        Doubt(item.Position, $"'{key}' is a list of texts, and this is none: a colon with a blank behind it makes a map. Write the text in quotes.");
                    }

                    texts.Add(TextOf(item));
                }

                return texts.MoveToImmutable();
            case var other:
                Doubt(other.Position, $"'{key}' is a list of texts. Write each behind a dash.");
                return [TextOf(other)];
        }
    }

    /// <summary>Where the key stands, or where the map begins if it is absent.</summary>
    public Position PositionOf(string key)
    {
        foreach (YamlEntry entry in Map.Entries)
        {
            if (entry.Key.Value == key)
            {
                return entry.Key.Position;
            }
        }

        return Map.Position;
    }

    public void Doubt(Position position, string message) => sink.Report(DiagnosticCode.OddMetadata, position, message);

    public void Invalid(Position position, string message) => sink.Report(DiagnosticCode.InvalidMetadata, position, message);

    private static string TextOf(YamlNode node) => node switch
    {
        YamlScalar scalar => scalar.Value,
        YamlMapping { Entries: [var only] } => $"{only.Key.Value}: {TextOf(only.Value)}",
        _ => YamlText.Write(node),
    };
}
