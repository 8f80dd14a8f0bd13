using System.Diagnostics;

namespace SigmaFunctions.Cli.Tests;

/// <summary>The built program as users start it.</summary>
public sealed class ProcessTests(StorageAccount account) : IDisposable
{
    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task The_program_scans_and_exits_as_documented()
    {
        string rule = _cli.WriteRule("r.yml", "aaaaaaaa-0000-4000-8000-000000000001", "a", "1");
        string events = _cli.Write("e.ndjson", """{"category":"test","a":1}""");

        (int exitCode, string output, string errors) = await RunAsync("scan", "--rules", rule, "--stats", events);

        Assert.Equal(0, exitCode);
        Assert.Equal(
            $"{{\"line\":0,\"record\":0,\"rule\":\"aaaaaaaa-0000-4000-8000-000000000001\",\"title\":\"a is 1\",\"level\":\"high\",\"file\":\"{events}\",\"fileLine\":1,\"time\":null,\"host\":null}}\n",
            output);
        Assert.StartsWith("{\"bodies\":1,\"events\":1,\"matches\":1,", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_says_why_it_cannot_run()
    {
        (int exitCode, string output, string errors) = await RunAsync("check", "/no/such/path");

        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("sigmaf: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_program_ends_when_nobody_reads_its_output()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "pipes end otherwise there");
        string rule = _cli.WriteRule("r.yml", "aaaaaaaa-0000-4000-8000-000000000001", "a", "1");
        using Process process = Process.Start(new ProcessStartInfo(Program, ["scan", "--rules", rule, "-"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.StandardOutput.Close();
        try
        {
            while (true)
            {
                await process.StandardInput.WriteAsync("{\"category\":\"test\",\"a\":1}\n".AsMemory(), TestContext.Current.CancellationToken);
            }
        }
        catch (IOException)
        {
            // It stopped reading: it has ended.
        }

        Assert.Equal("", await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(141, process.ExitCode);
    }

    /// <summary>Nothing listens at the proxy.</summary>
    [Theory]
    [InlineData("http_proxy")]
    [InlineData("all_proxy")]
    [InlineData("HTTP_PROXY")]
    public async Task What_goes_to_this_machine_goes_past_the_proxy(string variable)
    {
        using Process process = Process.Start(new ProcessStartInfo(Program, ["sources", "--storage", account.ConnectionString, "--table", (await account.CreateTableAsync()).Name])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [variable] = "http://127.0.0.1:9", ["no_proxy"] = null, ["NO_PROXY"] = "contoso.example" },
        })!;
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.DoesNotContain("cannot be reached", errors, StringComparison.Ordinal);
        Assert.Equal(0, process.ExitCode);
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "sigmaf.exe" : "sigmaf");

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(Program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await errors);
    }
}
