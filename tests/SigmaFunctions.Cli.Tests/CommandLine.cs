using System.Text;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Cli.Sending;

namespace SigmaFunctions.Cli.Tests;

/// <summary>Runs the command line in this process, in a folder of its own.</summary>
public sealed class CommandLine : IDisposable
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Folder of the files that a test writes.</summary>
    public string Folder { get; } = Directory.CreateTempSubdirectory("sigmaf-").FullName;

    /// <summary>Environment variables that the command sees.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    internal ConnectToHub? Connect { get; set; }

    internal TimeProvider? Time { get; set; }

    /// <summary>Whether a person looks at the output.</summary>
    public bool IsInteractive { get; set; }

    /// <summary>Writes a file and gives its path.</summary>
    public string Write(string name, string text) => Write(name, Utf8.GetBytes(text));

    /// <summary>Writes a file and gives its path.</summary>
    public string Write(string name, byte[] bytes)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    /// <summary>Writes a rule for flat events of category <c>test</c> that matches where a field has a value.</summary>
    public string WriteRule(string name, string id, string field, string value, string level = "high") => Write(
        name,
        $$"""
        title: {{field}} is {{value}}
        id: {{id}}
        status: test
        logsource:
            category: test
        detection:
            selection:
                {{field}}: {{value}}
            condition: selection
        level: {{level}}
        """);

    /// <summary>Runs a command.</summary>
    public async Task<Outcome> RunAsync(string[] arguments, Stream? input = null, CancellationToken cancellationToken = default)
    {
        using var output = new MemoryStream();
        using var errors = new MemoryStream();
        var terminal = new Terminal(input ?? Stream.Null, output, errors)
        {
            IsInteractive = IsInteractive,
            Environment = name => Environment.GetValueOrDefault(name),
            Variables = () => Environment.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value)),
        };
        int exitCode = await new CommandLineApp(terminal, Connect, Time).RunAsync(arguments, cancellationToken);
        return new Outcome(exitCode, output.ToArray(), Utf8.GetString(errors.ToArray()));
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>What a command came to.</summary>
    public sealed record Outcome(int ExitCode, byte[] Bytes, string Errors)
    {
        public string Output => Utf8.GetString(Bytes);

        public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;

        /// <summary>The matches of a scan as <c>line:record:rule</c>.</summary>
        public string Matches => string.Join(' ', Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            JsonElement match = JsonDocument.Parse(line).RootElement;
            return $"{match.GetProperty("line")}:{match.GetProperty("record")}:{match.GetProperty("rule")}";
        }));

        /// <summary>The line of <c>--stats</c>.</summary>
        public JsonElement Stats => JsonDocument.Parse(Errors.TrimEnd().Split('\n')[^1]).RootElement;
    }
}
