using Microsoft.Extensions.Configuration;

namespace SigmaFunctions.App.Options;

/// <summary>
/// The connection to the storage account of detections: <c>DetectionStorage</c> is a connection string, or
/// <c>DetectionStorage__tableServiceUri</c>, <c>__queueServiceUri</c> and <c>__blobServiceUri</c> are reached as an identity.
/// </summary>
public sealed class DetectionStorageOptions
{
    /// <summary>Name of the setting, and prefix of those of an identity.</summary>
    public const string Section = "DetectionStorage";

    /// <summary>Connection string with a key or a shared access signature; null where an identity is used.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Address of the table service.</summary>
    public Uri? TableServiceUri { get; set; }

    /// <summary>Address of the queue service.</summary>
    public Uri? QueueServiceUri { get; set; }

    /// <summary>Address of the blob service.</summary>
    public Uri? BlobServiceUri { get; set; }

    /// <summary><c>managedidentity</c>; the default chain of Azure credentials where nothing is set.</summary>
    public string? Credential { get; set; }

    /// <summary>Client id of a user-assigned identity.</summary>
    public string? ClientId { get; set; }

    /// <summary>Reads the settings.</summary>
    internal void Read(IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        section.Bind(this);
        ConnectionString = section.Value;
    }
}
