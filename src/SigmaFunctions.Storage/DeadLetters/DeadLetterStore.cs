using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Blobs;
using SigmaFunctions.Storage.Erasing;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.DeadLetters;

/// <summary>
/// The blob container of dead letters: one blob for each, with the raw bytes as content and all that is known of it as metadata.
/// Writing is idempotent: a letter that is already there is left as it is.
/// </summary>
public sealed class DeadLetterStore
{
    /// <summary>Name of the container that deployments create.</summary>
    public const string DefaultName = "dead-letters";

    private const string ContentType = "application/octet-stream";

    private const string NamespaceKey = "namespace";
    private const string EventHubKey = "eventHub";
    private const string PartitionKey = "partition";
    private const string ReasonKey = "reason";
    private const string OffsetKey = "offset";
    private const string AppVersionKey = "appVersion";

    private readonly EventBlobs _blobs;

    /// <summary>Uses a container that exists.</summary>
    public DeadLetterStore(BlobContainerClient container)
    {
        ArgumentNullException.ThrowIfNull(container);
        _blobs = new EventBlobs(container);
    }

    /// <summary>Name of the container.</summary>
    public string Name => _blobs.Container.Name;

    /// <summary>Creates the container where there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task CreateIfNotExistsAsync(CancellationToken cancellationToken) =>
        _blobs.Container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    /// <summary>
    /// Writes letters, a bounded number at a time and in no particular order. A letter that the store does not take, whatever is
    /// tried, is in the result and stops none of the others.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was written stays.</exception>
    public async Task<DeadLetterResult> WriteAsync(IReadOnlyCollection<DeadLetter> letters, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(letters);
        int written = 0;
        int existing = 0;
        var refused = new ConcurrentQueue<DeadLetter>();
        await Parallel.ForEachAsync(
            letters,
            StorageConcurrency.Options(cancellationToken),
            async (letter, token) =>
            {
                switch (await _blobs.WriteAsync(letter.Name, letter.Content, ContentType, Metadata(letter), token))
                {
                    case BlobWrite.Written:
                        Interlocked.Increment(ref written);
                        break;
                    case BlobWrite.Existing:
                        Interlocked.Increment(ref existing);
                        break;
                    default:
                        refused.Enqueue(letter);
                        break;
                }
            });
        return new DeadLetterResult(written, existing, [.. refused]);
    }

    /// <summary>
    /// The letters of messages enqueued from <paramref name="from"/> (inclusive) to <paramref name="to"/> (exclusive), the oldest
    /// first. Other blobs are passed over.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async IAsyncEnumerable<StoredDeadLetter> ListAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string prefix in EventBlobName.Prefixes(from, to))
        {
            AsyncPageable<BlobItem> blobs =
                _blobs.Container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, prefix, cancellationToken);
            await foreach (BlobItem blob in blobs)
            {
                if (Read(blob.Name, blob.Metadata, blob.Properties.ContentLength ?? 0, blob.Properties.CreatedOn) is { } letter
                    && letter.EnqueuedTime >= from && letter.EnqueuedTime < to)
                {
                    yield return letter;
                }
            }
        }
    }

    /// <summary>One letter by its name; null if there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<StoredDeadLetter?> FindAsync(string name, CancellationToken cancellationToken)
    {
        if (!TryParse(name, out _, out _, out _))
        {
            return null;
        }

        try
        {
            BlobProperties blob = await _blobs.Container.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken);
            return Read(name, blob.Metadata, blob.ContentLength, blob.CreatedOn);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.BlobNotFound.ToString())
        {
            return null;
        }
    }

    /// <summary>The bytes of a letter; null if there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task<BinaryData?> ReadAsync(string name, CancellationToken cancellationToken) => _blobs.ReadAsync(name, cancellationToken);

    /// <summary>Deletes a letter, if there is one.</summary>
    /// <returns>Whether there was.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        _blobs.DeleteAsync(name, cancellationToken);

    /// <summary>Whether a letter names a subject; null if there is none of that name.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    internal Task<ErasureFinding?> LookAsync(string name, DataSubject subject, CancellationToken cancellationToken) => _blobs.LookAsync(name, subject, cancellationToken);

    // Only messages of hubs are kept here.
    private static bool TryParse(string name, out DateTimeOffset enqueuedTime, out long sequenceNumber, out int record)
    {
        (sequenceNumber, record) = (0, 0);
        return EventBlobName.TrySplit(name, out enqueuedTime, out string middle) && HubEventName.TryParse(middle, out sequenceNumber, out record);
    }

    private static Dictionary<string, string> Metadata(DeadLetter letter)
    {
        (string Key, string Text)[] texts =
        [
            (NamespaceKey, letter.Identity.Namespace),
            (EventHubKey, letter.Identity.EventHub),
            (PartitionKey, letter.Identity.Partition),
            (ReasonKey, letter.Reason),
            (OffsetKey, letter.Offset.ToString(CultureInfo.InvariantCulture)),
            (AppVersionKey, AppBuild.Version),
        ];

        // A header without a value is not sent by every client and not signed alike by every service.
        return texts
            .Select(text => (text.Key, Value: MetadataText.Encode(text.Text)))
            .Where(item => item.Value.Length > 0)
            .ToDictionary(item => item.Key, item => item.Value);
    }

    private static StoredDeadLetter? Read(string name, IDictionary<string, string>? metadata, long size, DateTimeOffset? written)
    {
        if (!TryParse(name, out DateTimeOffset enqueuedTime, out long sequenceNumber, out int record))
        {
            return null;
        }

        return new StoredDeadLetter
        {
            Name = name,
            EnqueuedTime = enqueuedTime,
            SequenceNumber = sequenceNumber,
            Record = record == HubEventIdentity.WholeBody ? null : record,
            Namespace = Text(NamespaceKey),
            EventHub = Text(EventHubKey),
            Partition = Text(PartitionKey),
            Reason = Text(ReasonKey),
            Offset = long.TryParse(Text(OffsetKey), NumberStyles.None, CultureInfo.InvariantCulture, out long offset) ? offset : null,
            AppVersion = Text(AppVersionKey),
            Size = size,
            WrittenTime = written,
        };

        // Proxies and some stores change the case of header names.
        string? Text(string key) =>
            metadata?.FirstOrDefault(item => string.Equals(item.Key, key, StringComparison.OrdinalIgnoreCase)).Value is { } value
                ? MetadataText.Decode(value)
                : null;
    }
}
