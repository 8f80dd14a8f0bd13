using System.Globalization;
using Azure.Data.Tables;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Tests;

/// <summary>What the app makes of correlations: when it tells of what, what it costs, what changes of rules do, and what is bounded.</summary>
public sealed class CorrelationRunnerTests
{
    private const string Three = "type: event_count, rules: [a], group-by: [g], timespan: 5m, condition: {gte: 3}";
    private const string Rare = "type: event_count, rules: [a], group-by: [g], timespan: 5m, condition: {lt: 3}";
    private const string Alone = "type: temporal, timespan: 5m, group-by: [g], condition: a and not b";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Batches, one after another, of events as <c>kind@second</c>, and what is told in the end: the second, the value, what became of it. A time alone is a
    /// sweep at that second.
    /// </summary>
    [Theory]
    [InlineData(Three, "a@0 | a@60 | a@120", "120 3")]
    [InlineData(Three, "a@0 a@60 a@120", "120 3")]
    [InlineData(Three, "a@0 | a@60 | a@120 | a@200 | a@419", "120 3")]
    [InlineData(Three, "a@0 | a@60 | a@120 | a@421 | a@422 | a@423", "120 3 | 423 3")]

    // A late event moves it within its timespan, and once it moves it into another, which is told without an alert.
    [InlineData(Three, "a@0 | a@60 | a@120 | a@30", "60 3")]
    [InlineData(Three, "a@200 | a@290 | a@310 | a@280", "290 3 moved | 310 3 superseded")]

    // What matters within the timespan after a firing: the same time, what was there later, what an alert was for, and alerts long after.
    [InlineData(Three, "a@0 | a@60 | a@120 | a@120", "120 4")]
    [InlineData(Three, "a@0 | a@60 | a@120 | a@430 a@440 | a@415", "120 3 | 440 3")]
    [InlineData(Three, "a@100 a@110 a@120 | a@105 | a@415 a@420", "110 3 | 420 3 moved")]
    [InlineData(Three, "a@900 a@950 a@1000 | a@0 a@60 a@120", "120 3 | 1000 3")]

    // What a late event can take back waits for two minutes from when it came, and what must not follow for the timespan too.
    [InlineData(Rare, "a@400 | 401", "")]
    [InlineData(Rare, "a@400 | 521", "400 1")]
    [InlineData(Rare, "a@400 | a@401 a@402 | a@399 a@398 | 530", "398 1")]
    [InlineData(Alone, "a@700 | 999", "")]
    [InlineData(Alone, "a@700 | 1119", "")]
    [InlineData(Alone, "a@700 | 1121", "700 1")]
    [InlineData(Alone, "1990 | a@700 | 2109", "")]
    [InlineData(Alone, "1990 | a@700 | 2111", "700 1")]
    [InlineData(Alone, "a@700 | b@900 | 1121", "")]
    [InlineData(Alone, "a@700 | 1121 | b@900", "700 1 superseded")]

    // What is not known of the time before is recorded, and not announced.
    [InlineData(Rare, "a@200 | 400", "200 1 warming")]
    [InlineData(Alone, "a@200 | 700", "200 1 warming")]

