using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Files;
using YamlDotNet.RepresentationModel;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// Makes a rule set larger by rules that differ from given ones in the literals that they look for: one letter of the longest word of
/// each. Words, paths and extensions stay as alike as those of real rules are, which is what an index has to cope with.
/// </summary>
internal static partial class RuleVariants
{
    private const int ShortestWord = 3;
    private const int Letters = 26;

    // What these look for is no literal text.
    private static readonly string[] OtherModifiers = ["re", "cidr", "expand", "exists", "fieldref", "gt", "gte", "lt", "lte", "minute", "hour", "day", "week", "month", "year"];

    /// <summary>The files and as many variants of each as are wanted.</summary>
    /// <param name="files">Files of rules.</param>
    /// <param name="times">How many times as many rules as the files have, 1 to 25; a little less in fact, since rules that look for no words
    /// have no variants.</param>
    public static IEnumerable<RuleFile> Multiply(IReadOnlyList<RuleFile> files, int times) =>
        files.Concat(files.SelectMany(file => Enumerable.Range(1, times - 1).Select(variant => Vary(file, variant)).OfType<RuleFile>()));

    [GeneratedRegex(@"\bnot\s+(?:\w+\s+of\s+)?([\w*]+)")]
    private static partial Regex Excluded();

    private static RuleFile? Vary(RuleFile file, int variant)
    {
        var yaml = new YamlStream();
        using (var reader = new StringReader(file.Text))
        {
            yaml.Load(reader);
        }

        bool isVaried = false;
        foreach (YamlDocument document in yaml.Documents)
        {
            if (document.RootNode is not YamlMappingNode rule)
            {
                continue;
            }

            if (rule.Children.TryGetValue("id", out YamlNode? id))
            {
                rule.Children["id"] = new YamlScalarNode($"{variant:x8}{((YamlScalarNode)id).Value![8..]}");
            }

            if (rule.Children.TryGetValue("detection", out YamlNode? detection))
            {
                isVaried |= Vary((YamlMappingNode)detection, variant);
            }
        }

        if (!isVaried)
        {
            return null;
        }

        using var text = new StringWriter();
        yaml.Save(text, assignAnchors: false);
        return new RuleFile($"{file.Path}#{variant}", text.ToString());
    }

    private static bool Vary(YamlMappingNode detection, int variant)
    {
        // What a rule excludes stays, or the variant would hold on far more events than the rule.
        string condition = detection.Children["condition"].ToString();
        string[] excluded = [.. Excluded().Matches(condition).Select(match => match.Groups[1].Value)];
        bool isVaried = false;
        foreach ((YamlNode key, YamlNode search) in detection)
        {
            string name = key.ToString();
            if (name is not ("condition" or "timeframe")
                && !excluded.Any(pattern => pattern.EndsWith('*') ? name.StartsWith(pattern[..^1], StringComparison.Ordinal) : name == pattern))
            {
                isVaried |= Vary(search, variant);
            }
        }

        return isVaried;
    }

    private static bool Vary(YamlNode node, int variant)
    {
        switch (node)
        {
            case YamlScalarNode { Value: { } value } scalar:
                scalar.Value = Vary(value, variant);
                return scalar.Value != value;
            case YamlSequenceNode sequence:
                return sequence.Aggregate(false, (isVaried, item) => Vary(item, variant) || isVaried);
            case YamlMappingNode mapping:
                return mapping.Where(pair => !((YamlScalarNode)pair.Key).Value!.Split('|')[1..].Intersect(OtherModifiers).Any())
                    .Aggregate(false, (isVaried, pair) => Vary(pair.Value, variant) || isVaried);
            default:
                return false;
        }
    }

    private static string Vary(string literal, int variant)
    {
        (int start, int length) = (0, 0);
        for (int i = 0; i < literal.Length; i++)
        {
            int end = i;
            while (end < literal.Length && char.IsAsciiLetter(literal[end]))
            {
                end++;
            }

            if (end - i > length)
            {
                (start, length) = (i, end - i);
            }

            i = end;
        }

        if (length < ShortestWord || literal is "true" or "false" or "null")
        {
            return literal;
        }

        int place = start + (length / 2);
        char[] varied = literal.ToCharArray();
        char first = char.IsAsciiLetterUpper(varied[place]) ? 'A' : 'a';
        varied[place] = (char)(first + ((varied[place] - first + variant) % Letters));
        return new string(varied);
    }
}
