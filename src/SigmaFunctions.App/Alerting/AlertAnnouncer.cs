using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.Storage;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// Decides which recorded detections alert, sends those alerts, and notes in the rows what became of each. The same detections again
/// give the same alerts: a window knows the detection that opened it.
/// </summary>
/// <param name="policy">What the settings say.</param>
/// <param name="windows">Which alerts stand for others.</param>
/// <param name="rates">How much each rule has alerted of late.</param>
/// <param name="queue">Where alerts go.</param>
/// <param name="table">Where detections are recorded.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="logger">Log.</param>
public sealed class AlertAnnouncer(
    AlertPolicy policy,
    AlertWindows windows,
    AlertRates rates,
    AlertQueue queue,
    DetectionTable table,
    DetectionMetrics metrics,
    ILogger<AlertAnnouncer> logger)
{
    private const int MaximumConcurrency = 8;

    /// <summary>Announces detections that are recorded and whose alerts are owed.</summary>
    /// <param name="detections">The detections, each once, in the order in which they should alert.</param>
    /// <param name="cancellationToken">Ends the work; what was sent by then stays.</param>
    /// <returns>What became of each, in no particular order.</returns>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused; some alerts may be on the queue.</exception>
    public async Task<IReadOnlyCollection<AlertOutcome>> AnnounceAsync(IReadOnlyList<Detection> detections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (detections.Count == 0)
            return [];
        using Activity? activity = Traces.Start("announce");
        activity?.SetTag("sigmafunctions.detections", detections.Count);
        try
        {
            AlertOutcome[] outcomes = await AnnounceOwedAsync(detections, cancellationToken);
            activity?.SetTag("sigmafunctions.alerts", outcomes.Count(outcome => outcome.HeldBack is null));
            return outcomes;
        }
        catch (Exception exception)
        {
            activity.Fail(exception);
            throw;
        }
    }

    private async Task<AlertOutcome[]> AnnounceOwedAsync(IReadOnlyList<Detection> detections, CancellationToken cancellationToken)
    {
        var held = new ConcurrentBag<AlertOutcome>();
        IReadOnlyList<Owed> owed = HoldByLevel(detections, held);
        owed = await HoldRepeatedAsync(owed, held, cancellationToken);
        (owed, IReadOnlyList<Mute> mutes) = await HoldByRateAsync(owed, held, cancellationToken);

        await queue.SendAsync([.. owed.Select(one => one.ToAlert(table.Name, policy.PageOf(one.Detection.RuleId)))], cancellationToken);
        AlertOutcome[] outcomes = [.. owed.Select(one => new AlertOutcome(one.Detection.Id)), .. held];
        await table.MarkAsync(outcomes, cancellationToken);
        foreach (IGrouping<string, Owed> rule in owed.GroupBy(one => one.Detection.RuleId))
            rates.Add(rule.Key, rule.Count(), policy.RateWindow);
        foreach (Mute mute in mutes)
            rates.Mute(mute.RuleId, mute.Until);
        metrics.AddAlerts(outcomes);
        return outcomes;
    }

    // A rule's level, or the settings, may have changed since the detection was recorded.
    private List<Owed> HoldByLevel(IReadOnlyList<Detection> detections, ConcurrentBag<AlertOutcome> held)
    {
        var left = new List<Owed>(detections.Count);
        foreach (Detection detection in detections)
        {
            if (policy.NeverAlerts(detection))
                held.Add(new AlertOutcome(detection.Id, HoldReason.Level));
            else
                left.Add(new Owed(detection));
        }
        return left;
    }

    private async Task<IReadOnlyList<Owed>> HoldRepeatedAsync(
        IReadOnlyList<Owed> owed, ConcurrentBag<AlertOutcome> held, CancellationToken cancellationToken)
    {
        var windowed = new ConcurrentDictionary<DetectionId, AlertWindow>();
        await Parallel.ForEachAsync(
            owed.Where(one => policy.SuppressFor(one.Detection.RuleId) > TimeSpan.Zero).GroupBy(one => policy.EntityKey(one.Detection)),
            new ParallelOptions { MaxDegreeOfParallelism = MaximumConcurrency, CancellationToken = cancellationToken },
            async (entity, token) =>
            {
                DetectionId[] ids = [.. entity.Select(one => one.Detection.Id)];
                AlertWindow window = await windows.EnterAsync(entity.Key, ids, policy.SuppressFor(entity.First().Detection.RuleId), token);
                foreach (DetectionId id in ids)
                    windowed[id] = window;
            });

        var left = new List<Owed>(owed.Count);
        foreach (Owed one in owed)
        {
            DetectionId id = one.Detection.Id;
            if (!windowed.TryGetValue(id, out AlertWindow? window))
                left.Add(one);
            else if (id == window.AlertId)
                left.Add(one with { HeldBack = window.HeldBackBefore });
            else
                held.Add(new AlertOutcome(id, HoldReason.Repetition, window.AlertId));
        }
        return left;
    }

    private async Task<(IReadOnlyList<Owed> Left, IReadOnlyList<Mute> Mutes)> HoldByRateAsync(
        IReadOnlyList<Owed> owed, ConcurrentBag<AlertOutcome> held, CancellationToken cancellationToken)
    {
        if (policy.MaximumPerRule is not { } maximum)
            return (owed, []);
        var left = new List<Owed>(owed.Count);
        var mutes = new List<Mute>();
        foreach (IGrouping<string, Owed> rule in owed.GroupBy(one => one.Detection.RuleId))
        {
            string key = AlertPolicy.RuleKey(rule.Key);
            int heldBack = rates.TryUnmute(rule.Key) && await windows.FindAsync(key, cancellationToken) is { } past ? past.HeldBack : 0;
            int room = rates.Room(rule.Key, maximum, policy.RateWindow);
            left.AddRange(rule.Take(room).Select((one, index) => index == 0 ? one with { HeldBack = one.HeldBack + heldBack } : one));
            Owed[] rest = [.. rule.Skip(room)];
            if (rest is [])
                continue;

            AlertWindow window = await windows.EnterAsync(key, [.. rest.Select(one => one.Detection.Id)], policy.RateWindow, cancellationToken);
            mutes.Add(new Mute(rule.Key, window.Until));
            foreach (Owed one in rest)
            {
                DetectionId id = one.Detection.Id;
                if (id != window.AlertId)
                {
                    held.Add(new AlertOutcome(id, HoldReason.Rate, window.AlertId));
                    continue;
                }
                left.Add(one with { HeldBack = one.HeldBack + window.HeldBackBefore, MutedUntil = window.Until });
                logger.RuleMuted(rule.Key, window.Until, maximum, policy.RateWindow);
            }
        }
        return (left, mutes);
    }

    private readonly record struct Owed(Detection Detection, int HeldBack = 0, DateTimeOffset? MutedUntil = null)
    {
        public Alert ToAlert(string table, string? page) => Alert.From(Detection, table, page) with
        {
            Kind = MutedUntil is null ? AlertKind.Detection : AlertKind.RuleMuted,
            HeldBack = HeldBack,
            MutedUntil = MutedUntil,
        };
    }

    private readonly record struct Mute(string RuleId, DateTimeOffset Until);
}
