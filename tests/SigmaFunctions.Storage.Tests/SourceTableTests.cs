using System.Globalization;
using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>What arrives, as the table has it; against Azurite.</summary>
public sealed class SourceTableTests(StorageAccount account)
{
    private static readonly DateTimeOffset Time = new(2026, 11, 26, 10, 30, 0, TimeSpan.Zero);
    private static readonly DateOnly Day = new(2026, 11, 26);
    private static readonly SourceKey Key = new("events", "evtx", "Security", "Microsoft-Windows-Security-Auditing", "");
    private static readonly LogSourceSet Processes = [new LogSource("process_creation", "windows")];
    private static readonly LogSourceSet Security = [new LogSource(null, "windows", "security"), new LogSource("x")];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_instances_count_is_added_up_whoever_writes_at_the_same_time()
    {
        TableClient client = await account.CreateTableAsync();

        await Task.WhenAll(Enumerable.Range(0, 4).Select(async instance =>
        {
            var table = new SourceTable(client);
            for (int round = 0; round < 5; round++)
            {
                await table.AddAsync(Counted(Key, Time.AddHours(instance), 10, 5), Token);
            }
        }));

        SourceDay day = Assert.Single(Assert.Single((await new SourceTable(client).ListAsync(Day, Day, Day, Token)).Sources));
        Assert.Equal(Key, day.Source);
        Assert.Equal((50, 50, 50, 50, 200), (day.Hours[10], day.Hours[11], day.Hours[12], day.Hours[13], day.Hours.Sum()));
        Assert.Equal(Time.AddHours(3), day.LastEnqueued);
        Assert.Equal(["product=windows,category=process_creation", "product=windows,service=security / category=x"], day.Views.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Processes, day.Views["product=windows,category=process_creation"].LogSources);
        Assert.Equal((200, new FieldArrivals(100, 200)), (day.Views["product=windows,category=process_creation"].Events, day.Views["product=windows,category=process_creation"].Fields["CommandLine"]));
        Assert.Equal(new FieldArrivals(20, 20), day.Views["product=windows,service=security / category=x"].Fields["Some"]);
        Assert.Equal(Security, day.Views["product=windows,service=security / category=x"].LogSources);
    }

    [Fact]
    public async Task Days_are_listed_by_source_in_order_and_fields_only_of_those_that_are_asked_for()
    {
        var table = new SourceTable(await account.CreateTableAsync());
        SourceKey other = Key with { Tenant = "t" };
        foreach (int ago in new[] { 0, 3, 1, 2 })
        {
            await table.AddAsync(Counted(Key, Time.AddDays(-ago), 1, 1), Token);
        }

        await table.AddAsync(Counted(other, Time, 1, 1), Token);

        IReadOnlyList<IReadOnlyList<SourceDay>> listed = (await table.ListAsync(Day.AddDays(-2), Day.AddDays(-1), Day, Token)).Sources;

        Assert.Equal(
            ["26 2", "24 0, 25 2, 26 2"],
            listed.OrderByDescending(days => days[0].Source.Tenant, StringComparer.Ordinal)
                .Select(days => string.Join(", ", days.Select(day => string.Create(CultureInfo.InvariantCulture, $"{day.Day.Day} {day.Views.Count}")))));
        Assert.Equal(2, (await table.FindAsync(Key, Day.AddDays(-3), Token))!.Views.Count);
        Assert.Null(await table.FindAsync(Key, Day.AddDays(-4), Token));
    }

    [Fact]
    public async Task Old_days_are_removed_and_what_was_told_stays()
    {
        var table = new SourceTable(await account.CreateTableAsync());
        await table.AddAsync(Counted(Key, Time.AddDays(-30), 1, 1), Token);
        await table.AddAsync(Counted(Key, Time.AddDays(-31), 1, 1), Token);
        await table.TryTellAsync(SourceTold.Nothing(Key) with { SilentSince = Time }, null, Token);

        await table.RemoveAsync(Day.AddDays(-30), Token);

        Assert.Equal(Day.AddDays(-30), Assert.Single(Assert.Single((await table.ListAsync(Day.AddDays(-90), Day, Day, Token)).Sources)).Day);
        Assert.Single(await table.ListToldAsync(Token));
    }

    [Fact]
    public async Task A_hubs_name_is_the_same_in_any_case()
    {
        var table = new SourceTable(await account.CreateTableAsync());
        await table.AddAsync(Counted(Key with { Hub = "Events" }, Time.AddDays(-1), 1, 1), Token);
        await table.AddAsync(Counted(Key with { Hub = "EVENTS" }, Time, 1, 1), Token);
        await table.AddAsync(Counted(Key, Time, 1, 1), Token);

        IReadOnlyList<SourceDay> days = Assert.Single((await table.ListAsync(Day.AddDays(-1), Day, Day, Token)).Sources);

        Assert.Equal([1, 2], days.Select(day => day.Hours.Sum()));
        Assert.Equal(Key, days[0].Source);
        Assert.Equal(Key.GetHashCode(), days[0].Source.GetHashCode());
        Assert.NotEqual(Key, Key with { Channel = "security" });
    }

