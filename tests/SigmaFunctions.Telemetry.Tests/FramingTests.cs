using System.IO.Compression;
using System.Text;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>How a body is cut into records, and what is left of a broken one.</summary>
public sealed class FramingTests
{
    /// <summary>Body, the <c>n</c> of the events (<c>record:n</c>), the undecoded (<c>record@offset</c>).</summary>
    public static TheoryData<string, string, string> Bodies => new()
    {
        { "", "", "" },
        { " \r\n\t\n ", "", "" },
        { """{"n":1}""", "0:1", "" },
        { "{\"n\":1}\n", "0:1", "" },
        { "\uFEFF{\"n\":1}", "0:1", "" },
        { "{\n  \"n\": 1\n}\n", "0:1", "" },
        { "{\n  \"n\": 1\n}\n{\n  \"n\": 2\n}", "0:1 1:2", "" },
        { """{"records":[{"n":1},{"n":2}]}""", "0:1 1:2", "" },
        { """{"a":1,"records":[{"n":1}],"b":{"c":[2]}}""", "0:1", "" },
        { """{"r\u0065cords":[{"n":1}]}""", "0:1", "" },
        { """{"records":[]}""", "", "" },
        { """{"n":1,"records":["a","b"]}""", "0:1", "" },
        { """{"n":1,"records":{"n":2}}""", "0:1", "" },
        { """{"n":1,"records":{"n":2},"x":"longer than what is looked at at once"}""", "0:1", "" },
        { """{"n":1,"records":[{"n":2}],"x":"longer than what is looked at at once"}""", "0:2", "" },
        { """{"n":1,"\u0072ecords":[{"n":2}],"x":"longer than what is looked at at once"}""", "0:2", "" },
        { """[{"n":1},{"n":2}]""", "0:1 1:2", "" },
        { """[{"records":[{"n":1}]},{"n":2}]""", "0:1 1:2", "" },
        { "[]", "", "" },
        { "[\n {\"n\":1},\n {\"n\":2}\n]", "0:1 1:2", "" },
        { "{\"n\":1}\n{\"n\":2}\r\n\n  \n{\"n\":3}", "0:1 1:2 2:3", "" },
        { "{\"records\":[{\"n\":1},{\"n\":2}]}\n{\"records\":[{\"n\":3}]}", "0:1 1:2 2:3", "" },

        // Lines are independent.
        { "{\"n\":1}\nnot json\n{\"n\":3}", "0:1 2:3", "1@8" },
        { "{\"n\":1}\n{\"n\":2}x\n{\"n\":3}", "0:1 1:2 3:3", "2@15" },
        { "not json\n{\"n\":2}", "1:2", "0@0" },
        { "{\"n\":1\n{\"n\":2}\n{\"n\":3}", "1:2 2:3", "0@6" },
        { "{\"n\":\n{\"n\":2}\n{\"n\":3}", "1:2 2:3", "0@5" },
        { "{\"n\":1,\n{\"n\":2}", "1:2", "0@7" },
        { "{\"n\":\n{\"n\":2}", "1:2", "0@5" },
        { "{\"n\":[\n{\"n\":2}", "1:2", "0@6" },
        { "{\"n\":\"a\n{\"n\":2}", "1:2", "0@7" },
        { "{'n':1}\n{\"n\":2}", "1:2", "0@1" },
        { "{\"records\":[{\"n\":1},\n{\"n\":2}\n{\"n\":3}", "0:1 2:2 3:3", "1@20" },
        { "{\"n\":1}\n{\"n\":2,}\n{\"n\":3}", "0:1 2:3", "1@15" },
        { "{\"n\":1}\n{\"n\":2}\n{\"n\":", "0:1 1:2", "2@21" },

        // Documents that a sender joined without a line end between them, or with that of another system.
        { "{\"n\":1}{\"n\":2}\n{\"n\":3}", "0:1 1:2 2:3", "" },
        { "{\"n\":1}\r{\"n\":2}\r[{\"n\":3}]\t{\"n\":4}\r", "0:1 1:2 2:3 3:4", "" },
        { "{\n\"n\":1}{\"n\":2}{\n\"n\":3}", "0:1 1:2 2:3", "" },
        { "{\"n\":1}\n{\"n\":2}{\"n\":3}\n{\"n\":4}", "0:1 1:2 2:3 3:4", "" },
        { "{\"n\":1}{\"n\":2}x\n{\"n\":3}{\"n\":x}\n{\"n\":4}", "0:1 1:2 3:3 5:4", "2@14 4@28" },
        { "{\"n\":1}{'n':2}\n{\"n\":3}", "0:1 2:3", "1@8" },
        { "{\"n\":1}{\"n\":2", "0:1", "1@13" },
        { "{\"n\":1}\n[{\"n\":2},{\"n\":x},{\"n\":4}]\n{\"n\":5}", "0:1 1:2 3:5", "2@22" },
        { "{\"n\":1}\n17\nnull\n\"text\"", "0:1", "1@8 2@11 3@16" },

        // In an array, what stands before the error is kept and the rest is one.
        { """{"records":[{"n":1},{"n":2},{"n":x},{"n":4}]}""", "0:1 1:2", "2@33" },
        { """[{"n":1},{"n":2}""", "0:1 1:2", "2@16" },
        { """{"records":[{"n":1},{"n":2}""", "0:1 1:2", "2@27" },
        { """{"records":[{"n":1},""", "0:1", "1@20" },
        { """{"records":[""", "", "0@12" },
        { """{"records":[{"n":1}],"a":}""", "0:1", "1@25" },
        { """[{"n":1},]""", "0:1", "1@9" },
        { "[\n{\"n\":1},\n{\"n\":'x'},\n{\"n\":3}\n]", "0:1", "1@16" },
        { "{\"records\":[\n{\"n\":1},\n{\"n\":'x'},\n{\"n\":3}\n]}", "0:1", "1@27" },
        { """[{"n":1},17,{"n":3},[{"n":4}]]""", "0:1 2:3", "1@9 3@20" },

        { "\u0000\u0001binary\nmore\u0002", "", "0@0" },
        { "{\"n\":\"\u0000\"}", "", "0@6" },
        { "{", "", "0@1" },
        { "}", "", "0@0" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_is_cut_into_records(string body, string events, string undecoded)
    {
        DecodedBody decoded = Decoded.Body(body, new("any"));

        Assert.Equal(events, string.Join(' ', decoded.Events.Select(e => $"{e.Record}:{e.View("any", null!).Field("n")}")));
        Assert.Equal(undecoded, string.Join(' ', decoded.Undecoded.Select(u => $"{u.Record}@{u.Offset}")));
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_packed_body_is_cut_as_the_body_in_it(string body, string events, string undecoded)
    {
        DecodedBody decoded = new EventDecoder(new("any")).Decode(Gzip(Encoding.UTF8.GetBytes(body)));

        Assert.Equal(events, string.Join(' ', decoded.Events.Select(e => $"{e.Record}:{e.View("any", null!).Field("n")}")));
        Assert.Equal(undecoded, string.Join(' ', decoded.Undecoded.Select(u => $"{u.Record}@{u.Offset}")));
    }

    [Theory]
    [InlineData("{'n':1}", "not JSON: single quotes", "{'n':1}")]
    [InlineData("""{"n":1,}""", "not JSON: trailing comma", """{"n":1,}""")]
    [InlineData("""[{"n":1},{"secret":tru}]""", "not JSON", """{"secret":tru}]""")]
    [InlineData("""[{"n":1},{"n":"abc""", "the JSON ends early", """{"n":"abc""")]
    [InlineData("<Event/>", "XML, but no Windows event", "<Event/>")]
    [InlineData("<13>1 - h app - - - {\"n\":1}", "a syslog line, of which only event XML from Sysmon is read: send the message without its header", "<13>1 - h app - - - {\"n\":1}")]
    [InlineData("<1300>x", "neither JSON nor event XML", "<1300>x")]
    [InlineData("<13", "neither JSON nor event XML", "<13")]
    [InlineData("[17]", "a record must be a JSON object", "17")]
    public void An_unreadable_record_says_why_and_keeps_its_bytes(string body, string reason, string original)
    {
        UndecodedRecord undecoded = Assert.Single(Decoded.Body(body).Undecoded);

        Assert.Equal(reason, undecoded.Reason);
        Assert.Equal(original, Encoding.UTF8.GetString(undecoded.Original.Span));
    }

    /// <summary>What stands on a line between others, and why it is unreadable; empty where it is an event all the same.</summary>
    public static TheoryData<string, string> Lines => new()
    {
        { "{'n':2}", "not JSON: single quotes" },
        { """{"n":2""", "the JSON ends early" },
        { """{"n":2,}""", "not JSON: trailing comma" },
        { """{"n":2,"n":2}""", "" },
        { "{\"n\":2,\"x\":\"\u00ff\"}", "" },
        { "{\"n\":2,\"x\":\"\0\"}", "not JSON: control character" },
        { "\0\0\0", "a record must be a JSON object or event XML" },
        { "<13>Jan  1 00:00:00 h app: x", "a syslog line, of which only event XML from Sysmon is read: send the message without its header" },
        { "\u00ff\u00fe", "a record must be a JSON object or event XML" },
        { "<Event>\u00ff</Event>", "not UTF-8" },
        { "<Event>\0</Event>", "not XML: a NUL" },
        { "<html/>", "XML, but no Windows event" },
    };

    /// <summary>The body is Latin-1: its letters beyond ASCII are bytes that are not UTF-8.</summary>
    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_costs_no_other_line(string line, string reason)
    {
        string xml = XmlTests.Event("<EventID>1</EventID><Channel>System</Channel>", "");
        foreach (string other in (string[])["{\"n\":1}", xml])
        {
            byte[] body = Encoding.Latin1.GetBytes($"{other}\n{line}\n{other}\n{other}");
            DecodedBody decoded = new EventDecoder(new("any")).Decode(body);

            Assert.Equal(reason.Length == 0 ? [0, 1, 2, 3] : [0, 2, 3], decoded.Events.Select(e => e.Record));
            Assert.Equal(reason.Length == 0 ? [] : [reason], decoded.Undecoded.Select(u => u.Reason));
        }
    }

    [Fact]
    public void Ten_thousand_records_of_a_megabyte_are_ten_thousand()
    {
        string body = "{\"records\":[" + string.Join(',', Enumerable.Range(0, 10_000).Select(n => $$"""{"n":{{n}},"x":"{{new string('x', 90)}}"}""")) + "]}";

        DecodedBody decoded = Decoded.Body(body, new("any"));

        Assert.True(body.Length > 1_000_000);
        Assert.Empty(decoded.Undecoded);
        Assert.Equal(Enumerable.Range(0, 10_000), decoded.Events.Select(e => e.Record));
    }

    [Fact]
    public void An_event_keeps_its_own_bytes_without_copying()
    {
        byte[] body = """{"records":[{"n":1}, {"n": 2}]}"""u8.ToArray();

        DecodedEvent second = new EventDecoder().Decode(body).Events[1];

        Assert.Equal("""{"n": 2}""", Encoding.UTF8.GetString(second.Original.Span));
        Assert.True(second.Original.Span.Overlaps(body));
    }

    [Theory]
    [InlineData(10_000, "[", "]")]
    [InlineData(10_000, "{\"a\":", "}")]
    public void Deep_nesting_is_refused_and_the_other_lines_survive(int depth, string open, string close)
    {
        string bomb = string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth));

        DecodedBody decoded = Decoded.Body("{\"n\":1}\n{\"n\":" + bomb + "}\n{\"n\":3}");

        Assert.Equal([0, 2], decoded.Events.Select(e => e.Record));
        Assert.Equal("nested deeper than 64 levels", Assert.Single(decoded.Undecoded).Reason);
    }

    /// <summary>The record is a level itself.</summary>
    [Theory]
    [InlineData(63, 1, 0)]
    [InlineData(64, 0, 1)]
    public void The_deepest_nesting_that_is_read(int levels, int events, int undecoded)
    {
        foreach (string blank in (string[])["", "  "])
        {
            DecodedBody decoded = Decoded.Body($"{{{blank}\"n\":{new string('[', levels)}1{new string(']', levels)}{blank}}}");

            Assert.Equal((events, undecoded), (decoded.Events.Length, decoded.UndecodedCount));
        }
    }

    [Fact]
    public void A_gzip_bomb_is_refused_and_takes_no_more_than_its_bound()
    {
        byte[] bomb = Gzip(new byte[128 * 1024 * 1024], CompressionLevel.SmallestSize);
        long before = GC.GetAllocatedBytesForCurrentThread();

        UndecodedRecord undecoded = Assert.Single(new EventDecoder().Decode(bomb).Undecoded);

        Assert.Equal(0, undecoded.Record);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 128 * 1024 * 1024);
    }

