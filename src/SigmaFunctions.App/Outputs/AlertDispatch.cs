using System.Collections.Immutable;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Outputs;

/// <summary>Puts alerts on the queue of alerts and on that of each output that takes them.</summary>
/// <param name="queue">The queue of alerts.</param>
/// <param name="channels">The outputs.</param>
/// <param name="rules">The rules that run.</param>
/// <param name="timeProvider">Clock.</param>
public sealed class AlertDispatch(AlertQueue queue, ImmutableArray<OutputChannel> channels, RuleDirectory rules, TimeProvider timeProvider)
{
    /// <summary>Sends alerts, a bounded number at a time and in no particular order.</summary>
    /// <exception cref="Azure.RequestFailedException">A queue could not be reached or refused; some of the alerts may be on some of them.</exception>
    public async Task SendAsync(IReadOnlyCollection<Alert> alerts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(alerts);
        await queue.SendAsync(alerts, cancellationToken);
        if (channels.IsEmpty)
        {
            return;
        }

        DateTimeOffset now = timeProvider.GetUtcNow();
        await Parallel.ForEachAsync(
            alerts.SelectMany(alert => channels.Where(channel => channel.Takes(alert, rules)).Select(channel => (channel.Queue, Message: new OutputMessage(alert, now)))),
            StorageConcurrency.Options(cancellationToken),
            async (one, token) => await one.Queue.SendAsync(one.Message, TimeSpan.Zero, token));
    }
}
