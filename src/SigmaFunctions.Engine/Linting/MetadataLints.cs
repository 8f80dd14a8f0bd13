using System.Collections.Frozen;
using System.Globalization;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Linting;

/// <summary>Doubts about a rule's attributes.</summary>
internal sealed partial class MetadataLints(YamlMapping root, DiagnosticSink sink)
{
    private const int MaxTitle = 256;

    // What is of another shape was reported as it was read; reading it again must not report it twice.
    private readonly AttributeReader _attributes = new(root, new DiagnosticSink(sink.File));

    public void Run()
    {
        CheckNames();
        CheckTitle();
        CheckDates();
        CheckTags();
        CheckRelated();
        CheckLogSource();
    }

    private void CheckNames()
    {
        foreach ((YamlScalar? key, YamlNode _) in root.Entries)
        {
            if (Vocabulary.Attributes.Contains(key.Value))
            {
                continue;
            }

            string? meant = Vocabulary.Attributes.FirstOrDefault(attribute => attribute.Equals(key.Value, StringComparison.OrdinalIgnoreCase))
                ?? Vocabulary.Nearest(Vocabulary.Attributes, key.Value);
            if (meant is not null)
            {
                sink.Report(DiagnosticCode.MisspelledWord, key.Position, $"The attribute '{Shortened.Of(key.Value)}' looks like a slip of '{meant}', and means nothing as it is. Correct it.");
            }
            else if (Vocabulary.Synonyms.TryGetValue(key.Value, out string? name) && root[name] is null)
            {
                sink.Report(DiagnosticCode.MisspelledWord, key.Position, $"The attribute '{Shortened.Of(key.Value)}' means nothing to Sigma, which calls it '{name}'. Write that.");
            }
        }
    }

    private void CheckTitle()
    {
        if (_attributes.Text("title") is { Length: > MaxTitle })
        {
            sink.Report(DiagnosticCode.LongTitle, _attributes.PositionOf("title"), $"The title is longer than {MaxTitle} characters. Move what it explains to the description.");
        }
    }

    private void CheckDates()
    {
        DateOnly? date = Date("date");
        DateOnly? modified = Date("modified");
        if (modified < date)
        {
            sink.Report(DiagnosticCode.ModifiedBeforeDate, _attributes.PositionOf("modified"), "The rule was modified before its date. Correct one of the two.");
        }
    }

    private DateOnly? Date(string key)
    {
        if (_attributes.Text(key) is not { } text)
        {
            return null;
        }

        if (DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date))
        {
            return date;
        }