    [Fact]
    public async Task Of_lost_fields_are_told_as_many_as_a_row_holds()
    {
        var table = new SourceTable(await account.CreateTableAsync());
        LostField[] lost = [.. Enumerable.Range(0, 70).Select(number => new LostField("x", new string('é', 300) + number, Day, Day))];
        var state = new SourceState(Key, SourceStatus.Arriving, Time, Time, 0, TimeSpan.Zero, null, [.. lost]);

        SourceTold told = SourceTold.Nothing(Key).Next(state, out SourceChanges changes);

        Assert.Equal(15, changes.NowLost.Length);
        Assert.True(await table.TryTellAsync(told, null, Token));
        Assert.Equal(told.Lost, Assert.Single(await table.ListToldAsync(Token)).Told.Lost);
        told.Next(state, out changes);
        Assert.True(changes.IsEmpty);
        Assert.Equal(64, SourceTold.Nothing(Key).Next(state with { Lost = [.. lost.Select(field => field with { Field = field.Field[300..] })] }, out _).Lost.Length);
    }

    [Fact]
    public async Task Of_instances_that_tell_at_the_same_time_one_does()
    {
        var table = new SourceTable(await account.CreateTableAsync());
        SourceTold silent = SourceTold.Nothing(Key) with { SilentSince = Time };
        SourceTold lost = silent with { Lost = [new LostField("x / y", "Field", Day, Day.AddDays(-1))] };

        Assert.Equal([false, true], (await Task.WhenAll(table.TryTellAsync(silent, null, Token), table.TryTellAsync(silent, null, Token))).Order());
        (SourceTold told, ETag version) = Assert.Single(await table.ListToldAsync(Token));
        Assert.Equal((silent.Source, silent.SilentSince, 0), (told.Source, told.SilentSince, told.Lost.Length));

        Assert.True(await table.TryTellAsync(lost, version, Token));
        Assert.False(await table.TryTellAsync(lost, version, Token));
        Assert.False(await table.TryTellAsync(SourceTold.Nothing(Key), version, Token));
        (told, version) = Assert.Single(await table.ListToldAsync(Token));
        Assert.Equal(lost.Lost, told.Lost);

        Assert.True(await table.TryTellAsync(SourceTold.Nothing(Key), version, Token));
        Assert.False(await table.TryTellAsync(SourceTold.Nothing(Key), version, Token));
        Assert.Empty(await table.ListToldAsync(Token));
        Assert.True(await table.TryTellAsync(SourceTold.Nothing(Key), null, Token));
    }

    [Fact]
    public async Task A_table_that_is_missing_is_made()
    {
        var client = new TableClient(account.ConnectionString, $"T{Guid.NewGuid():N}");
        var table = new SourceTable(client);
        await table.RemoveAsync(Day, Token);

        await table.AddAsync(Counted(Key, Time, 1, 1), Token);

        Assert.Single((await table.ListAsync(Day, Day, Day, Token)).Sources);
    }

    [Fact]
    public async Task What_another_version_wrote_stays_and_what_is_not_of_its_form_tells_nothing()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new SourceTable(client);
        await table.AddAsync(Counted(Key, Time, 1, 1), Token);
        TableEntity row = await client.QueryAsync<TableEntity>(cancellationToken: Token).SingleAsync(Token);
        row["Later"] = "x";
        row["Views"] = "[{";
        await client.UpdateEntityAsync(row, ETag.All, TableUpdateMode.Replace, Token);

        SourceDay day = Assert.Single(Assert.Single((await table.ListAsync(Day, Day, Day, Token)).Sources));
        Assert.Equal((1, 0, 1), (day.Hours.Sum(), day.Views.Count, day.ViewsLeftOut));
        await table.AddAsync(Counted(Key, Time, 1, 1), Token);

        row = await client.QueryAsync<TableEntity>(cancellationToken: Token).SingleAsync(Token);
        Assert.Equal("x", row["Later"]);
        day = Assert.Single(Assert.Single((await table.ListAsync(Day, Day, Day, Token)).Sources));
        Assert.Equal((2, 2, 0), (day.Hours.Sum(), day.Views.Count, day.ViewsLeftOut));

