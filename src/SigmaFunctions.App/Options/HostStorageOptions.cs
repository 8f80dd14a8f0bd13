using Azure.Storage.Blobs;
using Microsoft.Extensions.Configuration;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.App.Options;

/// <summary>
/// The connection to the Functions host's own storage, which the host reads from the same settings: <c>AzureWebJobsStorage</c> is a connection
/// string, or <c>AzureWebJobsStorage__accountName</c> or <c>__blobServiceUri</c> is reached as an identity. Only checkpoints are read with it.
/// </summary>
public sealed class HostStorageOptions
{
    /// <summary>Name of the setting, and prefix of those of an identity.</summary>
    public const string Section = "AzureWebJobsStorage";

    /// <summary>Reads the settings.</summary>
    public HostStorageOptions(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        IConfigurationSection section = configuration.GetSection(Section);
        ConnectionString = section.Value;
        AccountName = section["accountName"];
        BlobServiceUri = section["blobServiceUri"];
        Credential = section["credential"];
        ClientId = section["clientId"];
    }

    private string? ConnectionString { get; }

    private string? AccountName { get; }

    private string? BlobServiceUri { get; }

    private string? Credential { get; }

    private string? ClientId { get; }

    /// <summary>A client of a blob container in this storage; nothing is asked yet. Null where the settings name no storage, or none that tokens may be sent to.</summary>
    internal BlobContainerClient? CreateContainerClient(string container)
    {
        if (!string.IsNullOrEmpty(ConnectionString))
        {
            try
            {
                return new StorageClients(ConnectionString, StoragePatience.Look).CreateContainerClient(container);
            }
            catch (FormatException)
            {
                return null;
            }
        }
        string? address = !string.IsNullOrEmpty(BlobServiceUri) ? BlobServiceUri : !string.IsNullOrEmpty(AccountName) ? $"https://{AccountName}.blob.core.windows.net" : null;
        return Uri.TryCreate(address, UriKind.Absolute, out Uri? service) && service.Scheme == Uri.UriSchemeHttps
            ? new StorageClients(new StorageServices(null, null, service), IdentityCredential.Create(Credential, ClientId), StoragePatience.Look).CreateContainerClient(container)
            : null;
    }
}
