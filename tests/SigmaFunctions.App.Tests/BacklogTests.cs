using System.Collections.Immutable;
using Azure;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Moq;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Options;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Tests;
using MsOptions = Microsoft.Extensions.Options.Options;

namespace SigmaFunctions.App.Tests;

/// <summary>What the function <c>Backlog</c> finds out of hubs and checkpoints; against the Event Hubs endpoint and Azurite.</summary>
public sealed class BacklogTests(StorageAccount account, BacklogTests.HostStorage host) : IClassFixture<BacklogTests.HostStorage>, IAsyncLifetime
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 10, 0, 15, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Start);
    private readonly TestLogger<BacklogCheck> _log = new();
    private readonly Measured _measured = new();
    private EventHubsEndpoint _endpoint = null!;
    private TableClient _table = null!;
    private BlobContainerClient _checkpoints = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _checkpoints = new BlobContainerClient(host.ConnectionString, HostCheckpoints.ContainerName);
        await _checkpoints.DeleteIfExistsAsync(cancellationToken: Token);
        _endpoint = EventHubsEndpoint.Start(new EventHubsEndpointOptions
        {
            Port = 0,
            Hubs = [new EventHubDefinition("Events", 2), new EventHubDefinition("other", 1)],
            MaxPartitionEvents = 100,
            TimeProvider = _clock,
        });
        _table = await account.CreateTableAsync();
    }

    public ValueTask DisposeAsync()
    {
        _measured.Dispose();
        _endpoint.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The host does not read what was there before the time at which it is to begin, and what came since is behind.</summary>
    [Theory]
    [InlineData(null, 10, 120)]
    [InlineData(-60, 10, 120)]
    [InlineData(60, 0, 0)]
    public async Task What_was_there_before_the_start_is_not_behind(int? start, int behind, int age)
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await SendAsync("Events", "0", 10);
        BacklogCheck check = Create(start: start is { } seconds ? Start.AddSeconds(seconds) : null);
        await check.RunAsync(Token);
        _clock.Advance(TimeSpan.FromMinutes(2));
        await check.RunAsync(Token);
        Assert.Equal((behind, age), (Said(BacklogMetrics.Backlog, "Events/0"), Said(BacklogMetrics.BacklogAge, "Events/0")));

        await SendAsync("Events", "0", 3);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await check.RunAsync(Token);
        _clock.Advance(TimeSpan.FromMinutes(1));
        await check.RunAsync(Token);
        Assert.Equal(behind + 3, Said(BacklogMetrics.Backlog, "Events/0"));

        await CheckpointAsync("events", "0", 12);
        await check.RunAsync(Token);
        Assert.Equal((0, 0), (Said(BacklogMetrics.Backlog, "Events/0"), Said(BacklogMetrics.BacklogAge, "Events/0")));
    }

    [Fact]
    public async Task A_partition_that_stands_grows_older_and_the_others_are_at_zero()
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        BacklogCheck check = Create();
        await SendAsync("Events", "0", 10);
        await SendAsync("Events", "1", 10);
        await CheckpointAsync("events", "1", 9);
        await check.RunAsync(Token);
        Assert.Equal((10, 0, 0, 0, 0, 0), Told());

        for (int minute = 1; minute <= 5; minute++)
        {
            await SendAsync("Events", "1", 1);
            await CheckpointAsync("events", "1", 9 + minute);
            _clock.Advance(TimeSpan.FromMinutes(1));
            await check.RunAsync(Token);

            Assert.Equal((10, 60 * minute, 0, 0, 0, 0), Told());
        }

        await CheckpointAsync("events", "0", 9);
        await check.RunAsync(Token);
        Assert.Equal((0, 0, 0, 0, 0, 0), Told());
        Assert.Empty(_log.Entries);

        (double, double, double, double, double, double) Told() => (
            Said(BacklogMetrics.Backlog, "Events/0"), Said(BacklogMetrics.BacklogAge, "Events/0"),
            Said(BacklogMetrics.Backlog, "Events/1"), Said(BacklogMetrics.BacklogAge, "Events/1"),
            Said(BacklogMetrics.Backlog, "other/0"), Said(BacklogMetrics.BacklogAge, "other/0"));
    }

    [Fact]
    public async Task What_one_instance_knew_another_goes_on_with_and_an_old_look_is_told_of_no_more()
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await SendAsync("other", "0", 3);
        await Create().RunAsync(Token);
        await SendAsync("other", "0", 3);
        _clock.Advance(TimeSpan.FromHours(2));
        Assert.Empty(_measured.Read());

        using var measured = new Measured();
        await Create(meters: measured).RunAsync(Token);

        Assert.Equal((6, 7_200), (measured.Read()[$"{BacklogMetrics.Backlog} other/0"], measured.Read()[$"{BacklogMetrics.BacklogAge} other/0"]));
    }

    [Fact]
    public async Task Without_the_store_it_goes_on_with_what_it_knows_and_says_so_once()
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await SendAsync("other", "0", 3);
        var broken = new Mock<TableClient>();
        broken.Setup(mock => mock.QueryAsync<TableEntity>(It.IsAny<string>(), It.IsAny<int?>(), It.IsAny<IEnumerable<string>>(), It.IsAny<CancellationToken>()))
            .Throws(new RequestFailedException(503, "Busy", "ServerBusy", null));
        broken.Setup(mock => mock.SubmitTransactionAsync(It.IsAny<IEnumerable<TableTransactionAction>>(), It.IsAny<CancellationToken>()))
            .Throws(new RequestFailedException(503, "Busy", "ServerBusy", null));
        BacklogCheck check = Create(table: broken.Object);

        for (int minute = 0; minute <= 3; minute++)
        {
            await check.RunAsync(Token);
            Assert.Equal(60 * minute, Said(BacklogMetrics.BacklogAge, "other/0"));
            _clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal((LogLevel.Warning, 53), Assert.Single(_log.Entries.Select(entry => (entry.Level, entry.Id))));
        Assert.Contains("503 ServerBusy", _log.Entries.Single().Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Events_that_the_hub_forgot_are_counted_once_and_told_as_an_error()
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await SendAsync("other", "0", 50);
        await CheckpointAsync("other", "0", 19);
        BacklogCheck check = Create();
        await check.RunAsync(Token);
        Assert.Equal(0, _measured.Read().GetValueOrDefault($"{BacklogMetrics.Expired} other/0"));

        // The hub keeps a hundred.
        await SendAsync("other", "0", 90);
        await check.RunAsync(Token);
        await check.RunAsync(Token);
        await Create().RunAsync(Token);

        Assert.Equal(20, Said(BacklogMetrics.Expired, "other/0"));
        Assert.Equal(100, Said(BacklogMetrics.Backlog, "other/0"));
        (LogLevel level, int id, string message) = Assert.Single(_log.Entries);
        Assert.Equal((LogLevel.Error, 51), (level, id));
        Assert.Contains("partition 0 forgot 20 events, up to sequence number 39,", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoints_that_cannot_be_read_are_told_once_and_make_what_is_known_unknown()
    {
        await SendAsync("other", "0", 3);
        BacklogCheck check = Create();

        await check.RunAsync(Token);
        await check.RunAsync(Token);

        Assert.Empty(_measured.Read());
        Assert.Equal([(LogLevel.Warning, 50), (LogLevel.Warning, 50)], _log.Entries.Select(entry => (entry.Level, entry.Id)));
        Assert.All(_log.Entries, entry => Assert.Contains("is not known: the host's checkpoints: status 404 ContainerNotFound", entry.Message, StringComparison.Ordinal));
        Assert.All(
            await new PartitionProgressTable(_table).ListAsync(Start, Token), progress => Assert.Equal("the host's checkpoints: status 404 ContainerNotFound", progress.Fault));

        // The host has started: everything is still to be done.
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await check.RunAsync(Token);
        Assert.Equal(3, Said(BacklogMetrics.Backlog, "other/0"));
        Assert.Equal(2, _log.Entries.Count);
    }

    [Theory]
    [InlineData("", "the host's checkpoint tells no sequence number")]
    [InlineData("-9223372036854775808", "the host's checkpoint tells no sequence number")]
    [InlineData("x", "the host's checkpoint tells no sequence number")]
    public async Task A_checkpoint_without_a_number_is_unknown_and_its_offset_is_of_no_matter(string sequenceNumber, string reason)
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await SendAsync("Events", "0", 3);
        await SendAsync("Events", "1", 3);
        await CheckpointAsync("events", "0", 0, sequenceNumber);
        await CheckpointAsync("events", "1", 1, offset: "3:1024:7");

        await Create().RunAsync(Token);

        Assert.DoesNotContain($"{BacklogMetrics.Backlog} Events/0", _measured.Read().Keys);
        Assert.Equal(1, Said(BacklogMetrics.Backlog, "Events/1"));
        Assert.Contains(reason, Assert.Single(_log.Entries).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_checkpoint_is_that_of_the_apps_consumer_group()
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await SendAsync("other", "0", 10);
        await CheckpointAsync("other", "0", 9);
        await CheckpointAsync("other", "0", 3, group: "sigma");

        await Create(group: "Sigma").RunAsync(Token);

        Assert.Equal(6, Said(BacklogMetrics.Backlog, "other/0"));
    }

    [Fact]
    public async Task A_checkpoint_of_a_former_hub_is_told_and_counts_for_nothing()
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await SendAsync("other", "0", 10);
        await CheckpointAsync("other", "0", 5_000);
        BacklogCheck check = Create();

        await check.RunAsync(Token);
        Assert.Equal(0, Said(BacklogMetrics.Backlog, "other/0"));
        for (int look = 0; look < 3; look++)
        {
            await check.RunAsync(Token);
        }

        Assert.Equal(10, Said(BacklogMetrics.Backlog, "other/0"));
        Assert.Equal((LogLevel.Warning, 52), Assert.Single(_log.Entries.Select(entry => (entry.Level, entry.Id))));
    }

    [Fact]
    public async Task A_hub_that_cannot_be_asked_keeps_no_other_from_it()
    {
        await _checkpoints.CreateAsync(cancellationToken: Token);
        await SendAsync("other", "0", 10);

        await Create(hubs: ["absent", "other"]).RunAsync(Token);

        Assert.Equal(10, Said(BacklogMetrics.Backlog, "other/0"));
        Assert.Equal("How far hub absent is behind is not known: ResourceNotFound.", Assert.Single(_log.Entries).Message);
    }

    [Theory]
    [InlineData("EventHubConnection", "not a connection string of value 12345", "is not known: EventHubConnection names no namespace of this hub.")]
    [InlineData("EventHubConnection", null, "is not known: EventHubConnection names no namespace of this hub.")]
    [InlineData("AzureWebJobsStorage", "not a connection string of value 12345", "the host's checkpoints: AzureWebJobsStorage names no storage account that the app can use.")]
    [InlineData("AzureWebJobsStorage", null, "the host's checkpoints: AzureWebJobsStorage names no storage account that the app can use.")]
    public async Task Settings_that_are_of_no_use_are_named_without_their_value_and_nothing_fails(string setting, string? value, string message)
    {
        await Create(hubs: ["other"], change: settings => settings[setting] = value).RunAsync(Token);

        string said = Assert.Single(_log.Entries).Message;
        Assert.Contains(message, said, StringComparison.Ordinal);
        Assert.DoesNotContain("12345", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AzureWebJobsStorage:accountName", "account", "https://account.blob.core.windows.net/azure-webjobs-eventhub")]
    [InlineData("AzureWebJobsStorage:blobServiceUri", "https://account.blob.core.chinacloudapi.cn", "https://account.blob.core.chinacloudapi.cn/azure-webjobs-eventhub")]
    [InlineData("AzureWebJobsStorage:blobServiceUri", "http://account.example", null)]
    [InlineData("AzureWebJobsStorage", "UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1/azure-webjobs-eventhub")]
    public void The_hosts_storage_is_found_as_the_host_finds_it(string setting, string value, string? address)
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([KeyValuePair.Create(setting, (string?)value), KeyValuePair.Create("AzureWebJobsStorage:credential", (string?)"managedidentity")])
            .Build();

        Assert.Equal(address, new HostStorageOptions(configuration).CreateContainerClient(HostCheckpoints.ContainerName)?.Uri.AbsoluteUri);
    }

    private double Said(string metric, string tags) => _measured.Read()[$"{metric} {tags}"];

    private BacklogCheck Create(
        ImmutableArray<string>? hubs = null, string? group = null, TableClient? table = null, Measured? meters = null, Action<Dictionary<string, string?>>? change = null, DateTimeOffset? start = null)
    {
        Dictionary<string, string?> settings = new() { ["EventHubConnection"] = _endpoint.ConnectionString, ["AzureWebJobsStorage"] = host.ConnectionString };
        change?.Invoke(settings);
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).Build();
        var options = new EventHubOptions { Names = hubs ?? ["Events", "other"], Start = start };
        if (group is not null)
        {
            options.ConsumerGroup = group;
        }

        return new BacklogCheck(
            MsOptions.Create(options),
            new HubConnectionOptions(configuration),
            new HostCheckpoints(new HostStorageOptions(configuration)),
            new PartitionProgressTable(table ?? _table),
            new BacklogMetrics((meters ?? _measured).Meters, _clock),
            _clock,
            _log);
    }

    private async Task SendAsync(string hub, string partition, int count)
    {
        await using var producer = new EventHubProducerClient(_endpoint.ConnectionString, hub);
        await producer.SendAsync(Enumerable.Range(0, count).Select(i => new EventData($"{i}")), new SendEventOptions { PartitionId = partition }, Token);
    }

    // As the host's extension writes it.
    private async Task CheckpointAsync(string hub, string partition, long sequenceNumber, string? number = null, string group = "$default", string offset = "") =>
        await _checkpoints.GetBlobClient($"127.0.0.1/{hub}/{group}/checkpoint/{partition}").UploadAsync(
            BinaryData.Empty,
            new BlobUploadOptions
            {
                Metadata = new Dictionary<string, string>
                {
                    ["offset"] = offset,
                    ["sequencenumber"] = number ?? $"{sequenceNumber}",
                    ["clientidentifier"] = "8f8ba2b3-43a4-4c7e-9d63-7c3ec44f4b1c",
                },
            },
            Token);

    /// <summary>An account of its own: the container has a fixed name.</summary>
    public sealed class HostStorage : IAsyncLifetime
    {
        private AzuriteProcess? _azurite;

        public string ConnectionString => _azurite!.ConnectionString;

        public async ValueTask InitializeAsync() => _azurite = await AzuriteProcess.StartAsync(Token);

        public ValueTask DisposeAsync() => _azurite!.DisposeAsync();
    }
}
