using System.Net;
using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SigmaFunctions.Storage.Erasing;

namespace SigmaFunctions.Storage.Blobs;

/// <summary>What became of a blob that was to be written.</summary>
internal enum BlobWrite
{
    /// <summary>It is new.</summary>
    Written,

    /// <summary>It was there.</summary>
    Existing,

    /// <summary>The store takes no blob of such contents.</summary>
    Refused,
}

/// <summary>A container of blobs that are written once and never changed.</summary>
internal sealed class EventBlobs(BlobContainerClient container)
{
    // All of these say that there is a blob of this name.
    private static readonly HashSet<string> ExistingCodes =
    [
        BlobErrorCode.BlobAlreadyExists.ToString(),
        BlobErrorCode.BlobArchived.ToString(),
        BlobErrorCode.BlobBeingRehydrated.ToString(),
        BlobErrorCode.BlobImmutableDueToPolicy.ToString(),
        BlobErrorCode.ConditionNotMet.ToString(),
        BlobErrorCode.LeaseIdMissing.ToString(),
        BlobErrorCode.UnauthorizedBlobOverwrite.ToString(),
    ];

    /// <summary>The container.</summary>
    public BlobContainerClient Container { get; } = container;

    /// <summary>
    /// Writes a blob unless there is one of that name. Metadata that the store does not take are left out: names hold nothing but
    /// digits and letters and contents are any bytes, so what is refused after that is refused for its size, or says that the
    /// store is not what it should be, which is thrown.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused for a reason that lies not in the blob.</exception>
    public async Task<BlobWrite> WriteAsync(
        string name, ReadOnlyMemory<byte> content, string contentType, IDictionary<string, string> metadata, CancellationToken cancellationToken)
    {
        BlobClient blob = Container.GetBlobClient(name);
        var options = new BlobUploadOptions
        {
            // Contents come from anywhere: a browser must save them, not show them.
            HttpHeaders = new BlobHttpHeaders { ContentType = contentType, ContentDisposition = "attachment" },
            Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All },
            Metadata = metadata,
        };
        if (metadata.Count > 0)
        {
            try
            {
                return await UploadAsync(blob, content, options, cancellationToken);
            }
            catch (RequestFailedException exception) when (IsOfRequest(exception))
            {
                options.Metadata = null;
            }
        }
        try
        {
            return await UploadAsync(blob, content, options, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.Status == (int)HttpStatusCode.RequestEntityTooLarge)
        {
            return BlobWrite.Refused;
        }
    }

    /// <summary>
    /// Names of the blobs of messages enqueued from one time (inclusive) to another (exclusive), in order of time. Other blobs are passed over.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async IAsyncEnumerable<(string Name, DateTimeOffset EnqueuedTime)> ListAsync(
        DateTimeOffset from, DateTimeOffset to, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (string prefix in EventBlobName.Prefixes(from, to))
        {
            await foreach (BlobItem blob in Container.GetBlobsAsync(BlobTraits.None, BlobStates.None, prefix, cancellationToken))
            {
                if (EventBlobName.TryParse(blob.Name, out DateTimeOffset enqueued) && enqueued >= from && enqueued < to)
                {
                    yield return (blob.Name, enqueued);
                }
            }
        }
    }

    /// <summary>Whether a blob names a subject, reading it bit by bit; null if there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<ErasureFinding?> LookAsync(string name, DataSubject subject, CancellationToken cancellationToken)
    {
        try
        {
            using BlobDownloadStreamingResult blob = await Container.GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken);
            return await TextSearch.FindAsync(subject.Words, blob.Content, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode is { } code && (code == BlobErrorCode.BlobNotFound.ToString() || code == BlobErrorCode.ContainerNotFound.ToString()))
        {
            return null;
        }
    }

    /// <summary>Deletes a blob, if there is one.</summary>
    /// <returns>Whether there was.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        await Container.DeleteBlobIfExistsAsync(name, cancellationToken: cancellationToken);

    /// <summary>The contents of a blob; null if there is none.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    public async Task<BinaryData?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            BlobDownloadResult blob = await Container.GetBlobClient(name).DownloadContentAsync(cancellationToken);
            return blob.Content;
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.BlobNotFound.ToString())
        {
            return null;
        }
    }

    private static async Task<BlobWrite> UploadAsync(
        BlobClient blob, ReadOnlyMemory<byte> content, BlobUploadOptions options, CancellationToken cancellationToken)
    {
        try
        {
            await blob.UploadAsync(BinaryData.FromBytes(content), options, cancellationToken);
            return BlobWrite.Written;
        }
        catch (RequestFailedException exception) when (exception.ErrorCode is { } code && ExistingCodes.Contains(code))
        {
            return BlobWrite.Existing;
        }
    }

    private static bool IsOfRequest(RequestFailedException exception) => (HttpStatusCode)exception.Status is
        HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.RequestUriTooLong
        or HttpStatusCode.RequestHeaderFieldsTooLarge;
}
