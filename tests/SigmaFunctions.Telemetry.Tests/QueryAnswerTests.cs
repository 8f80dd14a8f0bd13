using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Answers to queries of Log Analytics and advanced hunting are read as the rows that they hold; rows of hunting name no table.</summary>
public sealed class QueryAnswerTests
{
    /// <summary>A body, and what each of its events holds; faults with their reason.</summary>
    public static TheoryData<string, string> Answers => new()
    {
        { """{"tables":[{"name":"PrimaryResult","columns":[{"name":"a","type":"string"},{"name":"b","type":"long"}],"rows":[["x",1],["y",2]]}]}""", "a=x b=1 | a=y b=2" },
        { """{"Tables":[{"TableName":"Table_0","Columns":[{"ColumnName":"a","DataType":"String"}],"Rows":[["x"]]}]}""", "a=x" },
        { """{"tables":[{"columns":[{"name":"a"}],"rows":[["x"]]},{"columns":[{"name":"b"}],"rows":[["y"]]}],"error":{"code":"PartialError"}}""", "a=x | b=y" },
        { """{"tables":[{"columns":[{"name":"a"},{"name":"b"},{"name":"c"}],"rows":[[null,"",{"d":[1,2]}]]}]}""", "b= c={d:[1,2]}" },
        { """{"tables":[{"columns":[{"type":"string"},{"name":"b"},17],"rows":[["x","y","z","beyond"]]}]}""", "b=y" },
        { """{"tables":[{"columns":[{"meta":{"name":"z"},"name":"a"},["b"],{"name":"c"}],"rows":[["x","y","z"]]}]}""", "a=x c=z" },
        { """{"tables":[{"columns":[{"name":"b"}],"columns":[{"name":"a"}],"rows":[["x"]]}]}""", "a=x" },
        { """{"tables":[{"more":{"b":[1]},"columns":[{"name":"a"}],"rows":[["x"]]}]}""", "a=x" },
        { """{"tables":[{"columns":[{"name":"a\"\u0062"}],"rows":[["x\n"]]}]}""", "a\"b=x\n" },
        { """{"tables":[{"columns":[{"name":"a"}],"rows":[]}]}""", "" },
        { """{"tables":[{"columns":[{"name":"a"}],"rows":[["x"],17,"y"]}]}""", "a=x ! a record must be a JSON object: 17 ! a record must be a JSON object: \"y\"" },
        { """{"Stats":{"x":1},"Schema":[{"Name":"a","Type":"String"}],"Results":[{"a":"x"},{"a":"y"}]}""", "a=x | a=y" },
        { """{"@odata.context":"c","schema":[{"name":"a"}],"results":[{"a":"x"}]}""", "a=x" },
        { """{"results":[{"a":"x"}],"schema":[]}""", "a=x" },
        { """{"schema":[],"results":[{"a":"x"}],"Results":[{"a":"y"}]}""", "a=x | a=y" },
        { " \n{ \n\"schema\" : [ ] ,\n \"results\" : [ {\n \"a\" : \"x\" } ,\n {\n\"a\":1} ] }\n", "a=x | a=1" },
        { "\uFEFF{\"schema\":[],\"results\":[{\"a\":\"x\"}]}", "a=x" },

        // No answers: what they are is for others to say.
        { """{"tables":17,"a":1}""", "tables=17 a=1" },
        { """{"tables":[{"rows":[["x"]],"columns":[{"name":"a"}]}]}""", "tables=[{rows:[[x]],columns:[{name:a}]}]" },
        { """{"tables":[]}""", "tables=[]" },
        { """{"tables":[{"columns":[{"name":"a"}],"rows":[["x"]]},{"rows":[["y"]]}]}""", "tables=[{columns:[{name:a}],rows:[[x]]},{rows:[[y]]}]" },
        { """{"schema":[],"results":{"a":1}}""", "schema=[] results={a:1}" },
        { """{"results":[{"a":1}]}""", "results=[{a:1}]" },
        { """{"tables":1,"\ud800ab":1}""", "tables=1 \uFFFDab=1" },
        { """{"schema":{"version":1},"results":[{"a":1}]}""", "schema={version:1} results=[{a:1}]" },
        { """{"schema":["ecs"],"results":[{"a":1}],"b":2}""", "schema=[ecs] results=[{a:1}] b=2" },
        { """{"stats":{"x":1},"results":[{"a":1}]}""", "stats={x:1} results=[{a:1}]" },
        { """{"schema":"1.0","results":[{"a":1}]}""", "schema=1.0 results=[{a:1}]" },
        { """{"schema":[],"result":[]}""", "schema=[] result=[]" },
        { """{"a":1,"tables":[{"columns":[{"name":"a"}],"rows":[["x"]]}]}""", "a=1 tables=[{columns:[{name:a}],rows:[[x]]}]" },
        { """{"results":[{"a":1}""", """! the JSON ends early: {"results":[{"a":1}""" },

        // What stands before the damage is kept, and the damage is told with what is there.
        { """{"schema":[],"results":[{"a":1},{"a":2""", """a=1 ! the JSON ends early: {"a":2""" },
        { """{"tables":[{"columns":[{"name":"a"}],"rows":[["x"],["y"],["z" nonsense""", """a=x | a=y ! not JSON: ["z" nonsense""" },
        { """{"schema":[],"results":[{"a":1}]"b":1}""", """a=1 ! only a line break may stand between records: "b":1}""" },

        // What stands behind an answer is read as if it stood alone.
        { "{\"schema\":[],\"results\":[{\"a\":1}]}\n{\"a\":2}\n", "a=1 | a=2" },
        { "{\"schema\":[],\n\"results\":[{\n\"a\":1}]}\n\n{\"a\":2}", "a=1 | a=2" },
        { """{"schema":[],"results":[{"a":1}]} and more""", "a=1 ! only a line break may stand between records: and more" },
    };

