using System.Collections.Frozen;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Outputs;

/// <summary>The deliveries of all outputs.</summary>
public sealed class OutputDeliveries : IDisposable
{
    private readonly FrozenDictionary<string, OutputDelivery> _deliveries;

    internal OutputDeliveries(IEnumerable<KeyValuePair<string, OutputDelivery>> deliveries) => _deliveries = deliveries.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Deals with one message of an output.</summary>
    /// <param name="output">Name of the output.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the work; the message is to be tried again.</param>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused; the message is to be tried again.</exception>
    public Task DeliverAsync(string output, OutputMessage message, CancellationToken cancellationToken) => _deliveries[output].DeliverAsync(message, cancellationToken);

    /// <summary>Ends what reaches the receivers.</summary>
    public void Dispose()
    {
        foreach (OutputDelivery delivery in _deliveries.Values)
        {
            delivery.Dispose();
        }
    }
}
