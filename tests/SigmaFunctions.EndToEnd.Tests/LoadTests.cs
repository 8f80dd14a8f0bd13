using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Storage.DeadLetters;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>
/// Much at once, through the real worker and a storage service on this machine. <c>LOAD</c> is how many messages there are (few without
/// it); <c>LOAD_TABLE</c> names a file that gets a line of docs/reliability.md for each load.
/// </summary>
public sealed class LoadTests
{
    private const int Partitions = 4;
    private const int RecordsOfQuietMessage = 20;

    private static readonly int Messages = int.Parse(Environment.GetEnvironmentVariable("LOAD") is { Length: > 0 } text ? text : "600", CultureInfo.InvariantCulture);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Of_very_many_detections_all_are_recorded_and_announced_once()
    {
        await using LocalDeployment deployment = await StartAsync();

        await ProcessAsync("detections", deployment, number => Event(number, "tool.exe marker"));

        Assert.Equal(Messages, (await deployment.RowsAsync()).Count(row => row.GetDateTimeOffset("AlertedAt") is not null));
        // A row is marked after its alert is sent. To read very many messages takes Azurite longer than to take them in.
        Assert.Equal(Messages, (await deployment.Queue.GetPropertiesAsync(Token)).Value.ApproximateMessagesCount);
        await deployment.Worker.DisposeAsync();
        Assert.Empty(await deployment.Outbox.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
    }

    [Fact]
    public async Task Of_very_many_unreadable_messages_all_are_kept_once()
    {
        await using LocalDeployment deployment = await StartAsync();

        await ProcessAsync("dead letters", deployment, number => $"unreadable {number}");

        var letters = new DeadLetterStore(new BlobContainerClient(deployment.StorageConnection, DeadLetterStore.DefaultName));
        Assert.Equal(
            Messages, await letters.ListAsync(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), Token).Select(letter => letter.Name).Distinct().CountAsync(Token));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("OTLP")]
    [InlineData("Application Insights")]
    public async Task Events_without_detections_leave_nothing_behind_and_are_told_of_where_telemetry_is_exported(string? destination)
    {
        await using Receiver receiver = await Receiver.StartAsync();
        await using LocalDeployment deployment = await StartAsync(destination is null ? null : receiver.Settings(destination));

        await ProcessAsync(
            destination is not null ? $"{RecordsOfQuietMessage} events a message, telemetry exported ({destination})" : $"{RecordsOfQuietMessage} events a message",
            deployment,
            number => string.Join('\n', Enumerable.Range(0, RecordsOfQuietMessage).Select(record => Event(number, $"tool.exe {record}"))));

        Assert.Empty(await deployment.RowsAsync());
        if (destination is not null)
        {
            await receiver.WaitForAsync("sigmafunctions.events");
        }
        else
        {
            Assert.Empty(receiver.Requests);
        }
    }

    private static Task<LocalDeployment> StartAsync(ImmutableDictionary<string, string>? settings = null) => LocalDeployment.StartAsync(
        MarkedRule.Yaml, Partitions, settings: (settings ?? ImmutableDictionary<string, string>.Empty).Add("Alerts__MaximumPerRule", "0"));

    private static string Event(int number, string commandLine) =>
        $$"""{"category":"process_creation","product":"windows","Computer":"host-{{number}}","User":"corp\\ann","Image":"C:\\tool.exe","CommandLine":"{{commandLine}} {{number}}"}""";

    private static async Task ProcessAsync(string name, LocalDeployment deployment, Func<int, string> body)
    {
        foreach (int[] numbers in Enumerable.Range(0, Messages).Chunk(250))
        {
            await deployment.SendAsync(numbers.Select(body));
        }

        EventHubsTrigger trigger = deployment.CreateTrigger(settings: HostSettings.Read(Path.Combine(Path.GetDirectoryName(LocalPaths.AppAssembly)!, "host.json")));
        (double worker, double storage) before = (ProcessUse.CpuSeconds(deployment.Worker.ProcessId), ProcessUse.CpuSeconds(deployment.StorageProcess));
        var watch = Stopwatch.StartNew();
        await LocalDeployment.ProcessAsync(trigger, Messages);
        double seconds = watch.Elapsed.TotalSeconds;
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {Messages:N0} | {seconds:0.0} | {Messages / seconds:N0} | {ProcessUse.CpuSeconds(deployment.Worker.ProcessId) - before.worker:0.0} | {ProcessUse.CpuSeconds(deployment.StorageProcess) - before.storage:0.0} | {ProcessUse.PeakMegabytes(deployment.Worker.ProcessId):N0} | {deployment.Worker.LoadedAfter.TotalSeconds:0.00} + {trigger.Statistics.FirstInvocation?.TotalSeconds:0.00} |\n");
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        if (Environment.GetEnvironmentVariable("LOAD_TABLE") is { Length: > 0 } path)
        {
            await File.AppendAllTextAsync(path, line, Token);
        }

        Assert.Equal((0, 0), (trigger.Statistics.LostEvents, trigger.Statistics.Retries));
    }

    /// <summary>Takes telemetry, over OTLP or as Application Insights does, and keeps the requests' bodies as text: names stand in them as they are.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly ConcurrentQueue<string> _requests = new();
        private readonly WebApplication _server;

        private Receiver()
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
            builder.Logging.ClearProviders();
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            _server = builder.Build();
            _server.Run(async context =>
            {
                using var body = new MemoryStream();
                await using Stream content = context.Request.Headers.ContentEncoding == "gzip" ? new GZipStream(context.Request.Body, CompressionMode.Decompress) : context.Request.Body;
                await content.CopyToAsync(body);
                string text = Encoding.Latin1.GetString(body.ToArray());
                _requests.Enqueue(text);
                if (context.Request.Path.Value!.EndsWith("/track", StringComparison.Ordinal))
                {
                    int items = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
                    context.Response.ContentType = "application/json";
                    await context.Response.WriteAsync($$"""{"itemsReceived":{{items}},"itemsAccepted":{{items}},"errors":[]}""");
                    return;
                }

                context.Response.ContentType = "application/x-protobuf";
            });
        }

        public IReadOnlyCollection<string> Requests => _requests;

        private string Address => _server.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();

        public ImmutableDictionary<string, string> Settings(string destination) => destination == "OTLP"
            ? ImmutableDictionary<string, string>.Empty
                .Add("OTEL_EXPORTER_OTLP_ENDPOINT", Address)
                .Add("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
                .Add("OTEL_METRIC_EXPORT_INTERVAL", "1000")
            : ImmutableDictionary<string, string>.Empty
                .Add("APPLICATIONINSIGHTS_CONNECTION_STRING", $"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={Address}")
                // What the exporter tells its maker of itself.
                .Add("APPLICATIONINSIGHTS_STATSBEAT_DISABLED", "true")
                .Add("OTEL_METRIC_EXPORT_INTERVAL", "1000");

        public static async Task<Receiver> StartAsync()
        {
            var receiver = new Receiver();
            await receiver._server.StartAsync(Token);
            return receiver;
        }

        public async Task WaitForAsync(string name)
        {
            while (!_requests.Any(request => request.Contains(name, StringComparison.Ordinal)))
            {
                await Task.Delay(50, Token);
            }
        }

        public async ValueTask DisposeAsync() => await _server.DisposeAsync();
    }
}
