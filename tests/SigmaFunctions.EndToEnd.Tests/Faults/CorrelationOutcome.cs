using System.Collections.Immutable;
using System.Text;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.EndToEnd.Tests.Faults;

/// <summary>What a run left of correlations, held against what must be there.</summary>
internal sealed record CorrelationOutcome
{
    /// <summary>Detections that must be there.</summary>
    public int Expected { get; init; }

    /// <summary>Those that are not there, and alerts that are not.</summary>
    public int Lost { get; init; }

    /// <summary>Rows that say what must not be, or say it once more.</summary>
    public int Wrong { get; init; }

    /// <summary>Rows that turned out to be none.</summary>
    public int Superseded { get; init; }

    /// <summary>Rows that changed and are not superseded.</summary>
    public int Revised { get; init; }

    /// <summary>Detections without an alert, since their group had one within the timespan.</summary>
    public int Moved { get; init; }

    /// <summary>Detections of which there is an alert.</summary>
    public int Announced { get; init; }

    /// <summary>Alerts beyond the first of a detection.</summary>
    public int RepeatedAlerts { get; init; }

    /// <summary>Everything that is not as it must be; empty if the run is good.</summary>
    public ImmutableArray<string> Problems { get; init; } = [];

    /// <summary>Compares.</summary>
    /// <param name="expectation">What must be.</param>
    /// <param name="table">Name of the table, which alerts must point to.</param>
    /// <param name="rows">Every row of a correlation.</param>
    /// <param name="detections">The same as detections.</param>
    /// <param name="alerts">Every message of the queue that is of one of them, or of a correlation.</param>
    /// <param name="state">Every row of what correlations keep.</param>
    public static CorrelationOutcome Of(
        CorrelationExpectation expectation,
        string table,
        IReadOnlyCollection<TableEntity> rows,
        IReadOnlyCollection<Detection> detections,
        IReadOnlyCollection<Alert> alerts,
        IReadOnlyCollection<TableEntity> state)
    {
        var problems = new List<string>();
        List<string> expected = expectation.Detect();
        List<string> found = [.. detections.Where(item => !item.Correlation!.IsSuperseded).Select(CorrelationExpectation.LineOf)];
        List<string> missing = Beyond(expected, found);
        List<string> wrong = Beyond(found, expected);
        Report(missing.Count, $"detections of correlations are missing, such as {missing.FirstOrDefault()}");
        Report(wrong.Count, $"detections of correlations are there that must not be, such as {wrong.FirstOrDefault()}");

        var byId = detections.ToDictionary(item => item.Id.Value, StringComparer.Ordinal);
        ILookup<string, Alert> byAlert = alerts.ToLookup(alert => alert.Id, StringComparer.Ordinal);
        int silent = detections.Count(item => item is { AlertedAt: not null } && !byAlert.Contains(item.Id.Value));
        Report(silent, "detections of correlations are marked as announced and were not");
        int open = detections.Count(item => item is { AlertedAt: null, HeldBack: null, Correlation.IsSuperseded: false });
        Report(open, "detections of correlations are neither announced nor held back");
        Report(detections.Count(item => item.HeldBack is not null && byAlert.Contains(item.Id.Value)), "detections of correlations are held back and were announced");
        Report(alerts.Count(alert => !byId.ContainsKey(alert.Id)), "alerts of correlations point to no row");
        Report(alerts.Count(alert => alert.Correlation is null), "alerts of correlations do not say what was detected");
        List<(string Alert, string Row)> differing =
        [
            .. alerts.Where(alert => byId.TryGetValue(alert.Id, out Detection? item) && item.Correlation!.Revision == 1)
                .Select(alert => (Text(alert), Text(Alert.From(byId[alert.Id], table)))).Where(pair => pair.Item1 != pair.Item2),
        ];
        Report(differing.Count, $"alerts of correlations do not say what their row says, such as {differing.FirstOrDefault()}");

        // Whoever is held back has another alert that stands for it.
        int unheld = rows.Count(row => row.GetString("HeldBack") == "moved" && !byAlert.Contains(row.GetString("HeldBackBy") ?? ""));
        Report(unheld, "detections of correlations are held back by what was not announced");
        Report(TwiceInTimespan(byId, byAlert, state), "groups of correlations alerted twice within the timespan");

        return new CorrelationOutcome
        {
            Expected = expected.Count,
            Lost = missing.Count + silent + open + unheld,
            Wrong = wrong.Count,
            Superseded = detections.Count(item => item.Correlation!.IsSuperseded),
            Revised = detections.Count(item => item.Correlation is { IsSuperseded: false, Revision: > 1 }),
            Moved = detections.Count(item => item.HeldBack == HoldReason.Moved),
            Announced = byAlert.Count,
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

    /// <summary>Detections whose alert came within the timespan of the one before it, both as they were when that was decided.</summary>
    private static int TwiceInTimespan(Dictionary<string, Detection> byId, ILookup<string, Alert> byAlert, IEnumerable<TableEntity> state)
    {
        var spans = CorrelationWorkload.Rules.CorrelationPlan.Trees.ToDictionary(tree => tree.Root.Correlation.Id, tree => tree.Root.Logic.Span);
        return state
            .Where(row => row.GetString("Outcome") == nameof(FiringOutcome.Alerts) && byAlert.Contains(row.GetString("DetectionId")))
            .Where(row => byId.ContainsKey(row.GetString("DetectionId")))
            .GroupBy(row => byId[row.GetString("DetectionId")] is var item ? (item.RuleId, string.Join(',', item.Correlation!.Group)) : default)
            .Sum(group =>
            {
                long[] times = [.. group.Select(row => row.GetInt64("OutcomeFor")!.Value).Order()];
                return times.Zip(times.Skip(1)).Count(pair => pair.Second - pair.First <= spans[group.Key.RuleId]);
            });
    }

    /// <summary>What the first has more often than the second.</summary>
    private static List<string> Beyond(List<string> first, List<string> second)
    {
        var counts = second.CountBy(line => line, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return [.. first.Where(line => (counts[line] = counts.GetValueOrDefault(line) - 1) < 0)];
    }

    // Of two who record the same detection only one may have had the completing event in hand, and with it the tenant.
    // Tenant and facts are told by who has the completing event in hand, which need not be who wrote the row.
    private static string Text(Alert alert) =>
        Encoding.UTF8.GetString((alert with { TenantId = null, Process = null, Parent = null, Hashes = null, Addresses = default }).ToJson());
}
