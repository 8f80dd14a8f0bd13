using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Real events in the forms that shippers make of them: SigmaHQ's rules find the same in each as in the event's XML.</summary>
public sealed class FormTests(FormTests.Rules rules) : IClassFixture<FormTests.Rules>
{
    /// <summary>
    /// Form, how many of the hits are kept. Values without names have none where the event's schema is not known: one rule asks for
    /// <c>TaskName</c> of TaskScheduler's 142, one for <c>Operation</c> of WMI's 5858.
    /// </summary>
    public static TheoryData<string, int> Kept => new()
    {
        { "fluentbit-xml", Rules.Hits },
        { "fluentbit-map", Rules.Hits },
        { "fluentbit-inserts", Rules.Hits - 2 },
        { "nxlog-prefix", Rules.Hits },
        { "at", Rules.Hits },
        { "dollar", Rules.Hits },
        { "event.original", Rules.Hits },
        { "event/original", Rules.Hits },
        { "RawXml", Rules.Hits },
        { "EventXml", Rules.Hits },
        { "xml", Rules.Hits },
        { "log", Rules.Hits },
        { "body", Rules.Hits },
        { "data", Rules.Hits },
        { "event", Rules.Hits },
        { "result/_raw", Rules.Hits },
        { "opentelemetry", Rules.Hits },
        { "opentelemetry-old", Rules.Hits },
        { "otlp", Rules.Hits },
        { "otlp-text", Rules.Hits },
        { "otlp-raw", Rules.Hits },
        { "get-winevent", Rules.Hits - 2 },
        { "evtx_dump-xml", Rules.Hits },
        { "evtx_dump-json", Rules.Hits },
        { "velociraptor", Rules.Hits },
        { "value", Rules.Hits },
        { "payload", Rules.Hits },
        { "with-declaration", Rules.Hits },
        { "_source", Rules.Hits },
        { "message-json", Rules.Hits },
        { "_raw-json", Rules.Hits },
        { "log-json", Rules.Hits - 2 },
        { "event-object", Rules.Hits },
        { "event/original-json", Rules.Hits },
        { "data-object", Rules.Hits },
        { "value-json", Rules.Hits },
        { "payload-object", Rules.Hits },
        { "map-without-provider", Rules.Hits },
        { "map-without-channel", Rules.Hits },
        { "decimal-ids", Rules.Hits - 2 },
        { "decimal-ids-evtx", Rules.Hits },
    };

    [Theory]
    [MemberData(nameof(Kept))]
    public void Rules_find_in_every_form_what_they_find_in_XML(string form, int kept)
    {
        int found = 0;
        var lost = new List<string>();
        foreach ((string xml, string[] expected) in rules.Events)
        {
            string[] actual = rules.Match(Make(form, xml));
            Assert.Empty(actual.Except(expected));
            found += actual.Length;
            lost.AddRange(expected.Except(actual));
        }

        Assert.True(kept == found, $"{form}: {found} of {Rules.Hits}; lost {string.Join(' ', lost)}");
    }

