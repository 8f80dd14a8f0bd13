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
/// Takes alerts off the queue. A message is deleted only after its alert was handled, so none is lost; ids of handled alerts are
/// kept in a table, so that one that comes again is not handled again; what fails time after time goes to a queue of its own.
/// </summary>
/// <param name="queue">The queue of alerts. Its client must leave messages as they are (<see cref="QueueMessageEncoding.None"/>).</param>
/// <param name="poison">Where messages go that cannot be handled.</param>
/// <param name="detections">Where the whole detections are.</param>
/// <param name="handled">Ids of the alerts that were handled.</param>
/// <param name="handle">Handles an alert; its detection is null where it has been deleted.</param>
/// <param name="log">Is told what happens.</param>
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

    private const int MessagesPerRead = 16;
    private const int DayLength = 8;

    /// <summary>Time for all alerts of one read to be handled; after it, others see them again.</summary>
    private static readonly TimeSpan HandlingTime = TimeSpan.FromMinutes(5);

    /// <summary>Pause before an alert that failed is tried again.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Handles the alerts of one read.</summary>
    /// <returns>How many messages there were.</returns>
    public async Task<int> ReadAsync(CancellationToken cancellationToken)
    {
        QueueMessage[] messages = await queue.ReceiveMessagesAsync(MessagesPerRead, HandlingTime, cancellationToken);
        foreach (QueueMessage message in messages)
        {
            await TakeAsync(message, cancellationToken);
        }

        return messages.Length;
    }

    // Handlers are other people's code: whatever they throw must not end the consumer.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "See above.")]
    private async Task TakeAsync(QueueMessage message, CancellationToken cancellationToken)
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
            await MoveToPoisonAsync(message, cancellationToken);
            return;
        }

        try
        {
            if (await WasHandledAsync(alert.Id, cancellationToken))
            {
                log($"{alert.Id} came again");
            }
            else
            {
                Detection? detection = DetectionId.TryParse(alert.Id, out DetectionId id) ? await detections.FindAsync(id, cancellationToken) : null;
                await handle(alert, detection, cancellationToken);
                await handled.UpsertEntityAsync(new TableEntity(DayOf(alert.Id), alert.Id), cancellationToken: cancellationToken);
            }

            await DeleteAsync(message, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            log($"{alert.Id} failed, attempt {message.DequeueCount}: {exception.GetType().Name}");
            if (message.DequeueCount >= MaxAttempts)
            {
                await MoveToPoisonAsync(message, cancellationToken);
            }
            else
            {
                await queue.UpdateMessageAsync(message.MessageId, message.PopReceipt, message.Body, RetryDelay, cancellationToken);
            }
        }
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

    // Ids begin with the day, so that old ones can be deleted a partition at a time.
    private static string DayOf(string id) => id.Length > DayLength ? id[..DayLength] : id;

    private async Task MoveToPoisonAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        await poison.SendMessageAsync(message.Body, timeToLive: TimeSpan.FromSeconds(-1), cancellationToken: cancellationToken);
        log($"message {message.MessageId} went to {poison.Name}");
        await DeleteAsync(message, cancellationToken);
    }

    private async Task DeleteAsync(QueueMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode is "MessageNotFound" or "PopReceiptMismatch")
        {
            // It took too long and another consumer has it; the table of handled ids keeps that one from handling it again.
        }
    }
}
