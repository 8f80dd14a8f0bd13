using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>
/// The host's part of a queue trigger: messages are given to the function side by side, and removed when it succeeds. One that fails is seen again after a while, and
/// goes to the queue of the same name with <c>-poison</c> behind after so many times.
/// </summary>
/// <param name="functionId">Id under which the worker knows the function.</param>
/// <param name="functionName">Name of the function.</param>
/// <param name="parameter">Parameter that takes the message.</param>
/// <param name="queueName">The queue.</param>
internal sealed class QueueTrigger(string functionId, string functionName, string parameter, string queueName)
{
    private const string BindingType = "queueTrigger";
    private const string PoisonSuffix = "-poison";
    private static readonly TimeSpan Hidden = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);

    private long _reads;
    private long _emptyReads;
    private QueueClient? _queue;

    /// <summary>Name of the function.</summary>
    public string FunctionName { get; } = functionName;

    /// <summary>The queue.</summary>
    public string QueueName { get; } = queueName;

    /// <summary>The functions that a queue triggers.</summary>
    /// <exception cref="Processes.LocalHostException">A setting that a trigger refers to is missing.</exception>
    public static ImmutableArray<QueueTrigger> Find(IEnumerable<RpcFunctionMetadata> functions, ImmutableDictionary<string, string> settings)
    {
        ImmutableArray<QueueTrigger>.Builder found = ImmutableArray.CreateBuilder<QueueTrigger>();
        foreach (RpcFunctionMetadata function in functions)
        {
            foreach (string raw in function.RawBindings)
            {
                using var binding = JsonDocument.Parse(raw);
                if (binding.RootElement.TryGetProperty("type", out JsonElement type) && type.ValueEquals(BindingType))
                {
                    found.Add(new QueueTrigger(
                        function.FunctionId,
                        function.Name,
                        binding.RootElement.GetProperty("name").GetString() ?? "",
                        TriggerBinding.Resolve(binding.RootElement.GetProperty("queueName").GetString() ?? "", settings)));
                }
            }
        }

        return found.ToImmutable();
    }

    /// <summary>Invokes the function with what is on the queue, until cancelled.</summary>
    /// <param name="connectionString">Connection string of the storage account.</param>
    /// <param name="settings">From <c>host.json</c>.</param>
    /// <param name="worker">The worker with the function.</param>
    /// <param name="failed">Told the reason of each invocation that fails.</param>
    /// <param name="time">Clock of the pauses.</param>
    /// <param name="cancellationToken">Ends it, and cancels what the worker is at.</param>
    /// <param name="draining">Ends it once what the worker is at is done.</param>
    /// <exception cref="WorkerException">The worker ended.</exception>
    /// <exception cref="RequestFailedException">The queue could not be reached.</exception>
    public async Task RunAsync(
        string connectionString,
        QueueSettings settings,
        IFunctionWorker worker,
        Action<string>? failed,
        TimeProvider time,
        CancellationToken cancellationToken,
        CancellationToken draining = default)
    {
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        var queue = new QueueClient(connectionString, QueueName, options);
        _queue = queue;
        var poison = new QueueClient(connectionString, QueueName + PoisonSuffix, options);
        await queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, draining);
        while (!waiting.IsCancellationRequested)
        {
            long read = Interlocked.Increment(ref _reads);
            QueueMessage[] messages = await queue.ReceiveMessagesAsync(settings.BatchSize, Hidden, waiting.Token);
            await Task.WhenAll(messages.Select(message => InvokeAsync(queue, poison, settings, message, worker, failed, cancellationToken)));
            if (messages is [])
            {
                Interlocked.Exchange(ref _emptyReads, read);
                await Task.Delay(PollInterval, time, waiting.Token);
            }
        }
    }

    /// <summary>Waits until nothing more is on the queue to be seen now.</summary>
    /// <returns>How much is there to be seen later.</returns>
    /// <exception cref="RequestFailedException">The queue could not be reached.</exception>
    public async Task<int> DrainedAsync(CancellationToken cancellationToken)
    {
        long last = Interlocked.Read(ref _reads);
        while (Interlocked.Read(ref _emptyReads) <= last)
        {
            await Task.Delay(PollInterval / 10, cancellationToken);
        }

        QueueProperties properties = await _queue!.GetPropertiesAsync(cancellationToken);
        return properties.ApproximateMessagesCount;
    }

    private async Task InvokeAsync(
        QueueClient queue, QueueClient poison, QueueSettings settings, QueueMessage message, IFunctionWorker worker, Action<string>? failed, CancellationToken cancellationToken)
    {
        InvocationResponse response = await worker.InvokeAsync(Request(message), cancellationToken);
        if (response.Result.Status == StatusResult.Types.Status.Success)
        {
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
            return;
        }

        if (response.Result.Status == StatusResult.Types.Status.Failure)
        {
            failed?.Invoke(response.Result.Exception?.Message ?? response.Result.Result);
        }

        if (message.DequeueCount < settings.MaxDequeueCount)
        {
            await queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, visibilityTimeout: settings.VisibilityTimeout, cancellationToken: cancellationToken);
            return;
        }

        await poison.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await poison.SendMessageAsync(message.Body, timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: cancellationToken);
        await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
    }

    private InvocationRequest Request(QueueMessage message) => new()
    {
        InvocationId = Guid.NewGuid().ToString(),
        FunctionId = functionId,
        TraceContext = TraceContext.Create(isSampled: true),
        InputData = { new ParameterBinding { Name = parameter, Data = new TypedData { String = message.Body.ToString() } } },
        TriggerMetadata =
        {
            ["Id"] = new TypedData { String = message.MessageId },
            ["DequeueCount"] = new TypedData { String = message.DequeueCount.ToString(CultureInfo.InvariantCulture) },
        },
    };
}
