using System.Text;
using System.Text.Json;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Held to the platform's reader, which throws where this one tells.</summary>
public sealed class TokenReaderTests
{
    /// <summary>Text and the place of its fault; -1 where it has none.</summary>
    public static TheoryData<string, int> Texts => new()
    {
        { "", 0 },
        { " ", 1 },
        { "1", -1 },
        { "-0.5e+10", -1 },
        { "-", 1 },
        { "-x", 1 },
        { "01", 1 },
        { "1.", 2 },
        { "1.e", 2 },
        { "1e", 2 },
        { "1e+", 3 },
        { "1x", 1 },
        { "+1", 0 },
        { "tru", 3 },
        { "trux", 3 },
        { "true false", 5 },
        { "\"a", 2 },
        { "\"a\n\"", 2 },
        { "\"\\", 2 },
        { "\"\\x\"", 2 },
        { "\"\\u12g4\"", 5 },
        { "\"\\u12", 5 },
        { "\"\\u0041\\n\\\"\"", -1 },
        { "[]", -1 },
        { "[1,]", 3 },
        { "[,1]", 1 },
        { "[1 2]", 3 },
        { "[1}", 2 },
        { "[1", 2 },
        { "{}", -1 },
        { "{\"a\":1,\"b\":[{}]}", -1 },
        { "{\"a\":1,}", 7 },
        { "{\"a\" 1}", 5 },
        { "{\"a\":}", 5 },
        { "{\"a\":1]", 6 },
        { "{a:1}", 1 },
        { "{1:1}", 1 },
        { "{'a':1}", 1 },
        { "// no comment", 0 },
        { "[1]x", 3 },
    };

    [Theory, MemberData(nameof(Texts))]
    public void It_is_exact_about_where_text_stops_being_JSON(string text, int fault)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);

        Assert.Equal(fault, FaultOf(bytes));
        AssertAgrees(bytes);
    }

    [Theory]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(100_000)]
    public void It_goes_as_deep_as_records_may(int depth)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));
        var reader = new TokenReader(bytes);
        while (reader.Read())
        {
        }

        Assert.Equal(depth > 64, reader.IsTooDeep);
        Assert.Equal(depth > 64 ? 64 : -1, reader.Fault);
        AssertAgrees(bytes);
    }

    [Fact]
    public void It_reads_mutated_text_as_the_platform_does()
    {
        var random = new Random(20250404);
        int faults = 0;
        for (int round = 0; round < 50_000; round++)
        {
            byte[] bytes = FuzzTests.Mutated(random);
            AssertAgrees(bytes);
            faults += FaultOf(bytes) >= 0 ? 1 : 0;
        }

        Assert.InRange(faults, 1_000, 49_000);
    }

    private static int FaultOf(byte[] json)
    {
        var reader = new TokenReader(json);
        while (reader.Read())
        {
        }

        return reader.Fault;
    }

    private static void AssertAgrees(byte[] json)
    {
        var expected = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = RecordTape.MaxDepth });
        var reader = new TokenReader(json);
        while (true)
        {
            bool isRead;
            try
            {
                isRead = expected.Read();
            }
            catch (JsonException)
            {
                // A name without a colon is a token of its own here, and what is at fault stands no earlier than where the platform has got to.
                Assert.False(reader.Read() && (reader.Token != JsonTokenType.PropertyName || reader.Read()));
                Assert.InRange(reader.Fault, (int)expected.BytesConsumed, json.Length);
                return;
            }

            if (isRead && expected.TokenType == JsonTokenType.Number && json.AsSpan((int)expected.BytesConsumed) is [(byte)'/', ..])
            {
                // To the platform a comment may follow; it faults at the next token.
                Assert.False(reader.Read());
                Assert.Equal(expected.BytesConsumed, reader.Fault);
                return;
            }

            Assert.Equal(isRead, reader.Read());
            Assert.Equal(-1, reader.Fault);
            if (!isRead)
            {
                return;
            }

            Assert.Equal(expected.TokenType, reader.Token);
            Assert.Equal(expected.TokenStartIndex, reader.TokenStart);
            Assert.Equal(expected.ValueSpan, reader.Value);
            if (reader.Token is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                Assert.Equal(expected.ValueIsEscaped, reader.IsEscaped);
            }

            // The platform takes the colon with the name.
            if (reader.Token != JsonTokenType.PropertyName)
            {
                Assert.Equal(expected.BytesConsumed, reader.Consumed);
            }
        }
    }
}
