using System.Collections.Immutable;
using Azure.Data.Tables;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>One app that reads several hubs of a namespace, through the real worker.</summary>
public sealed class SeveralHubsTests
{
    private const string Windows = "am-securityevent";
    private const string Defender = "insights-logs.process";

    private const string Rule = """
        title: Marked process
        id: 11111111-1111-4111-8111-111111111111
        logsource: {category: process_creation, product: windows}
        detection: {selection: {CommandLine|contains: marker}, condition: selection}
        """;

    private const string Marked = """{"category":"process_creation","product":"windows","CommandLine":"a.exe marker"}""";
    private const string Harmless = """{"category":"process_creation","product":"windows","CommandLine":"a.exe"}""";
    private const string Unreadable = "{'single': 'quotes'}";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_hub_has_its_own_function_and_checkpoints_and_its_events_keep_its_name()
    {
        DirectoryInfo rules = Directory.CreateTempSubdirectory("sigmafunctions-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(rules.FullName, "rule.yml"), Rule, Token);
            using var endpoint = EventHubsEndpoint.Start(
                new EventHubsEndpointOptions { Port = 0, Hubs = [new EventHubDefinition(Windows, 1), new EventHubDefinition(Defender, 1)] });
            await using AzuriteProcess azurite = await AzuriteProcess.StartAsync(Token);
            ImmutableDictionary<string, string> settings = WorkerSettings.Create(endpoint.ConnectionString, azurite.ConnectionString, [rules.FullName])
                .SetItem(WorkerSettings.EventHubName, $"{Windows}; {Defender}");
            await using WorkerProcess worker = await WorkerProcess.StartAsync(
                new WorkerOptions { AssemblyPath = LocalPaths.AppAssembly, Settings = settings }, Token);

            ImmutableArray<TriggerBinding> bindings = TriggerBinding.Find(worker.Functions, settings);
            Assert.Equal(
                ["Detect-am-securityevent", "Detect-insights-logs_process-fa2ae63f"],
                worker.Functions.Select(function => function.Name).Where(name => name.StartsWith("Detect", StringComparison.Ordinal)));
            Assert.Equal(worker.Functions.Length, worker.Functions.Select(function => function.FunctionId).Distinct().Count());
            Assert.Equal([Windows, Defender], bindings.Select(binding => binding.EventHubName));

            // The same bodies under the same sequence numbers: only the hub tells them apart.
            await SendAsync(endpoint, Windows, Marked, Harmless);
            await SendAsync(endpoint, Defender, Marked, Harmless, Unreadable);
            Checkpoints windows = new(), defender = new();
            await Task.WhenAll(
                LocalDeployment.ProcessAsync(Trigger(bindings[0], windows), events: 2),
                LocalDeployment.ProcessAsync(Trigger(bindings[1], defender), events: 3));

            Assert.Equal((1, 2), (windows["0"], defender["0"]));
            List<TableEntity> rows = await new TableClient(azurite.ConnectionString, DetectionTable.DefaultName)
                .QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token);
            Assert.Equal([Windows, Defender], rows.Select(row => row.GetString("EventHub")).Order(StringComparer.Ordinal));
            var queue = new QueueClient(
                azurite.ConnectionString, AlertQueue.DefaultName, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
            QueueMessage[] messages = (await queue.ReceiveMessagesAsync(32, cancellationToken: Token)).Value;
            Assert.Equal(2, messages.Select(message => Alert.Parse(message.Body.ToMemory().Span).Id).Distinct().Count());

            EventHubsTrigger Trigger(TriggerBinding binding, Checkpoints checkpoints) =>
                new(endpoint.ConnectionString, binding, new HostSettings(), worker, checkpoints);
        }
        finally
        {
            rules.Delete(recursive: true);
        }
    }

    private static async Task SendAsync(EventHubsEndpoint endpoint, string hub, params IEnumerable<string> bodies)
    {
        await using var producer = new EventHubProducerClient(endpoint.ConnectionString, hub);
        await producer.SendAsync(bodies.Select(body => new EventData(body)), Token);
    }
}
