using System.Collections.Immutable;
using System.Diagnostics;
using Azure;
using Azure.Data.Tables.Models;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// Decides which recorded detections alert, sends those alerts, and notes in the rows what became of each. The same detections again
/// give the same alerts: a window knows the detection that opened it.
/// </summary>
/// <param name="policy">What the settings say.</param>
/// <param name="windows">Which alerts stand for others.</param>
/// <param name="rates">How much each rule has alerted of late.</param>
/// <param name="dispatch">Where alerts go.</param>
/// <param name="table">Where detections are recorded.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="timeProvider">Clock of the windows.</param>
/// <param name="logger">Log.</param>
public sealed class AlertAnnouncer(
    AlertPolicy policy,
    AlertWindows windows,
    AlertRates rates,
    AlertDispatch dispatch,
    DetectionTable table,
    DetectionMetrics metrics,
    TimeProvider timeProvider,
    ILogger<AlertAnnouncer> logger)
{
    // Each time another was faster, which has then opened the window, or counted.
    private const int MaxConflicts = 16;

    /// <summary>Announces detections that are recorded and whose alerts are owed.</summary>
    /// <param name="detections">The detections, each once, in the order in which they should alert.</param>
    /// <param name="cancellationToken">Ends the work; what was sent by then stays.</param>
    /// <returns>What became of each, in no particular order.</returns>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused; some alerts may be on the queue.</exception>
    public async Task<IReadOnlyCollection<AlertOutcome>> AnnounceAsync(IReadOnlyList<Detection> detections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (detections.Count == 0)
        {
            return [];
        }

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
        // A rule's level, or the settings, may have changed since the detection was recorded.
        ILookup<bool, Detection> byLevel = detections.ToLookup(policy.NeverAlerts);
        AlertPlan[] plans = [.. byLevel[false].GroupBy(detection => detection.RuleId).Select(rule => new AlertPlan(rule.Key, rule, policy, rates))];
        try
        {
            await DecideAsync(plans, cancellationToken);
            await dispatch.SendAsync([.. plans.SelectMany(Alerts)], cancellationToken);
            AlertOutcome[] outcomes =
            [
                .. byLevel[true].Select(detection => new AlertOutcome(detection.Id, HoldReason.Level)),
                .. plans.SelectMany(plan => plan.Items).Select(item => new AlertOutcome(item.Id, item.HeldBack, item.HeldBackBy)),
            ];
            await table.MarkAsync(outcomes, cancellationToken);
            foreach (AlertPlan plan in plans)
            {
                plan.Keep();
            }

            metrics.AddAlerts(outcomes);
            return outcomes;
        }
        finally
        {
            foreach (AlertPlan plan in plans)
            {
                plan.Release();
            }
        }
    }

    private async Task DecideAsync(AlertPlan[] plans, CancellationToken cancellationToken)
    {
        var looks = new List<Func<CancellationToken, Task>>();
        foreach (AlertPlanWindow window in plans.SelectMany(plan => plan.Windows))
        {
            looks.Add(token => LookAsync(window, token));
        }

        await RunAsync(looks, cancellationToken);
        List<AlertPlan> open = [.. plans];
        while (open.Count > 0)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            foreach (AlertPlan plan in open)
            {
                plan.Decide(now);
            }

            var steps = new List<Func<CancellationToken, Task>>();
            open.RemoveAll(plan =>
            {
                int before = steps.Count;
                steps.AddRange(Steps(plan, now));
                return steps.Count == before;
            });
            await RunAsync(steps, cancellationToken);
        }
    }

    private IEnumerable<Func<CancellationToken, Task>> Steps(AlertPlan plan, DateTimeOffset now)
    {
        if (plan.NeedsMutes)
        {
            return [token => LookAtMutesAsync(plan, token)];
        }

        IEnumerable<Func<CancellationToken, Task>> windowSteps = plan.Windows
            .Where(window => window.MustOpen || window.MustCount)
            .Select(window => (Func<CancellationToken, Task>)(token => WriteAsync(window, window.Next(now + plan.SuppressFor), token)));
        return plan.NextMutes is { } next ? windowSteps.Append(token => WriteAsync(plan, next, token)) : windowSteps;
    }

    private static Task RunAsync(List<Func<CancellationToken, Task>> steps, CancellationToken cancellationToken) => Parallel.ForEachAsync(
        steps,
        StorageConcurrency.Options(cancellationToken),
        async (step, token) => await step(token));

    private async Task LookAsync(AlertPlanWindow window, CancellationToken cancellationToken) =>
        window.Seen = await windows.LookAsync(window.Key, cancellationToken);

    private async Task LookAtMutesAsync(AlertPlan plan, CancellationToken cancellationToken) =>
        plan.Mutes = await windows.LookAtMutesAsync(plan.RuleId, cancellationToken);

    private async Task WriteAsync(AlertPlanWindow window, AlertWindow next, CancellationToken cancellationToken)
    {
        bool opens = window.MustOpen;
        if (opens && window.Seen!.Window is { } former)
        {
            await SettleAsync(former.AlertId, null, cancellationToken);
        }

        if (await windows.TryWriteAsync(window.Seen!, next, cancellationToken) is { } written)
        {
            if (opens)
            {
                window.Opened(written);
            }
            else
            {
                window.Counted(written);
            }

            return;
        }

        // The count is for people: where a crowd counts at once, it may miss some.
        if (++window.Conflicts <= MaxConflicts)
        {
            await LookAsync(window, cancellationToken);
        }
        else if (opens)
        {
            throw Conflict();
        }
        else
        {
            window.Counted();
        }
    }

    private async Task WriteAsync(AlertPlan plan, RuleMutes next, CancellationToken cancellationToken)
    {
        foreach (Mute ended in plan.EndedMutes)
        {
            await SettleAsync(ended.AlertId, ended, cancellationToken);
        }

        Mute[] announced = [.. plan.NewMutes];
        if (await windows.TryWriteAsync(plan.Mutes!, next, cancellationToken) is { } written)
        {
            plan.Mutes = written;
            foreach (Mute mute in announced)
            {
                (string where, int? maximum) = mute.Scope == MuteScope.Host ? ("on one host", policy.Limits.PerHost) : ("everywhere", policy.Limits.PerRule);
                logger.RuleMuted(plan.RuleId, where, mute.Until, maximum, policy.Limits.Window);
            }
            return;
        }
        if (++plan.MuteConflicts > MaxConflicts)
        {
            throw Conflict();
        }

        await LookAtMutesAsync(plan, cancellationToken);
    }

    // Detections may be held back by an alert that is still owed, which is known by its window or mute. Before another takes that over, the
    // alert is sent, if it was not; then its own batch or the sweep may hold it back, or find it done.
    private async Task SettleAsync(DetectionId id, Mute? mute, CancellationToken cancellationToken)
    {
        Detection? detection;
        try
        {
            detection = await table.FindAsync(id, cancellationToken);
        }
        catch (FormatException)
        {
            // Nobody can send the alert of a row that cannot be read. The sweep reports it.
            return;
        }
        if (detection is not { AlertedAt: null, HeldBack: null })
        {
            return;
        }

        mute ??= (await windows.LookAtMutesAsync(detection.RuleId, cancellationToken)).Mutes.All.FirstOrDefault(one => one.AlertId == id);
        AlertOutcome[] outcomes = [new(id)];
        await dispatch.SendAsync([ToAlert(detection, mute, 0)], cancellationToken);
        await table.MarkAsync(outcomes, cancellationToken);
        metrics.AddAlerts(outcomes);
    }

    private IEnumerable<Alert> Alerts(AlertPlan plan) =>
        plan.Items.Where(item => item.HeldBack is null).Select(item => ToAlert(item.Detection, item.Mute, plan.TakeHeldBack(item)));

    private Alert ToAlert(Detection detection, Mute? mute, int heldBack)
    {
        var alert = Alert.From(detection, table.Name, policy.PageOf(detection.RuleId));
        return alert with
        {
            Rule = alert.Rule with { Techniques = TechniquesOf(detection.Tags) },
            Kind = mute is null ? AlertKind.Detection : AlertKind.RuleMuted,
            HeldBack = heldBack,
            MutedUntil = mute?.Until,
            MutedOn = mute?.Scope,
        };
    }

    private static ImmutableArray<AlertTechnique> TechniquesOf(ImmutableArray<string> tags)
    {
        ImmutableArray<AlertTechnique> techniques = [.. AttackCatalogue.Enterprise.TechniquesOf(tags).Select(technique => new AlertTechnique(technique.Id, technique.FullName))];
        return techniques.IsEmpty ? default : techniques;
    }

    private static RequestFailedException Conflict() =>
        new(412, "Others changed the same window each time.", TableErrorCode.UpdateConditionNotSatisfied.ToString(), null);
}
