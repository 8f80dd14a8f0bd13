using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.DeadLetters;

namespace SigmaFunctions.Cli.Sending;

/// <summary>Sends dead letters to event hubs again. A letter is deleted only after the batch that it is in was taken.</summary>
/// <param name="hubOf">Name of the hub that a letter goes to.</param>
/// <param name="connect">Opens the producer of a hub; each is disposed of at the end.</param>
/// <param name="store">Where they are.</param>
/// <param name="keep">Whether they stay where they are.</param>
/// <param name="report">Is told of each letter that is not sent, and why.</param>
internal sealed class LetterReplay(
    Func<StoredDeadLetter, string> hubOf,
    Func<string, EventHubProducerClient> connect,
    DeadLetterStore store,
    bool keep,
    Action<StoredDeadLetter, string> report)
{
    private readonly Dictionary<string, Outgoing> _outgoing = new(StringComparer.OrdinalIgnoreCase);

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
        try
        {
            await foreach (StoredDeadLetter[] some in letters.Chunk(StorageConcurrency.MaxRequests).WithCancellation(cancellationToken))
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

                    await AddAsync(OutgoingOf(hubOf(letter)), letter, new EventData(content), cancellationToken);
                }
            }

            foreach (Outgoing outgoing in _outgoing.Values)
            {
                await SendAsync(outgoing, cancellationToken);
            }
        }
        finally
        {
            foreach (Outgoing outgoing in _outgoing.Values)
            {
                await outgoing.DisposeAsync();
            }
        }
    }

    private Outgoing OutgoingOf(string hub)
    {
        if (!_outgoing.TryGetValue(hub, out Outgoing? outgoing))
        {
            outgoing = new Outgoing(connect(hub));
            _outgoing.Add(hub, outgoing);
        }

        return outgoing;
    }

    private async Task AddAsync(Outgoing outgoing, StoredDeadLetter letter, EventData data, CancellationToken cancellationToken)
    {
        outgoing.Batch ??= await outgoing.Producer.CreateBatchAsync(cancellationToken);
        bool isAdded = outgoing.Batch.TryAdd(data);
        if (!isAdded && outgoing.Batch.Count > 0)
        {
            await SendAsync(outgoing, cancellationToken);
            outgoing.Batch = await outgoing.Producer.CreateBatchAsync(cancellationToken);
            isAdded = outgoing.Batch.TryAdd(data);
        }

        if (isAdded)
        {
            outgoing.Letters.Add(letter);
            return;
        }

        TooLarge++;
        report(letter, "is larger than the hub takes and stays");
    }

    private async Task SendAsync(Outgoing outgoing, CancellationToken cancellationToken)
    {
        if (outgoing.Letters.Count == 0)
        {
            return;
        }

        await outgoing.Producer.SendAsync(outgoing.Batch, cancellationToken);
        Sent += outgoing.Letters.Count;
        foreach (StoredDeadLetter[] some in keep ? [] : outgoing.Letters.Chunk(StorageConcurrency.MaxRequests))
        {
            // What was sent is deleted even where the user interrupts: it would be sent again.
            await Task.WhenAll(some.Select(letter => store.DeleteAsync(letter.Name, CancellationToken.None)));
            Deleted += some.Length;
        }

        outgoing.Letters.Clear();
        outgoing.Batch?.Dispose();
        outgoing.Batch = null;
    }

    /// <summary>What is to be sent to one hub.</summary>
    private sealed class Outgoing(EventHubProducerClient producer) : IAsyncDisposable
    {
        public EventHubProducerClient Producer => producer;

        public List<StoredDeadLetter> Letters { get; } = [];

        public EventDataBatch? Batch { get; set; }

        public async ValueTask DisposeAsync()
        {
            Batch?.Dispose();
            await producer.DisposeAsync();
        }
    }
}
