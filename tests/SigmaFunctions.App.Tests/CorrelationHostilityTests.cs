using System.Text;
using Azure.Data.Tables;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Tests;

/// <summary>What senders, time, damage and changes of rules do to what correlations keep.</summary>
public sealed class CorrelationHostilityTests
{
    private const string Three = "type: event_count, rules: [a], group-by: [g], timespan: 5m, condition: {gte: 3}";
    private const string Each = "type: event_count, rules: [a], group-by: [g], timespan: 1s, condition: {gte: 1}";
    private const string Rarer = "type: event_count, rules: [a], group-by: [g], timespan: 2d, condition: {lt: 3}";
    private const string Rare = "type: event_count, rules: [a], group-by: [g], timespan: 5m, condition: {lt: 3}";
    private const string Alone = "type: temporal, timespan: 2d, group-by: [g], condition: a and not b";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static bool IsState(TableEntity row) => row.RowKey.Length > 18 && row.RowKey[17] is 'm' or 'f';

    /// <summary>What a sweep of a later hour writes of a firing goes too, some time after the note of its matches.</summary>
    [Fact]
    public async Task What_was_settled_in_a_later_hour_goes_when_it_is_old()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rare));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(3_590));
        await bench.DeliverAsync("a@3590 g=x");
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(3_800));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.Equal("3590 1", bench.Told());
        for (int day = 0; day < 60; day++)
        {
            bench.Clock.Advance(TimeSpan.FromDays(1));
            await bench.Agenda.RemoveOldAsync(1_000, Token);
        }

        Assert.Equal("", string.Join(' ', bench.State.All.Where(IsState).Select(row => row.RowKey)));
    }

    /// <summary>A detection that waits is judged by the condition that is in force when it is due.</summary>
    [Fact]
    public async Task What_waits_is_not_lost_with_another_condition()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rare));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(700));
        await bench.DeliverAsync("a@700 g=x");
        bench.Use(CorrelationBench.Correlation(Rare.Replace("lt: 3", "lt: 4", StringComparison.Ordinal)));
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(900));
        await bench.Runner.SweepAsync(isLast: false, Token);
        await bench.DeliverAsync("a@800 g=x");
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(2_000));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.Equal("700 1", bench.Told());
    }

    /// <summary>An instance that does not know a correlation leaves what is due to one that does, for a day from then on.</summary>
    [Fact]
    public async Task What_one_instance_does_not_know_is_not_removed_the_minute_it_is_due()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Alone));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Clock.Advance(TimeSpan.FromDays(3));
        double at = TimeSpan.FromDays(3).TotalSeconds;
        await bench.DeliverAsync([$"a@{at} g=x"], at);
        bench.Clock.Advance(TimeSpan.FromDays(2));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Clock.Advance(TimeSpan.FromMinutes(3));
        bench.Use(CorrelationBench.Correlation(Three, digit: 2));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Use(CorrelationBench.Correlation(Alone));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.Equal($"{at} 1", bench.Told());
    }

    /// <summary>A row whose matches have damaged values holds up its own group alone.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Damaged_values_hold_up_their_part_only(bool time)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 1", StringComparison.Ordinal)));
        await bench.DeliverAsync("a@0 g=xyz");
        TableEntity row = bench.State.All.First(one => one.RowKey.Length > 18 && one.RowKey[17] == 'm');
        byte[] data = (byte[])row["Data"];
        if (time)
        {
            byte[] ticks = BitConverter.GetBytes(CorrelationBench.Begin.UtcTicks);
            int place = data.AsSpan().IndexOf(ticks);
            BitConverter.GetBytes(long.MaxValue).CopyTo(data, place);
        }
        else
        {
            int place = data.AsSpan().IndexOf(Encoding.UTF8.GetBytes("xyz"));
            data[place - 1] = 0x7F;
        }

        row["Data"] = data;
        bench.Restart();
        await bench.DeliverAsync("a@1 g=xyz");
        await bench.DeliverAsync("a@2 g=xyz");
        Assert.Contains(bench.Log.Entries, entry => entry.Id == 73);
    }

    /// <summary>Rows that stand for others are behind them and stay, so that a reader between two pages misses nothing.</summary>
    [Fact]
    public async Task Who_reads_while_rows_are_put_together_misses_nothing()
    {
        var missed = new List<int>();
        for (int seed = 0; seed < 8; seed++)
        {
            using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 500", StringComparison.Ordinal)));
            bench.Restart(new PartLimits { ManyRows = 100_000 });
            for (int match = 0; match < 150; match++)
            {
                await bench.DeliverAsync([$"a@{(match * 0.05) + (seed * 0.001)} g=x"], 100);
            }

            bench.Restart(new PartLimits { ManyRows = 2 });
            bench.Clock.Advance(TimeSpan.FromMinutes(11));
            await bench.DeliverAsync(["a@50 g=x"], 100);
            Assert.Equal(2, bench.State.All.Count(row => row.RowKey.Length > 18 && row.RowKey[18] == '~'));
            bench.Clock.Advance(TimeSpan.FromMinutes(11));

            // A reader whose page ends behind the first of the two, while another one puts both together.
            int step = 0;
            var reader = new MemoryCorrelationRows(bench.State, async () =>
            {
                if (++step == 3)
                {
                    await bench.DeliverAsync(["a@51 g=x"], 100);
                }
            }, pageSize: 1);
            var read = new HashSet<long>();
            string partition = bench.State.All.First(IsState).PartitionKey;
            await foreach (TableEntity row in reader.ReadAsync(partition, StateRows.Since(0), Token))
            {
                read.UnionWith(StateRows.MatchesOf(row).Select(match => match.Identity.SequenceNumber));
            }

            missed.Add(Enumerable.Range(0, 150).Count(match => !read.Contains(match)));
        }

        Assert.All(missed, count => Assert.Equal(0, count));
    }

    /// <summary>A correlation that was removed is no reason for the alarm that evaluations are overdue.</summary>
    [Fact]
    public async Task What_nobody_knows_is_not_overdue()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rare));
        await bench.DeliverAsync("a@700 g=x");
        bench.Use(CorrelationBench.Correlation(Three, digit: 2));
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddHours(20));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.Equal(0, bench.Metrics["sigmafunctions.correlation.overdue "]);
    }

    /// <summary>A rule with the longest timespans, chained, must not hold up a hub.</summary>
    [Fact]
    public async Task Long_chains_of_long_timespans_run()
    {
        string[] chain = [.. Enumerable.Range(1, 9).Select(digit => CorrelationBench.Correlation(
            $"type: temporal, condition: {(digit == 1 ? "a" : $"c{digit - 1}")} and not b, group-by: [g], timespan: 100000d", digit))];
        using var bench = new CorrelationBench(chain);
        await bench.DeliverAsync("a@1 g=x");
    }

    /// <summary>A message that makes very many detections of one group is no matter of thousands of requests.</summary>
    [Fact]
    public async Task Very_many_detections_of_a_group_are_written_together()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Each));
        int requests = await bench.RequestsAsync(() => bench.DeliverAsync(Every(2, 1_000)));
        Assert.InRange(requests, 10, 60);
        Assert.Equal(1_000, bench.Recorded.Count);
        Assert.All(bench.Recorded, firing => Assert.Equal(FiringOutcome.Alerts, firing.Report!.Outcome));
    }

    /// <summary>A late match may move all detections after it.</summary>
    [Fact]
    public async Task Very_many_detections_that_move_are_written_together()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Each));
        await bench.DeliverAsync(Every(0.75, 1_000, first: 1));
        string[] before = bench.Told().Split(" | ");
        int requests = await bench.RequestsAsync(() => bench.DeliverAsync(["a@0.5 g=x"], 2_000));
        string[] now = bench.Told().Split(" | ");
        Assert.True(before.Except(now).Count() > 400, "It moves nearly all.");
        Assert.InRange(requests, 10, 60);
    }

    /// <summary>What a message makes beyond a thousand detections of a group waits for the sweep, which takes a thousand a minute, and other groups do not.</summary>
    [Fact]
    public async Task The_rest_of_too_many_detections_is_left_to_the_sweep()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Each));
        bench.Restart(new PartLimits { Firings = 100 });
        await bench.DeliverAsync(Every(2, 450));
        for (int minute = 1; minute <= 5; minute++)
        {
            Assert.Equal(Math.Min(450, minute * 100), bench.Recorded.Count);
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await bench.Runner.SweepAsync(isLast: false, Token);
        }

        Assert.Equal(string.Join(" | ", Enumerable.Range(0, 450).Select(match => $"{match * 2} 1")), bench.Told());
        Assert.DoesNotContain(bench.State.All, row => row.PartitionKey.StartsWith("due-", StringComparison.Ordinal));
    }

    /// <summary>So is what has waited for late events and is due at once.</summary>
    [Fact]
    public async Task What_waited_is_recorded_so_many_at_a_time()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Each.Replace("gte: 1", "lt: 3", StringComparison.Ordinal)));
        await bench.Runner.SweepAsync(isLast: false, Token);
        await bench.DeliverAsync(Every(2, 450, first: 10));
        bench.Clock.Advance(TimeSpan.FromHours(1));
        bench.Restart(new PartLimits { Firings = 100 });
        for (int sweep = 1; sweep <= 5; sweep++)
        {
            await bench.Runner.SweepAsync(isLast: false, Token);
            Assert.Equal(Math.Min(450, sweep * 100), bench.Recorded.Count);
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    /// <summary>Where nothing comes any more nothing is left.</summary>
    [Fact]
    public async Task In_the_end_nothing_is_left_of_too_many()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Each));
        bench.Restart(new PartLimits { Firings = 10 });
        await bench.DeliverAsync(Every(2, 50));
        await bench.Runner.SweepAsync(isLast: true, Token);
        Assert.Equal(50, bench.Recorded.Count);
    }

    /// <summary>What is left begins with the first change that is left, also where that is to be taken back and the next detection is later.</summary>
    [Fact]
    public async Task What_is_left_to_be_taken_back_is()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation("type: temporal, timespan: 5m, group-by: [g], condition: a and not b"));
        await bench.Runner.SweepAsync(isLast: false, Token);
        await bench.DeliverAsync("a@700 g=x", "a@1100 g=x");
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(1_600));
        await bench.Runner.SweepAsync(isLast: false, Token);
        await bench.DeliverAsync("a@1500 g=x");
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(1_950));
        bench.Restart(new PartLimits { Firings = 1 });
        await bench.DeliverAsync(["b@750 g=x", "b@1150 g=x"], enqueued: 1_950);
        for (int sweep = 0; sweep < 5; sweep++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await bench.Runner.SweepAsync(isLast: false, Token);
        }

        Assert.Equal("700 1 superseded | 1100 1 superseded | 1500 1", bench.Told());
    }

    /// <summary>
    /// Where a late event moves a detection to a later time of its timespan, what is left begins with the former one, which would hold the new one off.
    /// </summary>
    [Fact]
    public async Task What_is_left_to_be_moved_on_is()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 1", StringComparison.Ordinal)));
        bench.Restart(new PartLimits { Firings = 1 });
        await bench.DeliverAsync("a@310 g=x", "a@500 g=x");
        await bench.DeliverAsync(["a@190 g=x"], enqueued: 510);
        for (int sweep = 0; sweep < 5; sweep++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await bench.Runner.SweepAsync(isLast: false, Token);
        }

        Assert.Equal("190 1 moved | 500 2", bench.Told());
    }

    /// <summary>A row that stands for others has each match of them once, by rule, and is of a size that the service takes.</summary>
    [Fact]
    public void A_row_stands_for_all_matches_of_others()
    {
        TableEntity a = RowOf(rule: 0, length: 10);
        TableEntity b = RowOf(rule: 1, length: 10);
        Assert.Equal([0, 1], StateRows.MatchesOf(StateRows.Compacted([a, b, a])!).Select(match => match.Rule).Order());
        Assert.Null(StateRows.Compacted([RowOf(rule: 0, length: 200_000), RowOf(rule: 1, length: 200_000)]));

        static TableEntity RowOf(int rule, int length) => Assert.Single(StateRows.OfMatches(
            "p", StateRows.SliceOf(TimeSpan.TicksPerMinute), [new StoredMatch(rule, CorrelationBench.Begin.UtcTicks, Identity, null, null, new byte[length])]));
    }

    /// <summary>A process that ends while it puts rows together loses none of them.</summary>
    [Fact]
    public async Task Rows_are_put_together_or_not_at_all()
    {
        bool hasEnded = true;
        for (int request = 0; hasEnded; request++)
        {
            Assert.InRange(request, 0, 20);
            using var bench = new CorrelationBench(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 50", StringComparison.Ordinal)));
            for (int match = 0; match < 9; match++)
            {
                await bench.DeliverAsync($"a@{match / 10m} g=x");
            }

            bench.Clock.Advance(TimeSpan.FromMinutes(11));
            bench.Restart(new PartLimits { ManyRows = 5 });
            int requests = 0;
            bench.Step = () => requests++ == request ? throw new OperationCanceledException() : Task.CompletedTask;
            hasEnded = await Record.ExceptionAsync(() => bench.DeliverAsync("a@0.9 g=x")) is not null;
            IEnumerable<StoredMatch> kept = bench.State.All.Where(IsState).SelectMany(StateRows.MatchesOf);
            Assert.InRange(kept.Select(match => match.Identity.SequenceNumber).Distinct().Count(), 9, 10);
        }
    }

    /// <summary>A process ends anywhere, and its batch comes again where another condition is in force: what was decided is carried out.</summary>
    [Fact]
    public async Task What_was_decided_is_carried_out_with_another_condition()
    {
        bool hasEnded = true;
        for (int request = 0; hasEnded; request++)
        {
            Assert.InRange(request, 0, 20);
            using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
            await bench.DeliverAsync("a@0 g=x", "a@60 g=x");
            int requests = 0;
            bench.Step = () => requests++ == request ? throw new OperationCanceledException() : Task.CompletedTask;
            hasEnded = await Record.ExceptionAsync(() => bench.DeliverAsync(["a@120 g=x"], 120, sequence: 9)) is not null;
            bench.Step = () => Task.CompletedTask;
            bench.Use(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 5", StringComparison.Ordinal)));
            bench.Restart();
            await bench.DeliverAsync(["a@120 g=x"], 120, sequence: 9);
            bench.Clock.Advance(TimeSpan.FromMinutes(10));
            await bench.Runner.SweepAsync(isLast: false, Token);
            Assert.All(bench.State.All.Where(row => row.ContainsKey("Outcome")), row => Assert.Equal(row["Revision"], row["Recorded"]));
        }
    }

    private static readonly HubEventIdentity Identity = new("ns", "hub", "0", CorrelationBench.Begin, 1, 0);

    /// <summary>Detections of one time are written together, however many: each evaluation comes further.</summary>
    [Fact]
    public async Task Many_detections_of_one_time_do_not_stand_still()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation("type: event_count, rules: [a], group-by: [g], timespan: 1s, condition: {gte: 1}", 1), CorrelationBench.Correlation(
            "type: event_count, rules: [c1], timespan: 1s, condition: {gte: 1000}", 2));
        bench.Restart(new PartLimits { Firings = 10 });
        await bench.DeliverAsync([.. Enumerable.Range(0, 50).SelectMany(group => new[] { $"a@1 g=g{group}", $"a@3 g=g{group}" })]);
        for (int minute = 0; minute < 3; minute++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await bench.Runner.SweepAsync(isLast: false, Token);
        }

        Assert.Equal(100, bench.State.All.Count(row => row.RowKey.Length > 18 && row.RowKey[17] == 'f'));
        Assert.DoesNotContain(bench.State.All, row => row.PartitionKey.StartsWith("due-", StringComparison.Ordinal));
    }

    /// <summary>Where not all of a group is looked at, what is told by events that are missing is told only where none can be.</summary>
    [Fact]
    public async Task What_is_left_unread_is_not_missing()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rare));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Restart(new PartLimits { Rows = 20 });
        bench.Clock.Advance(TimeSpan.FromDays(1));
        double day = TimeSpan.FromDays(1).TotalSeconds;
        await bench.DeliverAsync([.. Enumerable.Range(0, 100).Select(match => $"a@{day + (match * 20)} g=x"), $"a@{day + 4_000} g=x"]);
        bench.Clock.Advance(TimeSpan.FromHours(2));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.Equal("90400 1", bench.Told());
    }

    /// <summary>Nobody knows what happened while a correlation was away: it begins anew when it comes back.</summary>
    [Fact]
    public async Task A_correlation_that_was_away_begins_anew()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rarer));
        await bench.Runner.SweepAsync(isLast: false, Token);
        await bench.SweepDaysAsync(3);
        await bench.DeliverAsync([At(3)], At3);
        await bench.SweepDaysAsync(3);
        Assert.Equal($"{At3} 1", bench.Told());

        bench.Use(CorrelationBench.Correlation(Three, digit: 2));
        await bench.SweepDaysAsync(30);
        bench.Use(CorrelationBench.Correlation(Rarer));
        await bench.DeliverAsync([At(36)], TimeSpan.FromDays(36).TotalSeconds);
        await bench.SweepDaysAsync(3);
        Assert.Equal($"{At3} 1 | {TimeSpan.FromDays(36).TotalSeconds} 1 warming", bench.Told());
    }

    /// <summary>Many detections of a part that wait long are noted once, not with each batch.</summary>
    [Fact]
    public async Task What_waits_long_is_noted_once()
    {
        using var bench = new CorrelationBench(
            CorrelationBench.Correlation("type: event_count, rules: [a], group-by: [h], timespan: 1m, condition: {gte: 1}"),
            CorrelationBench.Correlation("type: temporal, timespan: 1d, group-by: [g], condition: c1 and not b", digit: 2));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Clock.Advance(TimeSpan.FromMinutes(61));
        int first = await bench.RequestsAsync(() => bench.DeliverAsync([.. Enumerable.Range(0, 60).Select(minute => $"a@{minute * 60} g=g{minute} h=h{minute}")], 3_600));
        Assert.InRange(first, 60, 90);
        Assert.InRange(await bench.RequestsAsync(() => bench.DeliverAsync("a@3650 g=x h=y")), 1, 20);
        bench.Clock.Advance(TimeSpan.FromDays(2));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.Equal(61, bench.Recorded.Count);
    }

    /// <summary>To know which are in force takes few requests, whether there are any that wait or not.</summary>
    [Theory]
    [InlineData(Rarer, 12)]
    [InlineData(Three, 4)]
    public async Task To_know_what_is_in_force_takes_few_requests(string section, int most)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(section));
        await bench.Runner.SweepAsync(isLast: false, Token);

        // Beside what each sweep asks for that is due.
        Assert.InRange(await bench.RequestsAsync(async () =>
        {
            for (int minute = 0; minute < 60; minute++)
            {
                bench.Clock.Advance(TimeSpan.FromMinutes(1));
                await bench.Runner.SweepAsync(isLast: false, Token);
            }
        }), 1, most);
    }

    /// <summary>Events wait for an app that does not run.</summary>
    [Fact]
    public async Task An_app_that_was_away_has_missed_nothing()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rarer));
        await bench.SweepDaysAsync(3);
        bench.Clock.Advance(TimeSpan.FromDays(6));
        bench.Restart();
        await bench.DeliverAsync([At(3)], At3);
        await bench.SweepDaysAsync(3);
        Assert.Equal($"{At3} 1", bench.Told());
    }

    /// <summary>A row of the version before does not tell when the correlation was last seen.</summary>
    [Fact]
    public async Task What_a_former_version_noted_stays_in_force()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rarer));
        await bench.SweepDaysAsync(3);
        foreach (TableEntity row in bench.State.Of("in-force").Values)
        {
            row.Remove("Seen");
        }

        bench.Restart();
        await bench.DeliverAsync([At(3)], At3);
        await bench.SweepDaysAsync(3);
        Assert.Equal($"{At3} 1", bench.Told());
    }

    private static double At3 => TimeSpan.FromDays(3).TotalSeconds;

    private static string At(int days) => $"a@{TimeSpan.FromDays(days).TotalSeconds} g=x";

    private static string[] Every(double seconds, int count, double first = 0) =>
        [.. Enumerable.Range(0, count).Select(match => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"a@{first + (match * seconds)} g=x"))];

    /// <summary>Where the first matches of a detection are gone and its firing is not yet, an event of an old time does not take it back.</summary>
    [Fact]
    public async Task What_is_not_kept_any_more_takes_nothing_back()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(3_550));
        await bench.DeliverAsync("a@3500 g=x", "a@3550 g=x");
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(3_620));
        await bench.DeliverAsync("a@3620 g=x");
        Assert.Equal("3620 3", bench.Told());
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddDays(1).AddHours(2).AddMinutes(10));
        Assert.Equal(2, await bench.Agenda.RemoveOldAsync(1_000, Token));
        await bench.DeliverAsync(["a@0 g=x"], 94_200);
        Assert.Equal("3620 3", bench.Told());
    }

    /// <summary>The same of a firing whose row never goes.</summary>
    [Fact]
    public async Task What_is_not_kept_any_more_takes_nothing_back_of_what_waits()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rare));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(3_590));
        await bench.DeliverAsync("a@3590 g=x");
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(3_800));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddDays(60));
        await bench.Agenda.RemoveOldAsync(1_000, Token);
        await bench.DeliverAsync(["a@0 g=x"], TimeSpan.FromDays(60).TotalSeconds);
        bench.Clock.Advance(TimeSpan.FromMinutes(3));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.Equal("3590 1", bench.Told());
    }

    /// <summary>What waits is recorded when it is due, also where the part has got so many matches since that those it is made of are not looked at any more.</summary>
    [Fact]
    public async Task What_waits_is_not_lost_in_a_flood()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rare));
        await bench.Runner.SweepAsync(isLast: false, Token);
        bench.Restart(new PartLimits { Rows = 20 });
        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(700));
        await bench.DeliverAsync("a@700 g=x");
        for (int match = 0; match < 30; match++)
        {
            bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(702 + match));
            await bench.DeliverAsync($"a@{702 + match} g=x");
        }

        bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(900));
        await bench.Runner.SweepAsync(isLast: false, Token);
        Assert.Equal("700 1", bench.Told());
    }

    /// <summary>What was decided is carried out, also where the process ended before because the condition changes.</summary>
    [Fact]
    public async Task What_was_decided_is_recorded_with_another_condition()
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Three));
        bench.EndsBeforeRecording = true;
        string[] events = ["a@0 g=x", "a@1 g=x", "a@2 g=x"];
        await Assert.ThrowsAsync<IOException>(() => bench.DeliverAsync(events, 2, sequence: 0));
        bench.EndsBeforeRecording = false;
        bench.Use(CorrelationBench.Correlation(Three.Replace("gte: 3", "gte: 2", StringComparison.Ordinal)));
        bench.Restart();
        await bench.DeliverAsync(events, 2, sequence: 0);
        Assert.Equal("2 3", bench.Told());
    }

    /// <summary>An absence is noticed from how long on the page says.</summary>
    [Theory]
    [InlineData(20, "goes on")]
    [InlineData(60, "begins anew")]
    public async Task An_absence_is_noticed(int minutes, string expected)
    {
        using var bench = new CorrelationBench(CorrelationBench.Correlation(Rarer));
        for (int minute = 0; minute <= 90; minute++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await bench.Runner.SweepAsync(isLast: false, Token);
        }

        bench.Use(CorrelationBench.Correlation(Three, digit: 2));
        for (int minute = 0; minute < minutes - 1; minute++)
        {
            bench.Clock.Advance(TimeSpan.FromMinutes(1));
            await bench.Runner.SweepAsync(isLast: false, Token);
        }

        bench.Clock.Advance(TimeSpan.FromMinutes(1));
        bench.Use(CorrelationBench.Correlation(Rarer));
        await bench.Runner.SweepAsync(isLast: false, Token);
        TableEntity row = bench.State.Of("in-force").Values.First(one => one.RowKey != "~");
        Assert.Equal(expected, (DateTimeOffset)row["Since"] == bench.Clock.GetUtcNow() ? "begins anew" : "goes on");
    }

    /// <summary>Many that wait and many that are due, some left to the sweep, all of them in the end.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task What_waits_and_what_is_left_is_all_told(int firings)
    {
        string told = "";
        foreach (int most in new[] { 1_000, firings })
        {
            using var bench = new CorrelationBench(CorrelationBench.Correlation("type: temporal_ordered, timespan: 10s, group-by: [g], condition: a and not b"));
            await bench.Runner.SweepAsync(isLast: false, Token);
            bench.Restart(new PartLimits { Firings = most });
            bench.Clock.SetUtcNow(CorrelationBench.Begin.AddSeconds(1_100));
            await bench.DeliverAsync(Every(15, 70, first: 60));
            await bench.DeliverAsync([.. Enumerable.Range(0, 20).Select(match => $"b@{65 + (match * 45)} g=x")], 1_100);
            await bench.DeliverAsync([.. Enumerable.Range(0, 20).Select(match => $"a@{63 + (match * 31)} g=x")], 1_100);
            for (int minute = 0; minute < 200; minute++)
            {
                bench.Clock.Advance(TimeSpan.FromMinutes(1));
                await bench.Runner.SweepAsync(isLast: false, Token);
            }

            Assert.DoesNotContain(bench.State.All, row => row.PartitionKey.StartsWith("due-", StringComparison.Ordinal));
            string now = string.Join(" | ", bench.Told().Split(" | ").Where(one => !one.EndsWith("superseded", StringComparison.Ordinal)));
            Assert.True(told is "" || told == now, $"{told}\n{now}");
            told = now;
        }
    }
}
