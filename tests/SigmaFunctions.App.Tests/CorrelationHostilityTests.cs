using System.Text;
using Azure.Data.Tables;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.App.Tests;

/// <summary>What senders, time, damage and changes of rules do to what correlations keep.</summary>
public sealed class CorrelationHostilityTests
{
    private const string Three = "type: event_count, rules: [a], group-by: [g], timespan: 5m, condition: {gte: 3}";
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
        bench.Clock.Advance(TimeSpan.FromDays(2) + TimeSpan.FromMinutes(3));
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
            for (int match = 0; match < 100; match++)
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

            missed.Add(Enumerable.Range(0, 100).Count(match => !read.Contains(match)));
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
}
