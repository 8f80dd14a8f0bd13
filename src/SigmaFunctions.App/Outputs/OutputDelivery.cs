using System.Collections.Immutable;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Outputs.Privacy;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Outputs;

/// <summary>
/// Delivers the messages on one output's queue. What fails is put on the queue again, to be seen after a while that grows, so that a receiver that is away costs
/// little and is tried for a week.
/// </summary>
/// <param name="channel">The output and its queue.</param>
/// <param name="holding">Decides which alerts are told by themselves.</param>
/// <param name="sender">Reaches the receiver.</param>
/// <param name="rules">The rules that run.</param>
/// <param name="table">Where detections are.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="logger">Log.</param>
internal sealed class OutputDelivery(
    OutputChannel channel,
    OutputHolding holding,
    IOutputSender sender,
    RuleDirectory rules,
    DetectionTable table,
    OutputMetrics metrics,
    TimeProvider timeProvider,
    ILogger<OutputDelivery> logger) : IDisposable
{
    /// <summary>For how long an alert is tried.</summary>
    public static readonly TimeSpan TriedFor = TimeSpan.FromDays(7);

    private const int MaxHosts = 10;
    private const double Jitter = 0.2;
    private const int JitterSteps = 1_000;
    private static readonly TimeSpan ShortestPause = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15);

    private readonly OutputGate _gate = new(timeProvider);

    private OutputOptions Options => channel.Options;

    /// <summary>Deals with one message: delivers it, holds it back, or puts it on the queue again.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused; the message is to be tried again.</exception>
    public async Task DeliverAsync(OutputMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (timeProvider.GetUtcNow() - message.Since >= TriedFor)
        {
            await PutAsideAsync(message, "no try succeeded for seven days", cancellationToken);
        }
        else if (_gate.ClosedFor is var left && left > TimeSpan.Zero)
        {
            await PostponeAsync(message, left, cancellationToken);
        }
        else if (await ReadAsync(message, cancellationToken) is { } notification)
        {
            await SettleAsync(message, await sender.SendAsync(AlertPrivacy.Apply(notification, Options), cancellationToken), cancellationToken);
        }
    }

    /// <summary>Ends what reaches the receiver.</summary>
    public void Dispose() => sender.Dispose();

    // Null where nothing is to be told of it.
    private async Task<Notification?> ReadAsync(OutputMessage message, CancellationToken cancellationToken)
    {
        if (message.Burst is { } burst)
        {
            (OutputBurst counted, ImmutableArray<string> alertIds) = await CountAsync(burst, message.Alert, cancellationToken);
            return counted.Alerts == 0
                ? null
                : new Notification($"{burst.Id}-more", message.Alert)
                {
                    Burst = new Burst(counted.Alerts, counted.HostCount, await HostsOfAsync(alertIds, cancellationToken), burst.From, burst.Until),
                };
        }

        Alert alert = message.Alert;
        Holding held = await holding.DecideAsync(alert, cancellationToken);
        if (held.Kind != HoldingKind.None)
        {
            metrics.Add(Options.Name, held.Kind == HoldingKind.Suppressed ? "suppressed" : "grouped");
            return null;
        }

        return new Notification(alert.Id, alert with { HeldBack = alert.HeldBack + held.SuppressedBefore })
        {
            Matched = alert.Fields.IsDefaultOrEmpty ? [] : rules.Current.FindMatched(alert.Rule.Id, alert.Fields.Select(field => (field.Field, field.Value))),
        };
    }

    private async Task SettleAsync(OutputMessage message, DeliveryResult result, CancellationToken cancellationToken)
    {
        if (result.Status == DeliveryStatus.Retry)
        {
            // A receiver that asks to wait is no receiver that fails.
            if (result.RetryAfter is { } after)
            {
                await PutBackAsync(message, after > ShortestPause ? after : ShortestPause, cancellationToken);
                return;
            }

            if (_gate.Failed())
            {
                logger.OutputFails(Options.Name, result.Reason!);
            }

            await PostponeAsync(message, TimeSpan.Zero, cancellationToken);
            return;
        }

        if (_gate.Succeeded() is { } failed)
        {
            logger.OutputRecovered(Options.Name, failed);
        }

        if (result.Status == DeliveryStatus.Rejected)
        {
            await PutAsideAsync(message, result.Reason!, cancellationToken);
        }
        else
        {
            metrics.AddDelivered(Options.Name, timeProvider.GetUtcNow() - (message.Burst?.Until ?? message.Since));
        }
    }

    private async Task PostponeAsync(OutputMessage message, TimeSpan least, CancellationToken cancellationToken)
    {
        TimeSpan pause = ShortestPause * Math.Pow(2, Math.Min(message.Attempts, 10));
        pause = pause < LongestPause ? pause : LongestPause;
        await PutBackAsync(message with { Attempts = message.Attempts + 1 }, least > pause ? least : pause, cancellationToken);
    }

    private async Task PutBackAsync(OutputMessage message, TimeSpan pause, CancellationToken cancellationToken)
    {
        await channel.Queue.SendAsync(message, pause * (1 + (Jitter * RandomNumberGenerator.GetInt32(JitterSteps) / JitterSteps)), cancellationToken);
        metrics.Add(Options.Name, "postponed");
    }

    private async Task PutAsideAsync(OutputMessage message, string reason, CancellationToken cancellationToken)
    {
        if (message.Burst is { } burst)
        {
            // What is counted is removed a week after its end, and this may be replayed later.
            message = message with { Burst = (await CountAsync(burst, message.Alert, cancellationToken)).Counted };
        }
        else
        {
            await holding.ReleaseAsync(message.Alert, cancellationToken);
        }

        await channel.Queue.PutAsideAsync(message, cancellationToken);
        metrics.Add(Options.Name, "put_aside");
        logger.OutputGaveUp(Options.Name, message.Alert.Id, reason);
    }

    // Ends the burst. Of one that was put aside, and counted then, the rows may be gone.
    private async Task<(OutputBurst Counted, ImmutableArray<string> AlertIds)> CountAsync(OutputBurst burst, Alert alert, CancellationToken cancellationToken)
    {
        BurstCount count = await holding.EndAsync(burst, alert.Rule.Id, MaxHosts, cancellationToken);
        return (burst with { Alerts = Math.Max(burst.Alerts, count.Alerts), HostCount = Math.Max(burst.HostCount, count.HostCount) }, count.AlertIds);
    }

    private async Task<ImmutableArray<string>> HostsOfAsync(ImmutableArray<string> alertIds, CancellationToken cancellationToken)
    {
        ImmutableArray<string>.Builder hosts = ImmutableArray.CreateBuilder<string>();
        foreach (string alertId in alertIds)
        {
            if (DetectionId.TryParse(alertId, out DetectionId id) && await FindAsync(id, cancellationToken) is { Host: { } host })
            {
                hosts.Add(host);
            }
        }

        return hosts.ToImmutable();
    }

    private async Task<Detection?> FindAsync(DetectionId id, CancellationToken cancellationToken)
    {
        try
        {
            return await table.FindAsync(id, cancellationToken);
        }
        catch (FormatException)
        {
            // A row that cannot be read names no host; the sweep reports it.
            return null;
        }
    }
}