    // A timespan may be longer than anybody lives, and a second.
    [InlineData("type: event_count, rules: [a], group-by: [g], timespan: 100000d, condition: {gte: 3}", "a@0 | a@60 | a@120 | a@900", "120 3")]
    [InlineData("type: event_count, rules: [a], group-by: [g], timespan: 1s, condition: {gte: 2}", "a@0 | a@1 | a@2 | a@3 | a@5", "1 2 | 3 2")]
    public async Task It_tells_of_what_follows_from_the_events(string correlation, string batches, string told)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(correlation));
        await bench.Runner.SweepAsync(isLast: false, Token);
        foreach (string batch in batches.Split(" | "))
        {
            if (double.TryParse(batch, CultureInfo.InvariantCulture, out double second))
            {
                bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(second));
                await bench.Runner.SweepAsync(isLast: false, Token);
            }
            else
            {
                string[] events = batch.Split(' ');
                bench.Clock.SetUtcNow(new[] { bench.Clock.GetUtcNow(), CorrelationBench.Begin.AddSeconds(events.Max(one => double.Parse(one[2..], CultureInfo.InvariantCulture))) }.Max());
                await bench.DeliverAsync([.. events.Select(one => $"{one} g=x")], (bench.Clock.GetUtcNow() - CorrelationBench.Begin).TotalSeconds);
            }
        }

        Assert.Equal(told, bench.Told());
    }

    [Theory]
    [InlineData("Correlation__Grace", "-00:00:01")]
    [InlineData("Correlation__Grace", "1.00:00:01")]
    [InlineData("Correlation__Storage", "http://account.table.core.windows.net")]
    [InlineData("Correlation__Storage", "AccountName=secret")]
    public void A_setting_out_of_range_is_named_and_not_quoted(string setting, string value)
    {
        CorrelationOptions options = setting == "Correlation__Grace" ? new() { Grace = TimeSpan.Parse(value, CultureInfo.InvariantCulture) } : new() { Storage = value };
        string failure = Assert.Single(new CorrelationOptionsValidator().Validate(null, options).Failures!);
        Assert.StartsWith(setting, failure, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failure, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "detections")]
    [InlineData("https://correlations.table.core.windows.net", "correlations")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=correlations;AccountKey=a2V5;EndpointSuffix=core.windows.net", "correlations")]
    public void What_correlations_keep_may_have_an_account_of_its_own(string? storage, string account)
    {
        var detections = new DetectionStorageOptions { TableServiceUri = new Uri("https://detections.table.core.windows.net") };
        var options = new CorrelationOptions { Storage = storage };
        Assert.True(new CorrelationOptionsValidator().Validate(null, options).Succeeded);
        using var watch = new StartWatch(TimeProvider.System);
        Assert.Equal(account, DetectionStorageClients.CreateForCorrelations(options, detections, watch).CreateTableClient("Table").AccountName);
    }

    [Fact]
    public async Task Nothing_waits_where_nothing_comes_any_more()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Alone));
        await bench.Runner.SweepAsync(isLast: false, Token);
        await bench.DeliverAsync("a@700 g=x");
        Assert.Equal(1, await bench.Runner.SweepAsync(isLast: true, Token));
        Assert.Equal("700 1", bench.Told());
        Assert.Equal(0, await bench.Runner.SweepAsync(isLast: true, Token));
    }

    [Fact]
    public async Task An_event_counts_when_it_was_enqueued_if_its_clock_runs_ahead()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        await bench.DeliverAsync(["a@9000 g=x", "a@7000 g=x", "a@8000 g=x"], enqueued: 100);
        Assert.Equal("100 3", bench.Told());
    }

    /// <summary>The same message again, in another process and another cut, changes nothing.</summary>
    [Fact]
    public async Task What_comes_again_changes_nothing()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        for (int time = 0; time < 3; time++)
        {
            await bench.DeliverAsync(["a@0 g=x", "a@60 g=x"], enqueued: 60, sequence: 0);
            await bench.DeliverAsync(["a@120 g=x"], enqueued: 120, sequence: 1);
            bench.Restart();
        }

        Assert.Equal("120 3", bench.Told());
        Assert.Single(bench.Recorded);
    }

    /// <summary>Requests: a note of a part for each hour and instance, a write and a read of a batch; of a detection a note and its removal, a write of its row and two marks, and a read.</summary>
    [Fact]
    public async Task A_match_costs_two_requests_and_a_group_that_fired_three_small_ones()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        Assert.Equal(3, await bench.RequestsAsync(() => bench.DeliverAsync("a@0 g=x")));
        Assert.Equal(2, await bench.RequestsAsync(() => bench.DeliverAsync("a@1 g=x")));
        Assert.Equal(2 + 6, await bench.RequestsAsync(() => bench.DeliverAsync("a@2 g=x")));
        Assert.Equal(3, await bench.RequestsAsync(() => bench.DeliverAsync("a@3 g=x", "a@4 g=x")));
        Assert.Equal(0, await bench.RequestsAsync(() => bench.DeliverAsync("b@3 g=x", "d@4 g=x")));
        Assert.Equal(0, await bench.RequestsAsync(() => bench.DeliverAsync("a@3")));
        IReadOnlyDictionary<string, double> metrics = bench.Metrics;
        Assert.Equal((1, 3, 1), (metrics["sigmafunctions.correlation.evaluations short"], metrics["sigmafunctions.correlation.evaluations full"], metrics["sigmafunctions.correlation.firings new"]));
        Assert.Equal(5, metrics["sigmafunctions.correlation.matches "]);
    }

    [Fact]
    public async Task Of_one_message_so_many_groups_take_part()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 1", StringComparison.Ordinal)));
        await bench.DeliverAsync([.. Enumerable.Range(0, 3_000).Select(user => $"a@1 g=user{user}")], enqueued: 1);
        Assert.Equal(2_000, bench.LeftOut);
        Assert.Equal(CorrelationBatch.MaxParts, bench.Recorded.Count);
    }

    /// <summary>A message whose events are each of very many groups takes no more than the bound.</summary>
    [Fact]
    public async Task Of_one_message_so_many_matches_take_part()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("[g]", "[g, h]", StringComparison.Ordinal)));
        string list = string.Join(',', Enumerable.Range(0, 8).Select(number => $"user{number}"));
        await bench.DeliverAsync([.. Enumerable.Range(0, 200).Select(_ => $"a@1 g=[{list}] h=[{list}]")], enqueued: 1);
        Assert.Equal((200 * 64) - CorrelationBatch.MaxEntries, bench.LeftOut);
    }

    /// <summary>A match of whose list only the beginning is looked at is told of.</summary>
    [Theory]
    [InlineData(1_000, 0)]
    [InlineData(1_001, 1)]
    public async Task What_is_looked_at_in_part_is_counted(int elements, int leftOut)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation("type: value_count, rules: [a], timespan: 5m, condition: {field: h, gte: 1000}"));
        await bench.DeliverAsync($"a@1 h=[{string.Join(',', Enumerable.Range(0, elements))}]");
        Assert.Equal("1 1000", bench.Told());
        Assert.Equal(leftOut, bench.LeftOut);
    }

    /// <summary>A message of which nothing takes part, since its values come to too much, is told of all the same.</summary>
    [Fact]
    public async Task What_is_left_out_whole_is_counted()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three)) { Limits = new BodyLimits { Correlates = true, CorrelatedBytes = 8 } };
        await bench.DeliverAsync("a@1 g=longer_than_the_bound");
        Assert.Equal(1, bench.LeftOut);
        Assert.Equal(1, bench.Metrics["sigmafunctions.correlation.left_out "]);
    }

    /// <summary>Another condition goes on with what is kept, and what fired by the former one holds off the next; another field begins anew.</summary>
    [Theory]
    [InlineData("gte: 2", "60 3 | 362 2")]
    [InlineData("gte: 4", "60 3")]
    public async Task Rules_may_change_meanwhile(string condition, string told)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        await bench.DeliverAsync("a@0 g=x", "a@30 g=x", "a@60 g=x");
        bench.Use(CorrelationBench.Correlation(Three.Replace("gte: 3", condition, StringComparison.Ordinal), title: "Other"));
        await bench.DeliverAsync("a@61 g=x", "a@62 g=x");
        await bench.DeliverAsync("a@362 g=x");
        Assert.Equal(told, bench.Told());
    }

    /// <summary>What fired by a former condition is neither taken back nor changed by the one that is in force.</summary>
    [Theory]
    [InlineData("gte: 2", "a@59")]
    [InlineData("gte: 5", "a@50")]
    public async Task What_fired_by_a_former_condition_stays(string condition, string late)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        await bench.DeliverAsync("a@0 g=x", "a@30 g=x", "a@60 g=x");
        bench.Use(CorrelationBench.Correlation(Three.Replace("gte: 3", condition, StringComparison.Ordinal)));
        await bench.DeliverAsync([$"{late} g=x"], enqueued: 70);
        Assert.Equal("60 3", bench.Told());
        Assert.Single(bench.Recorded);
    }

    /// <summary>A detection that changes keeps what was recorded and decided of it.</summary>
    [Fact]
    public async Task What_changes_keeps_what_became_of_it()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        await bench.DeliverAsync("a@200 g=x", "a@290 g=x", "a@310 g=x");
        await bench.DeliverAsync(["a@280 g=x"], enqueued: 320);
        await bench.DeliverAsync(["a@285 g=x"], enqueued: 330);
        StoredFiring changed = bench.Recorded[^1];
        Assert.Equal("285 3 moved | 310 3 superseded", bench.Told());
        Assert.Equal((2, 1, bench.Recorded[0].Report!.Detected.Id), (changed.Revision, changed.Report!.Recorded, changed.Report.OutcomeBy));
    }

    /// <summary>
    /// What another process changed of a firing since this one saw it: late events came that move it within its timespan, or to the one before; what this one
    /// gets then is not held off any more.
    /// </summary>
    [Theory]
    [InlineData("a@0 a@60 a@120", "a@30", "a@405 a@406 a@410", "60 3 | 406 3 moved")]
    [InlineData("a@200 a@290 a@310", "a@280", "a@601 a@602 a@603", "290 3 moved | 310 3 superseded | 602 3 moved")]
    public async Task What_another_process_changed_holds_nothing_off(string first, string late, string next, string told)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        await DeliverAsync(first);
        CorrelationRunner runner = bench.Runner;
        bench.Restart();
        await DeliverAsync(late);
        bench.Runner = runner;
        await DeliverAsync(next);
        Assert.Equal(told, bench.Told());

        Task DeliverAsync(string events) => bench.DeliverAsync([.. events.Split(' ').Select(one => $"{one} g=x")], enqueued: 603);
    }

    /// <summary>Detections of another correlation count whenever they were, and one over others is not held off by what they wait for.</summary>
    [Theory]
    [InlineData("1s", "gte: 3", "a@0 | a@10 | a@20", "20 3")]
    [InlineData("1m", "gte: 1", "a@0 | a@100", "0 1 | 100 1")]
    public async Task Detections_of_others_count(string timespan, string condition, string batches, string told)
    {
        using var bench = new CorrelationBench(
            CorrelationBench.Correlation($"type: event_count, rules: [a], group-by: [g], timespan: {timespan}, condition: {{gte: 1}}"),
            CorrelationBench.Correlation($"type: event_count, rules: [c1], group-by: [g], timespan: 1m, condition: {{{condition}}}", digit: 2));
        foreach (string one in batches.Split(" | "))
        {
            await bench.DeliverAsync($"{one} g=x");
        }

        Assert.Equal(told, bench.Told());
    }

    [Fact]
    public async Task Another_group_begins_anew()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        await bench.DeliverAsync("a@0 g=x h=y", "a@30 g=x h=y");
        bench.Use(CorrelationBench.Correlation(Three.Replace("[g]", "[h]", StringComparison.Ordinal)));
        await bench.DeliverAsync("a@60 g=x h=y");
        Assert.Equal("", bench.Told());
        await bench.DeliverAsync("a@61 g=x h=y", "a@62 g=x h=y");
        Assert.Equal("62 3", bench.Told());
    }

    /// <summary>Of a part with more than is looked at, the newest counts, nothing is taken back, and it is told once.</summary>
    [Fact]
    public async Task Of_very_many_matches_the_newest_are_looked_at()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 20", StringComparison.Ordinal)));
        bench.Restart(new PartLimits { Rows = 10 });
        for (int second = 0; second < 100; second += 10)
        {
            await bench.DeliverAsync([.. Enumerable.Range(second, 10).Select(at => $"a@{at} g=x")], sequence: second);
        }

        Assert.Equal("19 20", bench.Told());
        await bench.DeliverAsync("a@330 g=x");
        Assert.Equal("19 20 | 330 44", bench.Told());
        Assert.True(bench.Recorded[^1].Report!.Detected.IsPartial);
        Assert.False(bench.Recorded[0].Report!.Detected.IsPartial);
        await bench.DeliverAsync("a@331 g=x");
        Assert.Equal(72, Assert.Single(bench.Log.Entries).Id);
    }

    /// <summary>Where not all of a group is looked at, what was told of more of it stays as it is.</summary>
    [Theory]
    [InlineData("gte: 20", 10, "a@185", "190 20")]
    [InlineData("gte: 5", 19, "a@35", "40 5")]
    public async Task What_is_left_unread_changes_nothing(string condition, int rows, string late, string told)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("gte: 3", condition, StringComparison.Ordinal)));
        await bench.DeliverAsync([.. Enumerable.Range(0, 20).Select(match => $"a@{match * 10} g=x")]);
        bench.Restart(new PartLimits { Rows = rows });
        await bench.DeliverAsync([$"{late} g=x"], enqueued: 200);
        Assert.Equal(told, bench.Told());
        Assert.Single(bench.Recorded);
    }

    [Fact]
    public async Task Rows_of_a_slice_are_put_together()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 50", StringComparison.Ordinal)));
        bench.Restart(new PartLimits { ManyRows = 20 });
        for (int match = 0; match < 30; match++)
        {
            await bench.DeliverAsync($"a@{match / 10} g=x");
        }

        Assert.Equal(30, Rows());
        bench.Clock.Advance(TimeSpan.FromMinutes(11));
        await bench.DeliverAsync("a@30 g=x");
        Assert.Equal(2, Rows());
        await bench.DeliverAsync([.. Enumerable.Range(0, 19).Select(_ => "a@31 g=x")], enqueued: 31);
        Assert.Equal("31 50", bench.Told());

        int Rows() => bench.State.All.Count(row => row.RowKey.Length > 18 && row.RowKey[17] == 'm');
    }

    [Fact]
    public async Task What_is_kept_goes_when_it_is_old()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        await bench.DeliverAsync("a@0 g=x");
        await bench.DeliverAsync("a@1 g=y");
        bench.Clock.Advance(TimeSpan.FromHours(20));
        await bench.DeliverAsync(["a@72000 g=x"], 72_000);
        bench.Clock.Advance(TimeSpan.FromHours(4));
        Assert.Equal(0, await bench.Agenda.RemoveOldAsync(1_000, Token));

        // A day and the timespan after the end of the hour in which it was written, in the hour after.
        bench.Clock.Advance(TimeSpan.FromHours(3));
        Assert.Equal(2, await bench.Agenda.RemoveOldAsync(1_000, Token));
        TableEntity left = Assert.Single(bench.State.All, row => row.RowKey.Length > 18 && row.RowKey[17] == 'm');
        Assert.Equal(72_000, (Assert.Single(StateRows.MatchesOf(left)).Time - CorrelationBench.Begin.UtcTicks) / TimeSpan.TicksPerSecond);
        bench.Clock.Advance(TimeSpan.FromHours(30));
        Assert.Equal(1, await bench.Agenda.RemoveOldAsync(1_000, Token));
        Assert.Equal("in-force", string.Join(' ', bench.State.All.Select(row => row.PartitionKey).DefaultIfEmpty("in-force")));
    }

    /// <summary>Of a part each time is due by itself, each evaluation has a note of its own, and what was added again meanwhile stays.</summary>
    [Fact]
    public async Task What_is_due_is_kept_apart()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        CorrelationAgenda agenda = bench.Agenda;
        var due = new DueEvaluation("tree", new byte[] { 1 }, 1_000, CorrelationBench.Begin.AddSeconds(10));
        await agenda.AddDueAsync(due, Token);
        (TableEntity Row, DueEvaluation? Due) read = Assert.Single(await agenda.FindDueAsync(due.At, Token).ToListAsync(Token));
        await agenda.AddDueAsync(due with { Time = 2_000 }, Token);
        await agenda.AddDueAsync(due with { Time = 3_000, At = due.At.AddSeconds(1) }, Token);
        Assert.Equal("1000 2000", await TimesAsync(due.At));

        await agenda.AddDueAsync(due, Token);
        await agenda.RemoveDueAsync(read.Row, Token);
        Assert.Equal("1000 2000 3000", await TimesAsync(due.At.AddMinutes(1)));

        TableEntity note = await agenda.NoteUnfinishedAsync(due, null, Token);
        TableEntity other = await agenda.NoteUnfinishedAsync(due, null, Token);
        await agenda.RemoveAsync(note, Token);
        Assert.Equal("1000 1000 2000", await TimesAsync(due.At));
        await agenda.NoteUnfinishedAsync(due with { At = due.At.AddDays(1) }, other, Token);
        Assert.Equal("1000 2000", await TimesAsync(due.At));

        async Task<string> TimesAsync(DateTimeOffset until) =>
            string.Join(' ', (await agenda.FindDueAsync(until, Token).ToListAsync(Token)).Select(one => one.Due!.Time).Order());
    }

    /// <summary>What is due of a correlation that is not there any more waits for an instance that knows it, for a day.</summary>
    [Fact]
    public async Task What_nobody_knows_is_not_kept_for_ever()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rare));
        await bench.DeliverAsync("a@700 g=x");
        bench.Use(CorrelationBench.Correlation(Three, digit: 2));
        bench.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, await bench.Runner.SweepAsync(isLast: false, Token));
        Assert.Single(bench.State.All, row => row.PartitionKey.StartsWith("due-", StringComparison.Ordinal));
        bench.Clock.Advance(TimeSpan.FromDays(1));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.DoesNotContain(bench.State.All, row => row.PartitionKey.StartsWith("due-", StringComparison.Ordinal));
    }

    /// <summary>A row that cannot be read holds up its own part, and is told.</summary>
    [Fact]
    public async Task A_row_that_cannot_be_read_is_named()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rare));
        await bench.Runner.SweepAsync(isLast: false, Token);
        await bench.DeliverAsync("a@700 g=x");
        await bench.DeliverAsync("a@700 g=y");
        TableEntity row = bench.State.All.First(one => one.RowKey.Length > 18 && one.RowKey[17] == 'm');
        row["Data"] = (byte[])[1, 2, 3];
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(900));

        // Nor does it hold up what comes in.
        await bench.DeliverAsync("a@701 g=x");
        await bench.DeliverAsync("a@701 g=y");
        Assert.Contains($"Row {row.PartitionKey}/{row.RowKey}", Assert.Single(bench.Log.Entries, entry => entry.Id == 73).Message, StringComparison.Ordinal);

        AggregateException exception = await Assert.ThrowsAsync<AggregateException>(() => bench.Runner.SweepAsync(isLast: false, Token));
        Assert.Contains($"Row {row.PartitionKey}/{row.RowKey}", Assert.Single(exception.InnerExceptions).Message, StringComparison.Ordinal);
        Assert.Equal("700 1", bench.Told());
        Assert.Single(bench.Log.Entries, entry => entry.Id == 70);
        Assert.InRange(bench.Metrics["sigmafunctions.correlation.overdue "], 79, 81);
    }
}
