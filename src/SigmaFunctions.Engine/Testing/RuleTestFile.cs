using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Testing;

/// <summary>
/// A file of events for testing the rules of the file beside it: <c>name.test.yml</c> belongs to <c>name.yml</c> (docs/rule-testing.md).
/// <code>
/// tests:
///     - name: what the event shows
///       event: { Image: 'C:\x.exe' }
///       match: true
/// </code>
/// </summary>
/// <param name="Path">Its path as it was given.</param>
/// <param name="Cases">The cases that could be read, in the file's order.</param>
/// <param name="Diagnostics">What is wrong with the file; none of its cases is left out without one.</param>
public sealed record RuleTestFile(string Path, ImmutableArray<RuleTestCase> Cases, ImmutableArray<Diagnostic> Diagnostics)
{
    private static readonly string[] CaseKeys = ["name", "event", "match", "rule"];

    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static RuleTestFile Load(string path) => Parse(new RuleFile(path, File.ReadAllText(path)));

    /// <summary>Reads a file already in memory. Never throws for what it holds.</summary>
    public static RuleTestFile Parse(RuleFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        ImmutableArray<RuleTestCase>.Builder cases = ImmutableArray.CreateBuilder<RuleTestCase>();
        var documents = YamlDocumentReader.Read(file).ToList();
        foreach ((int index, YamlDocument? document) in documents.Index())
        {
            DiagnosticSink sink = document.Diagnostics;
            if (sink.HasErrors)
            {
                continue;
            }

            if (index > 0)
            {
                sink.Report(DiagnosticCode.InvalidTest, document.Root.Position, "A test file is one document. Write all cases below one 'tests'.");
            }
            else if (document.Root is not YamlMapping root)
            {
                sink.Report(DiagnosticCode.InvalidTest, document.Root.Position, "A test file is a map with the key 'tests'. Write 'tests:' and the cases below it.");
            }
            else
            {
                ReadCases(root, sink, cases);
            }
        }

        var diagnostics = documents.SelectMany(document => document.Diagnostics.Diagnostics).Distinct().ToImmutableArray();
        return new RuleTestFile(file.Path, cases.ToImmutable(), documents.Count > 0
            ? diagnostics
            : [new Diagnostic(DiagnosticCode.InvalidTest.Id, DiagnosticSeverity.Error, file.Path, 1, 1, "The file is empty. Write 'tests:' and the cases below it.")]);
    }

    private static void ReadCases(YamlMapping root, DiagnosticSink sink, ImmutableArray<RuleTestCase>.Builder cases)
    {
        RejectOthers(root, ["tests"], sink);
        if (root["tests"] is not YamlSequence { Items.Length: > 0 } tests)
        {
            sink.Report(DiagnosticCode.InvalidTest, root["tests"]?.Position ?? root.Position, "'tests' is a list of cases. Write each behind a dash, with 'name', 'event' and 'match'.");
            return;
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (YamlNode item in tests.Items)
        {
            if (ReadCase(item, sink, names) is { } test)
            {
                cases.Add(test);
            }
        }
    }

    private static RuleTestCase? ReadCase(YamlNode item, DiagnosticSink sink, HashSet<string> names)
    {
        if (item is not YamlMapping map)
        {
            sink.Report(DiagnosticCode.InvalidTest, item.Position, "A case is a map. Write 'name', 'event' and 'match'.");
            return null;
        }

        RejectOthers(map, CaseKeys, sink);
        string? name = Text(map, "name", sink, isRequired: true);
        string? rule = Text(map, "rule", sink, isRequired: false);
        if (name is not null && !names.Add(name))
        {
            sink.Report(DiagnosticCode.InvalidTest, map["name"]!.Position, $"Another case above is named '{Shortened.Of(name)}' too. Give each a name of its own.");
        }

        bool? match = (map["match"] as YamlScalar)?.AsBoolean;
        if (match is null)
        {
            sink.Report(DiagnosticCode.InvalidTest, map["match"]?.Position ?? map.Position, "'match' is true or false. Say whether the rule must match the event.");
        }

        var fields = map["event"] as YamlMapping;
        if (fields is null)
        {
            sink.Report(DiagnosticCode.InvalidTest, map["event"]?.Position ?? map.Position, "'event' is a map of field names to values. Write the event's fields.");
        }

        return name is null || match is null || fields is null
            ? null
            : new RuleTestCase(name, ValueOf(fields).Properties, match.Value, rule, map.Position.Line, map.Position.Column);
    }

    private static void RejectOthers(YamlMapping map, string[] known, DiagnosticSink sink)
    {
        foreach ((YamlScalar? key, YamlNode _) in map.Entries)
        {
            if (!known.Contains(key.Value))
            {
                sink.Report(DiagnosticCode.InvalidTest, key.Position, $"The key '{Shortened.Of(key.Value)}' is unknown. Use {string.Join(", ", known)}.");
            }
        }
    }

    private static string? Text(YamlMapping map, string key, DiagnosticSink sink, bool isRequired)
    {
        if (map[key] is YamlScalar { IsNull: false, Value.Length: > 0 } scalar)
        {
            return scalar.Value;
        }

        if (isRequired || map[key] is not null)
        {
            sink.Report(DiagnosticCode.InvalidTest, map[key]?.Position ?? map.Position, $"'{key}' is a text. Write it behind the colon.");
        }

        return null;
    }

    private static FieldValue ValueOf(YamlNode node) => node switch
    {
        YamlMapping map => FieldValue.FromProperties(map.Entries.ToImmutableDictionary(entry => entry.Key.Value, entry => ValueOf(entry.Value), StringComparer.Ordinal)),
        YamlSequence list => FieldValue.FromItems([.. list.Items.Select(ValueOf)]),
        YamlScalar { IsNull: true } => FieldValue.Null,
        YamlScalar { AsBoolean: { } boolean } => FieldValue.FromBoolean(boolean),
        YamlScalar { AsNumber: not null } number => FieldValue.FromNumber(number.Value),
        YamlScalar scalar => FieldValue.FromText(scalar.Value),
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };
}
