using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;

namespace SigmaFunctions.Storage.Accounts;

/// <summary>Makes clients of one storage account, which is reached with a connection string or as an identity. Nothing is asked of it yet.</summary>
public sealed class StorageClients
{
    private readonly string? _connectionString;
    private readonly StorageServices? _services;
    private readonly TokenCredential? _credential;
    private readonly StoragePatience _patience;
    private readonly Action<ClientOptions, string>? _configure;

    /// <summary>Reaches an account with a connection string.</summary>
    /// <param name="connectionString">With a key or a shared access signature; read when a client is made.</param>
    /// <param name="patience">How long is tried.</param>
    /// <param name="configure">Adds to the options of a client of a service, which is <c>table</c>, <c>queue</c> or <c>blob</c>.</param>
    public StorageClients(string connectionString, StoragePatience patience, Action<ClientOptions, string>? configure = null)
        : this(patience, configure)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        _connectionString = connectionString;
    }

    /// <summary>Reaches an account as an identity.</summary>
    /// <param name="services">Addresses of those services of which clients are made.</param>
    /// <param name="credential">The identity.</param>
    /// <param name="patience">How long is tried.</param>
    /// <param name="configure">Adds to the options of a client of a service, which is <c>table</c>, <c>queue</c> or <c>blob</c>.</param>
    public StorageClients(StorageServices services, TokenCredential credential, StoragePatience patience, Action<ClientOptions, string>? configure = null)
        : this(patience, configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(credential);
        _services = services;
        _credential = credential;
    }

    private StorageClients(StoragePatience patience, Action<ClientOptions, string>? configure)
    {
        ArgumentNullException.ThrowIfNull(patience);
        _patience = patience;
        _configure = configure;
    }

    /// <summary>A client of a table.</summary>
    /// <exception cref="FormatException">The connection string is not one.</exception>
    /// <exception cref="ArgumentException">It has no table service, or there is no address of it.</exception>
    /// <exception cref="InvalidOperationException">The connection string is not one of a storage account.</exception>
    public TableClient CreateTableClient(string table)
    {
        TableClientOptions options = Configure(new TableClientOptions(), "table");
        return _services is null
            ? new TableClient(_connectionString, table, options)
            : new TableClient(_services.Table, table, _credential, options);
    }

    /// <summary>A client of a queue.</summary>
    /// <param name="queue">Name of the queue.</param>
    /// <param name="encoding">How messages are written.</param>
    /// <exception cref="FormatException">The connection string is not one.</exception>
    /// <exception cref="ArgumentException">It has no queue service, or there is no address of it.</exception>
    public QueueClient CreateQueueClient(string queue, QueueMessageEncoding encoding)
    {
        QueueClientOptions options = Configure(new QueueClientOptions { MessageEncoding = encoding }, "queue");
        return _services is null
            ? new QueueClient(_connectionString, queue, options)
            : new QueueServiceClient(_services.Queue, _credential, options).GetQueueClient(queue);
    }

    /// <summary>A client of a blob container.</summary>
    /// <exception cref="FormatException">The connection string is not one.</exception>
    /// <exception cref="ArgumentException">It has no blob service, or there is no address of it.</exception>
    public BlobContainerClient CreateContainerClient(string container)
    {
        BlobClientOptions options = Configure(new BlobClientOptions(), "blob");
        return _services is null
            ? new BlobContainerClient(_connectionString, container, options)
            : new BlobServiceClient(_services.Blob, _credential, options).GetBlobContainerClient(container);
    }

    private T Configure<T>(T options, string service)
        where T : ClientOptions
    {
        _patience.ApplyTo(options);
        _configure?.Invoke(options, service);
        return options;
    }
}
