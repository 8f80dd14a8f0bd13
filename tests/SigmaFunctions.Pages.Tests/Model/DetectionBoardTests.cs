using SigmaFunctions.Pages.Model;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Pages.Tests.Model;

/// <summary>What the list finds, against a plain reading of the same rows.</summary>
public sealed class DetectionBoardTests
{
    private static readonly DateTimeOffset From = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset To = From.AddDays(1);

    [Fact]
    public void Rows_of_one_record_are_one_event_highest_level_first()
    {
        DetectionBoard board = Board(
            Make(1, 0, "a", "low", "ws-1"), Make(1, 0, "b", "critical", "ws-1"), Make(1, 1, "a", "low", "ws-1"), Make(2, 0, "a", null, "ws-2"));

        BoardPage page = board.Find(new BoardQuery(), From, To);

        Assert.Equal((3, 4), (page.Events, page.Detections));
        Assert.Contains(page.Page, one => string.Join(' ', one.Rows.Select(row => row.Detection.RuleId)) == "b a");
    }

    [Fact]
    public void An_event_is_found_whole_where_one_of_its_rules_is()
    {
        DetectionBoard board = Board(Make(1, 0, "a", "low", "ws-1"), Make(1, 0, "b", "critical", "ws-1"), Make(2, 0, "b", "critical", "ws-1"));

        BoardPage page = board.Find(new BoardQuery().Toggle(Facet.Rule, "a"), From, To);

        Assert.Equal((1, 1), (page.Events, page.Detections));
        Assert.Equal(2, Assert.Single(page.Page).Rows.Length);
    }

    [Fact]
    public void What_happened_later_is_above_and_nothing_is_later_than_its_arrival()
    {
        Detection old = Make(1, 0, "a", "low", "ws-1") with { EventTime = From.AddYears(50) };
        Detection recent = Make(2, 0, "a", "low", "ws-1");

        BoardPage page = Board(old, recent).Find(new BoardQuery(), From, To);

        Assert.Equal([recent.Id, old.Id], page.Page.Select(one => one.Rows[0].Detection.Id));
    }

    [Fact]
    public void Finds_and_counts_what_a_plain_reading_does()
    {
        var random = new Random(7);
        string?[] levels = ["informational", "low", "medium", "high", "critical", null];
        Detection[] all =
        [
            .. Enumerable.Range(0, 600).Select(_ => Make(random.Next(150), random.Next(2), $"r{random.Next(5)}", levels[random.Next(6)], random.Next(8) == 0 ? null : $"WS-{random.Next(4)}"))
                .DistinctBy(detection => detection.Id),
        ];
        DetectionBoard board = Board(all);
        for (int i = 0; i < 300; i++)
        {
            var query = new BoardQuery { Text = random.Next(3) == 0 ? $"ws-{random.Next(4)}" : "" };
            for (int chosen = random.Next(4); chosen > 0; chosen--)
            {
                query = random.Next(3) switch
                {
                    0 => query.Toggle(Facet.Level, levels[random.Next(6)] ?? "none"),
                    1 => query.Toggle(Facet.Rule, $"R{random.Next(5)}"),
                    _ => query.Toggle(Facet.Host, random.Next(5) == 0 ? "none" : $"ws-{random.Next(4)}"),
                };
            }

            BoardPage page = board.Find(query, From, To);

            Detection[] found = [.. all.Where(detection => Takes(query, detection, null))];
            Assert.Equal(found.Length, page.Detections);
            Assert.Equal(found.Select(detection => detection.Identity).Distinct().Count(), page.Events);
            Assert.Equal(found.Length, page.Bars.Sum(bar => bar.Count));
            foreach (Facet facet in new[] { Facet.Level, Facet.Rule, Facet.Host })
            {
                var expected = all.Where(detection => Takes(query, detection, facet))
                    .CountBy(detection => ValueOf(detection, facet), StringComparer.OrdinalIgnoreCase)
                    .ToDictionary(StringComparer.OrdinalIgnoreCase);
                Assert.Equal(
                    expected.OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase).Select(pair => $"{pair.Key.ToUpperInvariant()} {pair.Value}"),
                    page.Facets.Single(one => one.Facet == facet).Values.Where(count => count.Count > 0).OrderBy(count => count.Value, StringComparer.OrdinalIgnoreCase)
                        .Select(count => $"{count.Value.ToUpperInvariant()} {count.Count}"));
            }
        }

        static bool Takes(BoardQuery query, Detection detection, Facet? but) =>
            query.Words.All(word => (detection.Host ?? "").Contains(word, StringComparison.OrdinalIgnoreCase))
            && query.Chosen.All(chosen => chosen.Key == but || chosen.Value.Contains(ValueOf(detection, chosen.Key), StringComparer.OrdinalIgnoreCase));

        static string ValueOf(Detection detection, Facet facet) => (facet switch
        {
            Facet.Level => detection.Level,
            Facet.Rule => detection.RuleId,
            _ => detection.Host,
        }) ?? "none";
    }

    [Fact]
    public void Pages_hold_all_events_once()
    {
        DetectionBoard board = Board([.. Enumerable.Range(0, 170).Select(i => Make(i, 0, "a", "low", "ws-1"))]);

        string[] ids = [.. Enumerable.Range(1, 4).SelectMany(page => board.Find(new BoardQuery { Page = page }, From, To).Page).Select(one => one.Rows[0].Event)];

        Assert.Equal((170, 170), (ids.Length, ids.Distinct().Count()));
    }

    private static DetectionBoard Board(params Detection[] detections) =>
        new(detections.Select(detection => new BoardRow(detection)), new Dictionary<DetectionId, VerdictKind>());

    private static Detection Make(int second, int record, string rule, string? level, string? host) => new()
    {
        Identity = new HubEventIdentity("ns.servicebus.windows.net", "events", "0", From.AddSeconds(second * 500), second, record),
        RuleId = rule,
        RuleTitle = $"Title of {rule}",
        Level = level,
        Host = host,
        Original = "",
    };
}
