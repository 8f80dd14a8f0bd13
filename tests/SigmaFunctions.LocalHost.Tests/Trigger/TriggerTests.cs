using System.Collections.Concurrent;
using System.Collections.Immutable;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.EventHubs;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Tests.Trigger;

/// <summary>When batches are invoked, tried again, given up and checkpointed; against the real endpoint and a worker that answers as told.</summary>
public sealed class TriggerTests : IDisposable
{
    private readonly EventHubsEndpoint _endpoint = EventHubsEndpoint.Start(new EventHubsEndpointOptions { Port = 0, Hubs = [new EventHubDefinition("events", 2)] });
    private readonly FakeWorker _worker = new();
    private readonly Checkpoints _checkpoints = new();
    private readonly FakeTimeProvider _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _endpoint.Dispose();

    [Fact]
    public async Task Every_event_is_processed_once_in_order_and_then_checkpointed()
    {
        await SendAsync("0", 25);
        await SendAsync("1", 5);

        await RunUntilAsync(Trigger(RetryPolicy.None), t => t.Statistics.Events == 30);

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"0-{i}"), _worker.Succeeded("0"));
        Assert.Equal(Enumerable.Range(0, 5).Select(i => $"1-{i}"), _worker.Succeeded("1"));
        Assert.All(_worker.BatchSizes, size => Assert.InRange(size, 1, 10));
        Assert.Equal((24, 4), (_checkpoints["0"], _checkpoints["1"]));
    }

    [Fact]
    public async Task A_batch_that_fails_comes_again_unchanged_before_any_later_one()
    {
        await SendAsync("0", 12);
        int calls = 0;
        _worker.Answer = _ => Interlocked.Increment(ref calls) <= 3 ? StatusResult.Types.Status.Failure : StatusResult.Types.Status.Success;

        EventHubsTrigger trigger = Trigger(new RetryPolicy(-1, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)));
        await RunUntilAsync(trigger, t => t.Statistics.Events == 12);

        Assert.Equal(Enumerable.Range(0, 12).Select(i => $"0-{i}"), _worker.Succeeded("0"));
        Assert.Single(_worker.Requests.Take(4).Select(r => string.Join(',', FakeWorker.Bodies(r))).Distinct());
        Assert.Equal([0, 1, 2, 3], _worker.Requests.Take(4).Select(r => r.RetryContext.RetryCount));
        Assert.Single(_worker.Requests.Take(4).Select(r => r.InvocationId).Distinct());
        Assert.Equal((3, 0), (trigger.Statistics.Retries, trigger.Statistics.FailedEvents));
    }

    [Fact]
    public async Task The_checkpoint_waits_while_a_batch_fails_and_the_other_partition_goes_on()
    {
        await SendAsync("0", 3);
        await SendAsync("1", 4);
        _worker.Answer = r => FakeWorker.Partition(r) == "0" ? StatusResult.Types.Status.Failure : StatusResult.Types.Status.Success;

        EventHubsTrigger trigger = Trigger(new RetryPolicy(-1, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)));
        await RunUntilAsync(trigger, t => t.Statistics.Events == 4 && t.Statistics.Retries >= 3);

        Assert.Equal((-1, 3), (_checkpoints["0"], _checkpoints["1"]));
    }

    [Fact]
    public async Task Without_retries_left_a_batch_is_given_up_and_its_checkpoint_moves()
    {
        await SendAsync("0", 3);
        _worker.Answer = _ => StatusResult.Types.Status.Failure;

        EventHubsTrigger trigger = Trigger(new RetryPolicy(2, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1)));
        await RunUntilAsync(trigger, t => t.Statistics.Events == 3);

        Assert.Equal((2, 3), (trigger.Statistics.Retries, trigger.Statistics.FailedEvents));
        Assert.Equal(2, _checkpoints["0"]);
    }

    [Fact]
    public async Task A_batch_that_is_cancelled_is_not_checkpointed_and_comes_again()
    {
        await SendAsync("0", 3);
        var invoked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _worker.Hold = async token =>
        {
            invoked.TrySetResult();
            await Task.Delay(Timeout.Infinite, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        };
        _worker.Answer = _ => StatusResult.Types.Status.Cancelled;
        using (var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled))
        {
            Task running = Trigger(RetryPolicy.None).RunAsync(stop.Token);
            await invoked.Task.WaitAsync(Cancelled);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        }
        Assert.Equal(-1, _checkpoints["0"]);

        _worker.Hold = _ => Task.CompletedTask;
        _worker.Answer = _ => StatusResult.Types.Status.Success;
        await RunUntilAsync(Trigger(RetryPolicy.None), t => t.Statistics.Events == 3);
        Assert.Equal(["0-0", "0-1", "0-2"], _worker.Succeeded("0"));
    }

    [Fact]
    public async Task What_is_under_way_is_finished_and_checkpointed_when_it_drains_and_nothing_else_is_begun()
    {
        await SendAsync("0", 25);
        var invoked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _worker.Hold = async _ =>
        {
            invoked.TrySetResult();
            await release.Task;
        };
        using var draining = new CancellationTokenSource();
        Task running = Trigger(RetryPolicy.None).RunAsync(Cancelled, draining.Token);
        await invoked.Task.WaitAsync(Cancelled);

        await draining.CancelAsync();
        Assert.False(running.IsCompleted);
        release.SetResult();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        int batch = Assert.Single(_worker.BatchSizes);
        Assert.Equal(batch - 1, _checkpoints["0"]);
    }

    [Fact]
    public async Task What_waits_to_be_tried_again_is_left_when_it_drains()
    {
        await SendAsync("0", 3);
        _worker.Answer = _ => StatusResult.Types.Status.Failure;
        using var draining = new CancellationTokenSource();
        EventHubsTrigger trigger = Trigger(new RetryPolicy(-1, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)));
        Task running = trigger.RunAsync(Cancelled, draining.Token);
        while (trigger.Statistics.Retries == 0)
        {
            await Task.Delay(5, Cancelled);
        }

        await draining.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Single(_worker.Requests);
        Assert.Equal(-1, _checkpoints["0"]);
    }

    [Fact]
    public async Task Every_other_batch_of_a_partition_is_traced_by_the_host()
    {
        await SendAsync("0", 60);

        await RunUntilAsync(Trigger(RetryPolicy.None), t => t.Statistics.Events == 60);

        Assert.Equal(
            _worker.Requests.Select((_, batch) => batch % 2 == 0 ? "01" : "00"), _worker.Requests.Select(r => r.TraceContext.TraceParent[^2..]));
    }

    [Fact]
    public async Task A_new_trigger_goes_on_after_the_checkpoint()
    {
        await SendAsync("0", 4);
        await RunUntilAsync(Trigger(RetryPolicy.None), t => t.Statistics.Events == 4);
        await SendAsync("0", 2, first: 4);

        await RunUntilAsync(Trigger(RetryPolicy.None), t => t.Statistics.Events == 2);

        Assert.Equal(Enumerable.Range(0, 6).Select(i => $"0-{i}"), _worker.Succeeded("0"));
    }

    [Fact]
    public async Task A_worker_that_ends_ends_the_trigger()
    {
        await SendAsync("0", 1);
        _worker.Hold = _ => throw new WorkerException("ended");

        await Assert.ThrowsAsync<WorkerException>(() => Trigger(new RetryPolicy(-1, TimeSpan.Zero, TimeSpan.Zero)).RunAsync(Cancelled));

        Assert.Equal(-1, _checkpoints["0"]);
    }

    [Fact]
    public async Task Checkpoints_are_kept_where_and_as_the_functions_host_keeps_them_and_read_at_the_start()
    {
        await using AzuriteProcess azurite = await AzuriteProcess.StartAsync(Cancelled);
        var blobs = new CheckpointBlobs(azurite.ConnectionString);
        await SendAsync("0", 25);
        await SendAsync("1", 5);
        _worker.Answer = r => FakeWorker.Partition(r) == "1" ? StatusResult.Types.Status.Failure : StatusResult.Types.Status.Success;
        await RunUntilAsync(Trigger(new RetryPolicy(-1, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1)), _checkpoints, blobs), t => t.Statistics.Events == 25 && t.Statistics.Retries >= 2);

        var container = new BlobContainerClient(azurite.ConnectionString, "azure-webjobs-eventhub");
        BlobItem[] kept = [.. await container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata }, Cancelled).ToListAsync(Cancelled)];
        BlobItem blob = Assert.Single(kept);
        Assert.Equal(("127.0.0.1/events/$default/checkpoint/0", 0L), (blob.Name, blob.Properties.ContentLength));
        Assert.Equal(["clientidentifier", "offset", "sequencenumber"], blob.Metadata.Keys.Order());
        Assert.Equal("24", blob.Metadata["sequencenumber"]);

        _worker.Answer = _ => StatusResult.Types.Status.Success;
        await SendAsync("0", 2, first: 25);
        await RunUntilAsync(Trigger(RetryPolicy.None, new Checkpoints(), blobs), t => t.Statistics.Events == 7);
        Assert.Equal(Enumerable.Range(0, 27).Select(i => $"0-{i}"), _worker.Succeeded("0"));
        Assert.Equal("26", (await container.GetBlobClient(blob.Name).GetPropertiesAsync(cancellationToken: Cancelled)).Value.Metadata["sequencenumber"]);
    }

    [Fact]
    public async Task A_checkpoint_is_kept_before_the_batch_after_the_next_one()
    {
        await using AzuriteProcess azurite = await AzuriteProcess.StartAsync(Cancelled);
        var blobs = new CheckpointBlobs(azurite.ConnectionString);
        var source = new BatchSource("127.0.0.1", "events", "$Default", "0");
        var kept = new ConcurrentQueue<(long First, long? Kept)>();
        _worker.Hold = async token =>
        {
            long before = _checkpoints["0"];
            kept.Enqueue((before + 1, await blobs.ReadAsync(source, token)));
        };
        await SendAsync("0", 60);

        await RunUntilAsync(Trigger(RetryPolicy.None, _checkpoints, blobs), t => t.Statistics.Events == 60);

        Assert.True(kept.Count >= 6);
        (long First, long? Kept)[] seen = [.. kept];
        for (int i = 2; i < seen.Length; i++)
        {
            Assert.True(seen[i].Kept >= seen[i - 1].First - 1);
        }
    }

    private EventHubsTrigger Trigger(RetryPolicy retry) => Trigger(retry, _checkpoints, blobs: null);

    private EventHubsTrigger Trigger(RetryPolicy retry, Checkpoints checkpoints, CheckpointBlobs? blobs) => new(
        _endpoint.ConnectionString,
        new TriggerBinding("id", "Detect", "bodies", "events", "$Default", "EventHubConnection", retry),
        new HostSettings(10, 100),
        _worker,
        checkpoints,
        time: _time,
        blobs: blobs);

    private async Task SendAsync(string partition, int count, int first = 0)
    {
        await using var producer = new EventHubProducerClient(_endpoint.ConnectionString, "events");
        await producer.SendAsync(Enumerable.Range(first, count).Select(i => new EventData($"{partition}-{i}")), new SendEventOptions { PartitionId = partition }, Cancelled);
    }

    private async Task RunUntilAsync(EventHubsTrigger trigger, Func<EventHubsTrigger, bool> done)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        Task running = trigger.RunAsync(stop.Token);
        while (!done(trigger) && !running.IsCompleted)
        {
            // Lets the delays between retries pass.
            _time.Advance(TimeSpan.FromMinutes(1));
            await Task.Delay(5, Cancelled);
        }
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    private sealed class FakeWorker : IFunctionWorker
    {
        private readonly ConcurrentQueue<(InvocationRequest Request, StatusResult.Types.Status Status)> _answered = new();

        public ImmutableDictionary<string, string> Capabilities => ImmutableDictionary<string, string>.Empty.Add("TypedDataCollection", "True").Add("IncludeEmptyEntriesInMessagePayload", "True");

        public Func<InvocationRequest, StatusResult.Types.Status> Answer { get; set; } = _ => StatusResult.Types.Status.Success;

        public Func<CancellationToken, Task> Hold { get; set; } = _ => Task.CompletedTask;

        public IEnumerable<InvocationRequest> Requests => _answered.Select(a => a.Request);

        public IEnumerable<int> BatchSizes => Requests.Select(r => Bodies(r).Count());

        public static IEnumerable<string> Bodies(InvocationRequest request) => request.InputData.Single(d => d.Name == "bodies").Data.CollectionBytes.Bytes.Select(b => b.ToStringUtf8());

        public static string Partition(InvocationRequest request) => Bodies(request).First()[..1];

        public IEnumerable<string> Succeeded(string partition) =>
            _answered.Where(a => a.Status == StatusResult.Types.Status.Success && Partition(a.Request) == partition).SelectMany(a => Bodies(a.Request));

        public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
        {
            await Hold(cancellationToken);
            StatusResult.Types.Status status = Answer(request);
            _answered.Enqueue((request, status));
            return new InvocationResponse { InvocationId = request.InvocationId, Result = new StatusResult { Status = status } };
        }
    }
}
