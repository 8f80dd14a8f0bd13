using System.Globalization;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.Storage.Tests;

/// <summary>
/// Six weeks of 240 sources that are made up: servers, offices with nights, weekends and a holiday, jobs by night and by week, bursts, and sources that come at random. In the
/// last four weeks nothing is told of those that do not change, and each is that falls silent or loses a field.
/// </summary>
public sealed class SourceFortnightTests
{
    private const int Hours = 42 * 24;
    private const int Learning = 14 * 24;
    private const int SourcesOfKind = 20;
    private const int RandomSources = 80;

    // A weekday of the fourth week.
    private const int Holiday = 23;

    // A Monday.
    private static readonly DateTimeOffset Start = new(2026, 10, 5, 0, 0, 0, TimeSpan.Zero);
    private static readonly LogSourceSet Processes = [new LogSource("process_creation", "windows")];

    /// <summary>Kinds of sources, and how many events of one are to be expected in an hour.</summary>
    private static readonly (string Name, Func<Random, Func<int, double>> Rate)[] Kinds =
    [
        ("server, busy", random => Always(50 + (random.NextDouble() * 500))),
        ("server, 3 an hour", random => Always(2 + (random.NextDouble() * 2))),
        ("at random, 1 in 2 hours", _ => Always(0.5)),
        ("at random, 2 a day", _ => Always(0.08)),
        ("at random, 2 a week", _ => Always(0.012)),
        ("server, less by night", random => Daily(random, 200, night: 2, weekend: 5)),
        ("office", random => Daily(random, 60, night: 0, weekend: 0)),
        ("office, seldom by night", random => Daily(random, 30, night: 0.1, weekend: 0.1)),
        ("every night", random => At(hour: random.Next(24), days: 1)),
        ("every week", random => At(hour: random.Next(24), days: 7)),
        ("bursts", random => Bursts(random, 36)),
        ("two time zones", random => Two(Daily(random, 40, night: 0, weekend: 0), Daily(random, 40, night: 0, weekend: 0, shift: 9))),
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Nothing_is_told_of_240_sources_that_do_not_change(int seed)
    {
        var told = new List<string>();
        ForEach(seed, (name, random, rate) =>
        {
            foreach ((int hour, SourceState state, SourceChanges changes) in Run(random, rate, Hours, Hours))
            {
                if (!changes.IsEmpty)
                {
                    told.Add(string.Create(CultureInfo.InvariantCulture, $"{name} after {hour} hours: {state.Status} gap {state.LongestGap} {changes.NowLost.Length} lost"));
                }
            }
        });

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', told));
        Assert.Empty(told);
    }

    /// <summary>Rows that the former version wrote for the sources it did not tell apart are no source that falls silent.</summary>
    [Theory]
    [InlineData("(others)", "", true)]
    [InlineData("other", "", true)]
    [InlineData("other", "tenant", false)]
    [InlineData("evtx", "", false)]
    public void What_stands_for_the_rest_is_known(string shape, string tenant, bool isRest) =>
        Assert.Equal(isRest, new SourceKey("hub", shape, "", "", tenant).IsRest);

    [Fact]
    public void Each_that_falls_silent_is_told_after_twice_its_longest_gap_but_those_that_are_irregular()
    {
        var found = new Dictionary<string, List<double>>();
        ForEach(4, (name, random, rate) =>
        {
            int ends = random.Next(20 * 24, 24 * 24);
            (int Hour, SourceState State, SourceChanges Changes)[] told = [.. Run(random, rate, ends, Hours).Where(one => one.Changes.IsNowSilent)];
            if (told.Length == 0)
            {
                return;
            }

            (int hour, SourceState state, _) = Assert.Single(told);
            double after = hour - (state.Last - Start).TotalHours;
            found.TryAdd(name, []);
            found[name].Add(after);
            Assert.InRange(after, state.SilentAfter!.Value.TotalHours, state.SilentAfter.Value.TotalHours + 1.2);
        });

        foreach ((string name, List<double> after) in found)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name}: {after.Count} of {SourcesOfKind} found, after {after.Min():F1} to {after.Max():F1} hours"));
        }

