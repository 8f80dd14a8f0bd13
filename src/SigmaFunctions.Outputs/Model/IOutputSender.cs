namespace SigmaFunctions.Outputs.Model;

/// <summary>Delivers to one receiver. Safe to be used by many at once.</summary>
public interface IOutputSender : IDisposable
{
    /// <summary>Tries once, in bounded time.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; the receiver may have it or not.</exception>
    Task<DeliveryResult> SendAsync(Notification notification, CancellationToken cancellationToken);
}
