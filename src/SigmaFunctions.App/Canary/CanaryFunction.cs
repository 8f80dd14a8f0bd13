using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Options;

namespace SigmaFunctions.App.Canary;

/// <summary>
/// The function that sends, every five minutes, an event to each of the app's own hubs, where <c>Canary__Enabled</c> is set. Its detection comes out as any other
/// does, is measured (<c>sigmafunctions.canary</c>) and never alerts; that it does not come out is what an operator wants to know.
/// </summary>
/// <param name="options">Whether canaries are sent.</param>
/// <param name="hubs">Which hubs are read.</param>
/// <param name="connection">How they are reached.</param>
/// <param name="key">Proves that the events are the app's.</param>
/// <param name="timeProvider">Clock of the event.</param>
public sealed class CanaryFunction(
    IOptions<CanaryOptions> options, IOptions<EventHubOptions> hubs, HubConnectionOptions connection, CanaryKey key, TimeProvider timeProvider)
{
    /// <summary>Name of the function.</summary>
    public const string Name = "Canary";

    /// <summary>Sends an event to each hub. One that refuses does not keep the others from theirs.</summary>
    /// <exception cref="EventHubsException">A hub could not be reached or refused; of several the first.</exception>
    /// <exception cref="Azure.RequestFailedException">The table of instances, which has the key, could not be reached or refused.</exception>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("30 */5 * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return options.Value.Enabled
            ? Task.WhenAll(hubs.Value.Names.Select(hub => SendAsync(hub, cancellationToken)))
            : Task.CompletedTask;
    }

    private async Task SendAsync(string hub, CancellationToken cancellationToken)
    {
        byte[] secret = await key.GetAsync(cancellationToken);
        await using EventHubProducerClient producer = connection.CreateProducer(hub);
        await producer.SendAsync([new EventData(CanaryEvent.Create(hub, timeProvider.GetUtcNow(), secret))], cancellationToken);
    }
}