        string[] irregular = ["at random, 2 a day", "at random, 2 a week", "every week", "bursts"];
        Assert.Equal(Kinds.Select(kind => kind.Name).Except(irregular), Kinds.Select(kind => kind.Name).Where(name => found.GetValueOrDefault(name)?.Count == SourcesOfKind));
        Assert.All(found["server, busy"], after => Assert.InRange(after, 2, 3.2));
        Assert.All(found["server, less by night"], after => Assert.InRange(after, 2, 15));
        Assert.All(found["office"], after => Assert.InRange(after, 48, 181));
    }

    [Fact]
    public void Each_that_loses_a_field_is_told_on_the_next_day_of_work()
    {
        var found = new Dictionary<string, List<double>>();
        string[] busy = ["server, busy", "server, less by night", "office", "two time zones"];
        ForEach(5, (name, random, rate) =>
        {
            if (!busy.Contains(name))
            {
                return;
            }

            int changes = random.Next(16 * 24, 21 * 24);
            (int hour, _, _) = Run(random, rate, Hours, changes).First(one => one.Changes.NowLost.Any(lost => lost.Field == "CommandLine"));
            found.TryAdd(name, []);
            found[name].Add(hour - changes);
        });

        foreach ((string name, List<double> after) in found)
        {
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name}: {after.Count} of {SourcesOfKind} found, after {after.Min():F0} to {after.Max():F0} hours"));
            Assert.Equal(SourcesOfKind, after.Count);
            Assert.InRange(after.Max(), 0, name == "server, busy" ? 26 : 96);
        }
    }

    /// <summary>
    /// Sources of a random rhythm: hours of work, breaks, nights and weekends of any rate, with and without holidays and summer time, with bursts and weekly jobs whose events
    /// have other fields.
    /// </summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Nothing_is_told_of_sources_of_a_random_rhythm_that_do_not_change(int seed)
    {
        var told = new List<string>();
        for (int source = 0; source < RandomSources; source++)
        {
            var random = new Random((seed * 1_000_003) + source);
            var rhythm = Rhythm.Create(random);
            foreach ((int hour, SourceState state, SourceChanges changes) in Run(random, rhythm.Rate, Hours, Hours, rhythm.Others))
            {
                if (!changes.IsEmpty)
                {
                    told.Add(string.Create(
                        CultureInfo.InvariantCulture, $"{source} after {hour} hours: {state.Status} gap {state.LongestGap} {string.Join(", ", changes.NowLost)} {rhythm}"));
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join('\n', told));
        Assert.Empty(told);
    }

    [Fact]
    public void Each_of_a_random_rhythm_that_keeps_its_hours_is_told_as_silent_after_twice_its_longest_gap()
    {
        var after = new List<double>();
        for (int source = 0; source < RandomSources; source++)
        {
            var random = new Random(source);
            Rhythm rhythm = Rhythm.Create(random) with { Night = 0, Weekend = 0, Rate0 = 50, Holiday = -1, ChangesTime = -1, BurstsEvery = 0, JobOn = -1 };
            int ends = random.Next(20 * 24, 24 * 24);
            (int hour, SourceState state, _) = Assert.Single(Run(random, rhythm.Rate, ends, Hours, rhythm.Others), one => one.Changes.IsNowSilent);
            after.Add(hour - (state.Last - Start).TotalHours);
            Assert.Equal(2 * state.LongestGap, state.SilentAfter);
            Assert.InRange(after[^1], 0, (2 * state.LongestGap.TotalHours) + 1.2);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"after {after.Min():F1} to {after.Max():F1} hours"));
    }

    private static void ForEach(int seed, Action<string, Random, Func<int, double>> run)
    {
        foreach ((string name, Func<Random, Func<int, double>> rate) in Kinds)
        {
            for (int source = 0; source < SourcesOfKind; source++)
            {
                var random = new Random((seed * 100_003) + (source * 7_919) + name.Sum(c => c * 31));
                run(name, random, rate(random));
            }
        }
    }

    /// <summary>What is told hour by hour, once there is a fortnight.</summary>
    /// <param name="random">Chance.</param>
    /// <param name="rate">Events to be expected, by hour.</param>
    /// <param name="ends">The hour from which nothing comes.</param>
    /// <param name="thins">The hour from which no event has a command line.</param>
    /// <param name="others">Events of another kind, which have no command line, by hour.</param>
    private static IEnumerable<(int Hour, SourceState State, SourceChanges Changes)> Run(
        Random random, Func<int, double> rate, int ends, int thins, Func<int, int>? others = null)
    {
        var key = new SourceKey("hub", "evtx", "Security", "P", "");
        var days = new SortedDictionary<DateOnly, SourceDay>();
        var told = SourceTold.Nothing(key);
        for (int hour = 0; hour < Hours; hour++)
        {
            DateTimeOffset time = Start.AddHours(hour);
            int events = hour < ends ? Poisson(random, rate(hour)) : 0;
            if (events > 0)
            {
                // Two instances.
                int first = random.Next(events + 1);
                Add(days, Count(random, key, time, first, hour >= thins));
                Add(days, Count(random, key, time, events - first, hour >= thins));
            }

            if (others is not null && hour < ends)
            {
                Add(days, Count(random, key, time, others(hour), isThin: true));
            }

            DateTimeOffset now = time.AddHours(1);
            var oldest = DateOnly.FromDateTime(now.UtcDateTime.AddDays(-SourceJudge.DaysNeeded));
            foreach (DateOnly old in days.Keys.Where(day => day < oldest).ToArray())
            {
                days.Remove(old);
            }

            if (hour < Learning || days.Count == 0)
            {
                continue;
            }

            SourceState state = SourceJudge.Judge(days.Values, told, now - HubHorizon.Slack, now);
            told = told.Next(state, out SourceChanges changes);
            yield return (hour + 1, state, changes);
        }
    }

    private static SourceDay? Count(Random random, SourceKey key, DateTimeOffset time, int events, bool isThin)
    {
        if (events == 0)
        {
            return null;
        }

        var day = new SourceDay(key, DateOnly.FromDateTime(time.UtcDateTime));
        day.Add(time.AddMinutes(60 - (60.0 / (events + 1) * random.NextDouble())).AddSeconds(-1), events);
        SourceDayView view = day.View(Processes);
        view.Add(events);
        view.Add("Image", events, events);
        view.Add("CommandLine", isThin ? 0 : Some(random, events, 0.995), events);
        view.Add("User", Some(random, events, 0.985), events);

        // By day alone.
        view.Add("ByDay", time.Hour is >= 6 and < 20 ? events : 0, events);
        view.Add("Half", Some(random, events, 0.5), events);
        view.Add("Never", 0, events);
        return day;
    }

    private static void Add(SortedDictionary<DateOnly, SourceDay> days, SourceDay? counted)
    {
        if (counted is not null && !days.TryAdd(counted.Day, counted))
        {
            days[counted.Day].Add(counted);
        }
    }

    private static int Some(Random random, int events, double share) =>
        events > 100 ? (int)Math.Round(events * share) : Enumerable.Range(0, events).Count(_ => random.NextDouble() < share);

    private static int Poisson(Random random, double mean)
    {
        if (mean > 30)
        {
            return (int)(mean * (0.7 + (0.6 * random.NextDouble())));
        }

        int events = 0;
        for (double product = random.NextDouble(); product > Math.Exp(-mean); product *= random.NextDouble())
        {
            events++;
        }

        return events;
    }

    private static Func<int, double> Always(double rate) => _ => rate;

    private static Func<int, double> Two(Func<int, double> first, Func<int, double> second) => hour => first(hour) + second(hour);

    private static Func<int, double> At(int hour, int days) => at => at % (24 * days) == hour ? 500 : 0;

    private static Func<int, double> Bursts(Random random, int mean)
    {
        var active = new HashSet<int>();
        for (int hour = 0; hour < Hours; hour += 1 + (int)(-mean * Math.Log(1 - random.NextDouble())))
        {
            active.UnionWith([hour, hour + 1, hour + 2]);
        }

        return hour => active.Contains(hour) ? 40 : 0;
    }

    private static Func<int, double> Daily(Random random, double rate, double night, double weekend, int shift = 0)
    {
        int from = 7 + random.Next(3);
        rate *= 0.5 + random.NextDouble();
        return hour =>
        {
            int local = hour + shift;
            return local / 24 % 7 >= 5 || local / 24 == Holiday ? weekend : local % 24 >= from && local % 24 < from + 10 ? rate : night;
        };
    }

    /// <summary>When a source comes, and how much.</summary>
    private sealed record Rhythm
    {
        /// <summary>Events in an hour of work, by night and at weekends.</summary>
        public required double Rate0 { get; init; }

        public required double Night { get; init; }

        public required double Weekend { get; init; }

        /// <summary>First hour of work, and how many there are; the day may end after midnight.</summary>
        public required int From { get; init; }

        public required int Length { get; init; }

        /// <summary>An hour of work in which nothing comes; −1 for none.</summary>
        public required int Break { get; init; }

        /// <summary>A day on which nobody works, and one from which all is an hour later; −1 for none.</summary>
        public required int Holiday { get; init; }

        public required int ChangesTime { get; init; }

        /// <summary>Days between bursts of events of another kind, on average, and how many they are; 0 for none.</summary>
        public required int BurstsEvery { get; init; }

        public required int Burst { get; init; }

        /// <summary>Day of the week of a job that writes a burst; −1 for none.</summary>
        public required int JobOn { get; init; }

        public static Rhythm Create(Random random)
        {
            double rate = Math.Exp(random.NextDouble() * 8) / 3;
            bool works = random.Next(2) == 0;
            double weekend = works ? 0 : rate * Math.Pow(10, -3 * random.NextDouble());
            return new Rhythm
            {
                Rate0 = rate,
                Night = random.Next(2) == 0 ? 0 : rate * Math.Pow(10, -3 * random.NextDouble()),
                Weekend = weekend,
                From = random.Next(24),
                Length = random.Next(6, 21),
                Break = random.Next(3) == 0 ? random.Next(2, 5) : -1,

                // Of sources that come on weekends too, a day on which nothing comes is silence.
                Holiday = works && random.Next(2) == 0 ? random.Next(15, 40) : -1,
                ChangesTime = random.Next(2) == 0 ? random.Next(15, 40) : -1,
                BurstsEvery = random.Next(3) == 0 ? random.Next(2, 20) : 0,
                Burst = (int)(rate * random.Next(1, 100)),
                JobOn = random.Next(3) == 0 ? random.Next(7) : -1,
            };
        }

        public double Rate(int hour)
        {
            int local = hour - (ChangesTime >= 0 && hour >= ChangesTime * 24 ? 1 : 0) - From + 24;
            int day = (local / 24) - 1;
            int time = local % 24;
            return day == Holiday ? 0 : (day + 7) % 7 >= 5 ? Weekend : time >= Length ? Night : time == Break ? 0 : Rate0;
        }

        public int Others(int hour)
        {
            int day = hour / 24;
            bool isBurst = BurstsEvery > 0 && new Random(day + Burst).Next(BurstsEvery) == 0;
            return (isBurst || day % 7 == JobOn) && Rate(hour) > 1 ? Burst : 0;
        }
    }
}
