using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Time.Testing;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf</c> on what each version left in the store (tests/SigmaFunctions.Storage.Tests/Fixtures).</summary>
public sealed class StoredFormTests : IDisposable
{
    private static readonly string[] OfTheDay = ["--since", "2026-11-25", "--until", "2026-11-26"];

    private readonly StorageAccount _account;
    private readonly CommandLine _cli = new() { Time = new FakeTimeProvider(new DateTimeOffset(2026, 11, 26, 10, 30, 0, TimeSpan.Zero)) };

    public StoredFormTests(StorageAccount account)
    {
        _account = account;
        _cli.Environment["DetectionStorage"] = account.ConnectionString;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "detections.json", MemberType = typeof(StoredForms))]
    public async Task Detections_are_listed_and_shown_with_their_originals(string version)
    {
        TableClient table = await _account.CreateTableAsync();
        BlobContainerClient originals = await _account.CreateContainerAsync();
        await StoredForms.RestoreAsync(version, "detections.json", table);
        await StoredForms.RestoreAsync("v1", "originals.json", originals);

        CommandLine.Outcome list = await _cli.RunAsync(
            ["detections", "list", "--table", table.Name, "--format", "json", .. OfTheDay], cancellationToken: Token);

        Assert.Equal((0, ""), (list.ExitCode, list.Errors));
        JsonElement[] found = Lines(list);

        // Since v3 there are those of correlations, one of which turned out to be none.
        Assert.Equal(version switch { "v1" => [1, 2, 3, 4, 5, 6, 7, 8], "v3" => [1, 2, 3, 4, 5, 6, 7, 8, 9, 11], _ => [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12] }, found.Select(one => one.GetProperty("event").GetProperty("sequenceNumber").GetInt32()).Order());
        var lengths = new Dictionary<int, int>();
        foreach (JsonElement one in found)
        {
            string id = one.GetProperty("id").GetString()!;
            CommandLine.Outcome show = await _cli.RunAsync(
                ["detections", "show", id, "--table", table.Name, "--originals", originals.Name, "--original"], cancellationToken: Token);
            Assert.Equal((0, ""), (show.ExitCode, show.Errors));
            lengths[one.GetProperty("event").GetProperty("sequenceNumber").GetInt32()] = show.Output.Length;
        }

        // In a row, in several properties of a row, in a blob.
        Assert.Equal((2, 32_008, 1_615), (lengths[2], lengths[3], lengths[4]));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "dead-letters.json", MemberType = typeof(StoredForms))]
    public async Task Dead_letters_are_listed_and_shown(string version)
    {
        BlobContainerClient container = await _account.CreateContainerAsync();
        await StoredForms.RestoreAsync(version, "dead-letters.json", container);

        CommandLine.Outcome list = await _cli.RunAsync(
            ["deadletters", "list", "--container", container.Name, "--format", "json", .. OfTheDay], cancellationToken: Token);

        Assert.Equal((0, ""), (list.ExitCode, list.Errors));
        Assert.Equal(
            ["20 not JSON: ключ, 100 %", "21 a line that is too long"],
            Lines(list).Select(letter => $"{letter.GetProperty("sequenceNumber").GetInt64()} {letter.GetProperty("reason").GetString()}"));
    }

    private static JsonElement[] Lines(CommandLine.Outcome outcome) =>
        [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
}
