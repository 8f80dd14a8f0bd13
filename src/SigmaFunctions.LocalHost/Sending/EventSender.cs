using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.LocalHost.Sending;

/// <summary>Sends bodies to the event hub through the official SDK, in batches that the hub spreads over its partitions.</summary>
internal sealed class EventSender
{
    private const int MaxFaults = 20;

    private readonly string _connectionString;
    private readonly string _eventHub;
    private readonly Func<long, CancellationToken, Task> _beforeSend;
    private readonly int _batchSize;
    private long _sent;

    /// <param name="connectionString">Connection string of the namespace.</param>
    /// <param name="eventHub">Event hub that takes them.</param>
    /// <param name="batchSize">Most events in a batch.</param>
    /// <param name="beforeSend">Called before each batch with the number of events sent so far; may wait.</param>
    public EventSender(string connectionString, string eventHub, int batchSize, Func<long, CancellationToken, Task> beforeSend)
    {
        _connectionString = connectionString;
        _eventHub = eventHub;
        _batchSize = batchSize;
        _beforeSend = beforeSend;
    }

    /// <summary>Events sent so far.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Bodies that were left out because the event hub takes none so large.</summary>
    public int TooLarge { get; private set; }

    /// <summary>Places of the file that were left out, and files of which the rest was.</summary>
    public int Unreadable { get; private set; }

    /// <summary>What is the matter with the first of these.</summary>
    public List<string> Faults { get; } = [];

    /// <summary>Sends all bodies.</summary>
    public async Task SendAsync(IAsyncEnumerable<BodyLine> bodies, CancellationToken cancellationToken)
    {
        await using var producer = new EventHubProducerClient(_connectionString, _eventHub);
        EventDataBatch batch = await producer.CreateBatchAsync(cancellationToken);
        try
        {
            await foreach (BodyLine body in bodies.WithCancellation(cancellationToken))
            {
                if (body.Fault is { } fault)
                {
                    if (Unreadable++ < MaxFaults)
                    {
                        Faults.Add(body.EndsSource ? fault : $"{body.Source.Name}:{body.SourceLineAt(0)}: {fault}");
                    }

                    continue;
                }

                var item = new EventData(body.Body);
                if (batch.Count < _batchSize && batch.TryAdd(item))
                {
                    continue;
                }

                batch = await FlushAsync(producer, batch, cancellationToken);
                if (!batch.TryAdd(item))
                {
                    TooLarge++;
                }
            }
            batch = await FlushAsync(producer, batch, cancellationToken);
        }
        finally
        {
            batch.Dispose();
        }
    }

    private async Task<EventDataBatch> FlushAsync(EventHubProducerClient producer, EventDataBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Count == 0)
        {
            return batch;
        }

        await _beforeSend(Sent, cancellationToken);
        await producer.SendAsync(batch, cancellationToken);
        Interlocked.Add(ref _sent, batch.Count);
        batch.Dispose();
        return await producer.CreateBatchAsync(cancellationToken);
    }
}
