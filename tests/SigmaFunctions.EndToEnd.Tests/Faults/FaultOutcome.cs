using System.Collections.Immutable;
using System.Text;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.EndToEnd.Tests.Faults;

/// <summary>What a run left in the storage account, held against what must be there.</summary>
internal sealed record FaultOutcome
{
    /// <summary>Messages that were sent.</summary>
    public int Messages { get; init; }

    /// <summary>Detections that must be there.</summary>
    public int Expected { get; init; }

    /// <summary>Detections that are not there, and alerts that are not.</summary>
    public int Lost { get; init; }

    /// <summary>Rows beyond the first of a detection.</summary>
    public int Twice { get; init; }

    /// <summary>Alerts beyond the first of a detection.</summary>
    public int RepeatedAlerts { get; init; }

    /// <summary>Requests that met a fault.</summary>
    public int Injected { get; init; }

    /// <summary>Workers killed.</summary>
    public int Kills { get; init; }

    /// <summary>How often a trigger lost its partitions.</summary>
    public int Moves { get; init; }

    /// <summary>Invocations that failed and were tried again.</summary>
    public int FailedInvocations { get; init; }

    /// <summary>Which workers began to run which rules of the container, in the order in which they did.</summary>
    public ImmutableArray<RulesInUse> RulesInUse { get; init; } = [];

    /// <summary>What became of correlations; null where there are none.</summary>
    public CorrelationOutcome? Correlations { get; init; }

    /// <summary>Everything that is not as it must be; empty if the run is good.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];

    /// <summary>Compares.</summary>
    /// <param name="expectation">What must be.</param>
    /// <param name="table">Name of the table, which alerts must point to.</param>
    /// <param name="rows">Every row of the table, but for those of correlations; and so on.</param>
    /// <param name="detections">The same as detections.</param>
    /// <param name="alerts">Every message of the queue.</param>
    /// <param name="unkept">Unreadable messages that are no dead letter, dead letters of others, and those that are there twice.</param>
    public static FaultOutcome Of(
        Expectation expectation,
        string table,
        IReadOnlyCollection<TableEntity> rows,
        IReadOnlyCollection<Detection> detections,
        IReadOnlyCollection<Alert> alerts,
        int unkept)
    {
        var problems = new List<string>();
        // By what the columns say, not by the keys that follow from it.
        ILookup<(string Partition, long SequenceNumber, int Record, string RuleId), Detection> byEvent = detections.ToLookup(item => item.Identity.ByKind(hub => (hub.Partition, hub.SequenceNumber, hub.Record, item.RuleId)));
        int twice = byEvent.Sum(group => group.Count() - 1);
        Report(twice, "rows are there twice");
        Report(rows.Count - detections.Count, "rows are not detections");
        Report(rows.Count(row => row.GetDateTimeOffset("AlertedAt") is null), "rows are not marked as announced");
        Report(detections.Count(item => !expectation.Detections.ContainsKey(item.Id)), "rows are there that must not be");
        Report(detections.Count(item => expectation.Detections.TryGetValue(item.Id, out ExpectedMatch? match) && !IsAs(match, item)), "rows do not say what happened");

        var byId = detections.DistinctBy(item => item.Id).ToDictionary(item => item.Id.Value, StringComparer.Ordinal);
        int missing = expectation.Detections.Keys.Count(id => !byId.ContainsKey(id.Value));
        Report(missing, "detections are missing");
        ILookup<string, Alert> byAlert = alerts.ToLookup(alert => alert.Id, StringComparer.Ordinal);
        int silent = expectation.Detections.Keys.Count(id => !byAlert.Contains(id.Value));
        Report(silent, "detections were never announced");
        Report(alerts.Count(alert => !byId.ContainsKey(alert.Id)), "alerts point to no row");
        Report(alerts.Count(alert => byId.TryGetValue(alert.Id, out Detection? item) && Text(alert) != Text(AsTold(alert, item, Alert.From(item, table)))), "alerts do not say what their row says");
        Report(unkept, "unreadable messages are not among the dead letters exactly once");

        return new FaultOutcome
        {
            Expected = expectation.Detections.Count,
            Lost = missing + silent,
            Twice = twice,
            RepeatedAlerts = byAlert.Sum(group => group.Count() - 1),
            Problems = [.. problems],
        };

        void Report(int count, string what)
        {
            if (count != 0)
            {
                problems.Add($"{count} {what}");
            }
        }
    }

    private static bool IsAs(ExpectedMatch match, Detection detection) =>
        detection.RuleTitle == match.Rule.Title
        && detection.Level == match.Rule.Level
        && detection.Host == match.Host
        && detection.Fields.All(field => field == new DetectedField("CommandLine", match.CommandLine))
        && detection.Original.Contains(match.CommandLine, StringComparison.Ordinal);

    // All rules name a technique: an alert without is of a version that told neither techniques nor what the event is about. Another version, which has the
    // event in hand, tells more than such a version's row.
    private static Alert AsTold(Alert alert, Detection item, Alert told) => alert.Rule.Techniques.IsDefaultOrEmpty
        ? told with { Fields = default, Process = null, Parent = null, Hashes = null, Addresses = default }
        : told with
        {
            Rule = told.Rule with { Techniques = alert.Rule.Techniques },
            Process = item.Facts is null ? alert.Process : told.Process,
            Parent = item.Facts is null ? alert.Parent : told.Parent,
            Hashes = item.Facts is null ? alert.Hashes : told.Hashes,
            Addresses = item.Facts is null ? alert.Addresses : told.Addresses,
        };

    private static string Text(Alert alert) => Encoding.UTF8.GetString(alert.ToJson());
}

/// <summary>A worker runs rules of the container.</summary>
/// <param name="Phase">Phase, from 0.</param>
/// <param name="Host">Host of the worker.</param>
/// <param name="Set">The pushed set; <c>none</c> without one.</param>
/// <param name="AreFromPack">Whether they came compiled.</param>
internal sealed record RulesInUse(int Phase, int Host, string Set, bool AreFromPack);
