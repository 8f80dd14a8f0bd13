using System.Collections.Concurrent;
using System.Collections.Immutable;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Tests.Worker;

/// <summary>What becomes of invocations when their worker ends; with workers that end when they are told to.</summary>
public sealed class RestartingWorkerTests
{
    private readonly ConcurrentQueue<string> _lost = new();
    private readonly ConcurrentQueue<FakeProcess> _started = new();
    private readonly HurriedTime _time = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_a_worker_had_in_hand_is_cancelled_and_the_next_one_takes_it_under_the_same_id()
    {
        await using RestartingWorker worker = await StartAsync();
        FakeProcess first = _started.Single();
        first.Answers = false;
        Task<InvocationResponse> inHand = worker.InvokeAsync(Request("a"), Cancelled);

        first.End(137, "first line\nsecond line");
        Assert.Equal(StatusResult.Types.Status.Cancelled, (await inHand).Result.Status);
        Assert.Equal(StatusResult.Types.Status.Success, (await worker.InvokeAsync(Request("a"), Cancelled)).Result.Status);

        Assert.Equal(["a"], _started.Last().Invoked);
        Assert.Equal("The worker ended with exit code 137. Its last lines: first line second line", Assert.Single(_lost));
        Assert.True(first.IsDisposed);
    }

    [Fact]
    public async Task What_is_asked_while_there_is_none_waits_for_the_next_one()
    {
        var starting = new TaskCompletionSource<IWorkerProcess>();
        int starts = 0;
        await using RestartingWorker worker = await StartAsync(token => Interlocked.Increment(ref starts) == 1 ? Made() : starting.Task.WaitAsync(token));
        _started.Single().End(1);
        await UntilAsync(() => starts == 2);

        Task<InvocationResponse> waiting = worker.InvokeAsync(Request("a"), Cancelled);
        Assert.False(waiting.IsCompleted);
        starting.SetResult(await Made());

        Assert.Equal(StatusResult.Types.Status.Success, (await waiting).Result.Status);
    }

