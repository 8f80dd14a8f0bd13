using System.Collections.Immutable;

namespace SigmaFunctions.Storage.Sources;

/// <summary>
/// Tells from what was counted of a source how it is. Pure: no clock, no store. Simple rules, to the hour and to the day:
/// <list type="bullet">
/// <item>It is <em>silent</em> when nothing came for twice its longest gap of the fortnight before its last event, and when it is missed in so many of its usual hours, those
/// of the week in which it came in both weeks of that fortnight, that it is no chance: one in a hundred thousand, from how often what came at that
/// time of the day in one week came in the other too and, where it does not always, from how many events came then. What would take more than a fortnight is not told.</item>
/// <item>It has <em>lost</em> a field that nearly all events of two days in the week before had, at least half of those of every other day until then, and none of today's,
/// which come at the same hours of the day. Days of few events do not count, nor do sources that are younger than a week.</item>
/// </list>
/// Of what stands for sources that were not told apart (<see cref="SourceKey.IsRest"/>) nothing is told.
/// </summary>
public static class SourceJudge
{
    /// <summary>Days for which rows are needed: a fortnight to know what is usual, and a fortnight in which nothing comes.</summary>
    public const int DaysNeeded = 30;

    /// <summary>Days before today for which fields are needed.</summary>
    public const int DaysOfFields = 7;

    private const int Week = 7 * 24;
    private const int Fortnight = 2 * Week;
    private const double Chance = 1e-5;

    // Of a day's events, when nearly all have a field.
    private const double NearlyAll = 0.98;
    private const long FewestEvents = 100;
    private const double FewestOfToday = 0.05;
    private const double NearlyAllHours = 0.95;

    // Of today's events, when a field is back.
    private const long FewestToBeBack = 20;

    /// <summary>Judges a source.</summary>
    /// <param name="days">Its days, at least one, in any order.</param>
    /// <param name="told">What was told of it; null for nothing.</param>
    /// <param name="horizon">All that the hub took in before then is counted (UTC); later than <paramref name="now"/> it is not.</param>
    /// <param name="now">The time (UTC).</param>
    public static SourceState Judge(IReadOnlyCollection<SourceDay> days, SourceTold? told, DateTimeOffset horizon, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(days);
        DateTimeOffset last = days.Max(day => day.LastEnqueued);
        var events = new Dictionary<long, long>(days.SelectMany(HoursOf));
        long[] hours = [.. events.Keys.Order()];
        long lastHour = hours[^1];
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        told = told?.At(today);
        long[] fortnight = [.. hours.Where(hour => hour > lastHour - Fortnight)];
        long before = hours.LastOrDefault(hour => hour <= lastHour - Fortnight, lastHour - Fortnight);
        long gap = Math.Max(1, fortnight.Prepend(before).Zip(fortnight, (from, to) => to - from).Max());
        bool isYoung = lastHour - hours[0] < Fortnight;
        if (isYoung)
        {
            // What was before the first hour is no gap.
            gap = Math.Max(1, fortnight.Zip(fortnight.Skip(1), (from, to) => to - from).DefaultIfEmpty().Max());
        }

        double needed = Math.Max(2 * gap, HoursOfChance(fortnight.ToDictionary(hour => hour, hour => events[hour]), last));
        SourceKey source = days.First().Source;
        bool isIrregular = needed > Fortnight || source.IsRest;
        TimeSpan? after = isYoung || isIrregular ? null : TimeSpan.FromHours(needed);

        // What was told stays so until it comes again, whatever is forgotten meanwhile.
        bool isSilent = told?.SilentSince >= last || (after is { } limit && horizon - last >= limit);
        SourceStatus status = isSilent ? SourceStatus.Silent : isYoung ? SourceStatus.Young : isIrregular ? SourceStatus.Irregular : SourceStatus.Arriving;
        return new SourceState(
            source,
            status,
            DateTimeOffset.UnixEpoch.AddHours(hours[0]),
            last,
            EventsOf(days, now),
            TimeSpan.FromHours(gap),
            after,
            source.IsRest ? [] : LostFields(days, told, today));
    }

    /// <summary>For how many hours nothing must come until it is no chance that it is missed in usual ones; infinity if that is more than a fortnight.</summary>
    private static double HoursOfChance(Dictionary<long, long> active, DateTimeOffset last)
    {
        bool isRegular = active.Keys.All(hour => active.ContainsKey(hour + Week) || active.ContainsKey(hour - Week));
        double missed = MissedOf(active, _ => true, 0.5, 1);
        double[] missedAt = [.. Enumerable.Range(0, 24).Select(time => MissedOf(active, hour => hour % 24 == time, missed, 1))];
        double left = -Math.Log(Chance);
        double begin = (last - DateTimeOffset.UnixEpoch).TotalHours;
        for (long hour = (long)begin; hour < begin + Fortnight; hour++)
        {
            // The same hour of the week, of both weeks until the last event.
            long latest = hour - (((hour - (long)begin + Week - 1) / Week) * Week);
            long fewest = Math.Min(active.GetValueOrDefault(latest), active.GetValueOrDefault(latest - Week));
            double weight = -Math.Log(missedAt[hour % 24]);
            weight = fewest == 0 || isRegular ? weight * Math.Sign(fewest) : Math.Min(weight, fewest);
            double from = Math.Max(hour, begin);
            if (left <= weight * (hour + 1 - from))
            {
                return from + (left / weight) - begin;
            }

            left -= weight * (hour + 1 - from);
        }

        return double.PositiveInfinity;
    }

