using SigmaFunctions.Storage.Instances;

namespace SigmaFunctions.App.Canary;

/// <summary>The key that proves the app's canaries, asked for once by each process.</summary>
/// <param name="table">Where it is kept.</param>
public sealed class CanaryKey(CanaryTable table)
{
    private volatile byte[]? _key;

    /// <summary>The key: <see cref="CanaryTable.KeySize"/> bytes.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">What is kept is no key.</exception>
    public async ValueTask<byte[]> GetAsync(CancellationToken cancellationToken) => _key ??= await table.GetKeyAsync(cancellationToken);
}
