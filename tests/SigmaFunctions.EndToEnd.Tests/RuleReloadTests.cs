using System.Collections.Immutable;
using System.Text.Json;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>Rules are changed while the real worker runs.</summary>
public sealed class RuleReloadTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Pushed_broken_and_rolled_back_rules_each_do_what_they_should_and_no_event_is_lost()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(Rule(1, "one"));
        var checkpoints = new Checkpoints();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task running = deployment.CreateTrigger(checkpoints).RunAsync(stop.Token);
        int sent = 0;

        Assert.Equal("1", await DetectedAsync());

        PushedRuleSet good = await deployment.Rules.PushAsync([new("two.yml", Rule(2, "two"))], null, null, 1, Token);
        Assert.Equal((2, null), await ReportedAsync(good.Name));
        Assert.Equal("1 2", await DetectedAsync());

        PushedRuleSet replacing = await deployment.Rules.PushAsync(
            [new("one.yml", Rule(1, "nothing")), new("three.yml", Rule(3, "three")), new("bad.yml", "title: [")],
            new RuleFile("overrides.yml", $"{Id(3)}: {{ level: critical }}"),
            null,
            2,
            Token);
        Assert.Equal((2, null), await ReportedAsync(replacing.Name));
        Assert.Equal("3", await DetectedAsync());

        PushedRuleSet broken = await deployment.Rules.PushAsync([new("four.yml", Rule(4, "four"))], new RuleFile("overrides.yml", "not: [overrides]"), null, 1, Token);
        Assert.StartsWith("The file of overrides of the container of rules cannot be used: overrides.yml(1,", (await ReportedAsync(broken.Name)).Broken);
        Assert.Equal("3", await DetectedAsync());

        // What cannot be used is not used by a new instance either: the last set that ran is.
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        await deployment.Worker.DisposeAsync();
        await deployment.StartWorkerAsync();
        using var again = CancellationTokenSource.CreateLinkedTokenSource(Token);
        running = deployment.CreateTrigger(checkpoints).RunAsync(again.Token);
        Assert.Equal("3", await DetectedAsync());

        Assert.True(await deployment.Rules.TryPointAsync(good.Name, Token));
        await DetectedUntilAsync("1 2");
        await again.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        // Which of the rules found an event; each event has the words of all.
        async Task<string> DetectedAsync()
        {
            string host = $"host-{sent++}";
            await deployment.SendAsync(JsonSerializer.Serialize(new
            {
                category = "process_creation",
                product = "windows",
                Computer = host,
                CommandLine = "one two three four end",
            }));
            long started = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                List<Detection> rows = await new DetectionSearch(deployment.Table)
                    .NewestAsync(new DetectionFilter(DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1)) { Host = host }, 10, Token).ToListAsync(Token);
                if (rows.Count > 0)
                {
                    return string.Join(' ', rows.Select(row => row.RuleId[^1]).Order());
                }

                await Task.Delay(100, Token);
            }
            return "nothing in time";
        }

        async Task DetectedUntilAsync(string expected)
        {
            long started = TimeProvider.System.GetTimestamp();
            string detected;
            while ((detected = await DetectedAsync()) != expected && TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                await Task.Delay(500, Token);
            }

            Assert.Equal(expected, detected);
        }

        async Task<(int Rules, string? Broken)> ReportedAsync(string set)
        {
            long started = TimeProvider.System.GetTimestamp();
            while (TimeProvider.System.GetElapsedTime(started) < Patience)
            {
                if ((await deployment.RuleSets.ListAsync(Token)).FirstOrDefault(report => report.Set == set) is { } report)
                {
                    return (report.Rules, report.Broken);
                }

                await Task.Delay(100, Token);
            }
            return (-1, "nothing was reported in time");
        }
    }

    [Fact]
    public async Task Changes_while_events_flow_cost_no_event_and_make_none_twice()
    {
        const int Changes = 8, Batches = 5, BatchSize = 40;
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(
            Rule(1, "one"), partitions: 2, settings: ImmutableDictionary<string, string>.Empty.Add("Alerts__MaximumPerRule", "0"));
        EventHubsTrigger trigger = deployment.CreateTrigger();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Task running = trigger.RunAsync(stop.Token);
        var sent = new List<string>();
        for (int change = 0; change < Changes; change++)
        {
            // Every other set cannot be used; all that can have the rule of the package besides their own.
            bool broken = change % 2 == 1;
            PushedRuleSet set = await deployment.Rules.PushAsync(
                [new($"{change}.yml", Rule(2 + change, "two"))], broken ? new RuleFile("overrides.yml", "- no") : null, null, 1, Token);
            for (int batch = 0; batch < Batches || (await deployment.RuleSets.ListAsync(Token)).All(report => report.Set != set.Name); batch++)
            {
                string[] hosts = [.. Enumerable.Range(0, BatchSize).Select(i => $"host-{change}-{batch}-{i}")];
                await deployment.SendAsync(hosts.Select(host => JsonSerializer.Serialize(new { category = "process_creation", product = "windows", Computer = host, CommandLine = "one" })));
                sent.AddRange(hosts);
                await Task.Delay(50, Token);
            }
        }
        while (trigger.Statistics.Events < sent.Count && !running.IsCompleted)
        {
            await Task.Delay(50, Token);
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Equal(sent.Order(StringComparer.Ordinal), (await deployment.RowsAsync()).Select(row => row.GetString("Host")).Order(StringComparer.Ordinal));
        Assert.Equal(sent.Count, (await deployment.TakeAlertsAsync()).Select(alert => alert.Id).Distinct().Count());
        Assert.Equal(Changes / 2, (await deployment.RuleSets.ListAsync(Token)).Count(report => report.Broken is not null));
    }

    private static string Id(int number) => $"00000000-0000-4000-8000-00000000000{number}";

    private static string Rule(int number, string word) =>
        $"title: Rule {number}\nid: {Id(number)}\nlevel: high\nlogsource: {{category: process_creation, product: windows}}\n"
        + $"detection: {{s: {{CommandLine|contains: '{word}'}}, condition: s}}";
}
