using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Cli.Sending;

/// <summary>Sends bodies as events, in batches, no faster than asked.</summary>
internal sealed class HubSender(EventHubProducerClient producer, CreateBatchOptions options, int? eventsPerSecond, TimeProvider time)
{
    private long _started;

    /// <summary>Events sent.</summary>
    public long Sent { get; private set; }

    /// <summary>Bytes of the bodies sent.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Batches sent.</summary>
    public long Batches { get; private set; }

    /// <summary>Sends everything.</summary>
    /// <param name="bodies">The bodies in order.</param>
    /// <param name="onTooLarge">Called with a body that no event can hold; the others are sent.</param>
    /// <param name="onFault">Called with a fault among the bodies; what comes after it is sent.</param>
    /// <param name="cancellationToken">Ends the sending.</param>
    public async Task SendAsync(IAsyncEnumerable<BodyLine> bodies, Action<BodyLine> onTooLarge, Action<BodyLine> onFault, CancellationToken cancellationToken)
    {
        _started = time.GetTimestamp();

        // At a limited rate batches are small, so that events come evenly rather than in gusts.
        int most = eventsPerSecond is { } rate ? Math.Max(1, rate / 10) : int.MaxValue;
        EventDataBatch batch = await producer.CreateBatchAsync(options, cancellationToken);
        long bytes = 0;
        try
        {
            await foreach (BodyLine body in bodies)
            {
                if (body.Fault is not null)
                {
                    onFault(body);
                    continue;
                }

                var data = new EventData(body.Body);
                if (batch.Count < most && batch.TryAdd(data))
                {
                    bytes += body.Body.Length;
                    continue;
                }

                if (batch.Count > 0)
                {
                    await SendAsync(batch, bytes, cancellationToken);
                    batch.Dispose();
                    bytes = 0;
                    batch = await producer.CreateBatchAsync(options, cancellationToken);
                }

                if (batch.TryAdd(data))
                {
                    bytes = body.Body.Length;
                }
                else
                {
                    onTooLarge(body);
                }
            }

            if (batch.Count > 0)
            {
                await SendAsync(batch, bytes, cancellationToken);
            }
        }
        finally
        {
            batch.Dispose();
        }
    }

    private async Task SendAsync(EventDataBatch batch, long bytes, CancellationToken cancellationToken)
    {
        if (eventsPerSecond is { } rate)
        {
            TimeSpan due = TimeSpan.FromSeconds((double)Sent / rate) - time.GetElapsedTime(_started);
            if (due > TimeSpan.Zero)
            {
                await Task.Delay(due, time, cancellationToken);
            }
        }

        await producer.SendAsync(batch, cancellationToken);
        Sent += batch.Count;
        SentBytes += bytes;
        Batches++;
    }
}
