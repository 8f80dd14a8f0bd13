using System.Globalization;
using System.IO.Pipes;

namespace SigmaFunctions.Cli.Tests;

/// <summary>Files that are pipes, as the shell's <c>&lt;(command)</c> gives them: a path, which is a link with a length of its own, and can be read once.</summary>
public sealed class PipeTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";

    private readonly CommandLine _cli = new();
    private readonly List<AnonymousPipeServerStream> _pipes = [];
    private readonly string _rule;
    private readonly string _events;

    public PipeTests()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes have no paths there");
        _rule = _cli.WriteRule("r.yml", Id, "a", "1");
        _events = _cli.Write("e.ndjson", "{\"category\":\"test\",\"a\":1}\n");
    }

    public void Dispose()
    {
        _pipes.ForEach(pipe => pipe.Dispose());
        _cli.Dispose();
    }

    [Theory]
    [InlineData("check RULE")]
    [InlineData("test RULE")]
    [InlineData("coverage --rules RULE")]
    [InlineData("diff RULE SAME --events EVENTS --format json")]
    [InlineData("scan --rules SAME EVENTS")]
    [InlineData("scan --rules SAME --body EVENTS")]
    [InlineData("fields --rules SAME EVENTS")]
    [InlineData("explain SAME --event EVENTS")]
    public async Task They_are_read_as_files_are(string command)
    {
        string[] arguments = command.Split(' ');
        CommandLine.Outcome expected = await RunAsync([.. arguments.Select(word => word switch { "RULE" or "SAME" => _rule, "EVENTS" => _events, _ => word })]);
        var names = new Dictionary<string, string>();

        CommandLine.Outcome outcome = await RunAsync([.. arguments.Select(word => word switch
        {
            "RULE" => names["RULE"] = PipeOf(_rule),
            "EVENTS" => names["EVENTS"] = PipeOf(_events),
            "SAME" => _rule,
            _ => word,
        })]);

        Assert.Equal((0, Unnamed(expected.Output), Unnamed(expected.Errors)), (outcome.ExitCode, Unnamed(outcome.Output), Unnamed(outcome.Errors)));

        string Unnamed(string text) => names.Values.Append(_rule).Append(_events).Aggregate(text, (left, name) => left.Replace(name, "FILE", StringComparison.Ordinal));
    }

    /// <summary>Pages of rules show their text, too.</summary>
    [Fact]
    public async Task What_has_to_be_read_twice_must_be_a_file()
    {
        string pipe = PipeOf(_rule);

        CommandLine.Outcome outcome = await RunAsync("explain", pipe);

        Assert.Equal((2, $"sigmaf: {pipe} was changed while it was read, or is a pipe: run it again, with a file.\n"), (outcome.ExitCode, outcome.Errors));
    }

    private string PipeOf(string file)
    {
        var pipe = new AnonymousPipeServerStream(PipeDirection.Out);
        pipe.Write(File.ReadAllBytes(file));
        string path = string.Create(CultureInfo.InvariantCulture, $"/dev/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}");

        // Its end is that nobody can write any more.
        pipe.SafePipeHandle.Dispose();
        _pipes.Add(pipe);
        return path;
    }

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) => _cli.RunAsync(arguments, cancellationToken: TestContext.Current.CancellationToken);
}
