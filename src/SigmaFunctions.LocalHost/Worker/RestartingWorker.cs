using System.Collections.Immutable;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>
/// The worker, started again whenever it ends by itself, as the Functions host does. What it had in hand is answered as cancelled, without a
/// reason, so that whoever asked tries again; what is asked meanwhile waits for the next one.
/// </summary>
internal sealed class RestartingWorker : IFunctionWorker, IAsyncDisposable
{
    /// <summary>How often it may end without one invocation that succeeded in between: a message that ends the app is put aside after five.</summary>
    public const int MaxLosses = 8;

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(16);

    private readonly Func<CancellationToken, Task<IWorkerProcess>> _start;
    private readonly Action<string> _lost;
    private readonly Action<IWorkerProcess> _back;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private TaskCompletionSource<IWorkerProcess> _current = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _losses;
    private bool _disposed;

    private RestartingWorker(
        IWorkerProcess first, Func<CancellationToken, Task<IWorkerProcess>> start, Action<string> lost, Action<IWorkerProcess> back, TimeProvider time)
    {
        _start = start;
        _lost = lost;
        _back = back;
        _time = time;
        First = first;
        _current.SetResult(first);
        Ended = KeepAsync(first);
    }

    /// <summary>The worker that was started first; its functions are those of all.</summary>
    public IWorkerProcess First { get; }

    /// <inheritdoc/>
    public ImmutableDictionary<string, string> Capabilities => First.Capabilities;

    /// <summary>Fails with the <see cref="WorkerException"/> of the last one when no other is started any more; completes when this is disposed.</summary>
    public Task Ended { get; }

    /// <summary>Starts the first one.</summary>
    /// <param name="start">Starts a worker.</param>
    /// <param name="lost">Told in one line that a worker has ended, or could not be started.</param>
    /// <param name="back">Given a worker that was started again.</param>
    /// <param name="time">Clock of the pauses.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="WorkerException">It could not be started: that is not tried again, since it is seldom chance.</exception>
    public static async Task<RestartingWorker> StartAsync(
        Func<CancellationToken, Task<IWorkerProcess>> start,
        Action<string> lost,
        Action<IWorkerProcess> back,
        TimeProvider time,
        CancellationToken cancellationToken) => new(await start(cancellationToken), start, lost, back, time);

    /// <inheritdoc/>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        Task<IWorkerProcess> current;
        lock (_gate)
        {
            current = _current.Task;
        }

        IWorkerProcess worker = await current.WaitAsync(cancellationToken);
        try
        {
            InvocationResponse response = await worker.InvokeAsync(request, cancellationToken);
            if (response.Result.Status == StatusResult.Types.Status.Success)
            {
                Volatile.Write(ref _losses, 0);
            }

            return response;
        }
        catch (WorkerException) when (!_stop.IsCancellationRequested)
        {
            Lose(worker);
            return new InvocationResponse { InvocationId = request.InvocationId, Result = new StatusResult { Status = StatusResult.Types.Status.Cancelled } };
        }
    }

    /// <summary>Ends the worker, whatever it is at.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stop.CancelAsync();
        await Ended.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_current.Task is { IsCompletedSuccessfully: true } current)
        {
            await (await current).DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task KeepAsync(IWorkerProcess worker)
    {
        try
        {
            while (true)
            {
                await worker.Exited.WaitAsync(_stop.Token);
                Lose(worker);
                WorkerException ending = worker.Ending!;
                await worker.DisposeAsync();
                worker = await StartAgainAsync(ending);
                _current.SetResult(worker);
                _back(worker);
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            _current.TrySetCanceled(_stop.Token);
            // It may have ended just now, and then it is the current one no more.
            await worker.DisposeAsync();
        }
        catch (Exception exception)
        {
            // Whoever waits for the next worker is told that there is none, whatever kept it from starting.
            _current.TrySetException(exception);
            throw;
        }
    }

    private async Task<IWorkerProcess> StartAgainAsync(WorkerException ending)
    {
        while (true)
        {
            int losses = Interlocked.Increment(ref _losses);
            if (losses == MaxLosses)
            {
                throw new WorkerException($"The worker has ended {losses} times in a row and is not started again. {ending.Message}", ending);
            }

            _lost(string.Join(' ', ending.Message.Split(['\r', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));
            if (losses > 1)
            {
                await Task.Delay(TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, FirstPause.Ticks << (losses - 2))), _time, _stop.Token);
            }

            try
            {
                return await _start(_stop.Token);
            }
            catch (WorkerException exception)
            {
                ending = exception;
            }
        }
    }

    // Whoever notices first: from then on what is asked waits for the next one.
    private void Lose(IWorkerProcess worker)
    {
        lock (_gate)
        {
            if (_current.Task is { IsCompletedSuccessfully: true } current && current.Result == worker)
            {
                _current = new TaskCompletionSource<IWorkerProcess>(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
