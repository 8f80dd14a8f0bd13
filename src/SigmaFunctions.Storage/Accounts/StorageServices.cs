namespace SigmaFunctions.Storage.Accounts;

/// <summary>Addresses of the services of a storage account; null for those that nobody asks.</summary>
/// <param name="Table">Table service.</param>
/// <param name="Queue">Queue service.</param>
/// <param name="Blob">Blob service.</param>
public sealed record StorageServices(Uri? Table, Uri? Queue, Uri? Blob)
{
    /// <summary>Those of an account in Azure's public cloud.</summary>
    /// <param name="account">Name of the account, which becomes part of hosts that are sent tokens.</param>
    /// <exception cref="UriFormatException">The name is none that a host can have.</exception>
    public static StorageServices OfAccount(string account) => new(
        new Uri($"https://{account}.table.core.windows.net"),
        new Uri($"https://{account}.queue.core.windows.net"),
        new Uri($"https://{account}.blob.core.windows.net"));
}