    /// <summary>Of the hours of the week in which it came in one week, the share in which it did not come in the other.</summary>
    /// <param name="active">The hours in which it came, of two weeks.</param>
    /// <param name="which">Which of them count.</param>
    /// <param name="missed">What is added to those that were missed,</param>
    /// <param name="all">and to all: little is known from few.</param>
    private static double MissedOf(Dictionary<long, long> active, Func<long, bool> which, double missed, double all)
    {
        double ofWeek = active.Keys.Count(which) / 2.0;
        int both = active.Keys.Count(hour => which(hour) && active.ContainsKey(hour + Week));
        return (ofWeek - both + missed) / (ofWeek + all);
    }

    private static IEnumerable<KeyValuePair<long, long>> HoursOf(SourceDay day) =>
        day.Hours.Select((events, hour) => KeyValuePair.Create(HourOf(day.Day) + hour, events)).Where(hour => hour.Value > 0);

    private static long HourOf(DateOnly day) => (day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * 24L;

    private static long EventsOf(IEnumerable<SourceDay> days, DateTimeOffset now)
    {
        long current = (long)Math.Floor((now - DateTimeOffset.UnixEpoch).TotalHours);
        return days.Sum(day => day.Hours.Where((_, hour) => HourOf(day.Day) + hour > current - 24).Sum());
    }

    private static ImmutableArray<LostField> LostFields(IReadOnlyCollection<SourceDay> days, SourceTold? told, DateOnly today)
    {
        SourceDay? current = days.FirstOrDefault(day => day.Day == today);
        List<LostField> lost = [.. (told?.Lost ?? []).Where(field => !IsBack(current, field))];
        bool isYoung = days.Min(day => day.Day) > today.AddDays(-DaysOfFields);
        foreach ((string logSources, SourceDayView view) in isYoung ? [] : current?.Views.AsEnumerable() ?? [])
        {
            foreach ((string field, FieldArrivals arrivals) in view.Fields)
            {
                if (arrivals.Present == 0
                    && lost.TrueForAll(known => known.LogSources != logSources || known.Field != field)
                    && LastSeen(days, logSources, field, today) is { } seen
                    && arrivals.Of >= Math.Max(FewestEvents, FewestOfToday * seen.Arrivals.Of)
                    && HasHoursOf(current!, seen.Day))
                {
                    lost.Add(new LostField(logSources, field, today, seen.Day.Day));
                }
            }
        }

        return [.. lost.OrderBy(field => field.LogSources, StringComparer.Ordinal).ThenBy(field => field.Field, StringComparer.Ordinal)];
    }

    // What is written by night is not what is written by day, and a burst is not what is written otherwise.
    private static bool HasHoursOf(SourceDay today, SourceDay before)
    {
        long all = today.Hours.Sum();
        return today.Hours.Where((_, hour) => before.Hours[hour] > 0).Sum() >= NearlyAllHours * all
            && today.Hours.Zip(before.Hours, (now, then) => Math.Min(now, 2 * then)).Sum() * 2 >= all;
    }

    private static bool IsBack(SourceDay? today, LostField lost) =>
        today is not null
        && today.Views.TryGetValue(lost.LogSources, out SourceDayView? view)
        && view.Fields.TryGetValue(lost.Field, out FieldArrivals arrivals)
        && arrivals.Of >= FewestToBeBack
        && arrivals.Present * 2 >= arrivals.Of;

    /// <summary>The last day on which nearly all events had a field, where that is a matter of course; null where it is not.</summary>
    private static (SourceDay Day, FieldArrivals Arrivals)? LastSeen(IEnumerable<SourceDay> days, string logSources, string field, DateOnly today)
    {
        (SourceDay Day, FieldArrivals Arrivals)? last = null;
        int seen = 0;
        foreach (SourceDay day in days.Where(day => day.Day < today && day.Day >= today.AddDays(-DaysOfFields)).OrderByDescending(day => day.Day))
        {
            if (!day.Views.TryGetValue(logSources, out SourceDayView? view) || !view.Fields.TryGetValue(field, out FieldArrivals arrivals) || arrivals.Of < FewestEvents)
            {
                continue;
            }

            if (arrivals.Present >= NearlyAll * arrivals.Of)
            {
                seen++;
                last ??= (day, arrivals);
            }
            else if (last is not null && arrivals.Present * 2 < arrivals.Of)
            {
                // A day of other events was the rule, or may be again.
                return null;
            }
        }

        return seen > 1 ? last : null;
    }
}
