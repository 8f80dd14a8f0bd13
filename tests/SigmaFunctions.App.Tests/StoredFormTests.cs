using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.Extensions.Configuration;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Options;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

/// <summary>What the app does with what each version left in the store (tests/SigmaFunctions.Storage.Tests/Fixtures).</summary>
public sealed class StoredFormTests(StorageAccount account)
{
    // Looked at for the last time, and far ahead of the store's own clock: its rows are old.
    private static readonly DateTimeOffset Later = new(2126, 11, 25, 3, 14, 15, TimeSpan.Zero);

    // While the windows are open.
    private static readonly DateTimeOffset Meanwhile = new(2026, 11, 25, 3, 16, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "outbox.json", MemberType = typeof(StoredForms))]
    public async Task What_was_left_owed_is_announced_once_and_nothing_else_is(string version)
    {
        Store store = await Store.CreateAsync(account, Later);
        await StoredForms.RestoreAsync("v1", "detections.json", store.Detections);
        await StoredForms.RestoreAsync(version, "outbox.json", store.Outbox);
        string[] owed = [.. (await store.RowsAsync()).Where(IsOwed).Select(row => row.RowKey)];
        Assert.Equal(2, owed.Length);

        Assert.Equal(2, await store.Sweep().RunAsync(Token));
        Assert.Equal(0, await store.Sweep().RunAsync(Token));

        Assert.Equal(
            owed.Order(StringComparer.Ordinal),
            (await store.TakeAlertsAsync()).Select(alert => alert.Detection.RowKey).Order(StringComparer.Ordinal));
        Assert.DoesNotContain(await store.RowsAsync(), IsOwed);
        Assert.Equal(0, await store.OwedAsync());

        static bool IsOwed(TableEntity row) => row.GetDateTimeOffset("AlertedAt") is null && row.GetString("HeldBack") is null;
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "windows.json", MemberType = typeof(StoredForms))]
    public async Task Windows_hold_back_what_they_stand_for_and_mutes_mute(string version)
    {
        const string OfWindow = "202611250314159260000-0cd2c03f522c207f78dc25cccade6587";
        const string OfRule = "202611250314159260000-0490584488879b68d2e398e69d0b98c5";
        Store store = await Store.CreateAsync(account, Meanwhile);
        await StoredForms.RestoreAsync(version, "windows.json", store.Windows);

        await store.Recorder(new AlertOptions { SuppressFor = TimeSpan.FromHours(1) }).RecordAsync(
            [Detection(1, "11111111-1111-4111-8111-111111111111", "ws01")], Token);
        // A process looks for mutes when it would send more by itself.
        await store.Recorder(new AlertOptions { MaximumPerHost = 1 }).RecordAsync(
            [
                Detection(2, "22222222-2222-4222-8222-222222222222", "elsewhere"),
                Detection(3, "22222222-2222-4222-8222-222222222222", "elsewhere"),
                Detection(4, "low", "ws01"),
                Detection(5, "low", "ws01"),
            ],
            Token);

        Assert.Equal(
            [$"1 repetition {OfWindow}", "2", $"3 rate {OfRule}", "4", $"5 rate {OfWindow}"],
            (await store.RowsAsync()).OrderBy(row => row.GetInt64("SequenceNumber"))
                .Select(row => $"{row.GetInt64("SequenceNumber")} {row.GetString("HeldBack")} {row.GetString("HeldBackBy")}".TrimEnd()));
        Assert.All(await store.TakeAlertsAsync(), alert => Assert.Equal(AlertKind.Detection, alert.Kind));
    }

    [Theory]
    [MemberData(nameof(StoredForms.Versions), "checkpoints.json", MemberType = typeof(StoredForms))]
    public async Task Checkpoints_say_how_far_a_partition_is(string version)
    {
        var container = new BlobContainerClient(account.ConnectionString, HostCheckpoints.ContainerName);
        await container.CreateIfNotExistsAsync(cancellationToken: Token);
        await StoredForms.RestoreAsync(version, "checkpoints.json", container);
        var checkpoints = new HostCheckpoints(new HostStorageOptions(
            new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(HostStorageOptions.Section, (string?)account.ConnectionString)]).Build()));

        IReadOnlyDictionary<string, long?> read = await checkpoints.ReadAsync("Fixture.servicebus.windows.net", "events", "$Default", Token);

        Assert.Equal([KeyValuePair.Create("0", (long?)12)], read);
    }

    private static Detection Detection(long number, string ruleId, string host) => new()
    {
        Identity = new HubEventIdentity("hub.servicebus.windows.net", "events", "0", Meanwhile, number, 0),
        RuleId = ruleId,
        RuleTitle = "A title",
        Host = host,
        TenantId = "00000000-0000-0000-0000-000000000001",
        Original = "{}",
    };
}
