using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Independent cases of correlations: rules, events and what is detected.</summary>
public sealed class CorrelationExampleTests
{
    private static readonly LogSource Test = new("test");

    public static TheoryData<string, string> Examples
    {
        get
        {
            var examples = new TheoryData<string, string>();
            string? path = Corpus.Find("../correlation/examples.jsonl");
            foreach (string line in path is null ? [] : File.ReadLines(path))
            {
                examples.Add(JsonNode.Parse(line)!["id"]!.GetValue<string>(), line);
            }

            if (examples.Count == 0)
            {
                examples.Add("none", "");
            }

            return examples;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void An_example_gives_what_it_says(string id, string text)
    {
        Assert.SkipWhen(text.Length == 0, "the examples are absent");
        JsonNode example = JsonNode.Parse(text)!;
        var rules = RuleSet.Load(example["files"]!.AsObject().Select(file => new RuleFile(file.Key, file.Value!.GetValue<string>())));
        var detector = new Detector(rules);
        var matches = new CorrelationMatches(rules.CorrelationPlan);
        var told = new List<JsonNode>();
        string[] lines = [.. example["lines"]!.AsArray().Select(line => line!.GetValue<string>())];
        for (int line = 0; line < lines.Length; line++)
        {
            SigmaEvent sigmaEvent = EventText.Parse(lines[line], Test);
            IReadOnlyDictionary<string, FieldValue> fields = sigmaEvent.Views[0].Fields;
            long? at = fields.TryGetValue("@timestamp", out FieldValue? time) ? DateTimeOffset.Parse(time.Text, CultureInfo.InvariantCulture).UtcTicks : null;
            foreach (RuleMatch match in detector.Match(sigmaEvent, at is null ? null : matches, at ?? 0, line))
            {
                if (!rules.CorrelationPlan.SilentRules.Contains(match.Rule.Id))
                {
                    told.Add(new JsonArray(line, 0, match.Rule.Id));
                }
            }
        }

        List<JsonNode> detected = [.. matches.Detect().Select(Node)];

        Assert.NotEmpty(id);
        Equal(example["expect"]!.AsArray()!, detected);
        Equal(example["base"]!.AsArray(), told);
        Assert.Equal(example["rejected"]!.AsArray().Count > 0, rules.Rejected > 0);
    }

    private static JsonObject Node(CorrelationDetection detection) => new()
    {
        ["line"] = detection.Place,
        ["record"] = 0,
        ["rule"] = detection.Correlation.Correlation.Id,
        ["title"] = detection.Correlation.Correlation.Title,
        ["level"] = detection.Correlation.Level,
        ["correlation"] = new JsonObject
        {
            ["type"] = detection.Correlation.Correlation.TypeName,
            ["group"] = new JsonObject(detection.Correlation.Correlation.GroupBy.Zip(detection.Group, (name, value) => KeyValuePair.Create(name, (JsonNode?)value))),
            ["value"] = JsonNode.Parse(detection.Value.ToString()),
            ["first"] = Iso(detection.First),
            ["last"] = Iso(detection.Last),
            ["events"] = new JsonArray([.. detection.Events.Select(one => new JsonObject { ["line"] = one.Place, ["record"] = 0, ["rule"] = one.Rule })]),
        },
    };

    private static string Iso(long ticks) => new DateTime(ticks, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    private static void Equal(IEnumerable<JsonNode?> expected, IEnumerable<JsonNode?> actual) =>
        Assert.Equal(expected.Select(Text), actual.Select(Text));

    private static string Text(JsonNode? node) => JsonSerializer.Serialize(node);
}
