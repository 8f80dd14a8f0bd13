using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>The conversation with one worker: matches its answers with what was asked.</summary>
internal sealed class WorkerSession
{
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<StreamingMessage> _outgoing = Channel.CreateUnbounded<StreamingMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> _requests = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, TaskCompletionSource<InvocationResponse>> _invocations = new(StringComparer.Ordinal);
    private readonly Action<RpcLog> _log;
    private volatile Exception? _failure;
    private int _streams;

    public WorkerSession(Action<RpcLog> log) => _log = log;

    /// <summary>Completes when the worker has opened its stream; fails with <see cref="Fail"/>.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Whether the worker is at something.</summary>
    public bool HasInvocations => !_invocations.IsEmpty;

    /// <summary>Sends a message that has no answer.</summary>
    public void Send(StreamingMessage message) => _outgoing.Writer.TryWrite(message);

    /// <summary>Sends a message and waits for its answer.</summary>
    public async Task<StreamingMessage> AskAsync(StreamingMessage message, CancellationToken cancellationToken)
    {
        message.RequestId = Guid.NewGuid().ToString();
        return await SendAsync(_requests, message.RequestId, message, cancellationToken);
    }

    /// <summary>Invokes a function and waits for its end. Cancelling tells the worker, whose answer is then still waited for.</summary>
    public async Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken)
    {
        var message = new StreamingMessage { RequestId = Guid.NewGuid().ToString(), InvocationRequest = request };
        Task<InvocationResponse> response = SendAsync(_invocations, request.InvocationId, message, CancellationToken.None);
        await using CancellationTokenRegistration registration = cancellationToken.Register(() => Cancel(request.InvocationId));
        return await response;
    }

    /// <summary>Tells the worker to cancel all that it is at.</summary>
    public void CancelInvocations()
    {
        foreach (string id in _invocations.Keys)
        {
            Cancel(id);
        }
    }

    /// <summary>Ends the conversation: everything that waits, and will wait, fails with <paramref name="failure"/>.</summary>
    public void Fail(Exception failure)
    {
        _failure = failure;
        _outgoing.Writer.TryComplete();
        _connected.TrySetException(failure);
        FailAll(_requests, failure);
        FailAll(_invocations, failure);
    }

    /// <summary>Carries the worker's stream until it ends. A second stream is refused.</summary>
    public async Task RunAsync(IAsyncStreamReader<StreamingMessage> incoming, IServerStreamWriter<StreamingMessage> responses, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _streams) > 1)
        {
            throw new Grpc.Core.RpcException(new Status(StatusCode.AlreadyExists, "A worker is connected."));
        }

        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task writing = WriteAsync(responses, ended.Token);
        try
        {
            while (await incoming.MoveNext(cancellationToken))
            {
                Receive(incoming.Current);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The worker went away; its process tells why.
        }
        await ended.CancelAsync();
        await writing;
    }

    private async Task WriteAsync(IServerStreamWriter<StreamingMessage> responses, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (StreamingMessage message in _outgoing.Reader.ReadAllAsync(cancellationToken))
            {
                await responses.WriteAsync(message, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The stream is gone.
        }
    }

    private void Cancel(string invocationId) =>
        Send(new StreamingMessage { RequestId = Guid.NewGuid().ToString(), InvocationCancel = new InvocationCancel { InvocationId = invocationId } });

    private void Receive(StreamingMessage message)
    {
        switch (message.ContentCase)
        {
            case StreamingMessage.ContentOneofCase.StartStream:
                _connected.TrySetResult();
                break;
            case StreamingMessage.ContentOneofCase.RpcLog:
                _log(message.RpcLog);
                break;
            case StreamingMessage.ContentOneofCase.InvocationResponse:
                if (_invocations.TryRemove(message.InvocationResponse.InvocationId, out TaskCompletionSource<InvocationResponse>? invocation))
                {
                    invocation.TrySetResult(message.InvocationResponse);
                }

                break;
            default:
                if (_requests.TryRemove(message.RequestId, out TaskCompletionSource<StreamingMessage>? request))
                {
                    request.TrySetResult(message);
                }

                break;
        }
    }

    private async Task<T> SendAsync<T>(ConcurrentDictionary<string, TaskCompletionSource<T>> pending, string id, StreamingMessage message, CancellationToken cancellationToken)
    {
        var answer = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        pending[id] = answer;
        Send(message);
        // A failure between the two lines above has not seen this entry.
        if (_failure is { } failure)
        {
            answer.TrySetException(failure);
        }

        try
        {
            return await answer.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            pending.TryRemove(id, out _);
        }
    }

    private static void FailAll<T>(ConcurrentDictionary<string, TaskCompletionSource<T>> pending, Exception failure)
    {
        foreach (string id in pending.Keys)
        {
            if (pending.TryRemove(id, out TaskCompletionSource<T>? answer))
            {
                answer.TrySetException(failure);
            }
        }
    }
}

/// <summary>The service that the worker connects to.</summary>
internal sealed class WorkerService : FunctionRpc.FunctionRpcBase
{
    private readonly WorkerSession _session;

    public WorkerService(WorkerSession session) => _session = session;

    /// <inheritdoc/>
    public override Task EventStream(IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context) =>
        _session.RunAsync(requestStream, responseStream, context.CancellationToken);
}
