using Azure.Data.Tables;
using Azure.Storage.Blobs;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;

namespace SigmaFunctions.LocalHost;

/// <summary>The folder in which Azurite keeps its data from one run to the next; one run at a time has it.</summary>
internal sealed class DataFolder : IDisposable
{
    private const string LockName = "localhost.lock";

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream opened)
    {
        Path = path;
        _lock = opened;
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>Opens a folder, which is made where there is none.</summary>
    /// <exception cref="LocalHostException">It cannot be used, or another run has it.</exception>
    public static DataFolder Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return new DataFolder(path, new FileStream(System.IO.Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new LocalHostException($"The folder {path} cannot be used, or another LocalHost has it: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Removes how far the event hubs of the run before were read, and what its instances said of that: the hubs of this run are others, which begin
    /// without events. A checkpoint of the run before would lie beyond their end.
    /// </summary>
    /// <param name="connectionString">Connection string of the storage account.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="Azure.RequestFailedException">The account cannot be reached.</exception>
    public static async Task ForgetHubsAsync(string connectionString, CancellationToken cancellationToken)
    {
        await new BlobContainerClient(connectionString, CheckpointBlobs.ContainerName).DeleteIfExistsAsync(cancellationToken: cancellationToken);
        await new TableServiceClient(connectionString).DeleteTableAsync(DetectionTable.DefaultName + InstanceTable.NameSuffix, cancellationToken);
    }

    /// <summary>Gives it back.</summary>
    public void Dispose() => _lock.Dispose();
}
