using System.Collections.Immutable;
using Azure.Data.Tables;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.EndToEnd.Tests.Faults;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>
/// The app of the version before (<see cref="FormerApp"/>) and the built one on the same store, and back again. <c>UPGRADE_SEEDS</c> names the seeds of
/// the long way, as <c>FAULT_SEEDS</c> does.
/// </summary>
public sealed class UpgradeTests(FormerApp former) : IClassFixture<FormerApp>
{
    private const int Former = 0, New = 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<int> Seeds => [.. FaultTests.Seeds(Environment.GetEnvironmentVariable("UPGRADE_SEEDS"))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Nothing_is_lost_and_nothing_is_there_twice_while_versions_change_and_change_back(int seed)
    {
        await using AzuriteProcess account = await AzuriteProcess.StartAsync(Token);
        var plan = new FaultPlan
        {
            Seed = seed,
            Kinds = [FaultKind.Kill, FaultKind.Delay],
            Share = 0.2,
            LongestDelay = TimeSpan.FromMilliseconds(40),
        };

        // A host that comes new reads everything again that the other has done.
        FaultOutcome outcome = await FaultRun.RunAsync(
            account.ConnectionString,
            new FaultScenario(plan)
            {
                Apps = [former.AssemblyPath, LocalPaths.AppAssembly],
                Phases = [new([Former]), new([Former, New], PushesRules: true), new([New], PushesRules: true), new([Former]), new([New])],
                Messages = 120,
                Moves = 4,
                Redeliveries = 6,
                MaxKills = 2,
                IsFlawless = true,
            },
            Token);

        TestContext.Current.TestOutputHelper!.WriteLine($"{outcome}");
        Assert.True(outcome.Problems.IsEmpty, $"{plan}: {string.Join("; ", outcome.Problems)}");
        Assert.True(outcome.Kills > 0, "No worker was killed.");
        Assert.True(outcome.Moves > 0, "No partition moved.");

        // Each reads what it compiled itself, beside what the other did; what only the other has compiled it makes anew.
        ILookup<(int, int), RulesInUse> rules = outcome.RulesInUse.ToLookup(rules => (rules.Phase, rules.Host));
        (string first, string second) = (rules[(1, New)].Last().Set, rules[(2, New)].Last().Set);
        Assert.NotEqual(first, second);
        Assert.Equal(first, rules[(1, Former)].Last().Set);
        Assert.Equal((first, true), Of(rules[(2, New)].First()));
        Assert.Equal((second, false), Of(rules[(3, Former)].First()));
        Assert.Equal((second, true), Of(rules[(4, New)].First()));

        static (string, bool) Of(RulesInUse rules) => (rules.Set, rules.AreFromPack);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_one_version_alerted_and_muted_holds_back_in_the_other(bool formerFirst)
    {
        string[] apps = formerFirst ? [former.AssemblyPath, LocalPaths.AppAssembly] : [LocalPaths.AppAssembly, former.AssemblyPath];
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(
            MarkedRule.Yaml,
            settings: ImmutableDictionary<string, string>.Empty
                .Add("Alerts__SuppressFor", "01:00:00")
                .Add("Alerts__SuppressBy", "HostAndUser")
                .Add("Alerts__MaximumPerHost", "2"),
            appAssembly: apps[0]);
        await deployment.SendAsync(new[] { "ann", "bob", "cid", "ann", "dan", "eve", "fay" }.Select(Event));
        TriggerBatch batch = await deployment.ReadBatchAsync(7);

        // The third alert of the host says that the rule is muted there. A process looks for such a mute when it would send more by itself.
        await deployment.InvokeAsync(batch with { Events = batch.Events[..3] });
        await deployment.Worker.DisposeAsync();
        deployment.AppAssembly = apps[1];
        await deployment.StartWorkerAsync();
        await deployment.InvokeAsync(batch);

        ImmutableArray<Alert> alerts = await deployment.TakeAlertsAsync();
        Assert.Equal(5, alerts.DistinctBy(alert => alert.Id).Count());
        string first = alerts.Single(alert => alert.User == "ann").Id;
        string muted = alerts.Single(alert => alert.Kind == AlertKind.RuleMuted).Id;
        Assert.Equal(
            ["ann", "bob", "cid", $"ann repetition {first}", "dan", "eve", $"fay rate {muted}"],
            (await deployment.RowsAsync()).OrderBy(row => row.GetInt64("SequenceNumber")).Select(Tell));

        static string Tell(TableEntity row) => $"{row.GetString("User")} {row.GetString("HeldBack")} {row.GetString("HeldBackBy")}".TrimEnd();
    }

    /// <summary>The other way round is in DeliveryTests, and with what the fixtures of each version hold in the app's StoredFormTests.</summary>
    [Fact]
    public async Task What_this_version_left_owed_the_one_before_announces()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(MarkedRule.Yaml, appAssembly: former.AssemblyPath);
        // The last look at a claim: rows of any age are left behind then.
        var past = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(-8));
        var left = new Detection
        {
            Identity = new HubEventIdentity("hub", "events", "0", past.GetUtcNow(), 1, 0),
            RuleId = "11111111-1111-4111-8111-111111111111",
            RuleTitle = "Marked process",
            Original = "{}",
        };
        (await new AlertClaims(deployment.Outbox, past).EnterAsync([left.Id], Token)).Dispose();
        await new DetectionTable(deployment.Table, past).AddAsync([left], Token);

        await deployment.SweepAsync();

        Assert.Equal(left.Id.Value, Assert.Single(await deployment.TakeAlertsAsync()).Id);
        Assert.Empty(await deployment.Outbox.QueryAsync<TableEntity>(cancellationToken: Token).ToListAsync(Token));
    }

    private static string Event(string user) =>
        $$"""{"category":"process_creation","product":"windows","Computer":"ws01","User":"{{user}}","CommandLine":"tool.exe marker"}""";
}
