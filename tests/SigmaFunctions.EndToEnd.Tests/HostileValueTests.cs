using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Json.Schema;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>Whatever an event holds, it is recorded and announced, stays within what stores take, and steers nothing and nobody.</summary>
public sealed class HostileValueTests(HostileRun run) : IClassFixture<HostileRun>
{
    private const int LargestQueueMessage = 64 * 1024;
    private const int LongestName = 1_024;
    private const string Mark = "…[truncated]";

    private static readonly JsonSchema Schema = JsonSchema.FromFile(Path.Combine(AppContext.BaseDirectory, "alert.schema.json"));

    public static TheoryData<string> Values => [.. HostileRun.Values.Keys];

    /// <summary>Those that mean something to a terminal, each of which takes a process to show.</summary>
    public static TheoryData<string> Steering =>
        [.. HostileRun.Values.Where(value => value.Value.Length < 1_000 && value.Value.Any(Steers)).Select(value => value.Key)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Values))]
    public void It_is_recorded_and_read_back(string name)
    {
        Detection detection = run.Detections[name];

        AssertIs(HostileRun.Values[name] + HostileRun.Token, detection.Host, LongestName);
        AssertIs(HostileRun.Values[name] + HostileRun.Token, detection.User, LongestName);
        AssertIs(HostileRun.Token + HostileRun.Values[name], Assert.Single(detection.Fields).Value, int.MaxValue);
        Assert.Matches("^[0-9]{8}T[0-9]{2}-[0-9a-f]$", detection.Id.PartitionKey);
        Assert.Matches("^[0-9]{19}-[0-9a-f]{32}$", detection.Id.RowKey);
        Assert.NotNull(detection.AlertedAt);
    }

    [Theory]
    [MemberData(nameof(Values))]
    public void Its_alert_is_of_the_schema_and_fits_the_queue(string name)
    {
        string message = run.Messages[run.Detections[name].Id];
        JsonElement alert = JsonDocument.Parse(Convert.FromBase64String(message)).RootElement;

        Assert.InRange(message.Length, 1, LargestQueueMessage);
        Assert.True(Schema.Evaluate(alert).IsValid);
        AssertIs(HostileRun.Values[name] + HostileRun.Token, alert.GetProperty("host").GetString(), 256, isAlert: true);
        Assert.DoesNotContain(Convert.FromBase64String(message), one => one < ' ');
    }

    [Theory]
    [InlineData("list", "--limit", "1000")]
    [InlineData("list", "--format", "json")]
    public async Task Lists_do_not_steer_a_terminal(params string[] arguments)
    {
        (int exitCode, string output, string errors) = await RunAsync(["detections", .. arguments]);

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Equal(HostileRun.Values.Count, output.Split('\n').Count(line => line.Contains(HostileRun.Token, StringComparison.Ordinal)
            || line.Contains("Marked process", StringComparison.Ordinal)));
        AssertSteersNothing(output);
    }

    [Theory]
    [MemberData(nameof(Steering))]
    public async Task It_is_shown_without_steering_a_terminal(string name)
    {
        (int exitCode, string output, string errors) = await RunAsync(["detections", "show", run.Detections[name].Id.Value]);

        Assert.Equal((0, ""), (exitCode, errors));
        Assert.Single(output.Split('\n'), line => line.StartsWith("host ", StringComparison.Ordinal));
        AssertSteersNothing(output);
    }

    [Fact]
    public void What_cannot_be_read_is_kept_as_it_came() => Assert.Equal(
        HostileRun.Unreadable.Values.Select(Convert.ToHexString).Order(StringComparer.Ordinal),
        run.Letters.Select(Convert.ToHexString).Order(StringComparer.Ordinal));

    [Fact]
    public void Nothing_of_it_is_in_the_log()
    {
        Assert.Contains(run.Log, line => line.Message.Contains("messages", StringComparison.Ordinal));
        Assert.DoesNotContain(run.Log, line => line.Message.Contains(HostileRun.Token, StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(run.Log, line => line.Message.Any(character => char.IsControl(character) && character is not ('\r' or '\n' or '\t')));
        Assert.DoesNotContain(run.Log, line => line.Level is RpcLog.Types.Level.Error or RpcLog.Types.Level.Critical);
    }

    // What the table has no form for is U+FFFD there; JSON can say all but lone surrogates.
    private static void AssertIs(string value, string? found, int longest, bool isAlert = false)
    {
        string expected = string.Concat(value.EnumerateRunes().Select(rune =>
            !isAlert && rune.Value is < ' ' and not ('\t' or '\n' or '\r') or 0xFFFE or 0xFFFF ? "\uFFFD" : rune.ToString()));
        Assert.NotNull(found);
        if (found.Length < expected.Length)
        {
            Assert.EndsWith(Mark, found, StringComparison.Ordinal);
            Assert.InRange(found.Length, Math.Min(longest, 1_000) - 1, longest);
            expected = string.Concat(expected.AsSpan(0, found.Length - Mark.Length), Mark);
        }
        Assert.Equal(expected, found);
    }

    private static void AssertSteersNothing(string output) => Assert.DoesNotContain(output, character => character is not ('\n' or '\t') && Steers(character));

    private static bool Steers(char character) =>
        char.IsControl(character) || char.GetUnicodeCategory(character) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private async Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "sigmaf.dll") },
            Environment = { ["DetectionStorage"] = run.StorageConnection },
        };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(Token);
        string output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        return (process.ExitCode, output, await errors);
    }
}
