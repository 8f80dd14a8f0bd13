using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;

namespace SigmaFunctions.Storage.Tests;

public sealed class AlertTests
{
    private static readonly JsonSchema Schema = JsonSchema.FromFile(Path.Combine(AppContext.BaseDirectory, "alert.schema.json"));

    // Six bytes of JSON each, whichever way: a control character, half of a surrogate pair, an escaped ASCII character.
    private static readonly string[] Expensive = ["\u0001", "😀", "<", "€", "a"];

    [Fact]
    public void Tells_of_the_detection_and_where_it_is()
    {
        Detection detection = Some.Detection();

        var alert = Alert.From(detection, "Detections");

        Assert.Equal(detection.Id.Value, alert.Id);
        Assert.Equal(("rule", "A title", "high"), (alert.Rule.Id, alert.Rule.Title, alert.Rule.Level));
        Assert.Equal(detection.Tags, alert.Rule.Tags);
        Assert.Equal((detection.EventTime, "WS01", @"CONTOSO\alice"), (alert.EventTime, alert.Host, alert.User));
        Assert.Equal(new AlertPointer("Detections", detection.Id.PartitionKey, detection.Id.RowKey), alert.Detection);
    }

    [Fact]
    public void Comes_back_from_its_json()
    {
        var alert = Alert.From(Some.Detection(), "Detections");

        Alert read = Alert.Parse(alert.ToJson());

        Assert.Equal(alert.Rule.Tags, read.Rule.Tags);
        Assert.Equal(alert, read with { Rule = read.Rule with { Tags = alert.Rule.Tags } });
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void Links_to_the_page_of_its_rule_unless_the_address_is_too_long(int length, bool isKept)
    {
        string page = "https://rules.example/".PadRight(length, 'x');

        Alert read = Alert.Parse(Alert.From(Some.Detection(), "Detections", page).ToJson());

        Assert.Equal(isKept ? page : null, read.Rule.Page);
    }

    [Fact]
    public void May_be_older_than_links_to_pages()
    {
        JsonObject json = JsonNode.Parse(Alert.From(Some.Detection(), "Detections").ToJson())!.AsObject();
        Assert.True(json["rule"]!.AsObject().Remove("page"));

        Assert.True(Evaluate(json).IsValid);
        Assert.Null(Alert.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())).Rule.Page);
    }

    [Fact]
    public void Follows_its_schema()
    {
        AssertValid(Alert.From(Some.Detection(), "Detections", "https://rules.example/rules/6640f31c-01ad-49b5-beb5-83498a5cd8bd.html"));
        AssertValid(Alert.From(Some.Detection(), "Detections"));
        AssertValid(Alert.From(
            Some.Detection() with { Level = null, Tags = [], EventTime = null, Host = null, User = null, TenantId = null }, "Detections"));
    }

    [Theory]
    [InlineData("id")]
    [InlineData("schemaVersion")]
    [InlineData("rule")]
    [InlineData("detection")]
    public void The_schema_refuses_an_alert_without(string member)
    {
        JsonObject json = JsonNode.Parse(Alert.From(Some.Detection(), "Detections").ToJson())!.AsObject();
        Assert.True(json.Remove(member));

        Assert.False(Evaluate(json).IsValid);
        Assert.Throws<JsonException>(() => Alert.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not json")]
    public void Other_text_is_not_an_alert(string text) =>
        Assert.ThrowsAny<JsonException>(() => Alert.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Stays_small_whatever_an_event_or_a_rule_holds()
    {
        foreach (string character in Expensive)
        {
            string huge = string.Concat(Enumerable.Repeat(character, 1_000_000 / character.Length));
            Alert alert = Alert.From(
                Some.Detection() with
                {
                    RuleId = huge,
                    RuleTitle = huge,
                    RuleAuthor = huge,
                    Level = huge,
                    Host = huge,
                    User = huge,
                    TenantId = huge,
                    Tags = [.. ImmutableArray.Create(huge), .. Enumerable.Repeat("attack.t1059", 100_000)],
                },
                "D" + new string('x', 62),
                "https://rules.example/".PadRight(Alert.MaximumPageLength, '&'));

            byte[] json = alert.ToJson();

            Assert.InRange(json.Length, 1, Alert.MaximumSize - 1);
            Alert read = Alert.Parse(json);
            Assert.All([read.Rule.Title, read.Host, read.User, read.TenantId, read.Rule.Tags[^1]], text => Assert.EndsWith("…[truncated]", text));
            Assert.Equal(Alert.MaximumPageLength, read.Rule.Page?.Length);
            AssertValid(alert);
        }
    }

    private static void AssertValid(Alert alert)
    {
        EvaluationResults results = Evaluate(JsonNode.Parse(alert.ToJson())!);
        Assert.True(results.IsValid, JsonSerializer.Serialize(results));
    }

    private static EvaluationResults Evaluate(JsonNode json) => Schema.Evaluate(
        JsonSerializer.SerializeToElement(json),
        new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
}
