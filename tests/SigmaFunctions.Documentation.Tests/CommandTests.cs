using System.Text.RegularExpressions;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>The commands of the documentation do what it says.</summary>
public sealed partial class CommandTests
{
    private static readonly Manifest Manifest = Manifest.Read();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_documented_command_is_in_the_manifest_and_the_other_way_round()
    {
        IReadOnlyList<CodeLine> lines = Documents.CodeLines();
        HashSet<string> known = [.. Manifest.Commands.Select(entry => entry.Command)];
        HashSet<string> documented = [.. lines.Select(line => line.Text)];
        HashSet<string> words = [.. lines.Select(line => line.Program)];

        AssertNone(
        [
            .. lines.Where(line => !known.Contains(line.Text) && !Manifest.Output.Contains(line.Program))
                .Select(line => $"{line.Place}: not in commands.yml: {line.Text}"),
            .. known.Where(command => !documented.Contains(command)).Select(command => $"commands.yml: documented no more: {command}"),
            .. Manifest.Output.Where(word => !words.Contains(word)).Select(word => $"commands.yml: no output begins with this any more: {word}"),
        ]);
        Assert.Equal(known.Count, Manifest.Commands.Count);
    }

    [Fact]
    public void What_is_not_run_says_why() =>
        Assert.Equal([], Manifest.Commands
            .Where(entry => entry.Kind is CommandKind.Elsewhere or CommandKind.Illustration && string.IsNullOrEmpty(entry.Why)
                || entry.Kind is CommandKind.Synopsis or CommandKind.Server && string.IsNullOrEmpty(entry.Try))
            .Select(entry => entry.Command));

    [Fact]
    public void Lines_of_code_blocks_are_read_as_commands_or_not()
    {
        string[] text =
        [
            "Prose with `dotnet x`.", "```sh", "dotnet a   # why", "  A=1 B='2 3' sigmaf b", "2 rules", "…", "```", "- a list", "  ```bash", "  curl c", "  ```",
            "```yaml", "name: d", "    dotnet e", "```", "dotnet f after text", "```text", "dotnet g", "```", "```pwsh", "./deploy.sh", "```",
        ];

        Assert.Equal(
            [("x(3)", "dotnet a", "dotnet"), ("x(4)", "A=1 B='2 3' sigmaf b", "sigmaf"), ("x(10)", "curl c", "curl"), ("x(21)", "./deploy.sh", "./deploy.sh")],
            Documents.CodeLines("x", text).Select(line => (line.Place, line.Text, line.Program)));
    }

    public static TheoryData<string> OnThisMachine() =>
        [.. Manifest.Commands.Where(entry => entry.Kind is CommandKind.Run or CommandKind.Synopsis && !entry.WithServer).Select(entry => entry.Command)];

    [Theory]
    [MemberData(nameof(OnThisMachine))]
    public async Task A_documented_command_works_in_a_fresh_clone(string command)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the documentation's commands are for a POSIX shell");
        using var workspace = new Workspace();
        AssertNone(await FaultsAsync(Manifest.Commands.Single(entry => entry.Command == command), workspace));
    }

    /// <summary>One after the other, since each changes what the next sees; in the manifest's order.</summary>
    [Fact]
    public async Task The_documented_commands_work_while_LocalHost_runs()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the documentation's commands are for a POSIX shell");
        using var workspace = new Workspace();
        string start = Manifest.Commands.Single(entry => entry.Kind == CommandKind.Server).Try!;
        await using Server server = await Server.StartAsync(start, workspace, Cancellation);
        var faults = new List<string>();
        foreach (DocumentedCommand entry in Manifest.Commands.Where(entry => entry.WithServer))
        {
            faults.AddRange(await FaultsAsync(entry, workspace));
        }

        AssertNone(faults);
    }

    private static void AssertNone(List<string> faults) => Assert.True(faults.Count == 0, string.Join("\n", faults));

    private static async Task<List<string>> FaultsAsync(DocumentedCommand entry, Workspace workspace)
    {
        var faults = new List<string>();
        string command = entry.Try ?? entry.Command;
        (int exit, string output) = await workspace.RunAsync(command, Cancellation);
        if (exit != entry.Exit)
        {
            faults.Add($"{command}: exit code {exit}, not {entry.Exit}: {output}");
        }

        faults.AddRange(entry.Says.Where(text => !output.Contains(text, StringComparison.Ordinal)).Select(text => $"{command}: does not say '{text}': {output}"));
        if (entry.Writes is { } file && !workspace.Exists(file))
        {
            faults.Add($"{command}: has not written {file}: {output}");
        }

        if (entry.Kind == CommandKind.Synopsis)
        {
            // Of "sigmaf rules push PATH… [--wait]" the help of "sigmaf rules push" must know --wait.
            string name = CommandName().Match(entry.Command).Value;
            (_, string help) = await workspace.RunAsync(name + " --help", Cancellation);
            faults.AddRange(Option().Matches(entry.Command).Select(match => match.Value).Where(option => !help.Contains(option + " ", StringComparison.Ordinal))
                .Select(option => $"{name} has no option {option}: {help}"));
            string reference = await File.ReadAllTextAsync(Path.Combine(Repository.Folder, "docs", "cli.md"), Cancellation);
            faults.AddRange(Option().Matches(help).Select(match => match.Value).Distinct().Where(option => option != "--help")
                .Where(option => !reference.Contains(option, StringComparison.Ordinal)).Select(option => $"{name}: docs/cli.md does not tell of {option}"));
        }
        return faults;
    }

    [GeneratedRegex("^sigmaf( [a-z]+)+")]
    private static partial Regex CommandName();

    [GeneratedRegex("--[a-z-]+")]
    private static partial Regex Option();
}
