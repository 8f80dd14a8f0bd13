using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Starting;

namespace SigmaFunctions.App.Options;

/// <summary>
/// The connection to the storage account of detections: <c>DetectionStorage</c> is a connection string, or
/// <c>DetectionStorage__tableServiceUri</c>, <c>__queueServiceUri</c> and <c>__blobServiceUri</c> are reached as an identity.
/// </summary>
public sealed class DetectionStorageOptions
{
    /// <summary>Name of the setting, and prefix of those of an identity.</summary>
    public const string Section = "DetectionStorage";

    // The service itself ends an operation after 30 seconds: an answer that has not come by then is lost. The SDK would wait 100
    // seconds, and four times so, before the batch is tried again.
    private static readonly TimeSpan NetworkTimeout = TimeSpan.FromSeconds(30);

    // As for tables; queues and blobs would be tried six times, over 25 seconds, in which the batch holds its partition silently.
    private const int MaxRetries = 3;

    // Told of what is asked, as long as the app starts.
    private StartWatch? _watch;

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
    internal void Read(IConfiguration configuration, StartWatch watch)
    {
        IConfigurationSection section = configuration.GetSection(Section);
        section.Bind(this);
        ConnectionString = section.Value;
        _watch = watch;
    }

    /// <summary>A client of a table in this account.</summary>
    internal TableClient CreateTableClient(string table)
    {
        TableClientOptions options = Patient(new TableClientOptions(), "table");
        return string.IsNullOrEmpty(ConnectionString)
            ? new TableClient(TableServiceUri, table, CreateCredential(), options)
            : new TableClient(ConnectionString, table, options);
    }

    /// <summary>A client of a queue in this account.</summary>
    internal QueueClient CreateQueueClient(string queue, QueueMessageEncoding encoding)
    {
        QueueClientOptions options = Patient(new QueueClientOptions { MessageEncoding = encoding }, "queue");
        return string.IsNullOrEmpty(ConnectionString)
            ? new QueueServiceClient(QueueServiceUri, CreateCredential(), options).GetQueueClient(queue)
            : new QueueClient(ConnectionString, queue, options);
    }

    /// <summary>A client of a blob container in this account.</summary>
    internal BlobContainerClient CreateContainerClient(string container)
    {
        BlobClientOptions options = Patient(new BlobClientOptions(), "blob");
        return string.IsNullOrEmpty(ConnectionString)
            ? new BlobServiceClient(BlobServiceUri, CreateCredential(), options).GetBlobContainerClient(container)
            : new BlobContainerClient(ConnectionString, container, options);
    }

    private T Patient<T>(T options, string service)
        where T : ClientOptions
    {
        options.Retry.MaxRetries = MaxRetries;
        options.Retry.NetworkTimeout = NetworkTimeout;
        if (_watch is not null)
        {
            options.AddPolicy(new StartWatchPolicy(_watch, $"{service} service of {Section}"), HttpPipelinePosition.BeforeTransport);
        }

        return options;
    }

    private TokenCredential CreateCredential()
    {
        TokenCredential credential = IdentityCredential.Create(Credential, ClientId);
        return _watch is null ? credential : new StartWatchCredential(credential, _watch, Section);
    }
}

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
            else if (!IsConnectionString(options))
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

    private static bool IsConnectionString(DetectionStorageOptions options)
    {
        try
        {
            _ = options.CreateTableClient("table");
            _ = options.CreateQueueClient("queue", QueueMessageEncoding.None);
            _ = options.CreateContainerClient("container");
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
