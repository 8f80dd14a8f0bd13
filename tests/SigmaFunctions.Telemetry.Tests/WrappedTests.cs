using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Events in rows that say nothing themselves. <see cref="FormTests"/> has real ones in the forms that shippers make.</summary>
public sealed class WrappedTests
{
    private const string Row = """{"EventID":1,"Channel":"System","a":"x"}""";
    private const string Text = """ "{\"EventID\":1,\"Channel\":\"System\",\"a\":\"x\"}" """;

    /// <summary>A row, its shape, and what rules of the channel see as <c>a</c>.</summary>
    public static TheoryData<string, string, string> Rows => new()
    {
        { $$"""{"value":{{Row}}}""", "wrapped", "x" },
        { $$"""{"value":{{Text}}}""", "wrapped", "x" },
        { $$"""{"value":" \n{{Text.Trim()[1..]}}}""", "wrapped", "x" },
        { $$"""{"event.original":{{Text}}}""", "wrapped", "x" },
        { $$"""{"message":"m","event":{{Row}}}""", "wrapped", "x" },
        { """{"value":{"EventID":"1","Provider":"Service Control Manager","a":"x"}}""", "wrapped", "x" },
        { """{"value":{"DeviceId":"d","ActionType":"ProcessCreated","Timestamp":"2026-03-02T10:11:12Z"}}""", "wrapped", "" },

        // Whoever says what the row is, is asked for no more.
        { $$"""{"EventID":2,"Channel":"System","a":"own","value":{{Row}}}""", "flat", "own" },
        { $$"""{"category":"webserver","value":{{Row}}}""", "flat", "" },
        { $$$"""{"winlog":{"channel":"System","event_id":2,"event_data":{"a":"own"}},"message":{{{Text}}}}""", "winlogbeat", "own" },

        // No events, or not of Windows or Defender.
        { """{"value":{"a":"x"}}""", "flat", "" },
        { """{"value":{"category":"test","a":"x"}}""", "flat", "" },
        { """{"value":{"EventID":1,"a":"x"}}""", "flat", "" },
        { $$"""{"value":[{{Row}}]}""", "flat", "" },
        { """{"value":"{\"EventID\":1,\"Channel\":\"System\","}""", "wrapped", "" },
        { """{"value":"{\"EventID\":1}"}""", "wrapped", "" },
        { """{"value":"EventID {"}""", "flat", "" },
        { """{"value":"a {"}""", "flat", "" },
        { """{"value":"{\"a\":1}"}""", "flat", "" },
        { $$"""{"other":{{Row}}}""", "flat", "" },
        { $$$"""{"value":{"value":{{{Row}}}}}""", "flat", "" },
    };

    [Theory]
    [InlineData("message", "Message", "msg", "_raw", "log", "event", "event.original", "body", "data", "value", "payload", "_source", "result")]
    public void They_are_found_in_these_columns(params string[] columns)
    {
        DecodedBody decoded = Decoded.Body(string.Join('\n', columns.Select(column => $$"""{"{{column}}":{{Row}}}""").Append($$"""{"event":{"original":{{Row}}} }""")));

        Assert.Equal(Enumerable.Repeat("x", columns.Length + 1), decoded.Events.Select(e => e.View(null, service: "system").Field("a")));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void They_are_found_where_the_row_says_nothing(string row, string shape, string value)
    {
        DecodedEvent decoded = Decoded.One(row);

        Assert.Equal(shape, decoded.Shape);
        Assert.Equal(value, decoded.LogSources().Contains("product=windows,service=system") ? decoded.View(null, service: "system").Field("a") : "");
    }
}
