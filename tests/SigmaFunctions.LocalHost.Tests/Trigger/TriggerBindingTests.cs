using System.Collections.Immutable;
using Google.Protobuf.WellKnownTypes;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Tests.Trigger;

public sealed class TriggerBindingTests
{
    private const string Raw = """{"name":"bodies","type":"eventHubTrigger","direction":"In","dataType":"Binary","eventHubName":"%EventHubName%","connection":"EventHubConnection","consumerGroup":"%Group%","cardinality":"Many"}""";

    private static readonly ImmutableDictionary<string, string> Settings = ImmutableDictionary<string, string>.Empty.Add("EventHubName", "events").Add("Group", "second");

    [Fact]
    public void The_function_is_found_by_its_binding_and_settings_are_filled_in()
    {
        RpcFunctionMetadata sweep = Function("Sweep", """{"name":"timer","type":"timerTrigger","direction":"In"}""");
        RpcFunctionMetadata detect = Function("Any name", Raw);
        detect.RetryOptions = new RpcRetryOptions
        {
            MaxRetryCount = -1,
            RetryStrategy = RpcRetryOptions.Types.RetryStrategy.ExponentialBackoff,
            MinimumInterval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)),
            MaximumInterval = Duration.FromTimeSpan(TimeSpan.FromMinutes(1)),
        };

        TriggerBinding binding = Assert.Single(TriggerBinding.Find([sweep, detect], Settings));

        Assert.Equal(new TriggerBinding("id of Any name", "Any name", "bodies", "events", "second", "EventHubConnection", new RetryPolicy(-1, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1))), binding);
    }

    [Fact]
    public void Without_a_consumer_group_it_is_the_default_one() =>
        Assert.Equal("$Default", TriggerBinding.Find([Function("Detect", Raw.Replace("%Group%", "", StringComparison.Ordinal))], Settings).Single().ConsumerGroup);

    [Fact]
    public void Every_hub_has_a_function_of_its_own() => Assert.Equal(
        [("F0", "events"), ("F1", "other")],
        TriggerBinding.Find(
            [Function("F0", Raw), Function("F1", Raw.Replace("%EventHubName%", "other", StringComparison.Ordinal))], Settings)
            .Select(binding => (binding.FunctionName, binding.EventHubName)));

    public static TheoryData<string[], string> Unusable => new()
    {
        { [], "it has none" },
        { [Raw, Raw], "2 functions that the event hub 'events' triggers" },
        { [Raw.Replace("Many", "One", StringComparison.Ordinal)], "byte[][]" },
        { [Raw.Replace("Binary", "String", StringComparison.Ordinal)], "byte[][]" },
        { [Raw.Replace("%Group%", "%Absent%", StringComparison.Ordinal)], "Absent" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public void What_cannot_be_served_is_said(string[] bindings, string said)
    {
        LocalHostException failure = Assert.Throws<LocalHostException>(() => TriggerBinding.Find(bindings.Select((raw, i) => Function($"F{i}", raw)), Settings));

        Assert.Contains(said, failure.Message, StringComparison.Ordinal);
    }

    /// <summary>The least, then twice, three times, five times it, of which all but the first is drawn from a fifth below to a fifth above.</summary>
    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(2, 3.6, 4.4)]
    [InlineData(3, 5.2, 6.8)]
    [InlineData(4, 8.4, 11.6)]
    [InlineData(5, 14.8, 20)]
    [InlineData(6, 20, 20)]
    [InlineData(5000, 20, 20)]
    public void Delays_grow_as_the_hosts_do_up_to_the_longest(int retry, double least, double most)
    {
        var policy = new RetryPolicy(-1, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20));

        Assert.Equal((least, most), (Math.Round(policy.DelayBefore(retry, 0).TotalSeconds, 6), Math.Round(policy.DelayBefore(retry, 1).TotalSeconds, 6)));
    }

    [Fact]
    public void A_fixed_delay_is_not_drawn() => Assert.All(
        Enumerable.Range(1, 5), retry => Assert.Equal(TimeSpan.FromSeconds(3), new RetryPolicy(-1, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3)).DelayBefore(retry, 0)));

    private static RpcFunctionMetadata Function(string name, string raw) => new() { Name = name, FunctionId = "id of " + name, RawBindings = { raw } };
}
