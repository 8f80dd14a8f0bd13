using Azure.Data.Tables;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.LocalHost.Reporting;

/// <summary>Takes the alerts off the queue and looks up the detections that they point to.</summary>
internal sealed class AlertReader
{
    private const int MessagesPerRead = 32;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly QueueClient _queue;
    private readonly TableClient _table;
    private readonly DetectionTable _detections;
    private readonly Action<Alert, Detection?> _show;
    private long _alerts;
    private long _dangling;
    private long _reads;
    private long _emptyReads;

    /// <param name="connectionString">Connection string of the storage account.</param>
    /// <param name="show">Shows an alert and its detection; null where the row is missing.</param>
    public AlertReader(string connectionString, Action<Alert, Detection?> show)
    {
        _queue = new QueueClient(connectionString, AlertQueue.DefaultName, new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 });
        _table = new TableClient(connectionString, DetectionTable.DefaultName);
        _detections = new DetectionTable(_table);
        _show = show;
    }

    /// <summary>Alerts read so far.</summary>
    public long Alerts => Interlocked.Read(ref _alerts);

    /// <summary>Alerts whose detection was not in the table.</summary>
    public long Dangling => Interlocked.Read(ref _dangling);

    /// <summary>Makes queue and table where they are not there yet.</summary>
    public async Task CreateIfNotExistsAsync(CancellationToken cancellationToken)
    {
        await _queue.CreateIfNotExistsAsync(cancellationToken: cancellationToken);
        await _table.CreateIfNotExistsAsync(cancellationToken);
    }

    /// <summary>Reads until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            long read = Interlocked.Increment(ref _reads);
            QueueMessage[] messages = await _queue.ReceiveMessagesAsync(MessagesPerRead, cancellationToken: cancellationToken);
            foreach (QueueMessage message in messages)
            {
                var alert = Alert.Parse(message.Body.ToMemory().Span);
                Detection? detection = DetectionId.TryParse(alert.Id, out DetectionId id) ? await _detections.FindAsync(id, cancellationToken) : null;
                _show(alert, detection);
                await _queue.DeleteMessageAsync(message.MessageId, message.PopReceipt, cancellationToken);
                Interlocked.Increment(ref _alerts);
                if (detection is null)
                {
                    Interlocked.Increment(ref _dangling);
                }
            }
            if (messages.Length > 0)
            {
                continue;
            }

            Interlocked.Exchange(ref _emptyReads, read);
            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    /// <summary>Finds a detection in the table; null where it is not there.</summary>
    public Task<Detection?> FindAsync(DetectionId id, CancellationToken cancellationToken) => _detections.FindAsync(id, cancellationToken);

    /// <summary>Waits until the queue was found empty by a read that began after this call.</summary>
    public async Task DrainedAsync(CancellationToken cancellationToken)
    {
        long last = Interlocked.Read(ref _reads);
        while (Interlocked.Read(ref _emptyReads) <= last)
        {
            await Task.Delay(PollInterval / 4, cancellationToken);
        }
    }

    /// <summary>Rows in the table.</summary>
    public async Task<long> CountDetectionsAsync(CancellationToken cancellationToken)
    {
        long count = 0;
        await foreach (TableEntity _ in _table.QueryAsync<TableEntity>(select: ["RowKey"], cancellationToken: cancellationToken))
        {
            count++;
        }

        return count;
    }
}
