using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using Azure.Data.Tables;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Tests;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>What the real worker tells of itself, and its canary's way from the hub to the table and back.</summary>
public sealed class HealthTests
{
    private const string Rule = """
        title: Nothing matches this
        id: 11111111-1111-4111-8111-111111111111
        logsource: {category: process_creation, product: windows}
        detection: {selection: {CommandLine: nothing}, condition: selection}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_canary_is_detected_recorded_and_not_announced_and_health_tells_of_its_batch()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(Rule, settings: ImmutableDictionary<string, string>.Empty.Add("Canary__Enabled", "true"));
        TimerTrigger canary = TimerTrigger.Find(deployment.Worker.Functions, ImmutableDictionary<string, string>.Empty).Single(found => found.FunctionName == "Canary");

        InvocationResponse sent = await canary.InvokeAsync(deployment.Worker, isLast: false, Token);
        Assert.True(sent.Result.Status == StatusResult.Types.Status.Success, sent.Result.Exception?.Message);
        await LocalDeployment.ProcessAsync(deployment.CreateTrigger(), events: 1);

        Detection detection = Assert.Single(await deployment.Table.ReadDetectionsAsync(Token));
        Assert.Equal(("Canary Of SigmaFunctions", HoldReason.Level), (detection.RuleTitle, detection.HeldBack));
        Assert.Empty(await deployment.TakeAlertsAsync());
        var instances = new TableClient(deployment.StorageConnection, deployment.Table.Name + InstanceTable.NameSuffix);
        TableEntity taken = Assert.Single(await instances.QueryAsync<TableEntity>("PartitionKey eq 'canaries'", cancellationToken: Token).ToListAsync(Token));
        Assert.Equal(CanaryTable.NameOf(detection.Identity), taken["Event"]);

        // An instance writes what it has done every half a minute; asked again it may not have yet.
        HttpReply health = await GetAsync(deployment, "health");
        Assert.Equal((200, "healthy"), (health.Status, Encoding.UTF8.GetString(health.Body.Span)));
        JsonElement details = JsonDocument.Parse((await GetAsync(deployment, "health/details")).Body).RootElement;
        Assert.Equal("healthy", details.GetProperty("status").GetString());
        Assert.True(details.GetProperty("store").GetProperty("reachable").GetBoolean());
        JsonElement instance = Assert.Single(details.GetProperty("instances").EnumerateArray());
        Assert.Equal(2, instance.GetProperty("rules").GetInt32());
        Assert.Matches("^[0-9a-f]{16}$", instance.GetProperty("revision").GetString());
        Assert.Empty(details.GetProperty("unseen").EnumerateArray());

        await deployment.SendAsync("""{"foo":"secret"}""", """{"category":"secret"}""");
        await LocalDeployment.ProcessAsync(deployment.CreateTrigger(), events: 3);

        JsonElement unseen = JsonDocument.Parse((await GetAsync(deployment, "health/details")).Body).RootElement.GetProperty("unseen");
        Assert.Equal(
            [
                """{"hub":"events","shape":"flat","reason":"no_log_source","logSource":"","events":1,"looksLike":"foo"}""",
                """{"hub":"events","shape":"flat","reason":"no_rule","logSource":"stated","events":1,"looksLike":"category"}""",
            ],
            unseen.EnumerateArray().Select(kind => JsonSerializer.Serialize(kind)).Order());
    }

    [Fact]
    public async Task Without_the_setting_no_canary_is_sent_and_no_rule_added()
    {
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(Rule);
        TimerTrigger canary = TimerTrigger.Find(deployment.Worker.Functions, ImmutableDictionary<string, string>.Empty).Single(found => found.FunctionName == "Canary");

        await canary.InvokeAsync(deployment.Worker, isLast: false, Token);
        await deployment.SendAsync("""{"product":"sigmafunctions","category":"canary","Canary":"sigmafunctions"}""");

        Assert.Equal("sigmafunctions", JsonDocument.Parse((await deployment.ReadBatchAsync(1)).Events.Single().EventBody).RootElement.GetProperty("Canary").GetString());
        await LocalDeployment.ProcessAsync(deployment.CreateTrigger(), events: 1);
        Assert.Empty(await deployment.RowsAsync());
    }

    private static Task<HttpReply> GetAsync(LocalDeployment deployment, string route) => HttpTrigger.Find(deployment.Worker.Functions)
        .Single(found => found.Route == route)
        .InvokeAsync(deployment.Worker, new Uri($"http://127.0.0.1/api/{route}"), Token);
}
