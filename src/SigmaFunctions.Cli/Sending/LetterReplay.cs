using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using SigmaFunctions.Storage;

namespace SigmaFunctions.Cli.Sending;

/// <summary>Sends dead letters to an event hub again. A letter is deleted only after the batch that it is in was taken.</summary>
/// <param name="producer">Where they are sent.</param>
/// <param name="store">Where they are.</param>
/// <param name="keep">Whether they stay where they are.</param>
/// <param name="report">Is told of each letter that is not sent, and why.</param>
internal sealed class LetterReplay(EventHubProducerClient producer, DeadLetterStore store, bool keep, Action<StoredDeadLetter, string> report)
{
    private const int Concurrency = 8;

    private readonly List<StoredDeadLetter> _inBatch = [];

    /// <summary>Letters that the hub took.</summary>
    public long Sent { get; private set; }

    /// <summary>Letters deleted after that.</summary>
    public long Deleted { get; private set; }

    /// <summary>Letters that stay, since no event can hold them.</summary>
    public long TooLarge { get; private set; }

    /// <summary>Letters that somebody else deleted meanwhile.</summary>
    public long Gone { get; private set; }

    /// <summary>Sends them.</summary>
    public async Task RunAsync(IAsyncEnumerable<StoredDeadLetter> letters, CancellationToken cancellationToken)
    {
        EventDataBatch batch = await producer.CreateBatchAsync(cancellationToken);
        try
        {
            await foreach (StoredDeadLetter[] some in letters.Chunk(Concurrency).WithCancellation(cancellationToken))
            {
                BinaryData?[] contents = await Task.WhenAll(some.Select(letter => store.ReadAsync(letter.Name, cancellationToken)));
                foreach ((StoredDeadLetter letter, BinaryData? content) in some.Zip(contents))
                {
                    if (content is null)
                    {
                        Gone++;
                        report(letter, "is gone");
                        continue;
                    }

                    var data = new EventData(content);
                    bool isAdded = batch.TryAdd(data);
                    if (!isAdded && batch.Count > 0)
                    {
                        await SendAsync(batch, cancellationToken);
                        batch.Dispose();
                        batch = await producer.CreateBatchAsync(cancellationToken);
                        isAdded = batch.TryAdd(data);
                    }

                    Take(letter, isAdded);
                }
            }

            if (batch.Count > 0)
            {
                await SendAsync(batch, cancellationToken);
            }
        }
        finally
        {
            batch.Dispose();
        }
    }

    private void Take(StoredDeadLetter letter, bool isAdded)
    {
        if (isAdded)
        {
            _inBatch.Add(letter);
            return;
        }

        TooLarge++;
        report(letter, "is larger than the hub takes and stays");
    }

    private async Task SendAsync(EventDataBatch batch, CancellationToken cancellationToken)
    {
        await producer.SendAsync(batch, cancellationToken);
        Sent += _inBatch.Count;
        foreach (StoredDeadLetter[] some in keep ? [] : _inBatch.Chunk(Concurrency))
        {
            // What was sent is deleted even where the user interrupts: it would be sent again.
            await Task.WhenAll(some.Select(letter => store.DeleteAsync(letter.Name, CancellationToken.None)));
            Deleted += some.Length;
        }

        _inBatch.Clear();
    }
}
