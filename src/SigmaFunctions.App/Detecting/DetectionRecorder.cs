using System.Diagnostics;
using SigmaFunctions.App.Alerting;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// Records detections and announces them, each once in the table and at least once on the queue. In this order: claims cover the rows that
/// are to be written, the rows are written, the alerts are sent, the rows are marked. Stopped anywhere, the next delivery goes on from
/// there; without one, the sweep does.
/// </summary>
/// <param name="policy">Which detections alert.</param>
/// <param name="claims">Where rows may be whose alerts are owed.</param>
/// <param name="table">Where detections are recorded.</param>
/// <param name="announcer">Sends alerts.</param>
/// <param name="metrics">What is measured.</param>
public sealed class DetectionRecorder(
    AlertPolicy policy, AlertClaims claims, DetectionTable table, AlertAnnouncer announcer, DetectionMetrics metrics)
{
    /// <summary>Records and announces.</summary>
    /// <returns>What became of the alerts of detections that are new, or whose alert was never confirmed.</returns>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused; what was written by then stays.</exception>
    public async Task<IReadOnlyCollection<AlertOutcome>> RecordAsync(IReadOnlyCollection<Detection> detections, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (detections.Count == 0)
        {
            return [];
        }

        Detection[] judged =
            [.. detections.Select(detection => policy.NeverAlerts(detection) ? detection with { HeldBack = HoldReason.Level } : detection)];

        using ClaimUse use = await claims.EnterAsync(
            judged.Where(detection => detection.HeldBack is null).Select(detection => detection.Id), cancellationToken);
        RecordedDetections recorded = await WriteAsync(judged, cancellationToken);
        // A canary never alerts, which is no news.
        AlertOutcome[] held = [.. recorded.HeldBack.Where(detection => detection.RuleId != CanaryRule.Id).Select(detection => new AlertOutcome(detection.Id, detection.HeldBack))];
        metrics.AddAlerts(held);
        IReadOnlyCollection<AlertOutcome> outcomes = await announcer.AnnounceAsync(recorded.Owed, cancellationToken);
        use.Settle();
        return [.. outcomes, .. held];
    }

    private async Task<RecordedDetections> WriteAsync(Detection[] judged, CancellationToken cancellationToken)
    {
        using Activity? activity = Traces.Start("record");
        activity?.SetTag("sigmafunctions.detections", judged.Length);
        try
        {
            return await table.AddAsync(judged, cancellationToken);
        }
        catch (Exception exception)
        {
            activity.Fail(exception);
            throw;
        }
    }
}
