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
        Assert.Equal(alert.Fields, read.Fields);
        Assert.Equal(alert, read with { Rule = read.Rule with { Tags = alert.Rule.Tags }, Fields = alert.Fields });
    }

    [Fact]
    public void Tells_what_made_the_rule_match_and_what_the_event_is_about()
    {
        Alert alert = Alert.From(Some.Factual(), "Detections") with { Rule = Rule([new AlertTechnique("T1059.007", "Command and Scripting Interpreter: JavaScript")]) };

        AssertValid(alert);
        var read = Alert.Parse(alert.ToJson());
        Assert.Equal([new AlertField("Image", @"C:\Windows\System32\whoami.exe"), new AlertField("", "ключ")], read.Fields);
        Assert.Equal((Some.Facts.Process, Some.Facts.Parent, Some.Facts.Hashes), (read.Process, read.Parent, read.Hashes));
        Assert.Equal(Some.Facts.Addresses, read.Addresses);
        Assert.Equal(alert.Rule.Techniques, read.Rule.Techniques);
        Assert.Equal(
            """{"process":{"image":"C:\\Windows\\node.exe","commandLine":"node -e 1","id":"4711"},"parent":{"image":"C:\\Windows\\cmd.exe"}}""",
            Only(alert, "process", "parent"));
        Assert.Equal(
            $$"""{"hashes":{"sha256":"{{new string('a', 64)}}"},"addresses":[{"role":"source","ip":"10.0.0.1"},{"role":"destination","ip":"2001:db8::1","port":443}]}""",
            Only(alert, "hashes", "addresses"));
    }

    [Fact]
    public void Has_no_members_for_what_an_event_does_not_have() =>
        Assert.Equal("{}", Only(Alert.From(Some.Detection() with { Fields = [] }, "Detections"), "fields", "process", "parent", "hashes", "addresses"));

    /// <summary>Details give way to each other, and in the end to what an alert must have.</summary>
    [Theory]
    [InlineData(1, 1_024, 1_024)]
    [InlineData(5, 1_024, 1_024)]
    [InlineData(20, 1_024, 512)]
    [InlineData(50, 1_024, 512)]
    [InlineData(3, 100_000, 1_024)]
    public void Cuts_details_until_all_have_room(int fields, int length, int longest)
    {
        Detection detection = Some.Factual() with { Fields = [.. Enumerable.Repeat(new DetectedField("CommandLine", new string('x', length)), fields)] };

        var read = Alert.Parse(Alert.From(detection, "Detections").ToJson());

        Assert.Equal(Math.Min(fields, Alert.MaxFields), read.Fields.Length);
        Assert.All(read.Fields, field => Assert.Equal((longest, length > longest), (field.Value.Length, field.Value.EndsWith("…[truncated]", StringComparison.Ordinal))));
        Assert.Equal("node -e 1", read.Process!.CommandLine);
    }

    [Fact]
    public void Leaves_details_out_where_there_is_no_room_and_stays_small()
    {
        foreach (string character in Expensive)
        {
            string huge = string.Concat(Enumerable.Repeat(character, 100_000 / character.Length));
            var process = new ProcessFacts(huge, huge, huge);
            foreach (Detection detection in new[] { Some.Factual(), Some.Correlated(100) })
            {
                var alert = Alert.From(
                    detection with
                    {
                        Fields = [.. Enumerable.Repeat(new DetectedField(huge, huge), 100)],
                        Facts = Some.Facts with { Process = process, Parent = process },
                        Tags = [.. Enumerable.Repeat(huge, 100)],
                        Host = huge,
                    },
                    "Detections");

                Assert.InRange(alert.ToJson().Length, 1, Alert.MaxSize - 1);
                AssertValid(alert);
            }
        }
    }

    private static AlertRule Rule(ImmutableArray<AlertTechnique> techniques) =>
        Alert.From(Some.Detection(), "Detections").Rule with { Techniques = techniques };

    private static string Only(Alert alert, params string[] members) =>
        new JsonObject(JsonNode.Parse(alert.ToJson())!.AsObject().Where(member => members.Contains(member.Key)).Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone())))
            .ToJsonString(new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

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

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "0")]
    [InlineData(10, "0 1 2 3 4 5 6 7 8 9")]
    [InlineData(11, "0 1 2 3 4 6 7 8 9 10")]
    [InlineData(100, "0 1 2 3 4 95 96 97 98 99")]
    public void Of_a_correlation_tells_the_group_the_value_and_the_first_and_last_events(int events, string expected)
    {
        Detection detection = Some.Correlated(events);

        var alert = Alert.From(detection, "Detections");
        AlertCorrelation read = Alert.Parse(alert.ToJson()).Correlation!;

        AssertValid(alert);
        Assert.Equal((1, detection.Id.Value), (alert.SchemaVersion, alert.Id));
        Assert.Equal(("value_count", "3.25", events + 10), (read.Type, read.Value, read.EventCount));
        Assert.Equal((detection.Correlation!.First, detection.Correlation.Last), (read.First, read.Last));
        Assert.Equal([new AlertField("TargetUserName", "alice"), new AlertField("Computer", "WS01.contoso.example")], read.Group);
        Assert.Equal(expected, string.Join(' ', read.Events.Select(one => $"{one.Time.AddTicks(-1).AddSeconds(301).Subtract(Some.Time).TotalSeconds}")));
        Assert.All(read.Events.Take(1), one => Assert.Equal(("rule", "WS00", @"CONTOSO\alice"), (one.Rule, one.Host, one.User)));
        Assert.All(read.Events.Skip(1).Take(1), one => Assert.Equal(("other", "WS01", null), (one.Rule, one.Host, one.User)));
    }

    [Fact]
    public void Has_a_correlation_only_where_there_is_one()
    {
        byte[] json = Alert.From(Some.Detection(), "Detections").ToJson();

        Assert.False(JsonNode.Parse(json)!.AsObject().ContainsKey("correlation"));
        Assert.Null(Alert.Parse(json).Correlation);
    }

    [Theory]
    [InlineData("12", "12")]
    [InlineData("-0.5", "-0.5")]
    [InlineData("123456789012345678901234567890.12345", "123456789012345678901234567890.12345")]
    [InlineData("1000000000000000000000000000000000000000000000000000000000000000001", "1e66")]
    public void Of_a_correlation_tells_the_value_as_a_number(string value, string expected)
    {
        Detection detection = Some.Correlated();
        byte[] json = Alert.From(detection with { Correlation = detection.Correlation! with { Value = value } }, "Detections").ToJson();

        Assert.Contains($"\"value\":{expected},\"first\"", Encoding.UTF8.GetString(json));
        Assert.Equal(expected, Alert.Parse(json).Correlation!.Value);
    }

    [Theory]
    [InlineData("type")]
    [InlineData("group")]
    [InlineData("value")]
    [InlineData("first")]
    [InlineData("last")]
    [InlineData("eventCount")]
    [InlineData("events")]
    public void The_schema_refuses_a_correlation_without(string member)
    {
        JsonObject json = JsonNode.Parse(Alert.From(Some.Correlated(), "Detections").ToJson())!.AsObject();
        Assert.True(json["correlation"]!.AsObject().Remove(member));

        Assert.False(Evaluate(json).IsValid);
        Assert.Throws<JsonException>(() => Alert.Parse(Encoding.UTF8.GetBytes(json.ToJsonString())));
    }

    [Fact]
    public void Of_a_correlation_stays_small_whatever_events_or_rules_hold()
    {
        foreach (string character in Expensive)
        {
            string huge = string.Concat(Enumerable.Repeat(character, 100_000 / character.Length));
            Detection some = Some.Correlated(100);
            var alert = Alert.From(
                some with
                {
                    RuleId = huge,
                    RuleTitle = huge,
                    RuleAuthor = huge,
                    Level = huge,
                    Host = huge,
                    User = huge,
                    TenantId = huge,
                    Tags = [.. Enumerable.Repeat(huge, 100)],
                    Correlation = some.Correlation! with
                    {
                        Type = huge,
                        Group = [.. Enumerable.Repeat(new DetectedField(huge, huge), 100)],
                        Value = new string('7', 1_000),
                        Events = [.. some.Correlation.Events.Select(one => one with { RuleId = huge, Host = huge, User = huge })],
                    },
                },
                "D" + new string('x', 62),
                "https://rules.example/".PadRight(Alert.MaxPageLength, '&'));

            byte[] json = alert.ToJson();

            Assert.InRange(json.Length, 1, Alert.MaxSize - 1);
            AlertCorrelation read = Alert.Parse(json).Correlation!;
            Assert.NotEmpty(read.Group);
            Assert.All(read.Group, one => Assert.Matches(@"…\[[0-9a-f]{16}\]$", one.Value));
            AssertValid(alert);
        }
    }

    [Theory]
    [InlineData(2, 10)]
    [InlineData(3, 10)]
    [InlineData(5, 10)]
    public void Of_a_correlation_texts_become_shorter_before_events_are_left_out(int fields, int events)
    {
        string user = new('\u0001', 256);
        Detection some = Some.Correlated(100);
        some = some with
        {
            Correlation = some.Correlation! with
            {
                Group = [.. Enumerable.Repeat(new DetectedField("User", user), fields)],
                Events = [.. some.Correlation.Events.Select(one => one with { User = user })],
            },
        };

        AlertCorrelation read = Alert.Parse(Alert.From(some, "Detections").ToJson()).Correlation!;

        Assert.Equal((fields, events), (read.Group.Length, read.Events.Length));
        Assert.All(read.Events, one => Assert.EndsWith("\u0001…[truncated]", one.User));
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
