using System.Globalization;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using SigmaFunctions.App.Options;

namespace SigmaFunctions.App.Health;

/// <summary>
/// The checkpoints of the Functions host's Event Hubs trigger: blobs without content, one a partition, whose metadata tells the sequence number of the last
/// event that is done.
/// </summary>
public sealed class HostCheckpoints
{
    /// <summary>The container, which the host makes when it first reads a hub.</summary>
    public const string ContainerName = "azure-webjobs-eventhub";

    private readonly BlobContainerClient? _container;

    /// <summary>Uses the host's storage.</summary>
    public HostCheckpoints(HostStorageOptions storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        _container = storage.CreateContainerClient(ContainerName);
    }

    /// <summary>Reads the checkpoints of a hub and consumer group.</summary>
    /// <returns>By partition: the sequence number of the last event that is done, or null where the checkpoint tells none. What is not there was never checkpointed.</returns>
    /// <exception cref="CheckpointsUnknownException">The settings name no storage.</exception>
    /// <exception cref="Azure.RequestFailedException">There is no container yet, or the storage could not be reached or refused.</exception>
    public async Task<IReadOnlyDictionary<string, long?>> ReadAsync(string fullyQualifiedNamespace, string hub, string consumerGroup, CancellationToken cancellationToken)
    {
        if (_container is null)
        {
            throw new CheckpointsUnknownException($"{HostStorageOptions.Section} names no storage account that the app can use");
        }
        // The host writes names in lower case.
        string prefix = string.Create(CultureInfo.InvariantCulture, $"{fullyQualifiedNamespace}/{hub}/{consumerGroup}/checkpoint/").ToLowerInvariant();
        var checkpoints = new Dictionary<string, long?>(StringComparer.Ordinal);
        await foreach (BlobItem blob in _container.GetBlobsAsync(new GetBlobsOptions { Traits = BlobTraits.Metadata, Prefix = prefix }, cancellationToken))
        {
            checkpoints[blob.Name[prefix.Length..]] = SequenceNumber(blob.Metadata);
        }

        return checkpoints;
    }

    // The offset is of no use here: it is a text that only the hub can read, and hosts write none, a placeholder or a number.
    private static long? SequenceNumber(IDictionary<string, string> metadata) =>
        metadata.FirstOrDefault(entry => entry.Key.Equals("sequencenumber", StringComparison.OrdinalIgnoreCase)).Value is { } text
        && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number)
        && number >= 0
            ? number
            : null;
}

/// <summary>The checkpoints cannot be read; the message says why, and holds no value of a setting.</summary>
/// <param name="message">Why.</param>
public sealed class CheckpointsUnknownException(string message) : Exception(message);