        row["Hours"] = "1 2 3";
        await client.UpdateEntityAsync(row, ETag.All, TableUpdateMode.Replace, Token);
        Assert.Empty((await table.ListAsync(Day, Day, Day, Token)).Sources);
    }

    [Fact]
    public async Task Views_that_there_is_no_room_for_are_left_out_those_of_fewest_events_first()
    {
        var table = new SourceTable(await account.CreateTableAsync());
        var counted = new SourceDay(Key, Day);
        counted.Add(Time, 1);
        for (int view = 0; view < 200; view++)
        {
            SourceDayView one = counted.View([new LogSource(string.Create(CultureInfo.InvariantCulture, $"category{view}"))]);
            one.Add(1_000_000 - view);
            for (int field = 0; field < 20; field++)
            {
                one.Add($"SomeFieldOfNoSmallName{field}", long.MaxValue / 4, long.MaxValue / 2);
            }
        }

        await table.AddAsync(counted, Token);

        SourceDay day = Assert.Single(Assert.Single((await table.ListAsync(Day, Day, Day, Token)).Sources));
        Assert.InRange(day.Views.Count, 10, 199);
        Assert.Equal(200, day.Views.Count + day.ViewsLeftOut);
        Assert.Equal(Enumerable.Range(0, day.Views.Count).Select(view => $"category=category{view}").Order(StringComparer.Ordinal), day.Views.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Of_rows_that_are_too_many_the_oldest_are_missing()
    {
        var table = new SourceTable(await account.CreateTableAsync());
        SourceKey[] keys = [.. Enumerable.Range(0, 3).Select(number => Key with { Tenant = string.Create(CultureInfo.InvariantCulture, $"{number}") })];
        foreach (SourceKey key in keys)
        {
            // A hub's clock is ahead.
            await table.AddAsync(Counted(key, Time.AddDays(1), 1, 1), Token);
            await table.AddAsync(Counted(key, Time, 1, 1), Token);
            await table.AddAsync(Counted(key, Time.AddDays(-1), 1, 1), Token);
        }

        SourceHistory history = await table.ListAsync(Day.AddDays(-2), Day.AddDays(-2), Day, maxRows: 7, maxViewCharacters: int.MaxValue, Token);

        Assert.Equal(7, history.Sources.Sum(days => days.Count));
        Assert.All(history.Sources, days => Assert.Equal((Day, Day.AddDays(1)), (days[^2].Day, days[^1].Day)));

        int length = SourceDayJson.Write(history.Sources[0][^1].Views.Values, out _).Length;
        history = await table.ListAsync(Day.AddDays(-2), Day.AddDays(-2), Day, maxRows: 100, maxViewCharacters: length * 6, Token);

        Assert.All(history.Sources, days => Assert.Equal([0, 2, 2], days.Select(day => day.Views.Count)));
    }

    [Fact]
    public async Task Hours_in_which_nobody_looked_are_no_silence()
    {
        TableClient client = await account.CreateTableAsync();
        var table = new SourceTable(client);
        await table.AddAsync(Counted(Key, Time, 1, 1), Token);
        foreach (int hours in new[] { -1, 0, 1, 2, 2, 12, 13, 14, 15 })
        {
            await table.AddCheckAsync(Time.AddHours(hours), Token);
        }

        SourceHistory history = await table.ListAsync(Day.AddDays(-1), Day, Day.AddDays(1), Token);

        // From 10:30 on; of the hours between, those of 11:00, 12:00, 22:00 to 01:00 are there. Where one is missing, two more do not count.
        IReadOnlyList<SourceDay> days = Assert.Single(history.Sources);
        Assert.Equal(8, history.Checks.Count);
        Assert.Equal(Time.AddMinutes(20), history.HorizonOf(days, Time.AddMinutes(20)));
        Assert.Equal(Time.AddHours(2), history.HorizonOf(days, Time.AddHours(2)));
        Assert.Equal(Time.AddHours(1), history.HorizonOf(days, Time.AddHours(12)));
        Assert.Equal(Time.AddHours(5), history.HorizonOf(days, Time.AddHours(16)));
        Assert.Equal(Time.AddHours(5), history.HorizonOf(days, Time.AddHours(17)));
        await table.RemoveAsync(Day.AddDays(1), Token);
        Assert.Equal(2, (await table.ListAsync(Day.AddDays(-1), Day, Day.AddDays(1), Token)).Checks.Count);
    }

    private static SourceDay Counted(SourceKey key, DateTimeOffset time, long events, long present)
    {
        var day = new SourceDay(key, DateOnly.FromDateTime(time.UtcDateTime));
        day.Add(time, events);
        day.View(Processes).Add(events);
        day.View(Processes).Add("CommandLine", present, events);
        day.View(Security).Add(events);
        day.View(Security).Add("Some", 1, 1);
        return day;
    }
}
