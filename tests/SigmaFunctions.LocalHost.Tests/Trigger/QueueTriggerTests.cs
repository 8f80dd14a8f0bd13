using System.Collections.Concurrent;
using System.Collections.Immutable;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Tests.Trigger;

/// <summary>What the host does for a function that a queue triggers.</summary>
public sealed class QueueTriggerTests
{
    private static readonly QueueClientOptions Options = new() { MessageEncoding = QueueMessageEncoding.Base64 };

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Messages_are_removed_when_the_function_succeeds_and_put_aside_when_it_has_failed_so_many_times()
    {
        await using AzuriteProcess azurite = await AzuriteProcess.StartAsync(Cancelled);
        var queue = new QueueClient(azurite.ConnectionString, "alerts-teams", Options);
        await queue.CreateIfNotExistsAsync(cancellationToken: Cancelled);
        foreach (string text in (string[])["good", "bad", "once"])
        {
            await queue.SendMessageAsync(text, Cancelled);
        }

        await queue.SendMessageAsync("later", TimeSpan.FromHours(1), cancellationToken: Cancelled);
        var worker = new FakeWorker();
        QueueTrigger trigger = Assert.Single(QueueTrigger.Find([Function("Other", "timerTrigger"), Function("Deliver-teams", "queueTrigger")], []));
        var failures = new ConcurrentQueue<string>();
        using var draining = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task running = trigger.RunAsync(azurite.ConnectionString, new QueueSettings(MaxDequeueCount: 3), worker, failures.Enqueue, TimeProvider.System, Cancelled, draining.Token);

        Assert.Equal(1, await trigger.DrainedAsync(Cancelled));
        await draining.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Equal(["bad", "bad", "bad", "good", "once", "once"], worker.Texts.Order());
        Assert.Equal(["bad 1", "bad 2", "bad 3", "once 1"], failures.Order());
        QueueMessage aside = Assert.Single((await new QueueClient(azurite.ConnectionString, "alerts-teams-poison", Options).ReceiveMessagesAsync(10, cancellationToken: Cancelled)).Value);
        Assert.Equal("bad", aside.Body.ToString());
    }

    [Theory]
    [InlineData("{}", 16, 5, 0)]
    [InlineData("""{"extensions":{"queues":{"batchSize":8,"maxDequeueCount":2,"visibilityTimeout":"00:00:30"}}}""", 8, 2, 30)]
    [InlineData("""{"extensions":{"queues":{"batchSize":1000}}}""", 32, 5, 0)]
    public async Task Settings_are_those_of_the_host(string json, int batchSize, int maxDequeueCount, int seconds)
    {
        string file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, json, Cancelled);

        Assert.Equal(new QueueSettings(batchSize, maxDequeueCount, TimeSpan.FromSeconds(seconds)), HostSettings.Read(file).Queues);
        File.Delete(file);
    }

    private static RpcFunctionMetadata Function(string name, string type) => new()
    {
        Name = name,
        FunctionId = $"id of {name}",
        RawBindings = { $$"""{"name":"message","type":"{{type}}","direction":"In","queueName":"alerts-teams","connection":"DetectionStorage"}""" },
    };

    private sealed class FakeWorker : IFunctionWorker
    {
        private readonly ConcurrentDictionary<string, int> _times = new();

        public ConcurrentQueue<string> Texts { get; } = new();

        public ImmutableDictionary<string, string> Capabilities => [];

        public Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
        {
            ParameterBinding parameter = Assert.Single(request.InputData);
            string text = parameter.Data.String;
            Assert.Equal(("id of Deliver-teams", "message"), (request.FunctionId, parameter.Name));
            Texts.Enqueue(text);
            int times = _times.AddOrUpdate(text, 1, (_, before) => before + 1);
            bool fails = text == "bad" || (text == "once" && times == 1);
            return Task.FromResult(new InvocationResponse
            {
                Result = fails
                    ? new StatusResult { Status = StatusResult.Types.Status.Failure, Exception = new RpcException { Message = $"{text} {times}" } }
                    : new StatusResult { Status = StatusResult.Types.Status.Success },
            });
        }
    }
}
