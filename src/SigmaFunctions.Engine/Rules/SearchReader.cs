using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>
/// Reads the body of a search identifier: a map, a list of maps, a list of keywords, or lists of these, which are alternatives too. What cannot be read is reported and left
/// out; the rest is still compiled, so that everything wrong with a rule is reported at once.
/// </summary>
internal sealed class SearchReader(DiagnosticSink sink)
{
    public const int MaxFieldName = 1_024;

    /// <summary>The search, or null after reporting what is wrong with it.</summary>
    public SearchSyntax? Read(YamlScalar name, YamlNode body)
    {
        switch (body)
        {
            case YamlMapping { Entries.Length: > 0 } map:
                return ReadMap(map);
            case YamlSequence { Items.Length: > 0 } list:
                return ReadList(list);
            case YamlScalar { IsNull: false } keyword:
                return Keywords([keyword]);
            default:
                sink.Report(DiagnosticCode.EmptyIdentifier, name.Position, $"The search identifier '{name.Value}' is empty. Give it fields or keywords, or remove it.");
                return null;
        }
    }

    private SearchSyntax ReadList(YamlSequence list)
    {
        if (list.Items.All(item => item is YamlScalar))
        {
            return Keywords([.. list.Items.Cast<YamlScalar>()]);
        }

        var alternatives = new List<SearchSyntax?>();
        foreach (YamlNode item in list.Items)
        {
            alternatives.Add(item switch
            {
                YamlMapping { Entries.Length: > 0 } map => ReadMap(map),
                YamlScalar keyword => Keywords([keyword]),
                YamlSequence { Items.Length: > 0 } inner => ReadList(inner),
                _ => Refuse(item.Position, "An entry of this list is empty, and no map with fields, keyword or list of these. Write one of them."),
            });
        }

        return new ListSearch([.. alternatives.OfType<SearchSyntax>()]);
    }

    private MapSearch ReadMap(YamlMapping map) =>
        new([.. map.Entries.Select(entry => ReadItem(entry.Key, entry.Value)).OfType<DetectionItem>()]);

    private DetectionItem? ReadItem(YamlScalar key, YamlNode value)
    {
        string[] parts = key.Value.Split('|');
        if (parts[0].Length > MaxFieldName || parts[0].AsSpan().Count('.') > YamlDocumentReader.MaxDepth)
        {
            sink.Report(
                DiagnosticCode.TooLarge, key.Position, $"A field name is at most {MaxFieldName} characters long, with at most {YamlDocumentReader.MaxDepth} dots. Shorten it.");
            return null;
        }

        ImmutableArray<ModifierSyntax>? modifiers = ReadModifiers(key, parts);
        ImmutableArray<YamlScalar>? values = ReadValues(key, value);
        if (modifiers is null || values is null)
        {
            return null;
        }

        if (parts.Length == 1 && parts[0].Length == 0)
        {
            sink.Report(DiagnosticCode.InvalidValue, key.Position, "A field needs a name. Write it before the colon, or use a list for keywords.");
            return null;
        }

        return new DetectionItem(parts[0].Length == 0 ? null : parts[0], modifiers.Value, values.Value, key.Position);
    }

    private ImmutableArray<ModifierSyntax>? ReadModifiers(YamlScalar key, string[] parts)
    {
        ImmutableArray<ModifierSyntax>.Builder modifiers = ImmutableArray.CreateBuilder<ModifierSyntax>();
        bool failed = false;
        int column = key.Position.Column + (key.IsPlain ? 0 : 1) + parts[0].Length + 1;
        foreach (string name in parts.Skip(1))
        {
            Position position = key.Position with { Column = column };
            column += name.Length + 1;
            if (ModifierNames.TryParse(name, out Modifier modifier))
            {
                modifiers.Add(new ModifierSyntax(modifier, position));
            }
            else
            {
                failed = true;
                sink.Report(DiagnosticCode.UnknownModifier, position, $"The modifier '{Shortened.Of(name)}' is unknown.{ModifierNames.DidYouMean(name, sink)} docs/rule-language.md and the Sigma specification list them.");
            }
        }

        return failed ? null : modifiers.ToImmutable();
    }

    private ImmutableArray<YamlScalar>? ReadValues(YamlScalar key, YamlNode value)
    {
        switch (value)
        {
            case YamlScalar scalar:
                return [scalar];
            case YamlSequence { Items.Length: 0 } empty:
                sink.Report(DiagnosticCode.EmptyList, empty.Position, $"The list of '{key.Value}' is empty, which means null: true for an absent field. Add values or write null.");
                return [new YamlScalar("", isPlain: true, empty.Position)];
            case YamlSequence list:
                ImmutableArray<YamlScalar>.Builder values = ImmutableArray.CreateBuilder<YamlScalar>(list.Items.Length);
                bool failed = false;
                foreach (YamlNode item in list.Items)
                {
                    if (item is YamlScalar scalar)
                    {
                        values.Add(scalar);
                    }
                    else
                    {
                        failed = true;
                        Refuse(item.Position, $"A value of '{key.Value}' is a map or a list. Values are texts, numbers, booleans or null.");
                    }
                }

                return failed ? null : values.ToImmutable();
            default:
                Refuse(value.Position, $"The value of '{key.Value}' is a map. Values are texts, numbers, booleans, null, or a list of them.");
                return null;
        }
    }

    private static DetectionItem Keywords(ImmutableArray<YamlScalar> values) => new(null, [], values, values[0].Position);

    private SearchSyntax? Refuse(Position position, string message)
    {
        sink.Report(DiagnosticCode.InvalidValue, position, message);
        return null;
    }
}
