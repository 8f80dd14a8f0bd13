using System.Globalization;
using Azure;
using Azure.Messaging.EventHubs;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>
/// Checkpoints where and as the Functions host's Event Hubs extension keeps them: in the container <c>azure-webjobs-eventhub</c> of its storage, a blob without
/// content for each partition, whose metadata says how far it is. Who owns a partition is not kept: here nobody shares them.
/// </summary>
internal sealed class CheckpointBlobs
{
    /// <summary>Name of the container.</summary>
    public const string ContainerName = "azure-webjobs-eventhub";

    private const string SequenceNumber = "sequencenumber";

    private readonly BlobContainerClient _container;

    /// <param name="connectionString">Connection string of the storage account.</param>
    public CheckpointBlobs(string connectionString) => _container = new BlobContainerClient(connectionString, ContainerName);

    /// <summary>Makes the container where there is none.</summary>
    /// <exception cref="RequestFailedException">The account cannot be reached.</exception>
    public Task CreateContainerIfNotExistsAsync(CancellationToken cancellationToken) => _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    /// <summary>Sequence number of the last event that was processed; null where there is no checkpoint.</summary>
    /// <exception cref="RequestFailedException">The account cannot be reached.</exception>
    public async Task<long?> ReadAsync(BatchSource source, CancellationToken cancellationToken)
    {
        try
        {
            BlobProperties properties = await Blob(source).GetPropertiesAsync(cancellationToken: cancellationToken);
            return long.TryParse(properties.Metadata.TryGetValue(SequenceNumber, out string? text) ? text : null, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                ? number
                : null;
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            return null;
        }
    }

    /// <summary>Notes that an event, and all before it, were processed.</summary>
    /// <exception cref="RequestFailedException">The account cannot be reached.</exception>
    public async Task WriteAsync(BatchSource source, EventData last, CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string>
        {
            ["offset"] = last.OffsetString,
            [SequenceNumber] = last.SequenceNumber.ToString(CultureInfo.InvariantCulture),
            ["clientidentifier"] = "local",
        };
        BlobClient blob = Blob(source);
        try
        {
            await blob.SetMetadataAsync(metadata, cancellationToken: cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.ErrorCode == BlobErrorCode.BlobNotFound)
        {
            await blob.UploadAsync(BinaryData.Empty, new BlobUploadOptions { Metadata = metadata }, cancellationToken);
        }
    }

    private BlobClient Blob(BatchSource source) => _container.GetBlobClient(
        $"{source.FullyQualifiedNamespace}/{source.EventHubName}/{source.ConsumerGroup}/checkpoint/".ToLowerInvariant() + source.PartitionId);
}
