using System.Text;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Detecting;

/// <summary>Records firings as detections, which are announced as any other; what has changed of a firing that is recorded is changed in its row.</summary>
/// <param name="recorder">Records detections.</param>
/// <param name="table">The detections.</param>
/// <param name="metrics">What is measured.</param>
internal sealed class FiringRecorder(DetectionRecorder recorder, DetectionTable table, DetectionMetrics metrics) : IFiringRecorder
{
    /// <inheritdoc/>
    public async Task RecordAsync(CorrelationTree tree, IReadOnlyList<StoredFiring> firings, ICompletingEvents events, CancellationToken cancellationToken)
    {
        var first = new List<Detection>();
        var standsFor = new Dictionary<DetectionId, DetectionId>();
        var revised = new List<Detection>();
        foreach (StoredFiring firing in firings)
        {
            Detection detection = DetectionOf(tree.Root, firing, events);
            if (firing.Report!.Recorded == 0)
            {
                first.Add(detection);
                if (firing.Report.OutcomeBy is { } by)
                {
                    standsFor[detection.Id] = by;
                }
            }

            // It may be recorded by somebody who did not come to say so, before it changed.
            if (firing.Revision > 1)
            {
                revised.Add(detection);
            }
        }

        IReadOnlyCollection<AlertOutcome> outcomes = await recorder.RecordAsync(first, cancellationToken);
        metrics.AddMatches(first);
        await table.MarkAsync(
            [
                .. outcomes.Where(outcome => outcome.HeldBack == HoldReason.Moved && standsFor.ContainsKey(outcome.Id))
                    .Select(outcome => new AlertOutcome(outcome.Id, HoldReason.Moved, standsFor[outcome.Id])),
            ],
            cancellationToken);
        await table.ReviseAsync(revised, cancellationToken);
    }

    private static Detection DetectionOf(CompiledCorrelation root, StoredFiring firing, ICompletingEvents events)
    {
        FiringReport report = firing.Report!;
        DecodedEvent? completing = report.Recorded == 0 ? events.Find(report.Completing) : null;
        return new Detection
        {
            SchemaVersion = Detection.CorrelationSchemaVersion,
            Identity = report.Completing,
            RuleId = root.Correlation.Id,
            RuleTitle = root.Correlation.Title,
            RuleAuthor = root.Correlation.Author,
            Level = root.Level,
            Tags = root.Correlation.Tags,
            EventTime = report.Detected.Last,
            Host = report.Host,
            User = report.User,
            TenantId = completing?.TenantId,
            Facts = completing is null ? null : FactReader.Of(completing),
            Original = completing is null ? "" : Encoding.UTF8.GetString(completing.Original.Span),
            Correlation = report.Detected with { Revision = firing.Revision, IsSuperseded = firing.IsSuperseded },
            HeldBack = report.Outcome switch
            {
                FiringOutcome.Moved => HoldReason.Moved,
                FiringOutcome.Warming => HoldReason.Warming,
                _ => null,
            },
        };
    }
}
