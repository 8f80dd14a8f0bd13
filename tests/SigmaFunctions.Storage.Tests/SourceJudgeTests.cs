using System.Globalization;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.Storage.Tests;

/// <summary>When a source is silent, and when it lost a field.</summary>
public sealed class SourceJudgeTests
{
    private static readonly SourceKey Key = new("hub", "evtx", "Security", "P", "");
    private static readonly LogSourceSet Processes = [new LogSource("process_creation", "windows")];

    // A Monday.
    private static readonly DateTimeOffset Start = new(2026, 11, 2, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_source_that_comes_every_hour_is_silent_after_two()
    {
        SourceDay[] days = Active(Enumerable.Range(0, 15 * 24));
        DateTimeOffset last = days[^1].LastEnqueued;

        Assert.Equal(SourceStatus.Arriving, Judge(days, last.AddHours(1.9)).Status);
        SourceState silent = Judge(days, last.AddHours(2));

        Assert.Equal(
            (SourceStatus.Silent, TimeSpan.FromHours(1), TimeSpan.FromHours(2), last, Start, 22),
            (silent.Status, silent.LongestGap, silent.SilentAfter, silent.Last, silent.First, silent.EventsOfDay));
    }

    [Fact]
    public void A_source_of_working_hours_is_silent_after_two_weekends()
    {
        SourceDay[] days = Active(Enumerable.Range(0, 19 * 24).Where(hour => hour % 24 is >= 8 and < 18 && hour / 24 % 7 < 5));

        SourceState state = Judge(days, days[^1].LastEnqueued.AddHours(125));

        // From Friday's 17 to Monday's 8.
        Assert.Equal((SourceStatus.Arriving, TimeSpan.FromHours(63), TimeSpan.FromHours(126)), (state.Status, state.LongestGap, state.SilentAfter));
        Assert.Equal(SourceStatus.Silent, Judge(days, days[^1].LastEnqueued.AddHours(126)).Status);
    }

    [Fact]
    public void The_gap_before_the_fortnight_counts_where_it_reaches_into_it()
    {
        SourceDay[] days = Active([0, .. Enumerable.Range(100, 14 * 24)]);

        SourceState state = Judge(days, days[^1].LastEnqueued);

        Assert.Equal(TimeSpan.FromHours(100), state.LongestGap);
        Assert.Equal(TimeSpan.FromHours(1), Judge(Active([0, .. Enumerable.Range(100, (14 * 24) + 1)]), days[^1].LastEnqueued).LongestGap);
    }

    [Theory]
    [InlineData(14 * 24, SourceStatus.Young)]
    [InlineData((14 * 24) + 1, SourceStatus.Silent)]
    public void A_source_of_less_than_a_fortnight_is_never_silent(int hours, SourceStatus status)
    {
        SourceDay[] days = Active(Enumerable.Range(0, hours));

        Assert.Equal(status, Judge(days, days[^1].LastEnqueued.AddDays(13)).Status);
    }

    [Theory]
    [InlineData(24, SourceStatus.Silent, 48)]
    [InlineData(48, SourceStatus.Irregular, 0)]
    [InlineData(8, SourceStatus.Silent, 16)]
    public void A_source_must_be_missed_in_usual_hours_so_often_that_it_is_no_chance(int every, SourceStatus status, int after)
    {
        SourceDay[] days = Active(Enumerable.Range(0, 16 * 24).Where(hour => hour % every == 0));

        SourceState state = Judge(days, days[^1].LastEnqueued.AddDays(14));

        Assert.Equal(status, state.Status);
        Assert.Equal(after, (int)(state.SilentAfter?.TotalHours ?? 0));
    }

    [Fact]
    public void What_was_told_as_silent_stays_so_until_it_comes_again()
    {
        SourceDay[] days = Active(Enumerable.Range(0, 15 * 24));
        DateTimeOffset last = days[^1].LastEnqueued;
        SourceTold told = SourceTold.Nothing(Key).Next(Judge(days, last.AddHours(3)), out SourceChanges changes);
        Assert.Equal((true, false, last), (changes.IsNowSilent, changes.IsBack, told.SilentSince));

        // Most of its rows are gone.
        SourceState later = SourceJudge.Judge([days[^1]], told, last.AddDays(29), last.AddDays(29));
        Assert.Equal(SourceStatus.Silent, later.Status);
        Assert.Equal(told, told.Next(later, out changes));
        Assert.True(changes.IsEmpty);

        SourceDay[] again = [.. days, .. Active([16 * 24])];
        told = told.Next(SourceJudge.Judge(again, told, again[^1].LastEnqueued, again[^1].LastEnqueued), out changes);
        Assert.Equal((false, true, true), (changes.IsNowSilent, changes.IsBack, told.IsEmpty));
    }

    [Fact]
    public void What_came_again_and_fell_silent_while_nobody_looked_is_told_again()
    {
        SourceDay[] days = Active(Enumerable.Range(0, 15 * 24));
        DateTimeOffset last = days[^1].LastEnqueued;
        SourceTold told = SourceTold.Nothing(Key).Next(Judge(days, last.AddHours(3)), out _);

        // Of what was counted late, nothing is told.
        SourceDay[] late = Active(Enumerable.Range(0, 15 * 24));
        late[^1].Add(last.AddMinutes(20), 1);
        SourceTold next = told.Next(SourceJudge.Judge(late, told, last.AddHours(9), last.AddHours(9)), out SourceChanges changes);
        Assert.Equal((true, last), (changes.IsEmpty, next.SilentSince));

        SourceDay[] again = Active(Enumerable.Range(0, 17 * 24));
        next = told.Next(SourceJudge.Judge(again, told, again[^1].LastEnqueued.AddHours(2), again[^1].LastEnqueued.AddHours(2)), out changes);
        Assert.Equal((true, false, again[^1].LastEnqueued), (changes.IsNowSilent, changes.IsBack, next.SilentSince));
        next.Next(SourceJudge.Judge(again, next, again[^1].LastEnqueued.AddHours(3), again[^1].LastEnqueued.AddHours(3)), out changes);
        Assert.True(changes.IsEmpty);
    }

    [Fact]
    public void Of_sources_that_are_not_told_apart_nothing_is_told()
    {
        SourceDay[] days = Active(Enumerable.Range(0, 15 * 24), SourceKey.RestOf("hub"));
        SourceDay[] fields = Fields("0/0 0/0 0/0 0/0 0/0 1000/1000 1000/1000 100/0", SourceKey.RestOf("hub"));

        SourceState state = Judge(days, days[^1].LastEnqueued.AddDays(13));

        Assert.Equal((SourceStatus.Irregular, null), (state.Status, state.SilentAfter));
        Assert.Empty(Judge(fields, Start.AddDays(7).AddHours(12)).Lost);
    }

    /// <summary>Of days, the number of events and how many have the field; and whether it is lost on the last. The source came for a week before.</summary>
    [Theory]
    [InlineData("1000/1000 1000/1000 50/0", false)] // too few of today's
    [InlineData("1000/1000 1000/1000 100/0", true)]
    [InlineData("1000/980 1000/980 100/0", true)]
    [InlineData("1000/980 1000/979 100/0", false)] // not nearly all
    [InlineData("1000/979 1000/1000 100/0", false)]
    [InlineData("1000/1000 1000/1000 100/1", false)]
    [InlineData("100/100 99/99 100/0", false)] // too few on the days before
    [InlineData("99/99 100/100 100/0", false)]
    [InlineData("1000/1000 3000/3000 149/0", false)] // fewer than 5 %
    [InlineData("1000/1000 3000/3000 150/0", true)]
    [InlineData("1000/1000 1000/1000 1000/400 100/0", true)] // the change came in the middle of a day
    [InlineData("1000/1000 1000/1000 0/0 0/0 0/0 0/0 0/0 100/0", true)]
    [InlineData("1000/1000 1000/1000 0/0 0/0 0/0 0/0 0/0 0/0 100/0", false)] // more than a week ago
    [InlineData("1000/0 1000/0", false)]
    [InlineData("1000/1000/10 1000/1000/10 100/0/10", true)]
    [InlineData("1000/1000/10 1000/1000/10 100/0/11", false)] // another hour of the day
    [InlineData("300/0 20000/20000 20000/20000 1100/0", false)] // a burst of other events
    [InlineData("300/150 20000/20000 20000/20000 1100/0", true)]
    [InlineData("300/149 20000/20000 20000/20000 1100/0", false)]
    [InlineData("1000/1000 1000/1000 4000/0", true)]
    [InlineData("1000/1000 1000/1000 4001/0", false)] // a burst today
    [InlineData("99/0 20000/20000 20000/20000 1100/0", true)] // a day of few events
    public void A_field_is_lost_that_nearly_all_events_had_and_none_of_today(string text, bool isLost)
    {
        SourceDay[] days = Fields("0/0 0/0 0/0 0/0 0/0 0/0 0/0 " + text);

        SourceState state = Judge(days, Start.AddDays(days.Length - 1).AddHours(12));

        Assert.Equal(
            isLost ? [new LostField("product=windows,category=process_creation", "CommandLine", days[^1].Day, state.Lost.FirstOrDefault()?.LastSeen ?? default)] : [],
            state.Lost);
    }

    [Theory]
    [InlineData("1/1 0/0 0/0 0/0 0/0 1000/1000 1000/1000 100/0", true)]
    [InlineData("1/1 0/0 0/0 0/0 1000/1000 1000/1000 100/0", false)]
    public void A_source_that_is_younger_than_a_week_has_lost_nothing(string text, bool isLost)
    {
        SourceDay[] days = Fields(text);

        Assert.Equal(isLost ? 1 : 0, Judge(days, Start.AddDays(days.Length - 1).AddHours(12)).Lost.Length);
    }

    [Fact]
    public void A_field_that_rules_look_at_only_since_now_is_not_lost_nor_one_that_they_no_longer_look_at()
    {
        SourceDay[] days = Fields("0/0 0/0 0/0 0/0 0/0 0/0 0/0 1000/1000 1000/1000 1000/0");
        var noLonger = new SourceDay(Key, days[^1].Day);
        noLonger.Add(Start.AddDays(9), 1000);
        noLonger.View(Processes).Add(1000);
        var since = new SourceDay(Key, days[^1].Day);
        since.Add(Start.AddDays(9), 1000);
        since.View(Processes).Add(1000);
        since.View(Processes).Add("CommandLine", 0, 99);

        Assert.Single(Judge(days, Start.AddDays(9).AddHours(12)).Lost);
        Assert.Empty(Judge([.. days[..^1], noLonger], Start.AddDays(9).AddHours(12)).Lost);
        Assert.Empty(Judge([.. days[..^1], since], Start.AddDays(9).AddHours(12)).Lost);
    }

    [Theory]
    [InlineData("19/19", false)]
    [InlineData("20/9", false)]
    [InlineData("20/10", true)]
    public void A_field_is_back_when_half_of_a_days_events_have_it(string today, bool isBack)
    {
        SourceDay[] days = Fields($"0/0 0/0 0/0 0/0 0/0 0/0 1000/1000 1000/1000 1000/0 {today}");
        SourceState lost = Judge(days[..^1], Start.AddDays(8).AddHours(12));
        SourceTold told = SourceTold.Nothing(Key).Next(lost, out SourceChanges changes);
        Assert.Equal(lost.Lost, changes.NowLost);

        SourceState state = SourceJudge.Judge(days, told, Start.AddDays(9).AddHours(12), Start.AddDays(9).AddHours(12));
        SourceTold next = told.Next(state, out changes);

        Assert.Equal(isBack, next.IsEmpty);
        Assert.Equal(isBack ? told.Lost : [], changes.NowBack);
        Assert.Empty(changes.NowLost);
    }

    [Fact]
    public void A_field_that_is_missed_for_a_month_is_no_longer_told_of()
    {
        SourceTold told = SourceTold.Nothing(Key) with { Lost = [new LostField("x", "F", new DateOnly(2026, 11, 2), new DateOnly(2026, 11, 1))] };

        Assert.Equal(told.Lost, told.At(new DateOnly(2026, 12, 1)).Lost);
        Assert.True(told.At(new DateOnly(2026, 12, 2)).IsEmpty);
    }

    [Fact]
    public void All_is_counted_that_the_oldest_partition_has_done()
    {
        DateTimeOffset now = Start.AddDays(1);
        DateTimeOffset newest = now.AddHours(-3);
        PartitionProgress done = Partition("0", now, null);
        PartitionProgress behind = Partition("1", now.AddMinutes(-1), now.AddHours(-5));

        Assert.Equal(now - HubHorizon.Slack, HubHorizon.Of([done], newest, now));
        Assert.Equal(now.AddHours(-5) - HubHorizon.Slack, HubHorizon.Of([done, behind], newest, now));

        // Not looked at, not lately, or in vain.
        Assert.Equal(newest, HubHorizon.Of([], newest, now));
        Assert.Equal(newest, HubHorizon.Of([done with { At = now.AddMinutes(-11) }], newest, now));
        Assert.Equal(newest, HubHorizon.Of([done, behind with { Fault = "refused" }], newest, now));
        Assert.Equal(now, HubHorizon.Of([], now.AddHours(1), now));
    }

    [Fact]
    public void What_instances_hold_is_not_counted_yet()
    {
        DateTimeOffset now = Start.AddDays(1);
        DateTimeOffset unheard = now - HubHorizon.Unheard;
        var heard = new InstanceReport("a", unheard) { LastBatchAt = Start };
        InstanceReport blind = heard with { UncountedSince = now.AddHours(-7), HasEnded = true };

        Assert.Null(HubHorizon.OfInstances([], now));
        Assert.Null(HubHorizon.OfInstances([heard], now));
        Assert.Equal(now.AddHours(-7), HubHorizon.OfInstances([heard, blind, blind with { UncountedSince = now.AddHours(-6) }], now));

        // One that reads events and is not heard of, for a while; not one that ended or never read any.
        Assert.Equal(unheard.AddTicks(-1) - HubHorizon.Slack, HubHorizon.OfInstances([heard with { At = unheard.AddTicks(-1) }], now));
        Assert.Equal(now - HubHorizon.Missed - HubHorizon.Slack, HubHorizon.OfInstances([heard, heard with { At = now - HubHorizon.Missed }], now));
        Assert.Null(HubHorizon.OfInstances([heard with { At = now - HubHorizon.Missed - TimeSpan.FromTicks(1) }], now));
        Assert.Null(HubHorizon.OfInstances([heard with { At = unheard.AddMinutes(-1), HasEnded = true }], now));
        Assert.Null(HubHorizon.OfInstances([heard with { At = unheard.AddMinutes(-1), LastBatchAt = null }], now));
    }

    private static PartitionProgress Partition(string id, DateTimeOffset at, DateTimeOffset? oldest) => new("ns", "hub", "$Default", id, at)
    {
        LastEnqueued = 10,
        DoneThrough = oldest is null ? 10 : 5,
        Pending = oldest is { } time ? [new PendingEvent(6, time)] : [],
    };

    private static SourceState Judge(IReadOnlyCollection<SourceDay> days, DateTimeOffset now) => SourceJudge.Judge(days, null, now, now);

    /// <summary>Days with an event at the half of each of some hours.</summary>
    private static SourceDay[] Active(IEnumerable<int> hours, SourceKey? source = null)
    {
        var days = new SortedDictionary<DateOnly, SourceDay>();
        foreach (DateTimeOffset time in hours.Select(hour => Start.AddHours(hour).AddMinutes(30)))
        {
            var date = DateOnly.FromDateTime(time.UtcDateTime);
            if (!days.TryGetValue(date, out SourceDay? day))
            {
                days.Add(date, day = new SourceDay(source ?? Key, date));
            }

            day.Add(time, 1);
        }

        return [.. days.Values];
    }

    private static SourceDay[] Fields(string text, SourceKey? source = null) =>
    [
        .. text.Split(' ').Select((one, index) =>
        {
            long[] counts = [.. one.Split('/').Select(count => long.Parse(count, CultureInfo.InvariantCulture))];
            var day = new SourceDay(source ?? Key, DateOnly.FromDateTime(Start.UtcDateTime).AddDays(index));
            day.Add(Start.AddDays(index).AddHours(counts.Length > 2 ? counts[2] : 0), Math.Max(1, counts[0]));
            day.View(Processes).Add(counts[0]);
            day.View(Processes).Add("CommandLine", counts[1], counts[0]);
            return day;
        }),
    ];
}
