using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;

namespace SigmaFunctions.App.Tests;

/// <summary>What the worker tells the Functions host about its functions.</summary>
public sealed class FunctionMetadataTests
{
    [Fact]
    public async Task Detect_is_bound_as_the_event_hubs_extension_expects_and_is_tried_again_for_ever()
    {
        IFunctionMetadata function = await FunctionAsync("Detect");

        Assert.Equal("SigmaFunctions.App.Detecting.DetectFunction.RunAsync", function.EntryPoint);
        JsonObject expected = JsonNode.Parse(
            """
            {
              "name": "bodies",
              "type": "eventHubTrigger",
              "direction": "In",
              "eventHubName": "%EventHubName%",
              "connection": "EventHubConnection",
              "consumerGroup": "%EventHubConsumerGroup%",
              "cardinality": "Many",
              "dataType": "Binary"
            }
            """)!.AsObject();
        JsonNode? binding = JsonNode.Parse(Assert.Single(function.RawBindings!));
        Assert.True(JsonNode.DeepEquals(expected, binding), binding?.ToJsonString());
        Assert.Equal(-1, function.Retry!.MaxRetryCount);
        Assert.Equal(TimeSpan.FromSeconds(1), function.Retry.MinimumInterval);
        Assert.Equal(TimeSpan.FromMinutes(1), function.Retry.MaximumInterval);
    }

    [Fact]
    public async Task Sweep_runs_every_minute()
    {
        IFunctionMetadata function = await FunctionAsync("Sweep");

        Assert.Equal("SigmaFunctions.App.Alerting.SweepFunction.RunAsync", function.EntryPoint);
        JsonNode binding = JsonNode.Parse(Assert.Single(function.RawBindings!))!;
        Assert.Equal(("timerTrigger", "0 * * * * *"), ((string?)binding["type"], (string?)binding["schedule"]));
        Assert.False((bool?)binding["useMonitor"]);
    }

    private static async Task<IFunctionMetadata> FunctionAsync(string name) =>
        Assert.Single(await new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync(""), function => function.Name == name);

    [Fact]
    public void The_host_configuration_is_beside_the_app()
    {
        JsonNode host = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "host.json")))!;

        Assert.Equal("2.0", (string?)host["version"]);
        Assert.Equal(1, (int?)host["extensions"]!["eventHubs"]!["batchCheckpointFrequency"]);
    }
}
