using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.Outputs.Model;

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
        var binding = JsonNode.Parse(Assert.Single(function.RawBindings!));
        Assert.True(JsonNode.DeepEquals(expected, binding), binding?.ToJsonString());
        Assert.Equal(-1, function.Retry!.MaxRetryCount);
        Assert.Equal(TimeSpan.FromSeconds(1), function.Retry.MinimumInterval);
        Assert.Equal(TimeSpan.FromMinutes(1), function.Retry.MaximumInterval);
    }

    [Theory]
    [InlineData("Sweep", "SigmaFunctions.App.Alerting.SweepFunction.RunAsync", "0 * * * * *")]
    [InlineData("Canary", "SigmaFunctions.App.Canary.CanaryFunction.RunAsync", "30 */5 * * * *")]
    [InlineData("Backlog", "SigmaFunctions.App.Health.BacklogFunction.RunAsync", "15 * * * * *")]
    [InlineData("Sources", "SigmaFunctions.App.Sources.SourcesFunction.RunAsync", "45 4/15 * * * *")]
    [InlineData("Retention", "SigmaFunctions.App.Retention.RetentionFunction.RunAsync", "0 23 * * * *")]
    public async Task A_timer_runs_on_its_schedule_and_keeps_no_state(string name, string entryPoint, string schedule)
    {
        IFunctionMetadata function = await FunctionAsync(name);

        Assert.Equal(entryPoint, function.EntryPoint);
        JsonNode binding = JsonNode.Parse(Assert.Single(function.RawBindings!))!;
        Assert.Equal(("timerTrigger", schedule), ((string?)binding["type"], (string?)binding["schedule"]));
        Assert.False((bool?)binding["useMonitor"]);
    }

    [Theory]
    [InlineData("Health", "health", "Anonymous")]
    [InlineData("HealthDetails", "health/details", "Function")]
    public async Task Health_is_asked_with_get_alone_and_details_with_a_key(string name, string route, string level)
    {
        JsonNode[] bindings = [.. (await FunctionAsync(name)).RawBindings!.Select(binding => JsonNode.Parse(binding)!)];

        JsonNode trigger = Assert.Single(bindings, binding => (string?)binding["type"] == "httpTrigger");
        Assert.Equal((route, level), ((string?)trigger["route"], (string?)trigger["authLevel"]));
        Assert.Equal("get", (string?)Assert.Single(trigger["methods"]!.AsArray()));
    }

    [Fact]
    public async Task Each_output_has_a_function_for_its_queue()
    {
        IFunctionMetadata deliver = await FunctionAsync("Deliver");

        List<IFunctionMetadata> functions = await WithOutputsAsync("teams", "sentinel");

        Assert.Equal(
            ["Backlog", "Canary", "Deliver-sentinel", "Deliver-teams", "Detect", "Health", "HealthDetails", "Retention", "Sources", "Sweep"],
            functions.Select(function => function.Name).Order(StringComparer.Ordinal));
        foreach ((IFunctionMetadata function, string output) in functions.TakeLast(2).Zip(["teams", "sentinel"]))
        {
            JsonNode expected = JsonNode.Parse(
                $$"""{ "name": "message", "type": "queueTrigger", "direction": "In", "queueName": "signals-{{output}}", "connection": "DetectionStorage", "dataType": "String" }""")!;
            string binding = Assert.Single(function.RawBindings!);
            Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(binding)), binding);
            Assert.Equal(
                (deliver.EntryPoint, deliver.ScriptFile, deliver.Language, deliver.IsProxy, deliver.ManagedDependencyEnabled),
                (function.EntryPoint, function.ScriptFile, function.Language, function.IsProxy, function.ManagedDependencyEnabled));
            Assert.Null(function.Retry);
        }
    }

    [Fact]
    public async Task Without_outputs_none_delivers() =>
        Assert.DoesNotContain(await WithOutputsAsync(), function => function.Name!.StartsWith("Deliver", StringComparison.Ordinal));

    [Fact]
    public async Task One_hub_changes_nothing()
    {
        ImmutableArray<IFunctionMetadata> built = await new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync("");
        List<IFunctionMetadata> transformed = [.. built];

        Transform(transformed, "events");

        Assert.Equal(built.AsEnumerable(), transformed, ReferenceEqualityComparer.Instance);
    }

    [Fact]
    public async Task Of_several_hubs_each_has_a_function_that_differs_from_Detect_in_name_and_hub_alone()
    {
        IFunctionMetadata detect = await FunctionAsync("Detect");

        List<IFunctionMetadata> functions = await TransformedAsync("one", "Two_2");

        Assert.Equal(
            ["Backlog", "Canary", "Deliver", "Detect-Two_2", "Detect-one", "Health", "HealthDetails", "Retention", "Sources", "Sweep"],
            functions.Select(function => function.Name).Order(StringComparer.Ordinal));
        Assert.Equal(functions.Count, functions.Select(function => function.FunctionId).Distinct().Count());
        foreach ((IFunctionMetadata function, string hub) in functions.TakeLast(2).Zip(["one", "Two_2"]))
        {
            JsonNode expected = JsonNode.Parse(Assert.Single(detect.RawBindings!))!;
            expected["eventHubName"] = hub;
            Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(Assert.Single(function.RawBindings!))), hub);
            Assert.Equal(
                (detect.EntryPoint, detect.ScriptFile, detect.Language, detect.IsProxy, detect.ManagedDependencyEnabled),
                (function.EntryPoint, function.ScriptFile, function.Language, function.IsProxy, function.ManagedDependencyEnabled));
            Assert.Equivalent(detect.Retry, function.Retry);
        }
    }

    [Theory]
    [InlineData("events", "Detect-events")]
    [InlineData("am_SecurityEvent-1", "Detect-am_SecurityEvent-1")]
    [InlineData("a.b", "Detect-a_b-8c084ff9")]
    [InlineData("A.b", "Detect-A_b-8c084ff9")]
    [InlineData("a_b", "Detect-a_b")]
    public void A_function_is_named_after_its_hub(string hub, string name) => Assert.Equal(name, HubFunctions.NameOf(hub));

    /// <summary>The host's own rule, of its class Utility.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(121)]
    [InlineData(122)]
    [InlineData(256)]
    public void Every_name_of_a_hub_gives_a_name_that_the_host_takes_and_no_other_hub_has(int length)
    {
        string[] hubs = [.. new[] { '.', '-', '_', 'x' }.Select(character => new string(character, length - 1) + "0").Append(new string('x', length - 1) + "1").Distinct()];

        string[] names = [.. hubs.Select(HubFunctions.NameOf)];

        Assert.All(names, name => Assert.Matches("(?i)^[a-z][a-z0-9_-]{0,127}$", name));
        Assert.Equal(hubs.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    private static async Task<List<IFunctionMetadata>> TransformedAsync(params ImmutableArray<string> hubs)
    {
        List<IFunctionMetadata> functions = [.. await new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync("")];
        Transform(functions, hubs);
        return functions;
    }

    private static async Task<List<IFunctionMetadata>> WithOutputsAsync(params ImmutableArray<string> outputs)
    {
        List<IFunctionMetadata> functions = [.. await new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync("")];
        new OutputFunctions(
            Microsoft.Extensions.Options.Options.Create(new OutputsOptions
            {
                All = [.. outputs.Select(name => new OutputOptions { Name = name, Type = OutputType.Webhook, Format = OutputFormat.Alert })],
            }),
            Microsoft.Extensions.Options.Options.Create(new DetectionOptions { QueueName = "signals" })).Transform(functions);
        return functions;
    }

    private static void Transform(List<IFunctionMetadata> functions, params ImmutableArray<string> hubs) =>
        new HubFunctions(Microsoft.Extensions.Options.Options.Create(new EventHubOptions { Names = hubs })).Transform(functions);

    private static async Task<IFunctionMetadata> FunctionAsync(string name) =>
        Assert.Single(await new GeneratedFunctionMetadataProvider().GetFunctionMetadataAsync(""), function => function.Name == name);

    [Fact]
    public void The_host_configuration_is_beside_the_app()
    {
        JsonNode host = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "host.json")))!;

        Assert.Equal("2.0", (string?)host["version"]);
        Assert.Equal(1, (int?)host["extensions"]!["eventHubs"]!["batchCheckpointFrequency"]);
        Assert.Equal(TimeSpan.FromMinutes(30), TimeSpan.Parse((string)host["functionTimeout"]!, CultureInfo.InvariantCulture));
    }

    /// <summary>The host reads the levels as any program does; its own lines of an invocation are of Function.NAME, those of the app of Function.NAME.User.</summary>
    [Theory]
    [InlineData("Function.Detect", LogLevel.Information, false)]
    [InlineData("Function.Detect", LogLevel.Warning, true)]
    [InlineData("Function.Detect-hub_1", LogLevel.Information, false)]
    [InlineData("Function.Detect.User", LogLevel.Information, true)]
    [InlineData("Function.Detect-hub_1.User", LogLevel.Information, true)]
    [InlineData("Function.Detect.User", LogLevel.Debug, false)]
    [InlineData("Host.Results", LogLevel.Information, false)]
    [InlineData("Host.Startup", LogLevel.Information, true)]
    [InlineData("Azure.Messaging.EventHubs", LogLevel.Information, false)]
    [InlineData("Azure.Messaging.EventHubs", LogLevel.Error, true)]
    public void The_host_logs_what_somebody_reads(string category, LogLevel level, bool isLogged)
    {
        IConfiguration host = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "host.json")).Build();
        using ILoggerFactory loggers = LoggerFactory.Create(logging => logging.AddConfiguration(host.GetSection("logging")).AddConsole());

        Assert.Equal(isLogged, loggers.CreateLogger(category).IsEnabled(level));
    }
}
