using Azure.Core;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.App.Options;

/// <summary>Clients of the storage account of detections.</summary>
internal static class DetectionStorageClients
{
    /// <summary>Makes what makes them.</summary>
    /// <param name="options">Settings that are valid.</param>
    /// <param name="watch">Is told of what is asked, as long as the app starts.</param>
    public static StorageClients Create(DetectionStorageOptions options, StartWatch watch)
    {
        return string.IsNullOrEmpty(options.ConnectionString)
            ? new StorageClients(
                new StorageServices(options.TableServiceUri, options.QueueServiceUri, options.BlobServiceUri),
                new StartWatchCredential(IdentityCredential.Create(options.Credential, options.ClientId), watch, DetectionStorageOptions.Section),
                StoragePatience.Batch,
                Watch)
            : new StorageClients(options.ConnectionString, StoragePatience.Batch, Watch);

        void Watch(ClientOptions client, string service) =>
            client.AddPolicy(new StartWatchPolicy(watch, $"{service} service of {DetectionStorageOptions.Section}"), HttpPipelinePosition.BeforeTransport);
    }
}
