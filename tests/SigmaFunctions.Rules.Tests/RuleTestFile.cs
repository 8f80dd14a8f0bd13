using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace SigmaFunctions.Rules.Tests;

/// <summary>One case of a test file.</summary>
/// <param name="Name">What the event shows.</param>
/// <param name="Fields">The event's fields under Sigma's names.</param>
/// <param name="Match">Whether the rule must match.</param>
internal sealed record RuleTestCase(string Name, IReadOnlyDictionary<string, FieldValue> Fields, bool Match)
{
    /// <summary>The event as rules of <paramref name="logSource"/> see it.</summary>
    public SigmaEvent EventOf(LogSource logSource) => new([new EventView([logSource], Fields)], [.. Fields.Values]);
}

/// <summary>Reads <c>*.test.yml</c>: <c>tests</c>, a list of <c>name</c>, <c>event</c> and <c>match</c>, and nothing else.</summary>
internal static class RuleTestFile
{
    /// <summary>Reads a test file.</summary>
    /// <exception cref="FormatException">The file is not of that form.</exception>
    public static ImmutableArray<RuleTestCase> Read(string path)
    {
        var stream = new YamlStream();
        using (var reader = File.OpenText(path))
            stream.Load(reader);
        if (stream.Documents is not [{ RootNode: YamlMappingNode root }])
            throw Malformed(path, Mark.Empty, "one document that is a mapping is expected");
        var tests = Keys(path, root, "tests")["tests"] as YamlSequenceNode
            ?? throw Malformed(path, root.Start, "'tests' must be a list");
        return [.. tests.Select(test => Case(path, test))];
    }

    private static RuleTestCase Case(string path, YamlNode node)
    {
        var keys = Keys(path, node, "name", "event", "match");
        bool match = (keys["match"] as YamlScalarNode)?.Value switch
        {
            "true" => true,
            "false" => false,
            _ => throw Malformed(path, keys["match"].Start, "'match' must be true or false"),
        };
        return new RuleTestCase(((YamlScalarNode)keys["name"]).Value!, Value(path, keys["event"]).Properties, match);
    }

    private static Dictionary<string, YamlNode> Keys(string path, YamlNode node, params string[] expected)
    {
        if (node is not YamlMappingNode mapping)
            throw Malformed(path, node.Start, "a mapping is expected");
        var keys = mapping.Children.ToDictionary(pair => ((YamlScalarNode)pair.Key).Value!, pair => pair.Value, StringComparer.Ordinal);
        if (!keys.Keys.ToHashSet(StringComparer.Ordinal).SetEquals(expected))
            throw Malformed(path, node.Start, $"the keys {string.Join(", ", expected)} are expected");
        return keys;
    }

    private static FieldValue Value(string path, YamlNode node) => node switch
    {
        YamlMappingNode mapping => FieldValue.FromProperties(mapping.Children.ToImmutableDictionary(
            pair => ((YamlScalarNode)pair.Key).Value!, pair => Value(path, pair.Value), StringComparer.Ordinal)),
        YamlSequenceNode sequence => FieldValue.FromItems([.. sequence.Select(item => Value(path, item))]),
        YamlScalarNode { Style: not ScalarStyle.Plain } quoted => FieldValue.FromText(quoted.Value!),
        YamlScalarNode { Value: null or "" or "~" or "null" } => FieldValue.Null,
        YamlScalarNode { Value: "true" } => FieldValue.True,
        YamlScalarNode { Value: "false" } => FieldValue.False,
        YamlScalarNode { Value: { } plain } when IsInteger(plain) => FieldValue.FromNumber(plain),
        YamlScalarNode { Value: { } plain } => FieldValue.FromText(plain),
        _ => throw Malformed(path, node.Start, "a value is expected"),
    };

    private static bool IsInteger(string text)
    {
        var digits = text.AsSpan(text.StartsWith('-') ? 1 : 0);
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9') && (digits.Length == 1 || digits[0] != '0');
    }

    private static FormatException Malformed(string path, Mark mark, string message) => new($"{path}({mark.Line}): {message}");
}