    private static string Make(string form, string xml)
    {
        string text = JsonSerializer.Serialize(xml);
        XElement @event = WithoutNamespaces(XElement.Parse(xml));
        return form switch
        {
            "fluentbit-xml" => $$"""{"System":{{text}},"Message":"m","StringInserts":["x"]}""",
            "fluentbit-map" => Flat(@event, "ProviderName", "Computer", row => row["EventData"] = Properties(DataOf(@event))),
            "fluentbit-inserts" => Flat(@event, "ProviderName", "Computer", row => row["StringInserts"] = Values(@event)),
            "nxlog-prefix" => Flat(@event, "SourceName", "Hostname", row =>
            {
                row["SourceModuleType"] = "im_msvistalog";
                foreach ((string name, string value) in DataOf(@event))
                {
                    row[$"EventData.{name}"] = value;
                }
            }),
            "at" => new JsonObject { ["Event"] = Marked(@event, "@", "#text") }.ToJsonString(),
            "dollar" => new JsonObject { ["Event"] = Marked(@event, "$", "_") }.ToJsonString(),
            "event/original" => $$$"""{"event":{"original":{{{text}}}},"message":"m"}""",
            "result/_raw" => $$$"""{"preview":false,"result":{"_raw":{{{text}}}}}""",
            "opentelemetry" => OpenTelemetry(@event, Properties(DataOf(@event).Where(data => data.Value.Length > 0))),
            "opentelemetry-old" => OpenTelemetry(@event, new JsonObject
            {
                ["data"] = new JsonArray([.. DataOf(@event).Select(data => new JsonObject { [data.Name] = data.Value })]),
            }),
            "otlp" => OpenTelemetryTests.ToOtlp(OpenTelemetry(@event, Properties(DataOf(@event)))),
            "otlp-text" => OpenTelemetryTests.ToOtlp(JsonSerializer.Serialize(OpenTelemetry(@event, Properties(DataOf(@event))))),
            "otlp-raw" => OpenTelemetryTests.ToOtlp(text),
            "get-winevent" => WinEvent(@event),
            "evtx_dump-xml" => $"Record 1\n<?xml version=\"1.0\" encoding=\"utf-8\"?>\n{@event}\n\n",
            "evtx_dump-json" => $"Record 1\n{Dumped(@event).ToJsonString(Indented)}\n\n",
            "with-declaration" => $$"""{"message":{{JsonSerializer.Serialize("\uFEFF<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + xml)}}}""",
            "_source" => $$"""{"_index":"i","_id":"1","_source":{{Flat(@event, "Provider_Name", "Computer", row => AddData(row, @event))}}}""",
            "message-json" => $$"""{"@timestamp":"2026-03-02T10:11:12Z","message":{{JsonSerializer.Serialize(Dumped(@event).ToJsonString())}}}""",
            "_raw-json" => $$"""{"_time":1772446272.25,"_raw":{{JsonSerializer.Serialize(Flat(@event, "Provider_Name", "Computer", row => AddData(row, @event)))}}}""",
            "log-json" => $$"""{"stream":"stdout","log":{{JsonSerializer.Serialize(WinEvent(@event) + "\n")}}}""",
            "event-object" => $$"""{"time":1772446272.25,"host":"h","event":{{Flat(@event, "ProviderName", "Computer", row => row["EventData"] = Properties(DataOf(@event)))}}}""",
            "event/original-json" => $$$"""{"event":{"original":{{{JsonSerializer.Serialize(Dumped(@event).ToJsonString(Indented))}}}}}""",
            "data-object" => $$"""{"specversion":"1.0","type":"t","source":"s","id":"1","data":{{Dumped(@event).ToJsonString()}}}""",
            "value-json" => $$"""{"topic":"t","partition":0,"offset":7,"key":null,"value":{{JsonSerializer.Serialize(OpenTelemetry(@event, Properties(DataOf(@event))))}}}""",
            "payload-object" => $$"""{"schema":{"type":"struct"},"payload":{{Dumped(@event).ToJsonString()}}}""",
            "velociraptor" => new JsonObject
            {
                ["System"] = new JsonObject
                {
                    ["Provider"] = new JsonObject { ["Name"] = Provider(@event), ["Guid"] = "{g}" },
                    ["EventID"] = new JsonObject { ["Value"] = Id(@event) },
                    ["TimeCreated"] = new JsonObject { ["SystemTime"] = 1772446272.25 },
                    ["Channel"] = System(@event).Element("Channel")!.Value,
                },
                ["EventData"] = Properties(DataOf(@event)),
                ["Message"] = "m",
            }.ToJsonString(),
            "map-without-provider" => Flat(@event, "x", "Computer", row => row["EventData"] = Properties(DataOf(@event))),
            "map-without-channel" => Flat(@event, "ProviderName", "Computer", row =>
            {
                row["EventData"] = Properties(DataOf(@event)).ToJsonString();
                row.Remove("Channel");
            }),
            "decimal-ids" => Decimal(Flat(@event, "ProviderName", "Computer", row => row["StringInserts"] = Values(@event)), @event),
            "decimal-ids-evtx" => Decimal(Dumped(@event).ToJsonString().Replace($"\"EventID\":\"{Id(@event)}\"", $"\"EventID\":{Id(@event)}", StringComparison.Ordinal), @event),
            _ => $$"""{"{{form}}":{{text}},"host":"h"}""",
        };
    }

    private static void AddData(JsonObject row, XElement @event)
    {
        foreach ((string name, string value) in DataOf(@event))
        {
            row.TryAdd(name, value);
        }
    }

    // As tables write whole numbers in a column that has others.
    private static string Decimal(string json, XElement @event) => json.Replace($"\"EventID\":{Id(@event)},", $"\"EventID\":{Id(@event)}.0,", StringComparison.Ordinal);

    private static int Id(XElement @event) => int.Parse(System(@event).Element("EventID")!.Value, CultureInfo.InvariantCulture);

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    private static XElement WithoutNamespaces(XElement element) => new(
        element.Name.LocalName,
        element.Attributes().Where(attribute => !attribute.IsNamespaceDeclaration),
        element.Nodes().Select(node => node is XElement child ? WithoutNamespaces(child) : node));

    private static XElement System(XElement @event) => @event.Element("System")!;

    private static string Provider(XElement @event) => System(@event).Element("Provider")!.Attribute("Name")!.Value;

    /// <summary>Data by name, whether under <c>EventData</c> or <c>UserData</c>.</summary>
    private static IEnumerable<(string Name, string Value)> DataOf(XElement @event) =>
        (@event.Element("EventData")?.Elements() ?? @event.Element("UserData")?.Elements().Elements() ?? [])
            .Select(data => (data.Attribute("Name")?.Value ?? data.Name.LocalName, ValueOf(data)));

    // Windows writes no zeros in front of hexadecimal numbers, but what read these log files did.
    private static string ValueOf(XElement data) => data.Attribute("Name")?.Value == "GrantedAccess" ? $"0x{data.Value[2..].TrimStart('0')}" : data.Value;

