using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

public sealed class DetectorTests
{
    /// <summary>A rule sees an event if every attribute that its log source states is that of the event.</summary>
    [Theory]
    [InlineData("{category: process_creation}", "process_creation", "windows", "sysmon", true)]
    [InlineData("{category: process_creation, product: windows}", "process_creation", "windows", "sysmon", true)]
    [InlineData("{product: windows}", "process_creation", "windows", "sysmon", true)]
    [InlineData("{product: windows, service: sysmon}", "process_creation", "windows", "sysmon", true)]
    [InlineData("{category: process_creation, product: windows, service: security}", "process_creation", "windows", "sysmon", false)]
    [InlineData("{category: process_creation, product: linux}", "process_creation", "windows", "sysmon", false)]
    [InlineData("{category: process_creation, product: windows}", "process_creation", "windows", null, true)]
    [InlineData("{category: process_creation, product: windows}", "process_creation", null, null, false)]
    [InlineData("{category: Process_Creation}", "process_creation", null, null, false)]
    [InlineData("{service: sysmon}", null, null, null, false)]
    public void Log_source_first(string ruleLogSource, string? category, string? product, string? service, bool expected)
    {
        string rule = $"title: A\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {ruleLogSource}\ndetection: {{selection: [x], condition: selection}}";
        ImmutableArray<RuleMatch> matches = new Detector(RuleText.Load(rule)).Match(EventText.Parse("""{"F":"x"}""", new LogSource(category, product, service)));
        Assert.Equal(expected, matches.Length == 1);
    }

    [Fact]
    public void A_rule_matches_once_though_it_sees_several_views()
    {
        IReadOnlyDictionary<string, FieldValue> fields = EventText.Parse("""{"F":"a"}""").Views[0].Fields;
        var sigmaEvent = new SigmaEvent(
            [
                new EventView([new LogSource("registry_set", "windows"), new LogSource("registry_event", "windows")], fields),
                new EventView([new LogSource(null, "windows", "sysmon")], fields),
            ],
            []);
        string rule = "title: A\nid: 11111111-1111-4111-8111-111111111111\nlogsource: {product: windows}\ndetection: {selection: {F: a}, condition: selection}";
        Assert.Single(new Detector(RuleText.Load(rule)).Match(sigmaEvent));
    }

    [Fact]
    public void Each_view_has_its_own_fields()
    {
        var sigmaEvent = new SigmaEvent(
            [
                new EventView([new LogSource("process_creation", "windows")], EventText.Parse("""{"ProcessId":1}""").Views[0].Fields),
                new EventView([new LogSource(null, "windows", "security")], EventText.Parse("""{"ProcessId":2}""").Views[0].Fields),
            ],
            []);
        Assert.Equal(["1", "2b"], Match("""
            title: A
            id: '1'
            logsource: {category: process_creation}
            detection: {selection: {ProcessId: 1}, condition: selection}
            ---
            title: A
            id: 1b
            logsource: {category: process_creation}
            detection: {selection: {ProcessId: 2}, condition: selection}
            ---
            title: A
            id: 2b
            logsource: {service: security}
            detection: {selection: {ProcessId: 2}, condition: selection}
            """));

        IEnumerable<string> Match(string rules) => new Detector(RuleText.Load(rules)).Match(sigmaEvent).Select(match => match.Rule.Id);
    }

    [Fact]
    public void An_event_without_a_view_is_seen_by_no_rule()
    {
        var detector = new Detector(RuleText.Load(RuleText.WithSelection("[x]")));
        Assert.Empty(detector.Match(new SigmaEvent([], [FieldValue.FromText("x")])));
    }

    [Fact]
    public void A_match_tells_the_fields_and_values_that_made_it()
    {
        RuleSet ruleSet = RuleText.Load(RuleText.WithDetection("""
            img:
                - Image|endswith: '\node.exe'
                - OriginalFileName: node.exe
            act:
                CommandLine|contains|all: [' -e ', net.socket]
            user:
                User: [bob, eve]
            filter:
                ParentImage|endswith: '\code.exe'
            kw: [marker]
            condition: img and act and user and kw and not filter
            """));
        RuleMatch match = new Detector(ruleSet).Match(EventText.Parse("""
            {"Image":"C:\\node.exe","CommandLine":"node -e net.socket","User":["alice","eve"],"ParentImage":"x","Note":"a marker"}
            """)).Single();
        Assert.Equal(
            [
                new("Image", "C:\\node.exe"), new("CommandLine", "node -e net.socket"), new("User", "eve"),
                new MatchedField("", "a marker"),
            ],
            match.Fields);
    }
}
