using Azure.Storage.Queues;
using Microsoft.Extensions.Options;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.App.Options;

/// <summary>Checks <see cref="DetectionStorageOptions"/>, without a word of what a connection string holds.</summary>
internal sealed class DetectionStorageOptionsValidator : IValidateOptions<DetectionStorageOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, DetectionStorageOptions options)
    {
        string[] failures = [.. Failures(options)];
        return failures is [] ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(DetectionStorageOptions options)
    {
        (string Setting, Uri? Address)[] addresses =
        [
            ("DetectionStorage__tableServiceUri", options.TableServiceUri),
            ("DetectionStorage__queueServiceUri", options.QueueServiceUri),
            ("DetectionStorage__blobServiceUri", options.BlobServiceUri),
        ];
        if (!string.IsNullOrEmpty(options.ConnectionString))
        {
            if (addresses.FirstOrDefault(address => address.Address is not null).Setting is { } setting)
            {
                yield return $"DetectionStorage is set, and so is {setting}: keep either the connection string or the addresses.";
            }
            else if (!IsConnectionString(options.ConnectionString))
            {
                yield return "DetectionStorage is not the connection string of a storage account with tables, queues and blobs.";
            }

            yield break;
        }
        if (Array.TrueForAll(addresses, address => address.Address is null))
        {
            yield return "The storage account of detections is not set. Set DetectionStorage to its connection string, or all of "
                + "DetectionStorage__tableServiceUri (https://ACCOUNT.table.core.windows.net), "
                + "DetectionStorage__queueServiceUri (https://ACCOUNT.queue.core.windows.net) and "
                + "DetectionStorage__blobServiceUri (https://ACCOUNT.blob.core.windows.net), with "
                + "DetectionStorage__credential=managedidentity for a managed identity and DetectionStorage__clientId if it is user-assigned.";
            yield break;
        }
        foreach ((string setting, Uri? address) in addresses)
        {
            if (address is null)
            {
                yield return $"{setting} is not set: the storage account of detections is reached by three addresses, of tables, queues and blobs.";
            }
            else if (!address.IsAbsoluteUri || address.Scheme != Uri.UriSchemeHttps)
            {
                yield return $"{setting} must be an https address: tokens are sent to it.";
            }
        }
        if (options.Credential is not (null or IdentityCredential.ManagedIdentity))
        {
            yield return "DetectionStorage__credential must be managedidentity, or not be set.";
        }
    }

    private static bool IsConnectionString(string text)
    {
        var clients = new StorageClients(text, StoragePatience.Batch);
        try
        {
            _ = clients.CreateTableClient("table");
            _ = clients.CreateQueueClient("queue", QueueMessageEncoding.None);
            _ = clients.CreateContainerClient("container");
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
