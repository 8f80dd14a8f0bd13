using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using SigmaFunctions.Outputs.Formats;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Tests;

/// <summary>What receivers are sent.</summary>
public sealed class FormatTests
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Gen<string> Hostile = Gen.OneOf(
        Gen.String[0, 40],
        Gen.Char.Array[0, 3_000].Select(characters => new string(characters)),
        Gen.OneOf(
            "<!channel> <@U012AB3CD> <https://evil.example|click>", "[click](https://evil.example)", "```\n*bold* _x_ ~y~", "\ud800", "\u202egnp.exe", "&lt;!here&gt;", "<at>Anna</at>",
            "\0\u0001\u001b[31m", "{\"a\":1}", new string('я', 3_000), new string('"', 3_000)));

    public static TheoryData<OutputFormat, string> Bodies => [.. Enum.GetValues<OutputFormat>().SelectMany(format => Alerts.All.Keys.Order().Select(name => (format, name)))];

    /// <summary>Golden/FORMAT-NAME.json holds what is sent; the documentation quotes them. GOLDEN=write writes them anew.</summary>
    [Theory]
    [MemberData(nameof(Bodies))]
    public void What_is_sent_is_as_it_was(OutputFormat format, string name)
    {
        var body = JsonNode.Parse(NotificationBody.Write(format, Alerts.All[name]));
        if (format == OutputFormat.Ocsf)
        {
            body!["metadata"]!["product"]!["version"] = "0.0.0";
        }

        string text = body!.ToJsonString(Indented).ReplaceLineEndings("\n") + "\n";
        string file = Path.Combine(Folder(), $"{format.ToString().ToLowerInvariant()}-{name}.json");
        if (Environment.GetEnvironmentVariable("GOLDEN") == "write")
        {
            File.WriteAllText(file, text);
        }

        Assert.Equal(File.ReadAllText(file), text);
    }

    [Fact]
    public void The_documentation_shows_bodies_as_they_are_sent()
    {
        string[] parts = File.ReadAllText(Path.Combine(Folder(), "../../../docs/outputs.md")).ReplaceLineEndings("\n").Split("```json\n");
        string[] golden = [.. Directory.GetFiles(Folder(), "*.json").Select(File.ReadAllText)];

        Assert.Equal(3, parts.Length);
        Assert.All(parts.Skip(1), part => Assert.Contains(part[..part.IndexOf("```", StringComparison.Ordinal)], golden));
    }

    public static TheoryData<string> Names => [.. Alerts.All.Keys.Order()];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_row_has_columns_of_the_table_and_values_of_their_types(string name)
    {
        JsonObject row = Body(OutputFormat.Table, Alerts.All[name]);

        var columns = TableColumns.All.ToDictionary(column => column.Name, column => column.Type);
        foreach ((string column, JsonNode? value) in row)
        {
            bool fits = columns[column] switch
            {
                "datetime" => value!.GetValueKind() == JsonValueKind.String && DateTimeOffset.TryParse((string?)value, CultureInfo.InvariantCulture, out _),
                "int" => value!.GetValueKind() == JsonValueKind.Number,
                "dynamic" => value is JsonArray or JsonObject,
                _ => value!.GetValueKind() == JsonValueKind.String,
            };
            Assert.True(fits, column);
        }

        Assert.All((string[])["TimeGenerated", "DetectionId", "RuleId", "RuleTitle", "Severity"], column => Assert.NotNull(row[column]));
    }

    [Fact]
    public void A_full_alert_and_one_of_a_correlation_fill_every_column()
    {
        IEnumerable<string> filled = Alerts.All.Values.SelectMany(one => Body(OutputFormat.Table, one).Select(column => column.Key)).Distinct();

        // The samples have no such hash.
        Assert.Equal(TableColumns.All.Select(column => column.Name).Except(["Sha1"]).Order(), filled.Order());
    }

    [Theory]
    [InlineData("2026-11-30T03:12:44Z", "2026-11-30T03:12:44+00:00")]
    [InlineData("2026-11-29T03:12:46Z", "2026-11-29T03:12:46+00:00")]
    [InlineData("2026-11-29T03:12:44Z", "2026-11-30T03:12:45+00:00")] // A day before it was enqueued: it would be taken for the time of arrival.
    [InlineData("2026-11-30T03:17:45Z", "2026-11-30T03:17:45+00:00")]
    [InlineData("2026-11-30T03:17:46Z", "2026-11-30T03:12:45+00:00")]
    [InlineData(null, "2026-11-30T03:12:45+00:00")]
    public void A_row_is_of_the_events_time_where_Azure_Monitor_leaves_it(string? eventTime, string generated)
    {
        DateTimeOffset? time = eventTime is null ? null : DateTimeOffset.Parse(eventTime, CultureInfo.InvariantCulture);

        JsonObject row = Body(OutputFormat.Table, new Notification(Alerts.Full.Id, Alerts.Full with { EventTime = time }));

        Assert.Equal(generated, (string?)row["TimeGenerated"]);
        Assert.Equal(time, row["EventTime"] is { } own ? DateTimeOffset.Parse((string)own!, CultureInfo.InvariantCulture) : null);
    }

    [Theory]
    [InlineData("informational", "Informational", 1)]
    [InlineData("low", "Low", 2)]
    [InlineData("MEDIUM", "Medium", 3)]
    [InlineData("high", "High", 4)]
    [InlineData("critical", "High", 5)]
    [InlineData("urgent", "Medium", 99)]
    [InlineData(null, "Medium", 0)]
    public void Levels_are_those_of_the_receiver(string? level, string severity, int ocsf)
    {
        var notification = new Notification(Alerts.Full.Id, Alerts.Full with { Rule = Alerts.Full.Rule with { Level = level } });

        Assert.Equal(severity, (string?)Body(OutputFormat.Table, notification)["Severity"]);
        Assert.Equal(ocsf, (int?)Body(OutputFormat.Ocsf, notification)["severity_id"]);
    }

    [Theory]
    [InlineData("ws-1", "ws-1", null)]
    [InlineData("ws-1.contoso.example", "ws-1", "contoso.example")]
    [InlineData("10.1.2.3", "10.1.2.3", null)]
    [InlineData(".x", ".x", null)]
    [InlineData("x.", "x.", null)]
    public void A_host_has_a_name_and_a_domain(string host, string name, string? domain)
    {
        JsonObject row = Body(OutputFormat.Table, new Notification(Alerts.Full.Id, Alerts.Full with { Host = host }));

        Assert.Equal((host, name, domain), ((string?)row["Host"], (string?)row["HostName"], (string?)row["HostDomain"]));
    }

    [Theory]
    [InlineData("anna", "anna", null)]
    [InlineData(@"CONTOSO\anna", "anna", "CONTOSO")]
    [InlineData("anna@contoso.example", "anna", "contoso.example")]
    [InlineData(@"\anna", "anna", null)]
    [InlineData(@"CONTOSO\", @"CONTOSO\", null)]
    public void An_account_has_a_name_and_a_domain(string user, string name, string? domain)
    {
        JsonObject row = Body(OutputFormat.Table, new Notification(Alerts.Full.Id, Alerts.Full with { User = user }));

        Assert.Equal((user, name, domain), ((string?)row["User"], (string?)row["UserName"], (string?)row["UserDomain"]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_finding_holds_to_the_schema_of_OCSF(string name)
    {
        if (OcsfSchema.Find() is not { } schema)
        {
            Assert.Skip("The schema of OCSF is not beside the project.");
            return;
        }

        Assert.Empty(schema.Check(Body(OutputFormat.Ocsf, Alerts.All[name])));
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "severity_id", "" },
        { "severity_id", "77" },
        { "time", "\"2026\"" },
        { "finding_info", "{}" },
        { "finding_info", "[]" },
        { "colour", "\"red\"" },
        { "evidences", "[{}]" },
        { "evidences", "[{\"process\":{\"name\":\"a\"}}]" },
        { "evidences", "[{\"file\":{\"name\":\"a\"}}]" },
        { "evidences", "[{\"src_endpoint\":{\"ip\":\"nowhere\"}}]" },
        { "is_alert", "1" },
        { "class_uid", "2001" },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_finding_that_does_not_hold_to_it_is_found(string attribute, string value)
    {
        if (OcsfSchema.Find() is not { } schema)
        {
            Assert.Skip("The schema of OCSF is not beside the project.");
            return;
        }

        JsonObject finding = Body(OutputFormat.Ocsf, Alerts.All["full"]);
        finding.Remove(attribute);
        if (value is not "")
        {
            finding[attribute] = JsonNode.Parse(value);
        }

        Assert.NotEmpty(schema.Check(finding));
    }

    /// <summary>Whatever an event holds: the bodies are JSON within what receivers take, and no text of it stands where a chat sees markup.</summary>
    [Fact]
    public void No_event_breaks_a_body() => Gen.Select(Hostile.Array[9], Gen.Bool).Sample(
        (texts, isBurst) =>
        {
            Notification notification = Hostilely(texts, isBurst);
            foreach (OutputFormat format in Enum.GetValues<OutputFormat>())
            {
                byte[] body = NotificationBody.Write(format, notification);
                Assert.InRange(body.Length, 1, format == OutputFormat.Teams ? 28 * 1024 : 64 * 1024);
                Assert.Equal(body.Length, Encoding.UTF8.GetByteCount(Encoding.UTF8.GetString(body)));
                using var document = JsonDocument.Parse(body);
            }

            CheckSlack(Body(OutputFormat.Slack, notification));
            CheckTeams(Body(OutputFormat.Teams, notification));
        },
        iter: 400);

    [Fact]
    public void What_matched_is_marked_in_the_command_line()
    {
        JsonArray body = Body(OutputFormat.Teams, Alerts.All["full"])["attachments"]![0]!["content"]!["body"]!.AsArray();
        JsonArray runs = body.Select(block => block!["inlines"]!.AsArray()).Single(inlines => inlines.Any(run => run!["highlight"] is not null));

        Assert.Equal(["node.exe", "child_process"], runs.Where(run => run!["highlight"] is not null).Select(run => (string?)run!["text"]));
        Assert.Equal(Alerts.Full.Process!.CommandLine, string.Concat(runs.Select(run => (string?)run!["text"])));
    }

    /// <summary>Slack takes ten in a section, and an alert may have more.</summary>
    [Fact]
    public void Slack_is_told_what_was_not_recorded_however_much_else_there_is()
    {
        Alert alert = Alerts.Full with { Omitted = 7, Process = new ProcessFacts("node.exe", null, null) };

        JsonObject message = Body(OutputFormat.Slack, new Notification(alert.Id, alert));

        CheckSlack(message);
        Assert.Contains("Counted\n7 further matches in the same message", message["blocks"]!.AsArray().SelectMany(block => Texts(block!)).Select(text => (string?)text!["text"]));
    }

    private static void CheckSlack(JsonObject message)
    {
        Assert.DoesNotMatch("[<>]", (string?)message["text"]);
        JsonArray blocks = message["blocks"]!.AsArray();
        Assert.InRange(blocks.Count, 2, 50);
        foreach (JsonNode? text in blocks.SelectMany(block => Texts(block!)))
        {
            Assert.Contains((string?)text!["type"], (string[])["plain_text", "text"]);
            Assert.InRange(((string)text["text"]!).Length, 1, (string?)text["type"] == "plain_text" ? 2_000 : 3_000);
        }

        Assert.InRange(((string)blocks[0]!["text"]!["text"]!).Length, 1, 150);
        Assert.All(blocks.Where(block => (string?)block!["type"] == "section"), block => Assert.InRange(block!["fields"]!.AsArray().Count, 1, 10));
    }

    private static void CheckTeams(JsonObject message) =>
        Assert.All(message["attachments"]![0]!["content"]!["body"]!.AsArray(), block => Assert.Equal("RichTextBlock", (string?)block!["type"]));

    private static IEnumerable<JsonNode?> Texts(JsonNode node) => node switch
    {
        JsonObject one when one["text"] is JsonValue => [one],
        JsonObject one => one.SelectMany(member => member.Value is null ? [] : Texts(member.Value)),
        JsonArray many => many.SelectMany(member => Texts(member!)),
        _ => [],
    };

    private static Notification Hostilely(string[] texts, bool isBurst) => new(Alerts.Full.Id, Alerts.Full with
    {
        Rule = Alerts.Full.Rule with { Title = texts[0], Level = texts[1], Author = texts[2], Page = texts[3], Tags = [texts[4]] },
        Host = texts[1],
        User = texts[2],
        TenantId = texts[3],
        Fields = [new AlertField(texts[5], texts[6])],
        Process = new ProcessFacts(texts[4], texts[7], texts[5]),
        Parent = new ProcessFacts(texts[8], texts[6], texts[0]),
        Correlation = isBurst ? null : Alerts.Correlated.Correlation! with { Group = [new AlertField(texts[7], texts[8])] },
    })
    {
        Matched = [texts[7][..(texts[7].Length / 2)]],
        Burst = isBurst ? new Burst(3, 2, [texts[1], texts[2]], DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch) : null,
    };

    private static JsonObject Body(OutputFormat format, Notification notification) => JsonNode.Parse(NotificationBody.Write(format, notification))!.AsObject();

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "Golden");
}
