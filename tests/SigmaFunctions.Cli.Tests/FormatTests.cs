using System.CommandLine;
using SigmaFunctions.Cli.Commands;
using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Tests;

/// <summary>Formats have the same names in every command, and help fits a narrow terminal.</summary>
public sealed class FormatTests
{
    private const int Width = 80;

    private static Command Root => new CommandLineApp(new Terminal(Stream.Null, Stream.Null, Stream.Null)).Root;

    /// <summary>Every command that has formats.</summary>
    public static TheoryData<string> Formatted => [.. All(Root).Where(command => Of(command) is not null).Select(PathOf)];

    /// <summary>Every command that has something to say at the end of its help.</summary>
    public static TheoryData<string> Documented => [.. All(Root).OfType<DocumentedCommand>().Select(PathOf)];

    [Theory]
    [MemberData(nameof(Formatted))]
    public void Text_and_json_are_taken_everywhere_and_their_former_names(string path)
    {
        Option<string> format = Of(Find(path))!;
        string Parsed(string name) => new Command("x") { format }.Parse(["--format", name]).GetRequiredValue(format);

        Assert.Equal(("text", "json", "text", "json"), (Parsed("text"), Parsed("json"), Parsed("table"), Parsed("ndjson")));
        Assert.NotEmpty(new Command("x") { format }.Parse(["--format", "xml"]).Errors);
        Assert.DoesNotContain("ndjson", format.Description, StringComparison.Ordinal);
        Assert.Equal(path == "scan" ? "json" : "text", new Command("x") { format }.Parse([]).GetRequiredValue(format));
    }

    [Fact]
    public void Commands_have_formats() => Assert.True(Formatted.Count >= 10);

    [Theory]
    [MemberData(nameof(Documented))]
    public async Task Help_ends_with_paragraphs_that_fit_a_narrow_terminal(string path)
    {
        using var cli = new CommandLine();
        CommandLine.Outcome outcome = await cli.RunAsync([.. path.Split(' '), "--help"], cancellationToken: TestContext.Current.CancellationToken);

        string[] notes = outcome.Output[outcome.Output.IndexOf("-?, -h, --help", StringComparison.Ordinal)..].Split('\n')[1..];
        Assert.Contains(notes, line => line.Length > 0);
        Assert.All(notes.Where(line => !line.StartsWith(' ')), line => Assert.True(line.Length <= Width, line));
        if (path == "scan")
        {
            Assert.All(notes, line => Assert.True(line.Length <= Width, line));
            Assert.True(notes.Length <= 12, $"{notes.Length} lines");
        }
    }

    private static Option<string>? Of(Command command) => command.Options.OfType<Option<string>>().SingleOrDefault(option => option.Name == "--format");

    private static Command Find(string path) => All(Root).Single(command => PathOf(command) == path);

    private static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);

    private static string PathOf(Command command) => string.Join(' ', command.Parents.OfType<Command>().Where(parent => parent is not RootCommand).Select(PathOf).Append(command.Name));
}
