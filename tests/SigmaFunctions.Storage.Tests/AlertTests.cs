using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Tests;

public sealed class AlertTests
{
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

        var read = Alert.Parse(alert.ToJson());

        Assert.Equal(alert.Rule.Tags, read.Rule.Tags);
        Assert.Equal(alert, read with { Rule = read.Rule with { Tags = alert.Rule.Tags } });
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(201, false)]
    public void Links_to_the_page_of_its_rule_unless_the_address_is_too_long(int length, bool isKept)
    {
        string page = "https://rules.example/".PadRight(length, 'x');

        var read = Alert.Parse(Alert.From(Some.Detection(), "Detections", page).ToJson());

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

    [Theory]
    [InlineData(null, 0, "")]
    [InlineData(MuteScope.Host, 0, "mutedOn=host")]
    [InlineData(MuteScope.Everywhere, 0, "mutedOn=everywhere")]
    [InlineData(null, 250, "omitted=250")]
    public void Has_members_that_few_alerts_need_only_where_they_say_something(MuteScope? mutedOn, int omitted, string members)
    {
        Alert alert = Alert.From(Some.Detection(), "Detections") with
        {
            Kind = mutedOn is null ? AlertKind.Detection : AlertKind.RuleMuted,
            MutedUntil = mutedOn is null ? null : Some.Time,
            MutedOn = mutedOn,
            Omitted = omitted,
        };

        JsonObject json = JsonNode.Parse(alert.ToJson())!.AsObject();
        var read = Alert.Parse(alert.ToJson());

        AssertValid(alert);
        Assert.Equal(members, string.Join(' ', json.Where(member => member.Key is "mutedOn" or "omitted").Select(member => $"{member.Key}={member.Value}")));
        Assert.Equal((mutedOn, omitted), (read.MutedOn, read.Omitted));
    }

    [Fact]
    public void May_be_of_a_version_that_mutes_rules_everywhere()
    {
        const string former = """
            {"schemaVersion":1,"id":"202611250314150000000-0123456789abcdef0123456789abcdef","kind":"ruleMuted","rule":{"id":"rule","title":"A title","author":null,"level":"high","tags":[],"page":null},
            "eventTime":null,"host":"WS01","user":null,"tenantId":null,"heldBack":3,"mutedUntil":"2026-11-25T03:24:15+00:00","detection":{"table":"Detections","partitionKey":"20261125T03-0","rowKey":"0123456789012345678-0123456789abcdef0123456789abcdef"}}
            """;

        var read = Alert.Parse(Encoding.UTF8.GetBytes(former));

        Assert.True(Evaluate(JsonNode.Parse(former)!).IsValid);
        Assert.Equal((AlertKind.RuleMuted, null, 0), (read.Kind, read.MutedOn, read.Omitted));
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
            var alert = Alert.From(
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
                "https://rules.example/".PadRight(Alert.MaxPageLength, '&'));

            byte[] json = alert.ToJson();

            Assert.InRange(json.Length, 1, Alert.MaxSize - 1);
            var read = Alert.Parse(json);
            Assert.All([read.Rule.Title, read.Host, read.User, read.TenantId, read.Rule.Tags[^1]], text => Assert.EndsWith("…[truncated]", text));
            Assert.Equal(Alert.MaxPageLength, read.Rule.Page?.Length);
            AssertValid(alert);
        }
    }

    private static void AssertValid(Alert alert)
    {
        EvaluationResults results = Evaluate(JsonNode.Parse(alert.ToJson())!);
        Assert.True(results.IsValid, JsonSerializer.Serialize(results));
    }

    private static EvaluationResults Evaluate(JsonNode json) => AlertSchema.Json.Evaluate(
        JsonSerializer.SerializeToElement(json),
        new EvaluationOptions { OutputFormat = OutputFormat.List, RequireFormatValidation = true });
}
