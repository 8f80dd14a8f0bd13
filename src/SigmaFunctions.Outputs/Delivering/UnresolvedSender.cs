using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.Outputs.Delivering;

/// <summary>Stands for the sender of an output whose secret is not known: what is meant for it waits until the platform resolves the reference and starts the app again.</summary>
/// <param name="setting">Name of the setting.</param>
internal sealed class UnresolvedSender(string setting) : IOutputSender
{
    /// <inheritdoc/>
    public Task<DeliveryResult> SendAsync(Notification notification, CancellationToken cancellationToken) =>
        Task.FromResult(DeliveryResult.Retry($"{setting} is a reference to Key Vault that is not resolved"));

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