        string form = DateOnly.TryParseExact(text, ["yyyy/M/d", "yyyy-M-d"], CultureInfo.InvariantCulture, DateTimeStyles.None, out date)
            ? date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            : "YYYY-MM-DD";
        sink.Report(DiagnosticCode.InvalidDate, root[key]!.Position, $"'{Shortened.Of(text)}' is not a date as Sigma writes it. Write {key}: {form}.");
        return null;
    }

    private void CheckTags()
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (YamlScalar tag in _attributes.Scalars("tags"))
        {
            if (!seen.Add(tag.Value))
            {
                sink.Report(DiagnosticCode.DuplicateTag, tag.Position, $"The tag '{Shortened.Of(tag.Value)}' stands twice. Keep one of them.");
            }
            else if (RetiredTags.ReplacementOf(tag.Value.Replace('_', '-')) is { } replacement)
            {
                sink.Report(DiagnosticCode.RetiredTag, tag.Position, $"The tag '{Shortened.Of(tag.Value)}' names what ATT&CK replaced. Write {replacement}.");
            }
            else if (IsOldSpelling(tag.Value))
            {
                sink.Report(DiagnosticCode.RetiredTag, tag.Position, $"The tag '{tag.Value}' is an older spelling. Write {tag.Value.Replace('_', '-')}.");
            }
            else if (!IsKnownTag(tag.Value))
            {
                sink.Report(DiagnosticCode.UnknownTag, tag.Position, MeantTag(tag.Value) is { } meant
                    ? $"The tag '{Shortened.Of(tag.Value)}' is unknown as it is written. Write '{meant}'."
                    : $"The tag '{Shortened.Of(tag.Value)}' is unknown. Use lower case and one of the namespaces {string.Join(", ", Vocabulary.TagNamespaces.Order(StringComparer.Ordinal))}; for ATT&CK a tactic or an id (attack.t1059.001).");
            }
        }
    }

    /// <summary>The tag that one is another writing of, or a slip of.</summary>
    private static string? MeantTag(string tag)
    {
        const string Attack = "attack.";
        string lower = tag.ToLowerInvariant().Replace(' ', '-');
        string name = lower[(lower.LastIndexOf("mitre.", StringComparison.Ordinal) is 0 ? "mitre.".Length : lower.StartsWith(Attack, StringComparison.Ordinal) ? Attack.Length : 0)..];
        string[] writings = [lower, Attack + name, Attack + name.Replace('_', '-'), lower.Replace("cve-", "cve.", StringComparison.Ordinal)];
        return Array.Find(writings, IsKnownTag)
            ?? (Vocabulary.Nearest(Vocabulary.AttackTactics, name.Replace('_', '-')) is { } tactic ? Attack + tactic : null);
    }

    private static bool IsKnownTag(string tag)
    {
        int dot = tag.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || dot == tag.Length - 1)
        {
            return false;
        }

        string tagNamespace = tag[..dot];
        string rest = tag[(dot + 1)..];
        if (!Vocabulary.TagNamespaces.Contains(tagNamespace))
        {
            return false;
        }

        return tagNamespace switch
        {
            "attack" => Vocabulary.AttackTactics.Contains(rest) || AttackId().IsMatch(rest),
            "cve" => CveId().IsMatch(rest),
            _ => !rest.AsSpan().ContainsAnyInRange('A', 'Z') && !rest.Contains(' ', StringComparison.Ordinal),
        };
    }

    private static bool IsOldSpelling(string tag) =>
        tag.StartsWith("attack.", StringComparison.Ordinal) && tag.Contains('_', StringComparison.Ordinal)
        && Vocabulary.AttackTactics.Contains(tag["attack.".Length..].Replace('_', '-'));

    private void CheckRelated()
    {
        foreach (YamlNode item in (root["related"] as YamlSequence)?.Items ?? [])
        {
            if (item is YamlMapping map && map["type"] is YamlScalar type && !Vocabulary.RelationTypes.Contains(type.Value))
            {
                sink.Report(DiagnosticCode.UnknownRelation, type.Position, $"The relation '{Shortened.Of(type.Value)}' is unknown. Use one of {string.Join(", ", Vocabulary.RelationTypes.Order(StringComparer.Ordinal))}.");
            }
        }
    }

    private void CheckLogSource()
    {
        if (root["logsource"] is not YamlMapping logSource)
        {
            return;
        }

        string? system = (logSource["product"] as YamlScalar)?.Value;
        foreach ((YamlScalar? key, YamlNode _) in logSource.Entries)
        {
            if (!Vocabulary.LogSourceKeys.Contains(key.Value) && Spelling.Near(Vocabulary.LogSourceKeys, key.Value) is [var near, ..] && logSource[near] is null)
            {
                sink.Report(DiagnosticCode.MisspelledWord, key.Position, $"A log source has no '{Shortened.Of(key.Value)}', so the rule is for more events than it says. Write '{near}'.");
            }
        }

        if (system is "windows" or "linux" or "macos")
        {
            CheckPlace(logSource, "service", Vocabulary.Services, "category", Vocabulary.Categories);
            CheckPlace(logSource, "category", Vocabulary.Categories, "service", Vocabulary.Services);
        }
        else if (system is not null && Vocabulary.ProductSynonyms.TryGetValue(system, out string? product))
        {
            sink.Report(DiagnosticCode.MisspelledWord, logSource["product"]!.Position, $"Sigma calls the product '{system}' '{product}', and no event has it otherwise. Write that.");
        }

        foreach ((YamlScalar? key, YamlNode? value) in logSource.Entries)
        {
            string? meant = (key.Value, value) switch
            {
                ("category", YamlScalar category) => Vocabulary.NearestCategory(category.Value, system),
                ("product", YamlScalar word) when !Vocabulary.ProductSynonyms.ContainsKey(word.Value) => Vocabulary.Nearest(Vocabulary.Products, word.Value),
                ("service", YamlScalar service) when system is null or "windows" or "linux" => Vocabulary.Nearest(Vocabulary.Services, service.Value),
                _ => null,
            };
            if (meant is not null)
            {
                sink.Report(DiagnosticCode.MisspelledWord, value.Position, $"The {key.Value} '{Shortened.Of(((YamlScalar)value).Value)}' looks like a slip of '{meant}', and no event has it. Correct it.");
            }
        }
    }

    /// <summary>A word of one key of log sources under another.</summary>
    private void CheckPlace(YamlMapping logSource, string key, FrozenSet<string> own, string other, FrozenSet<string> others)
    {
        if (logSource[key] is YamlScalar word && logSource[other] is null && !own.Contains(word.Value) && others.Contains(word.Value))
        {
            sink.Report(DiagnosticCode.MisspelledWord, word.Position, $"'{word.Value}' is no {key} but a {other}. Write '{other}: {word.Value}'.");
        }
    }

    [GeneratedRegex(@"^(t\d{4}(\.\d{3})?|[gs]\d{4}|c\d{4}|ds\d{4}|m\d{4})$", RegexOptions.CultureInvariant)]
    private static partial Regex AttackId();

    [GeneratedRegex(@"^\d{4}[-.]\d{4,}$", RegexOptions.CultureInvariant)]
    private static partial Regex CveId();
}