    [Theory]
    [MemberData(nameof(Answers))]
    public void Their_rows_are_events(string body, string rows)
    {
        Assert.Equal(rows, Describe(Encoding.UTF8.GetBytes(body)));
        Assert.Equal(rows, Describe([.. "\uFEFF"u8, .. Encoding.UTF8.GetBytes(body.TrimStart('\uFEFF'))]));
        Assert.Equal(rows, Describe([0xFF, 0xFE, .. Encoding.Unicode.GetBytes(body.TrimStart('\uFEFF'))]));
        Assert.Equal(rows, Describe(Pack(Encoding.UTF8.GetBytes(body))));
    }

    /// <summary>One long name and many rows must not fill the memory.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rows_that_take_too_much_room_are_one_unreadable_record(bool isPacked)
    {
        string answer = $"{{\"tables\":[{{\"columns\":[{{\"name\":\"{new string('x', 100_000)}\"}}],\"rows\":[{string.Join(',', Enumerable.Repeat("[1]", 50_000))}]}}]}}";
        byte[] body = Encoding.UTF8.GetBytes(answer);

        BodyMatches matches = new BodyMatcher(new EventDecoder(), FieldRules.Of([])).Match(isPacked ? Pack(body) : body, TestContext.Current.CancellationToken);

        Assert.Equal((0, 1), (matches.Events, matches.UndecodedCount));
        Assert.StartsWith("the rows of this answer to a query take too much room", matches.Undecoded[0].Reason, StringComparison.Ordinal);
    }

