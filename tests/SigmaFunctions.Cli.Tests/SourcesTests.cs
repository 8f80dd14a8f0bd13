using System.Text.Json;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf sources</c>, on a real storage service.</summary>
public sealed class SourcesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 26, 10, 40, 0, TimeSpan.Zero);
    private static readonly SourceKey Security = new("events", "evtx", "Security", "Microsoft-Windows-Security-Auditing", "");
    private static readonly SourceKey Defender = new("events", "defender", "DeviceProcessEvents", "", "a1b2");
    private static readonly LogSourceSet Processes = [new LogSource("process_creation", "windows")];

    private readonly StorageAccount _account;
    private readonly CommandLine _cli = new() { Time = new FakeTimeProvider(Now) };

    public SourcesTests(StorageAccount account)
    {
        _account = account;
        _cli.Environment["DetectionStorage"] = account.ConnectionString;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _cli.Dispose();

    [Fact]
    public async Task What_arrives_is_listed_with_what_has_changed()
    {
        CommandLine.Outcome outcome = await _cli.RunAsync(["sources", "--table", await FillAsync()], cancellationToken: Token);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        Assert.Equal(
            """
            events: defender DeviceProcessEvents, tenant a1b2
              silent since 2026-11-26 06:30Z, longest gap 1 h, 100 events in 24 h
            events: evtx Security (Microsoft-Windows-Security-Auditing)
              young, last 2026-11-26 10:30Z, longest gap 120 h, 200 events in 24 h
              lost CommandLine since 2026-11-26 (product=windows,category=process_creation)

            """,
            outcome.Output);
        Assert.All(outcome.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    [Fact]
    public async Task What_arrives_is_listed_as_json()
    {
        CommandLine.Outcome outcome = await _cli.RunAsync(["sources", "--table", await FillAsync(), "--format", "json"], cancellationToken: Token);

        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Errors));
        var expected = JsonDocument.Parse(
            """
            [
              {"hub":"events","shape":"defender","channel":"DeviceProcessEvents","provider":"","tenant":"a1b2","status":"silent","eventsIn24Hours":100,
               "first":"2026-11-11T00:00:00+00:00","last":"2026-11-26T06:30:00+00:00","longestGapHours":1,"silentAfterHours":2,"lost":[]},
              {"hub":"events","shape":"evtx","channel":"Security","provider":"Microsoft-Windows-Security-Auditing","tenant":"","status":"young","eventsIn24Hours":200,
               "first":"2026-11-19T10:00:00+00:00","last":"2026-11-26T10:30:00+00:00","longestGapHours":120,"silentAfterHours":null,
               "lost":[{"logSource":"product=windows,category=process_creation","field":"CommandLine","since":"2026-11-26","lastSeen":"2026-11-25"}]}
            ]
            """);
        Assert.True(JsonElement.DeepEquals(expected.RootElement, JsonDocument.Parse(outcome.Output).RootElement), outcome.Output);
    }

    [Fact]
    public async Task Where_nothing_arrived_that_is_said()
    {
        TableClient table = await _account.CreateTableAsync();

        CommandLine.Outcome outcome = await _cli.RunAsync(["sources", "--table", table.Name], cancellationToken: Token);

        Assert.Equal((0, "", "sigmaf: there are none"), (outcome.ExitCode, outcome.Output, outcome.Errors.TrimEnd()));
    }

    [Fact]
    public async Task A_table_that_is_missing_is_told()
    {
        CommandLine.Outcome outcome = await _cli.RunAsync(["sources", "--table", "Nowhere"], cancellationToken: Token);

        Assert.Equal((2, "sigmaf: the storage account has no such table"), (outcome.ExitCode, outcome.Errors.TrimEnd()));
    }

    private async Task<string> FillAsync()
    {
        TableClient client = await _account.CreateTableAsync();
        var table = new SourceTable(client);
        for (int day = 0; day < 16; day++)
        {
            DateTimeOffset begin = new DateTimeOffset(Now.Date, TimeSpan.Zero).AddDays(day - 15);
            var counted = new SourceDay(Defender, DateOnly.FromDateTime(begin.Date));
            for (int hour = 0; hour < (day == 15 ? 7 : 24); hour++)
            {
                counted.Add(begin.AddHours(hour).AddMinutes(30), 5);
            }

            await table.AddAsync(counted, Token);
        }

        foreach ((int ago, long events, long present) in new[] { (7, 1L, 1L), (2, 1000L, 1000L), (1, 1000L, 1000L), (0, 200L, 0L) })
        {
            DateTimeOffset time = Now.AddMinutes(-10).AddDays(-ago);
            var counted = new SourceDay(Security, DateOnly.FromDateTime(time.Date));
            counted.Add(time, events);
            counted.View(Processes).Add(events);
            counted.View(Processes).Add("CommandLine", present, events);
            await table.AddAsync(counted, Token);
        }

        foreach (int ago in Enumerable.Range(0, 4))
        {
            await table.AddCheckAsync(Now.AddHours(-ago), Token);
        }

        return client.Name;
    }
}
