using System.Collections.Concurrent;
using System.Text;
using Azure;
using Azure.Storage.Blobs;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Blobs;
using SigmaFunctions.Storage.Erasing;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>
/// The blob container of records that are too large for a row: one blob for each event, whichever and however many rules it
/// matched. Writing is idempotent.
/// </summary>
public sealed class OriginalStore
{
    /// <summary>Name of the container that deployments create.</summary>
    public const string DefaultName = "originals";

    private const string ContentType = "text/plain; charset=utf-8";

    private static readonly Dictionary<string, string> NoMetadata = [];

    private readonly EventBlobs _blobs;

    /// <summary>Uses a container that exists.</summary>
    public OriginalStore(BlobContainerClient container)
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

    /// <summary>A record as it arrived, JSON or XML; null if there is none of that name.</summary>
    /// <param name="name">Name of the blob: <see cref="Detection.OriginalBlob"/>.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<string?> ReadAsync(string name, CancellationToken cancellationToken) =>
        (await _blobs.ReadAsync(name, cancellationToken))?.ToString();

    /// <summary>Names of originals of messages enqueued from one time (inclusive) to another (exclusive), in order of time.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    internal IAsyncEnumerable<(string Name, DateTimeOffset EnqueuedTime)> ListAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) =>
        _blobs.ListAsync(from, to, cancellationToken);

    /// <summary>Deletes an original, if there is one.</summary>
    /// <returns>Whether there was.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    internal Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => _blobs.DeleteAsync(name, cancellationToken);

    /// <summary>Whether an original names a subject; null if there is none of that name.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    internal Task<ErasureFinding?> LookAsync(string name, DataSubject subject, CancellationToken cancellationToken) => _blobs.LookAsync(name, subject, cancellationToken);

    /// <summary>
    /// Writes the originals of those detections whose rows cannot hold them, and gives the detections with their pointers. One that
    /// the store does not take for its size is cut in its row and has no pointer.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was written stays.</exception>
    internal async Task<IReadOnlyCollection<Detection>> WriteAsync(IReadOnlyCollection<Detection> detections, CancellationToken cancellationToken)
    {
        var originals = detections
            .Where(DetectionRow.NeedsBlob)
            .DistinctBy(detection => detection.Identity)
            .ToDictionary(detection => EventBlobName.Create(detection.Identity), detection => detection.Original);
        if (originals.Count == 0)
        {
            return detections;
        }

        var written = new ConcurrentDictionary<string, bool>();
        await Parallel.ForEachAsync(
            originals,
            StorageConcurrency.Options(cancellationToken),
            async (original, token) =>
            {
                byte[] content = Encoding.UTF8.GetBytes(original.Value);
                if (await _blobs.WriteAsync(original.Key, content, ContentType, NoMetadata, token) != BlobWrite.Refused)
                {
                    written[original.Key] = true;
                }
            });
        return
        [
            .. detections.Select(detection => DetectionRow.NeedsBlob(detection)
                && EventBlobName.Create(detection.Identity) is var name && written.ContainsKey(name)
                    ? detection with { OriginalBlob = name }
                    : detection),
        ];
    }
}
