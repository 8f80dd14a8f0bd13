using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Rules;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

/// <summary>What an instance says of itself; against Azurite.</summary>
public sealed class InstanceReporterTests(StorageAccount account)
{
    private static readonly DateTimeOffset Now = new(2026, 11, 2, 10, 30, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_last_words_are_that_it_ended_and_what_it_could_not_write()
    {
        var table = new InstanceTable(await account.CreateTableAsync());
        var clock = new FakeTimeProvider(Now);
        var activity = new InstanceActivity { UncountedSince = Now.AddHours(-2) };
        using var measured = new Measured();
        var rules = RuleSet.Load([]);
        var detectors = new DetectorProvider();
        detectors.Use(new RuleSnapshot(new LoadedRules(new Detector(rules), rules, RuleOverrides.None, null)));
        using var reporter = new InstanceReporter(table, activity, new WorkInHand(measured.Meters, clock), detectors, clock, NullLogger<InstanceReporter>.Instance);

        Assert.Equal((Now.AddHours(-2), false), (reporter.Report().UncountedSince, reporter.Report().HasEnded));
        activity.UncountedSince = null;
        await reporter.StartAsync(Token);
        await reporter.StopAsync(Token);

        InstanceReport last = Assert.Single(await table.ListAsync(Now, Token));
        Assert.Equal((null, true), (last.UncountedSince, last.HasEnded));
    }
}
