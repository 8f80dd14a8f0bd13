using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Events as OpenTelemetry's receiver of Windows events writes them, by themselves and as OTLP.</summary>
public sealed class OpenTelemetryTests
{
    internal const string Row =
        """{"event_id":{"qualifiers":16384,"id":7045},"provider":{"name":"Service Control Manager","guid":"{g}","event_source":"e"},"system_time":"2025-12-06T21:11:02.6491508Z","computer":"h1","channel":"System","record_id":9,"level":"Information","task":"0","opcode":"0","keywords":["0x80"],"version":2,"message":"m","execution":{"process_id":4,"thread_id":8},"security":{"user_id":"S-1-5-18"},"event_data":{"Image Path":"a.exe","param1":"x","param2":"y"},"user_data":{"xml_name":"X","User":"CORP\\amy"}}""";

    internal static readonly string Otlp = ToOtlp(Row, Row.Replace("\"h1\"", "\"h2\"", StringComparison.Ordinal));

    /// <summary>What a record may be in.</summary>
    public static TheoryData<string> Forms =>
    [
        Row,
        $$"""{"body":{{Row}},"timestamp":1}""",
        $$"""{"time":1765055462,"sourcetype":"x","event":{{Row}}}""",
        ToOtlp(Row),
        ToOtlp(JsonSerializer.Serialize(Row)),
        ToOtlp(Row).Replace("scopeLogs", "instrumentationLibraryLogs", StringComparison.Ordinal).Replace("logRecords", "logs", StringComparison.Ordinal),
        ToOtlp(Row).Replace("resourceLogs", "\\u0072esourceLogs", StringComparison.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Forms))]
    public void A_row_is_the_event(string body)
    {
        DecodedEvent decoded = Decoded.One(body);
        EventView view = decoded.View(null, service: "system");

        Assert.Equal(
            "7045 System h1 Service Control Manager {g} 16384 4 8 S-1-5-18 9 2 absent 0 0x80 a.exe [x,y]",
            string.Join(' ', "EventID Channel Computer Provider_Name Provider_Guid EventID_Qualifiers Execution_ProcessID Execution_ThreadID Security_UserID EventRecordID Version Level Task Keywords ImagePath Data"
                .Split(' ').Select(view.Field)));
        Assert.Equal(("opentelemetry", "h1", @"CORP\amy"), (decoded.Shape, decoded.Host, decoded.User));
        Assert.Equal(DateTimeOffset.Parse("2025-12-06T21:11:02.6491508Z", null), decoded.Time);
        Assert.Equal(["Service Control Manager", "7045", "System", "h1", "a.exe", "x", "y", "X", @"CORP\amy"], decoded.Event.OwnValues.Select(Decoded.Show));
    }

    /// <summary>What an older version writes as data, a field, its value.</summary>
    [Theory]
    [InlineData("""{"data":[{"A B":"x"},{"C":""},{"C":"z"}]}""", "AB", "x")]
    [InlineData("""{"data":[{"A B":"x"},{"C":""},{"C":"z"}]}""", "C", "z")]
    [InlineData("""{"data":[{"":"x"},{"A":"w"},{"":"y"}],"name":"n"}""", "Data", "[x,y]")]
    [InlineData("""{"data":"x"}""", "data", "x")]
    [InlineData("""{"param1":"x","parameter":"y"}""", "Data", "x")]
    [InlineData("""{"param":"x","other1":"y"}""", "Data", "absent")]
    [InlineData("""[{"A":"x"}]""", "Data", "absent")]
    [InlineData("\"\"", "Channel", "System")]
    [InlineData("""{"Channel":"x"}""", "Channel", "System")]
    [InlineData("""[{"A B":"x"},{"C":"z"}]""", "C", "z")]
    [InlineData("\"{\\\"A\\\":\\\"x\\\"}\"", "A", "x")]
    public void Data_are_fields(string data, string field, string value) => Assert.Equal(
        value,
        Decoded.One($$"""{"event_id":{"id":1},"channel":"System","event_data":{{data}}}""").View(null, service: "system").Field(field));

    [Fact]
    public void Data_that_are_other_text_are_no_half_event() => Assert.Equal(
        "event_data is not the JSON text of an object",
        Assert.Single(Decoded.Body("""{"event_id":{"id":1},"channel":"System","event_data":"A=x"}""").Undecoded).Reason);

    /// <summary>Somebody's own log has names like that too.</summary>
    [Theory]
    [InlineData("""{"event_id":7,"channel":"c"}""")]
    [InlineData("""{"channel":"c","other":7}""")]
    [InlineData("""{"event_id":{"id":1},"other":7}""")]
    [InlineData("\"the event_id of a channel\"")]
    [InlineData("\"{ event_id }\"")]
    [InlineData("\"Event of the System\"")]
    [InlineData("\"<Event><EventData/></Event>\"")]
    public void A_body_that_does_not_say_so_is_no_row_of_windows(string body) => Assert.Equal("flat", Decoded.One(ToOtlp(body), new("any")).Shape);

    /// <summary>A value of OTLP as JSON writes it, its kind and text.</summary>
    [Theory]
    [InlineData("""{"stringValue":"7"}""", FieldValueKind.Text, "7")]
    [InlineData("""{"intValue":"-7"}""", FieldValueKind.Number, "-7")]
    [InlineData("""{"intValue":7}""", FieldValueKind.Number, "7")]
    [InlineData("""{"intValue":"1234567890123456789"}""", FieldValueKind.Number, "1234567890123456789")]
    [InlineData("""{"intValue":"12345678901234567890"}""", FieldValueKind.Text, "12345678901234567890")]
    [InlineData("""{"intValue":"x"}""", FieldValueKind.Text, "x")]
    [InlineData("""{"intValue":""}""", FieldValueKind.Text, "")]
    [InlineData("""{"doubleValue":1.5}""", FieldValueKind.Number, "1.5")]
    [InlineData("""{"boolValue":true}""", FieldValueKind.Boolean, "true")]
    [InlineData("""{"bytesValue":"AQ=="}""", FieldValueKind.Text, "AQ==")]
    [InlineData("""{"arrayValue":{"values":[{"stringValue":"x"},{}]}}""", FieldValueKind.Array, "[x,null]")]
    [InlineData("{}", FieldValueKind.Null, "null")]
    public void A_value_is_what_it_stands_for(string json, FieldValueKind kind, string shown)
    {
        FieldValue value = Decoded.One(ToOtlp(Row).Replace("""{"stringValue":"a.exe"}""", json, StringComparison.Ordinal)).View(null, service: "system").Fields["ImagePath"];

        Assert.Equal((kind, shown), (value.Kind, value.Show()));
    }

    [Fact]
    public void Whole_numbers_are_numbers_however_their_text_is_written() => Assert.Equal(
        ("7045", FieldValueKind.Number),
        Decoded.One(ToOtlp(Row).Replace("\"intValue\":\"7045\"", "\"intValue\":\"704\\u0035\"", StringComparison.Ordinal))
            .View(null, service: "system").Fields["EventID"] is var id ? (id.Text, id.Kind) : default);

    [Fact]
    public void Each_log_record_of_a_body_is_a_record()
    {
        DecodedBody decoded = Decoded.Body(Otlp);

        Assert.Equal(["h1", "h2"], decoded.Events.Select(e => e.Host));
        Assert.All(decoded.Events, e => Assert.StartsWith("{\"timeUnixNano\"", Encoding.UTF8.GetString(e.Original.Span), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("<Event><System><EventID>1</EventID><Channel>System</Channel></System></Event>", "1")]
    [InlineData("<Event><System><EventID>1</EventID><Channel>System</Channel></System></Event>\nx", "1")]
    [InlineData("text", "absent")]
    public void A_raw_body_is_event_XML(string text, string id) =>
        Assert.Equal(id, Decoded.One(ToOtlp(JsonSerializer.Serialize(text)), new("any")).Event.Views[0].Field("EventID"));

    [Theory]
    [InlineData("<Event><System>", "the body is no event XML that can be read")]
    [InlineData("<Event><EventData>System</EventData></Event>", "the body is no event XML that can be read")]
    [InlineData("{\"event_id\":{\"id\":1},\"channel\":", "the body is no row of a Windows event that can be read")]
    [InlineData("{\"event_id\":1,\"channel\":\"x\"}", "the body is no row of a Windows event that can be read")]
    public void A_body_that_cannot_be_read_is_told(string text, string reason) =>
        Assert.Equal(reason, Assert.Single(Decoded.Body(ToOtlp(JsonSerializer.Serialize(text))).Undecoded).Reason);

    /// <summary>Names of OTLP where they mean nothing of the kind.</summary>
    [Theory]
    [InlineData("""{"scopeLogs":[{"logRecords":[{"n":1}]}],"m":1}""", 1, 0)]
    [InlineData("""{"logRecords":[{"n":1},{"n":2}]}""", 1, 0)]
    [InlineData("""{"resourceLogs":"x"}""", 1, 0)]
    [InlineData("""{"resourceLogs":[1]}""", 1, 0)]
    [InlineData("""{"resourceLogs":[{"records":[{"n":1}]},{"scopeLogs":[{"records":[{"n":1}]},{"logRecords":[{"records":[{"n":1}]},7]}]}]}""", 3, 1)]
    [InlineData("""{"resourceLogs":[]}""", 0, 0)]
    [InlineData("""{"resourceLogs":[{"scopeLogs":[]},{"scopeLogs":[{"logRecords":[]}]}]}""", 0, 0)]
    public void Envelopes_are_in_their_order(string body, int events, int undecoded)
    {
        DecodedBody decoded = Decoded.Body(body);
        Assert.Equal((events, undecoded), (decoded.Events.Length, decoded.UndecodedCount));
    }

    [Fact]
    public void A_body_may_be_as_deep_and_as_large_as_any_record()
    {
        JsonNode deep = JsonValue.Create("x");
        for (int level = 0; level < 25; level++)
        {
            deep = new JsonObject { ["kvlistValue"] = new JsonObject { ["values"] = new JsonArray(new JsonObject { ["key"] = "a", ["value"] = deep }) } };
        }

        string many = string.Join(',', Enumerable.Range(0, 20_000).Select(n => $"\"f{n}\":\"{n}\""));
        string wide = Row.Replace("\"param1\"", many + ",\"param1\"", StringComparison.Ordinal);
        string body = $$"""
            {"resourceLogs":[{"scopeLogs":[{"logRecords":[{{Record(Row)}},{{Record(wide)}},{{Record(Row)}},{"body":{{deep.ToJsonString()}}}]}]}]}
            """;
        DecodedBody decoded = Decoded.Body(body);

        Assert.Equal(["h1", "h1"], decoded.Events.Select(e => e.Host));
        Assert.Equal([(1, "a record of more than 2 MiB or 65,536 values"), (3, "nested deeper than 64 levels")], decoded.Undecoded.Select(u => (u.Record, u.Reason)));
    }

    /// <summary>A body of OTLP with rows, which are JSON, as its log records.</summary>
    internal static string ToOtlp(params string[] rows) =>
        $$"""{"resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{"scope":{},"logRecords":[{{string.Join(',', rows.Select(Record))}}]}]}]}""";

    private static string Record(string row) =>
        $$"""{"timeUnixNano":"1765055462649150800","severityNumber":9,"body":{{ToValue(JsonNode.Parse(row)!).ToJsonString()}},"attributes":[]}""";

    private static JsonObject ToValue(JsonNode node) => node switch
    {
        JsonObject properties => new JsonObject
        {
            ["kvlistValue"] = new JsonObject
            {
                ["values"] = new JsonArray([.. properties.Select(property => new JsonObject { ["key"] = property.Key, ["value"] = ToValue(property.Value!) })]),
            },
        },
        JsonArray items => new JsonObject { ["arrayValue"] = new JsonObject { ["values"] = new JsonArray([.. items.Select(item => ToValue(item!))]) } },
        _ when node.GetValueKind() == JsonValueKind.Number => new JsonObject { ["intValue"] = node.ToJsonString() },
        _ => new JsonObject { ["stringValue"] = node.GetValue<string>() },
    };
}
