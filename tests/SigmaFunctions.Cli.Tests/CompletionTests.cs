using System.Diagnostics;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf completion</c>, in a real shell.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    /// <summary>A line up to the cursor, what bash completes; nothing is left to it, so that it completes names of files.</summary>
    [Theory]
    [InlineData("sigmaf det", "detections")]
    [InlineData("sigmaf detections ", "list reindex show")]
    [InlineData("sigmaf detections list --lev", "--level")]
    [InlineData("sigmaf detections list --level ", "critical high informational low medium")]
    [InlineData("sigmaf detections list --format j", "json")]
    [InlineData("sigmaf scan ", "")]
    [InlineData("sigmaf scan --rules ", "")]
    [InlineData("sigmaf scan --rules rules/ --format te", "text")]
    [InlineData("sigmaf completion z", "zsh")]
    [InlineData("sigmaf check /tm", "")]
    public async Task Bash_completes(string line, string completed)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Runs bash.");
        string script = _cli.Write("complete.sh", """
            source <(sigmaf completion bash)
            complete -p sigmaf >&2
            COMP_LINE="$1" COMP_POINT=${#1}
            read -ra COMP_WORDS <<< "$1"
            [[ "$1" == *" " ]] && COMP_WORDS+=("")
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            _sigmaf
            printf '%s\n' "${COMPREPLY[@]}" | sort
            """);
        using Process bash = Process.Start(new ProcessStartInfo("bash", [script, line])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}" },
        })!;
        string output = await bash.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal("complete -o bashdefault -o default -F _sigmaf sigmaf\n", await bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        Assert.Equal(completed, string.Join(' ', output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
    }

    [Theory]
    [InlineData("bash", "complete ")]
    [InlineData("zsh", "compdef ")]
    [InlineData("fish", "complete -c sigmaf")]
    [InlineData("pwsh", "Register-ArgumentCompleter")]
    public async Task Every_shell_has_a_script_that_asks_the_program(string shell, string registers)
    {
        CommandLine.Outcome outcome = await _cli.RunAsync(["completion", shell], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Contains(registers, outcome.Output, StringComparison.Ordinal);
        Assert.Contains("[suggest:", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_shell_is_refused() =>
        Assert.Equal(2, (await _cli.RunAsync(["completion", "tcsh"], cancellationToken: TestContext.Current.CancellationToken)).ExitCode);
}
