using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Samples;

/// <summary>
/// Takes alerts off the queue, one at a time. A message is kept from other consumers for as long as its alert is handled, and deleted only after that, so none
/// is lost; ids of handled alerts are kept in a table, so that one that comes again is not handled again; what fails time after time goes to its own queue.
/// A store that fails ends nothing: what was asked of it is asked again.
/// </summary>
/// <param name="queue">The queue of alerts. Its client must leave messages as they are (<see cref="QueueMessageEncoding.None"/>).</param>
/// <param name="poison">Where messages go that cannot be handled; made where it is missing.</param>
/// <param name="detections">Where the whole detections are.</param>
/// <param name="handled">Ids of the alerts that were handled; made where it is missing.</param>
/// <param name="handle">
/// Handles an alert; its detection is null where it has been deleted. Its token is cancelled when the consumer stops, and when the message is lost to others.
/// </param>
/// <param name="log">Is told what happens, at any time and from any thread.</param>
internal sealed class AlertConsumer(
    QueueClient queue,
    QueueClient poison,
    DetectionTable detections,
    TableClient handled,
    Func<Alert, Detection?, CancellationToken, Task> handle,
    Action<string> log)
{
    /// <summary>Times that an alert is tried before it goes to the poison queue.</summary>
    public const int MaxAttempts = 5;

    private const int DayLength = 8;
    private const string HandledIds = "the table of handled alerts";

    private static readonly TimeSpan NoExpiry = TimeSpan.FromSeconds(-1);

    /// <summary>What a message is hidden for at a time. So long others wait for it if this consumer dies; handling may take longer.</summary>
    public TimeSpan Visibility { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Pause before an alert that failed is tried again; each further failure doubles it.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Pause while the queue shows nothing.</summary>
    public TimeSpan IdlePause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a consumer that is to end waits at most for messages that are hidden, from the last one that it took, and for a store that fails. It is longer
    /// than an alert that failed stays hidden.
    /// </summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How the store is asked again.</summary>
    public StoreRetry Store { get; init; } = new(log);

    /// <summary>Handles alerts.</summary>
    /// <param name="isOnce">Whether to end when the queue is empty, without hidden messages either; else this goes on until it is cancelled.</param>
    /// <param name="cancellationToken">Ends it. An alert that is being handled then comes again.</param>
    /// <returns>Whether the queue is empty; false after <see cref="LongestWait"/>.</returns>
    public async Task<bool> RunAsync(bool isOnce, CancellationToken cancellationToken)
    {
        Store.Patience = isOnce ? LongestWait : TimeSpan.MaxValue;
        try
        {
            await Store.RunAsync(HandledIds, () => EnsureHandledAsync(cancellationToken), cancellationToken);
            long last = Environment.TickCount64;
            bool isTold = false;
            while (true)
            {
                if (await TakeAsync(cancellationToken))
                {
                    last = Environment.TickCount64;
                    isTold = false;
                    continue;
                }

                if (isOnce)
                {
                    // Hidden ones are counted too. The service may count too many for a while, never too few.
                    int hidden = await Store.RunAsync(
                        queue.Name, async () => (await queue.GetPropertiesAsync(cancellationToken)).Value.ApproximateMessagesCount, cancellationToken);
                    if (hidden == 0)
                    {
                        return true;
                    }

                    if (Environment.TickCount64 - last >= LongestWait.TotalMilliseconds)
                    {
                        log($"messages that stay hidden: {hidden}");
                        return false;
                    }

                    if (!isTold)
                    {
                        isTold = true;
                        log($"waiting for messages that are hidden, since others handle them or they failed: {hidden}");
                    }
                }

                await Task.Delay(IdlePause, cancellationToken);
            }
        }
        catch (StoreUnavailableException exception) when (isOnce)
        {
            log($"given up: {exception.Message}");
            return false;
        }
    }

    // One at a time: those that waited behind it would have to be kept from others, too.
    private async Task<bool> TakeAsync(CancellationToken cancellationToken)
    {
        long asked = 0;
        QueueMessage? message = await Store.RunAsync(
            queue.Name,
            async () =>
            {
                asked = Environment.TickCount64;
                return (await queue.ReceiveMessageAsync(Visibility, cancellationToken)).Value;
            },
            cancellationToken);
        if (message is null)
        {
            return false;
        }

        await using var lease = new MessageLease(queue, message, asked, Visibility, log);
        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lease.Lost);
        try
        {
            await HandleAsync(message, lease, held.Token, cancellationToken);
        }
        catch (OperationCanceledException) when (lease.Lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // The log has it. The message comes again, here or elsewhere.
        }

        return true;
    }

    // Handlers are other people's code: whatever they throw must not end the consumer.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "See above.")]
    private async Task HandleAsync(QueueMessage message, MessageLease lease, CancellationToken held, CancellationToken cancellationToken)
    {
        Alert alert;
        try
        {
            alert = Parse(message.Body.ToMemory().Span);
        }
        catch (JsonException)
        {
            // Another attempt would read the same.
            log($"message {message.MessageId} is not an alert");
            await MoveToPoisonAsync(message, lease, held, cancellationToken);
            return;
        }

        try
        {
            await HandleOnceAsync(alert, held, cancellationToken);
        }
        catch (Exception exception) when (
            exception is not StoreUnavailableException && !(exception is OperationCanceledException && held.IsCancellationRequested))
        {
            // Its type alone: what it says may be of the event.
            log($"{alert.Id} failed, attempt {message.DequeueCount}: {exception.GetType().Name}");
            if (message.DequeueCount >= MaxAttempts)
            {
                await MoveToPoisonAsync(message, lease, held, cancellationToken);
            }
            else
            {
                TimeSpan delay = RetryDelay * (1 << (int)(message.DequeueCount - 1));
                await Store.RunAsync(queue.Name, () => lease.ReleaseAsync(delay), cancellationToken);
            }

            return;
        }

        await Store.RunAsync(queue.Name, lease.DeleteAsync, cancellationToken);
    }

    private async Task HandleOnceAsync(Alert alert, CancellationToken held, CancellationToken cancellationToken)
    {
        if (await Store.RunAsync(HandledIds, () => WasHandledAsync(alert.Id, held), held))
        {
            log($"{alert.Id} came again");
            return;
        }

        Detection? detection = DetectionId.TryParse(alert.Id, out DetectionId id)
            ? await Store.RunAsync("the table of detections", () => detections.FindAsync(id, held), held)
            : null;
        held.ThrowIfCancellationRequested();
        await handle(alert, detection, held);

        // Also where the message has been lost meanwhile: whoever has it should know.
        await Store.RunAsync(HandledIds, () => RecordAsync(alert.Id, cancellationToken), cancellationToken);
    }

    /// <summary>Reads a message that is plain text or Base64, whichever Detections__QueueMessageEncoding says.</summary>
    private static Alert Parse(ReadOnlySpan<byte> message)
    {
        if (message is [(byte)'{', ..])
        {
            return Alert.Parse(message);
        }

        byte[] json = new byte[Base64.GetMaxDecodedFromUtf8Length(message.Length)];
        return Base64.DecodeFromUtf8(message, json, out _, out int length) == OperationStatus.Done
            ? Alert.Parse(json.AsSpan(0, length))
            : throw new JsonException("The message is neither JSON nor Base64.");
    }

    private async Task<bool> WasHandledAsync(string id, CancellationToken cancellationToken) =>
        (await handled.GetEntityIfExistsAsync<TableEntity>(DayOf(id), id, ["RowKey"], cancellationToken)).HasValue;

    // A role on the table alone does not let it be made, so that is only tried where it is missing.
    private async Task<bool> EnsureHandledAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (TableEntity _ in handled.QueryAsync<TableEntity>("PartitionKey eq ''", maxPerPage: 1, ["RowKey"], cancellationToken))
            {
                break;
            }
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            await handled.CreateIfNotExistsAsync(cancellationToken);
        }

        return true;
    }

    private async Task<bool> RecordAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            await handled.UpsertEntityAsync(new TableEntity(DayOf(id), id), cancellationToken: cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == "TableNotFound")
        {
            await handled.CreateIfNotExistsAsync(cancellationToken);
            await handled.UpsertEntityAsync(new TableEntity(DayOf(id), id), cancellationToken: cancellationToken);
        }

        return true;
    }

    // Ids begin with the day, so that old ones can be deleted a partition at a time.
    private static string DayOf(string id) => id.Length > DayLength ? id[..DayLength] : id;

    private async Task MoveToPoisonAsync(QueueMessage message, MessageLease lease, CancellationToken held, CancellationToken cancellationToken)
    {
        await Store.RunAsync(poison.Name, () => SendToPoisonAsync(message.Body, held), held);
        log($"message {message.MessageId} went to {poison.Name}");
        await Store.RunAsync(queue.Name, lease.DeleteAsync, cancellationToken);
    }

    private async Task<bool> SendToPoisonAsync(BinaryData body, CancellationToken cancellationToken)
    {
        try
        {
            await poison.SendMessageAsync(body, timeToLive: NoExpiry, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == "QueueNotFound")
        {
            await poison.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
            await poison.SendMessageAsync(body, timeToLive: NoExpiry, cancellationToken: cancellationToken);
        }

        return true;
    }
}
