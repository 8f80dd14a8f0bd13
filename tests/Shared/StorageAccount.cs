using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using SigmaFunctions.LocalHost.Azurite;

namespace SigmaFunctions.Tests;

/// <summary>A storage account for tests: one Azurite for an assembly, with tables, queues and containers of their own for each test.</summary>
public sealed class StorageAccount : IAsyncLifetime
{
    private AzuriteProcess? _azurite;

    public string ConnectionString => _azurite?.ConnectionString ?? throw new InvalidOperationException("Azurite is not started.");

    public async ValueTask InitializeAsync() => _azurite = await AzuriteProcess.StartAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
        }
    }

    public async Task<TableClient> CreateTableAsync(TableClientOptions? options = null)
    {
        var table = new TableClient(ConnectionString, $"T{Guid.NewGuid():N}", options);
        await table.CreateAsync(TestContext.Current.CancellationToken);
        return table;
    }

    public async Task<BlobContainerClient> CreateContainerAsync(BlobClientOptions? options = null)
    {
        var container = new BlobContainerClient(ConnectionString, $"c{Guid.NewGuid():N}", options);
        await container.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        return container;
    }

    public async Task<QueueClient> CreateQueueAsync(QueueMessageEncoding encoding = QueueMessageEncoding.Base64)
    {
        var queue = new QueueClient(
            ConnectionString, $"q{Guid.NewGuid():N}", new QueueClientOptions { MessageEncoding = encoding });
        await queue.CreateAsync(cancellationToken: TestContext.Current.CancellationToken);
        return queue;
    }
}