    [Fact]
    public async Task One_that_ends_again_and_again_is_given_up_after_longer_and_longer_pauses()
    {
        await using RestartingWorker worker = await StartAsync();

        for (int loss = 1; loss <= RestartingWorker.MaxLosses; loss++)
        {
            await UntilAsync(() => _started.Count == loss);
            _started.Last().End(134);
        }

        WorkerException failure = await Assert.ThrowsAsync<WorkerException>(() => worker.Ended);
        Assert.StartsWith("The worker has ended 8 times in a row and is not started again. The worker ended with exit code 134.", failure.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<WorkerException>(() => worker.InvokeAsync(Request("a"), Cancelled));
        Assert.Equal([1, 2, 4, 8, 16, 16], _time.Delays.Select(delay => delay.TotalSeconds));
        Assert.Equal((RestartingWorker.MaxLosses, RestartingWorker.MaxLosses - 1), (_started.Count, _lost.Count));
    }

    [Fact]
    public async Task One_invocation_that_succeeds_makes_up_for_all_that_ended_before()
    {
        await using RestartingWorker worker = await StartAsync();

        for (int loss = 1; loss <= 2 * RestartingWorker.MaxLosses; loss++)
        {
            _started.Last().End(134);
            await UntilAsync(() => _started.Count == loss + 1);
            Assert.Equal(StatusResult.Types.Status.Success, (await worker.InvokeAsync(Request("a"), Cancelled)).Result.Status);
        }

        Assert.Equal(2 * RestartingWorker.MaxLosses, _lost.Count);
    }

    [Fact]
    public async Task One_that_cannot_be_started_again_is_tried_like_one_that_ended()
    {
        int starts = 0;
        await using RestartingWorker worker = await StartAsync(_ => Interlocked.Increment(ref starts) == 2 ? throw new WorkerException("It cannot start.") : Made());

        _started.Single().End(1);
        await UntilAsync(() => _started.Count == 2);

        Assert.Equal(StatusResult.Types.Status.Success, (await worker.InvokeAsync(Request("a"), Cancelled)).Result.Status);
        Assert.Equal(["The worker ended with exit code 1.", "It cannot start."], _lost);
    }

    [Fact]
    public async Task What_keeps_the_next_one_from_starting_is_told_to_all_who_wait()
    {
        int starts = 0;
        var failing = new TaskCompletionSource<IWorkerProcess>();
        await using RestartingWorker worker = await StartAsync(_ => Interlocked.Increment(ref starts) == 1 ? Made() : failing.Task);
        _started.Single().End(1);
        await UntilAsync(() => starts == 2);
        Task<InvocationResponse>[] waiting = [.. Enumerable.Range(0, 3).Select(i => worker.InvokeAsync(Request($"{i}"), Cancelled))];

        failing.SetException(new FileNotFoundException("The app is not there."));

        foreach (Task<InvocationResponse> one in waiting)
        {
            await Assert.ThrowsAsync<FileNotFoundException>(() => one);
        }

        await Assert.ThrowsAsync<FileNotFoundException>(() => worker.Ended);
    }

    [Fact]
    public async Task One_that_ends_while_it_is_asked_to_is_put_away()
    {
        RestartingWorker worker = await StartAsync();
        FakeProcess first = _started.Single();
        first.Answers = false;
        Task<InvocationResponse> inHand = worker.InvokeAsync(Request("a"), Cancelled);

        first.End(137);
        await worker.DisposeAsync();

        await Record.ExceptionAsync(() => inHand);
        Assert.All(_started, process => Assert.True(process.IsDisposed));
    }

    [Fact]
    public async Task One_that_is_asked_to_end_is_not_started_again()
    {
        RestartingWorker worker = await StartAsync();

        await worker.DisposeAsync();
        await worker.DisposeAsync();

        await worker.Ended;
        Assert.True(Assert.Single(_started).IsDisposed);
        Assert.Empty(_lost);
        await Assert.ThrowsAsync<WorkerException>(() => worker.InvokeAsync(Request("a"), Cancelled));
    }

    private static InvocationRequest Request(string id) => new() { InvocationId = id };

    private static async Task UntilAsync(Func<bool> done)
    {
        while (!done())
        {
            await Task.Delay(5, Cancelled);
        }
    }

    private Task<IWorkerProcess> Made()
    {
        var process = new FakeProcess();
        _started.Enqueue(process);
        return Task.FromResult<IWorkerProcess>(process);
    }

    private Task<RestartingWorker> StartAsync(Func<CancellationToken, Task<IWorkerProcess>>? start = null) =>
        RestartingWorker.StartAsync(start ?? (_ => Made()), _lost.Enqueue, _ => { }, _time, Cancelled);

    /// <summary>Remembers how long was to be waited, and does not wait.</summary>
    private sealed class HurriedTime : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> Delays { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Delays.Enqueue(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }

    private sealed class FakeProcess : IWorkerProcess
    {
        private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _ending = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool Answers { get; set; } = true;

        public bool IsDisposed { get; private set; }

        public ConcurrentQueue<string> Invoked { get; } = new();

        public ImmutableDictionary<string, string> Capabilities => ImmutableDictionary<string, string>.Empty;

        public ImmutableArray<RpcFunctionMetadata> Functions => [];

        public TimeSpan LoadedAfter => TimeSpan.Zero;

        public Task<int> Exited => _exited.Task;

        public WorkerException? Ending { get; private set; }

        public void End(int code, string lines = "")
        {
            Ending = new WorkerException($"The worker ended with exit code {code}.{(lines.Length > 0 ? $" Its last lines:\n{lines}" : "")}");
            _ending.SetException(Ending);
            _exited.SetResult(code);
        }

        public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
        {
            if (!Answers || Ending is not null)
            {
                await _ending.Task;
            }

            Invoked.Enqueue(request.InvocationId);
            return new InvocationResponse { InvocationId = request.InvocationId, Result = new StatusResult { Status = StatusResult.Types.Status.Success } };
        }

        public ValueTask DisposeAsync()
        {
            IsDisposed = true;
            if (Ending is null)
            {
                End(0);
            }

            return ValueTask.CompletedTask;
        }
    }
}
