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
    public static StorageClients Create(DetectionStorageOptions options, StartWatch watch) => Create(
        options.ConnectionString,
        new StorageServices(options.TableServiceUri, options.QueueServiceUri, options.BlobServiceUri),
        options,
        watch,
        DetectionStorageOptions.Section);

    /// <summary>Makes what makes those of what correlations keep: of an account of its own, where the settings say so.</summary>
    /// <param name="options">Settings that are valid.</param>
    /// <param name="detections">Those of the account of detections, whose identity is used.</param>
    /// <param name="watch">Is told of what is asked, as long as the app starts.</param>
    public static StorageClients CreateForCorrelations(CorrelationOptions options, DetectionStorageOptions detections, StartWatch watch) =>
        string.IsNullOrEmpty(options.Storage)
            ? Create(detections, watch)
            : Create(options.StorageUri is null ? options.Storage : null, new StorageServices(options.StorageUri, null, null), detections, watch, "Correlation__Storage");

    private static StorageClients Create(
        string? connectionString, StorageServices services, DetectionStorageOptions identity, StartWatch watch, string setting)
    {
        return string.IsNullOrEmpty(connectionString)
            ? new StorageClients(
                services, new StartWatchCredential(IdentityCredential.Create(identity.Credential, identity.ClientId), watch, setting), StoragePatience.Batch, Watch)
            : new StorageClients(connectionString, StoragePatience.Batch, Watch);

        void Watch(ClientOptions client, string service) =>
            client.AddPolicy(new StartWatchPolicy(watch, $"{service} service of {setting}"), HttpPipelinePosition.BeforeTransport);
    }
}
