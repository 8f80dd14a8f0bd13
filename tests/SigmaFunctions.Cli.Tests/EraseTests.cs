using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf erase</c>, on a real storage service. What is found and what is not: ErasureTests of the storage.</summary>
public sealed class EraseTests : IAsyncLifetime
{
    private readonly StorageAccount _account;
    private readonly CommandLine _cli = new() { Time = new FakeTimeProvider(DateTimeOffset.UtcNow) };
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow;
    private TableClient _table = null!;
    private BlobContainerClient _originals = null!;
    private BlobContainerClient _letters = null!;

    public EraseTests(StorageAccount account)
    {
        _account = account;
        _cli.Environment["DetectionStorage"] = account.ConnectionString;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private TableClient Verdicts => new(_account.ConnectionString, _table.Name + VerdictStore.NameSuffix);

    private DetectionTable Table => new(_table, originals: new OriginalStore(_originals));

    public async ValueTask InitializeAsync()
    {
        _table = await _account.CreateTableAsync();
        _originals = await _account.CreateContainerAsync();
        _letters = await _account.CreateContainerAsync();
        Detection[] detections = [Detection(1, "ann"), Detection(2, "ann") with { Original = new string('x', 300_000) }, Detection(3, "bob")];
        await Table.AddAsync(detections, Token);
        await Table.MarkAsync([.. detections.Select(one => new AlertOutcome(one.Id))], Token);
        await new VerdictStore(Verdicts).SetAsync(new NewVerdict(VerdictKind.Benign, "eve", _now), [new VerdictTarget(detections[0], 0)], Token);
        await new DeadLetterStore(_letters).WriteAsync([DeadLetter.OfRecord(Identity(4), "r", 0, "ann"u8.ToArray())], Token);
    }

    public ValueTask DisposeAsync()
    {
        _cli.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Without_yes_it_tells_and_changes_nothing()
    {
        CommandLine.Outcome outcome = await RunAsync("--user", "ann");

        Assert.Equal(0, outcome.ExitCode);
        string[] lines = outcome.Output.Split('\n');
        Assert.Matches("^where +looked at +found +with originals +erased +alert owed +not searched whole *$", lines[0]);
        Assert.Matches($"^{_table.Name} +3 +2 +1 +0 +0 +0 *$", lines[1]);
        Assert.Matches($"^{_table.Name}Verdicts +1 +1 +0 +0 +0 +0 *$", lines[2]);
        Assert.Matches($"^{_originals.Name} +1 +0 +0 +0 +0 +0 *$", lines[3]);
        Assert.Matches($"^{_letters.Name} +1 +1 +0 +0 +0 +0 *$", lines[4]);
        Assert.Contains($"\n  {Detection(1, "ann").Id.Value}\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("\nNothing was erased: --yes erases what was found\nDetections of others were not searched for the name: --anywhere\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains($"sigmaf: {_table.Name}: 3 looked at, 2 found, 0 erased\n", outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(5, await CountAsync());
    }

    [Fact]
    public async Task With_yes_it_erases()
    {
        CommandLine.Outcome outcome = await RunAsync("--user", "ANN", "--yes", "--format", "json");

        Assert.Equal(0, outcome.ExitCode);
        Assert.True(outcome.Json.GetProperty("erased").GetBoolean());
        JsonElement[] stores = [.. outcome.Json.GetProperty("stores").EnumerateArray()];
        Assert.Equal([2, 1, 0, 1], stores.Select(store => store.GetProperty("erased").GetInt32()));
        Assert.Equal(1, await CountAsync());
        Assert.Equal("bob", (await _table.QueryAsync<TableEntity>(cancellationToken: Token).SingleAsync(Token)).GetString("User"));
    }

    [Theory]
    [InlineData(5, "--since", "30m")]
    [InlineData(5, "--until", "30d")]
    [InlineData(1, "--since", "2h", "--until", "30m")]
    public async Task Times_bound_it(int left, params string[] times)
    {
        Assert.Equal(0, (await RunAsync(["--user", "ann", "--yes", .. times])).ExitCode);

        Assert.Equal(left, await CountAsync());
    }

    [Fact]
    public async Task What_stays_makes_the_exit_code_1()
    {
        await Table.AddAsync([Detection(9, "ann")], Token);

        CommandLine.Outcome outcome = await RunAsync("--user", "ann", "--yes", "--anywhere");

        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains("Detections whose alerts are owed stay until these are sent: run it again\n", outcome.Output, StringComparison.Ordinal);
        await _originals.DeleteAsync(cancellationToken: Token);
        outcome = await RunAsync("--user", "bob");
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains($"sigmaf: there is no table or container {_originals.Name}\n", outcome.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Give either --host NAME or --user NAME")]
    [InlineData("Give either --host NAME or --user NAME", "--host", "a", "--user", "b")]
    [InlineData("--host: the name of a host", "--host", @"CORP\a")]
    [InlineData("--user: the name of a user", "--user", " ", "--yes")]
    public async Task What_cannot_run_says_why(string message, params string[] arguments)
    {
        CommandLine.Outcome outcome = await RunAsync(arguments);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.Equal(5, await CountAsync());
    }

    private HubEventIdentity Identity(long sequenceNumber) => new("ns.example.net", "events", "0", _now.AddHours(-1), sequenceNumber, 0);

    private Detection Detection(long sequenceNumber, string user) => new()
    {
        Identity = Identity(sequenceNumber),
        RuleId = "rule",
        RuleTitle = "A title",
        Level = "high",
        Host = "ws01",
        User = user,
        Original = "{}",
    };

    /// <summary>Detections and blobs.</summary>
    private async Task<int> CountAsync() =>
        await _table.QueryAsync<TableEntity>(cancellationToken: Token).CountAsync(Token)
        + await _originals.GetBlobsAsync(cancellationToken: Token).CountAsync(Token)
        + await _letters.GetBlobsAsync(cancellationToken: Token).CountAsync(Token);

    private Task<CommandLine.Outcome> RunAsync(params string[] arguments) => _cli.RunAsync(
        ["erase", "--table", _table.Name, "--originals", _originals.Name, "--dead-letters", _letters.Name, .. arguments], cancellationToken: Token);
}