    /// <summary>A bound is the body's own: neither what a matcher read before nor how it is read moves it.</summary>
    [Fact]
    public void Room_does_not_depend_on_the_body_before()
    {
        byte[] large = Encoding.UTF8.GetBytes($"{{\"schema\":[],\"results\":[{string.Join(',', Enumerable.Repeat("{\"a\":1}", 50_000))}]}}");
        byte[] tooLong = Encoding.UTF8.GetBytes(
            $"{{\"tables\":[{{\"columns\":[{{\"name\":\"{new string('x', 1_000)}\"}}],\"rows\":[{string.Join(',', Enumerable.Repeat("[1]", 200))}]}}]}}");
        var matcher = new BodyMatcher(new EventDecoder(), FieldRules.Of([]));

        Assert.Equal(50_000, matcher.Match(large, TestContext.Current.CancellationToken).Events);
        Assert.Equal((0, 1), (matcher.Match(tooLong, TestContext.Current.CancellationToken).Events, matcher.Match(tooLong, TestContext.Current.CancellationToken).UndecodedCount));
        Assert.Equal((0, 1), (new EventDecoder().Decode(tooLong).Events.Length, new EventDecoder().Decode(tooLong).UndecodedCount));
    }

    [Fact]
    public void Columns_without_end_are_not_kept()
    {
        byte[] answer = Encoding.UTF8.GetBytes($"{{\"tables\":[{{\"columns\":[{string.Join(',', Enumerable.Repeat("1", 5_000))}],\"rows\":[[1]]}}]}}");

        UndecodedRecord unread = Assert.Single(new EventDecoder().Decode(answer).Undecoded);

        Assert.StartsWith("the rows of this answer", unread.Reason, StringComparison.Ordinal);
        Assert.Equal(answer, unread.Original.ToArray());
    }

    /// <summary>Whatever is called a schema is a property like any other where it is not an answer's; an answer's is bounded.</summary>
    [Theory]
    [InlineData("""{"schema":[#],"a":1}""", "1 0")]
    [InlineData("""{"schema":[#],"results":[17],"a":1}""", "1 0")]
    [InlineData("""{"tables":[{"columns":[#]}],"a":1}""", "1 0")]
    [InlineData("""{"schema":[@],"results":[{"a":1}]}""", "0 1")]
    [InlineData("""{"results":[{"a":1}],"schema":[@]}""", "0 1")]
    public void Long_lists_that_are_no_columns_are_as_they_are(string body, string counts)
    {
        body = body.Replace("#", string.Join(',', Enumerable.Repeat("1", 5_000))).Replace("@", string.Join(',', Enumerable.Repeat("{\"name\":\"a\"}", 5_000)));

        DecodedBody decoded = new EventDecoder().Decode(Encoding.UTF8.GetBytes(body));

        Assert.Equal(counts, $"{decoded.Events.Length} {decoded.UndecodedCount}");
    }

    /// <summary>What a dead letter keeps of an answer that was unpacked is not overwritten by the next body.</summary>
    [Fact]
    public void What_is_kept_of_an_answer_is_a_copy()
    {
        byte[] first = Pack(Encoding.UTF8.GetBytes($"{{\"tables\":[{{\"columns\":[{string.Join(',', Enumerable.Repeat("1", 5_000))}],\"rows\":[[1]]}}]}}"));
        byte[] second = Pack(Encoding.UTF8.GetBytes(new string('y', 20_000)));
        var matcher = new BodyMatcher(new EventDecoder(), FieldRules.Of([]));
        ReadOnlyMemory<byte> kept = matcher.Match(first, TestContext.Current.CancellationToken).Undecoded[0].Original;

        matcher.Match(second, TestContext.Current.CancellationToken);

        Assert.StartsWith("{\"tables\"", Encoding.UTF8.GetString(kept.Span), StringComparison.Ordinal);
    }

    /// <summary>A row of a hunting query is known by its columns, and its table by its action.</summary>
    [Theory]
    [InlineData("ProcessCreated", "product=windows,category=process_creation")]
    [InlineData("ConnectionSuccess", "product=windows,category=network_connection")]
    [InlineData("InboundConnectionAccepted", "product=windows,category=network_connection")]
    [InlineData("HttpConnectionInspected", "")]
    [InlineData("ListeningConnectionCreated", "")]
    [InlineData("FileCreated", "product=windows,category=file_event")]
    [InlineData("FileRenamed", "product=windows,category=file_rename")]
    [InlineData("ImageLoaded", "product=windows,category=image_load")]
    [InlineData("RegistryValueSet", "product=windows,category=registry_event,product=windows,category=registry_set")]
    [InlineData("LogonSuccess", "")]
    [InlineData("DriverLoad", "product=windows,category=driver_load")]
    [InlineData("CreateRemoteThreadApiCall", "product=windows,category=create_remote_thread")]
    public void A_row_of_hunting_has_the_table_that_its_action_is_of(string action, string logSources)
    {
        DecodedEvent decoded = Decoded.One(
            $$"""{"Timestamp":"2026-03-02T10:11:12Z","DeviceId":"d","DeviceName":"ws","ActionType":"{{action}}","InitiatingProcessFileName":"i.exe","FolderPath":"C:\\a.exe"}""");

        Assert.Equal(("defender", "ws", logSources), (decoded.Shape, decoded.Host, string.Join(',', decoded.LogSources())));
    }

    [Theory]
    [InlineData("""{"Timestamp":"2026-03-02T10:11:12Z","DeviceId":"d"}""", "flat")]
    [InlineData("""{"DeviceId":"d","ActionType":"ProcessCreated"}""", "flat")]
    [InlineData("""{"Timestamp":"2026-03-02T10:11:12Z","ActionType":"ProcessCreated"}""", "flat")]
    [InlineData("""{"Timestamp":"2026-03-02T10:11:12Z","DeviceId":"d","ActionType":"ProcessCreated","category":"mine"}""", "flat")]
    [InlineData("""{"Timestamp":"2026-03-02T10:11:12Z","DeviceId":"d","ActionType":"ProcessCreated","product":"mine"}""", "flat")]
    [InlineData("""{"Timestamp":"2026-03-02T10:11:12Z","DeviceId":"d","ActionType":"ProcessCreated","service":"mine"}""", "flat")]
    [InlineData("""{"Timestamp":"2026-03-02T10:11:12Z","DeviceId":"d","ActionType":"ProcessCreated","Type":"Other"}""", "flat")]
    [InlineData("""{"TimeGenerated":"2026-03-02T10:11:12Z","DeviceId":"d","ActionType":"ProcessCreated"}""", "defender")]
    public void A_row_of_hunting_is_known_by_its_columns(string row, string shape) => Assert.Equal(shape, Decoded.One(row).Shape);

    /// <summary>Real rows, in every form that hunting gives them in, are the events that the streaming API sends.</summary>
    [Fact]
    public void Real_rows_are_the_events_that_are_streamed()
    {
        var decoder = new EventDecoder();
        foreach ((byte[] body, _, _) in Corpus.Wire("regression/wire/defender_xdr.ndjson"))
        {
            JsonArray records = JsonNode.Parse(body)!["records"]!.AsArray();
            JsonObject[] rows = [.. records.Select(record => record!["properties"]!.AsObject())];
            string expected = Views(decoder.Decode(body));
            string[] columns = [.. rows.SelectMany(row => row.Select(column => column.Key)).Distinct()];

            Assert.Equal(expected, Views(decoder.Decode(Encoding.UTF8.GetBytes(string.Join('\n', rows.Select(row => row.ToJsonString()))))));
            Assert.Equal(expected, Views(decoder.Decode(Encoding.UTF8.GetBytes($"{{\"schema\":[],\"results\":[{string.Join(',', rows.Select(row => row.ToJsonString()))}]}}"))));
            var table = new JsonObject
            {
                ["name"] = "PrimaryResult",
                ["columns"] = new JsonArray([.. columns.Select(column => new JsonObject { ["name"] = column })]),
                ["rows"] = new JsonArray([.. rows.Select(row => new JsonArray([.. columns.Select(column => row[column]?.DeepClone())]))]),
            };
            Assert.Equal(expected, Views(decoder.Decode(Encoding.UTF8.GetBytes(new JsonObject { ["tables"] = new JsonArray(table) }.ToJsonString()))));
        }
    }

    // Null says as much as a column that is not there.
    private static string Views(DecodedBody body)
    {
        Assert.Empty(body.Undecoded);
        return string.Join('\n', body.Events.Select(one => $"{one.Shape} {one.Time} {one.Host} {one.User} " + string.Join(
            " | ",
            one.Event.Views.Select(view => string.Join(' ', view.LogSources) + ": " + string.Join(
                ' ', view.Fields.Where(field => field.Value.Kind != FieldValueKind.Null).OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}={field.Value.Show()}"))))));
    }

    private static string Describe(byte[] body)
    {
        DecodedBody decoded = new EventDecoder(new LogSource("any")).Decode(body);
        BodyMatches matches = new BodyMatcher(new EventDecoder(new LogSource("any")), FieldRules.Of(decoded.Events)).Match(body, TestContext.Current.CancellationToken);
        Assert.Equal(
            (decoded.Events.Length, decoded.UndecodedCount, decoded.Events.Count(one => one.Event.Views.Any(view => view.Fields.Count > 0))),
            (matches.Events, matches.UndecodedCount, matches.Records.Length));
        string events = string.Join(" | ", decoded.Events.Select(one => string.Join(' ', one.Event.Views.Single().Fields.Select(field => $"{field.Key}={field.Value.Show()}"))));
        return string.Concat([events, .. decoded.Undecoded.Select(record => $" ! {record.Reason}: {Encoding.UTF8.GetString(record.Original.Span)}")]).TrimStart();
    }

    private static byte[] Pack(byte[] body)
    {
        using var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Optimal))
        {
            gzip.Write(body);
        }

        return output.ToArray();
    }
}
