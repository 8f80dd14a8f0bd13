using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
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
///     - name: what these events show
///       events:
///           - { at: 0s, repeat: 10 every 30s, event: { Image: 'C:\x{n}.exe' } }
///       detections:
///           - { value: 10, last: 4m30s }
/// </code>
/// </summary>
/// <param name="Path">Its path as it was given.</param>
/// <param name="Cases">The cases that could be read, in the file's order.</param>
/// <param name="Diagnostics">What is wrong with the file; none of its cases is left out without one.</param>
public sealed record RuleTestFile(string Path, ImmutableArray<RuleTestCase> Cases, ImmutableArray<Diagnostic> Diagnostics)
{
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
        var reader = new TestCaseReader(sink);
        reader.RejectOthers(root, ["tests"]);
        if (root["tests"] is not YamlSequence { Items.Length: > 0 } tests)
        {
            sink.Report(DiagnosticCode.InvalidTest, root["tests"]?.Position ?? root.Position, "'tests' is a list of cases. Write each behind a dash, with 'name', 'event' and 'match'.");
            return;
        }

        foreach (YamlNode item in tests.Items)
        {
            if (reader.Read(item) is { } test)
            {
                cases.Add(test);
            }
        }
    }
}