    private static JsonObject Properties(IEnumerable<(string Name, string Value)> data) =>
        new(data.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value)));

    private static JsonArray Values(XElement @event) => new([.. DataOf(@event).Select(data => (JsonNode)data.Value)]);

    private static string Flat(XElement @event, string provider, string computer, Action<JsonObject> addData)
    {
        var row = new JsonObject
        {
            [provider] = Provider(@event),
            ["EventID"] = Id(@event),
            ["Version"] = int.Parse(System(@event).Element("Version")?.Value ?? "0", CultureInfo.InvariantCulture),
            ["Channel"] = System(@event).Element("Channel")!.Value,
            [computer] = System(@event).Element("Computer")!.Value,
        };
        addData(row);
        return row.ToJsonString();
    }

    private static JsonNode? Marked(XElement element, string attributeMark, string text)
    {
        if (!element.HasAttributes && !element.HasElements)
        {
            return element.IsEmpty ? null : element.Value;
        }

        var made = new JsonObject();
        var attributes = new JsonObject(element.Attributes().Select(attribute => KeyValuePair.Create(attribute.Name.LocalName, (JsonNode?)attribute.Value)));
        if (attributeMark == "$" && attributes.Count > 0)
        {
            made["$"] = attributes;
        }
        else
        {
            foreach ((string name, JsonNode? value) in attributes)
            {
                made[$"{attributeMark}{name}"] = value!.GetValue<string>();
            }
        }

        foreach (IGrouping<string, XElement> children in element.Elements().GroupBy(child => child.Name.LocalName))
        {
            JsonNode?[] nodes = [.. children.Select(child => Marked(child, attributeMark, text))];
            made[children.Key] = nodes.Length == 1 ? nodes[0] : new JsonArray(nodes);
        }

        if (!element.HasElements && element.Value.Length > 0)
        {
            made[text] = element.Value;
        }

        return made;
    }

    private static string OpenTelemetry(XElement @event, JsonObject data) => new JsonObject
    {
        ["event_id"] = new JsonObject { ["id"] = Id(@event), ["qualifiers"] = 0 },
        ["provider"] = new JsonObject { ["name"] = Provider(@event), ["guid"] = "{g}" },
        ["channel"] = System(@event).Element("Channel")!.Value,
        ["computer"] = System(@event).Element("Computer")!.Value,
        ["level"] = "Information",
        ["event_data"] = data,
    }.ToJsonString();

    private static string WinEvent(XElement @event) => new JsonObject
    {
        ["Id"] = Id(@event),
        ["Version"] = int.Parse(System(@event).Element("Version")?.Value ?? "0", CultureInfo.InvariantCulture),
        ["ProviderName"] = Provider(@event),
        ["LogName"] = System(@event).Element("Channel")!.Value,
        ["MachineName"] = System(@event).Element("Computer")!.Value,
        ["Properties"] = new JsonArray([.. DataOf(@event).Select(data => new JsonObject { ["Value"] = Typed(data.Value) })]),
    }.ToJsonString();

    // .NET gives numbers as such, whatever event XML makes of them.
    private static JsonNode Typed(string value) =>
        value.StartsWith("0x", StringComparison.Ordinal) && ulong.TryParse(value[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number) ? number
        : value is "true" or "false" ? value == "true"
        : value;

    private static JsonObject Dumped(XElement @event)
    {
        JsonNode system = Marked(System(@event), "#attributes", "#text")!;
        system["Provider"] = new JsonObject { ["#attributes"] = new JsonObject { ["Name"] = Provider(@event) } };
        return new JsonObject { ["Event"] = new JsonObject { ["System"] = system, ["EventData"] = Properties(DataOf(@event)) } };
    }

    /// <summary>SigmaHQ's rules and the events, once for all forms.</summary>
    public sealed class Rules
    {
        /// <summary>How many hits there are in XML.</summary>
        public const int Hits = 161;

        private readonly Lazy<BodyMatcher> _matcher = new(() => new BodyMatcher(new EventDecoder(), new Detector(RuleSet.LoadPaths([Corpus.Require("sigmahq")]))));
        private readonly Lazy<(string, string[])[]> _events;

        /// <summary>Loads nothing yet.</summary>
        public Rules() => _events = new(() =>
        [
            .. Corpus.Wire("regression/wire/raw_xml.ndjson").Select(wire => Encoding.UTF8.GetString(wire.Body)).Select(xml => (xml, Match(xml))),
        ]);

        /// <summary>The events with the rules that hold on them.</summary>
        public (string Xml, string[] Rules)[] Events => _events.Value;

        /// <summary>The rules that hold on a body of one event.</summary>
        public string[] Match(string body)
        {
            BodyMatches matches = _matcher.Value.Match(Encoding.UTF8.GetBytes(body), CancellationToken.None);
            Assert.Equal((1, 0), (matches.Events, matches.UndecodedCount));
            return matches.Records.Length == 0 ? [] : [.. matches.Records[0].Rules.ToArray().Select(rule => _matcher.Value.Detector.Rules[rule].Id)];
        }
    }
}