    [Fact]
    public void Many_copies_of_one_event_may_be_packed_tightly()
    {
        byte[] body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"n\":\"the same over and over\"}\n", 20_000)));

        Assert.Equal(20_000, new EventDecoder().Decode(Gzip(body)).Events.Length);
    }

    [Fact]
    public void A_cut_off_or_damaged_gzip_is_one_unreadable_record()
    {
        byte[] packed = Gzip(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 500).Select(n => $"{{\"n\":{n * 7919}}}"))));
        byte[] damaged = [.. packed];
        damaged[packed.Length / 2] ^= 0xff;

        foreach (byte[] body in (byte[][])[packed[..(packed.Length / 2)], damaged, packed[..2], [0x1f, 0x8b, 0, 0, 0]])
        {
            DecodedBody decoded = new EventDecoder().Decode(body);
            Assert.Empty(decoded.Events);
            Assert.Equal("not valid gzip, or cut off", Assert.Single(decoded.Undecoded).Reason);
        }
    }

    [Fact]
    public void A_body_that_is_broken_everywhere_takes_linear_time()
    {
        string[] lines = ["{x", "[", "{\"a\":[", "{\"b\":2},", "{\"a\":", "[1,"];
        var random = new Random(4711);
        foreach (string line in lines)
        {
            var body = new StringBuilder();
            while (body.Length < 1 << 18)
            {
                body.Append(random.Next(8) == 0 ? lines[random.Next(lines.Length)] : line).Append('\n');
            }

            // Nothing to assert but that it ends: quadratic work on so many lines would not.
            DecodedBody decoded = Decoded.Body(body.ToString());
            Assert.True(decoded.Events.Length + decoded.Undecoded.Length > 0);
        }
    }

    internal static byte[] Gzip(byte[] bytes, CompressionLevel level = CompressionLevel.Fastest)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, level))
        {
            gzip.Write(bytes);
        }

        return output.ToArray();
    }
}
