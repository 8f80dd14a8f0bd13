using System.Text;
using System.Text.Json;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>What a body can make a matcher take of memory: as much as its longest record and what it unpacks to, which are bounded.</summary>
public sealed class MemoryTests
{
    private const string TooLarge = "a record of more than 2 MiB or 65,536 values";
    private const int MaxValues = 65_536;

    private readonly EventDecoder _decoder = new(new("any"));

    [Theory]
    [InlineData("{\"a\":[", "1,", "1]}", 3)]
    [InlineData("{", "\"a\":1,", "\"a\":1}", 2)]
    [InlineData("{", "\"\\u0061\":1,", "\"a\":1}", 2)]
    [InlineData("<Event><System><EventID>1</EventID></System><x>", "<a/>", "<b/></x></Event>", 7)]
    public void A_record_has_no_more_values_than_a_record_may_have(string before, string piece, string after, int others)
    {
        string fits = before + Repeated(piece, MaxValues - others) + after;
        string exceeds = before + Repeated(piece, MaxValues - others + 1) + after;
        foreach (string order in new[] { "{0}\n{1}\n{0}", "{1}\n{0}\n{1}" })
        {
            byte[] body = Encoding.UTF8.GetBytes(order.Replace("{0}", fits, StringComparison.Ordinal).Replace("{1}", exceeds, StringComparison.Ordinal));
            BodyMatcherTests.AssertSame(_decoder, Matcher(), body);
            DecodedBody decoded = _decoder.Decode(body);

            Assert.All(decoded.Undecoded, record => Assert.Equal(TooLarge, record.Reason));
            Assert.Equal(order.Split('\n').Select(one => one == "{1}"), Enumerable.Range(0, 3).Select(record => decoded.Undecoded.Any(one => one.Record == record)));
        }
    }

    /// <summary>However a shape composes values, what it takes is bounded.</summary>
    [Fact]
    public void What_is_composed_of_a_record_is_bounded()
    {
        var tape = new RecordTape(new NameTable([]));
        byte[] megabyte = new byte[1024 * 1024];
        tape.Begin("{}"u8.ToArray());
        tape.EndReading();

        Assert.Throws<RecordTooLargeException>(() =>
        {
            for (int made = 0; made < 16; made++)
            {
                tape.Compose(megabyte);
            }
        });
    }

    [Theory]
    [InlineData("[{0},{1},{0}]", "0 2", "1")]
    [InlineData("{\"x\":{1},\"records\":[{1},{0}],\"y\":{1}}", "1", "0")]
    [InlineData("[{1},[{1}],{0}]", "2", "0 1")]
    [InlineData("[{0},{\"records\":[{1},{0}]},{1}", "0 2", "1 3 4")]
    [InlineData("[{0},{2},{0}]", "0 2", "1")]
    [InlineData("{\"records\":[{0},{2}],\"y\":{2},\"records\":[{0},{2}]}", "0 2", "1 3")]
    public void What_stands_beside_a_record_that_is_too_large_is_read(string body, string events, string undecoded)
    {
        string large = $$"""{"a":[{{Repeated("1,", MaxValues)}}1]}""";
        string list = $"[{Repeated("1,", 3 * MaxValues)}1]";
        byte[] bytes = Encoding.UTF8.GetBytes(
            body.Replace("{0}", "{\"n\":1}", StringComparison.Ordinal).Replace("{1}", large, StringComparison.Ordinal).Replace("{2}", list, StringComparison.Ordinal));
        BodyMatcherTests.AssertSame(_decoder, Matcher(), bytes);
        DecodedBody decoded = _decoder.Decode(bytes);

        Assert.Equal(events, string.Join(' ', decoded.Events.Select(one => one.Record)));
        Assert.Equal(undecoded, string.Join(' ', decoded.Undecoded.Select(one => one.Record)));
    }

    [Theory]
    [InlineData(2 * 1024 * 1024, true)]
    [InlineData((2 * 1024 * 1024) + 1, false)]
    public void A_record_is_no_longer_than_a_record_may_be(int length, bool isRead)
    {
        string record = $$"""{"n":"{{new string('x', length - 8)}}"}""";
        byte[] body = Encoding.UTF8.GetBytes($"{{}}\n{record}\n{{}}");
        BodyMatcherTests.AssertSame(_decoder, Matcher(), body);
        DecodedBody decoded = _decoder.Decode(body);

        Assert.Equal(isRead ? 3 : 2, decoded.Events.Length);
        Assert.All(decoded.Undecoded, one => Assert.Equal(TooLarge, one.Reason));
    }

    /// <summary>Text within a record is no way around it.</summary>
    [Theory]
    [InlineData("""{"category":"AdvancedHunting-DeviceEvents","properties":{"ActionType":"DnsQueryResponse","InitiatingProcessFileName":"x","AdditionalFields":"TEXT"}}""", "{\"DnsQueryString\":[1", ",1", "]}")]
    [InlineData("""{"category":"WindowsEventLogsTable","properties":{"RawXml":"TEXT"}}""", "<Event><System/><EventData>", "<a/>", "</EventData></Event>")]
    public void Text_of_a_record_holds_no_more_values_either(string record, string before, string piece, string after)
    {
        string text = JsonSerializer.Serialize(before + Repeated(piece, MaxValues) + after);
        byte[] body = Encoding.UTF8.GetBytes(record.Replace("\"TEXT\"", text, StringComparison.Ordinal) + "\n{}");
        DecodedBody decoded = _decoder.Decode(body);

        Assert.Equal(TooLarge, Assert.Single(decoded.Undecoded).Reason);
        Assert.Single(decoded.Events);
    }

    /// <summary>Bodies of megabytes, whose records, values or faults would fill the memory if all were kept.</summary>
    public static TheoryData<string, string> Bodies => new()
    {
        { "", "{x\n" },
        { "", "x\n" },
        { "", "<x\n" },
        { "", "<Event/>" },
        { "", "<x\n{\"a\":1}\n" },
        { "[", "7," },
        { "", "{\"a\":1}\n" },
        { "{\"a\":[", "1," },
        { "{", "\"a\":1," },
        { "{", "\"\\u0061\":1," },
        { "{\"a\":\"", "x" },
        { "{\"", "\\u0061" },
        { "[7,{\"\u00ff\":[", "\"\\ud800\"," },
        { "<Event><System/><EventData>", "<Data>1</Data>" },
        { "<Event><System/><EventData><Data>", "&amp;" },
        { "<Event><System/><EventData><Data ", "a" },
        { "", "{\"records\":[{\"a\":1}]}\n" },
    };

    [Theory, MemberData(nameof(Bodies))]
    public void A_body_of_megabytes_takes_no_more_than_its_longest_record(string before, string piece)
    {
        var text = new StringBuilder(before);
        while (text.Length < 12 * 1024 * 1024)
        {
            text.Append(piece);
        }

        byte[] body = Encoding.UTF8.GetBytes(text.ToString());
        var matcher = new BodyMatcher(_decoder, Matcher().Detector, new BodyLimits { Matches = 1_000, MatchesPerRule = 100 });
        long start = GC.GetAllocatedBytesForCurrentThread();
        BodyMatches matches = matcher.Match(body, TestContext.Current.CancellationToken);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - start;

        Assert.InRange(allocated, 0, 32 * 1024 * 1024);
        Assert.InRange(matches.Undecoded.Count, 0, BodyLimits.DefaultUndecoded);
        Assert.True(matches.UndecodedCount >= matches.Undecoded.Count && matches.UndecodedCount + matches.Events > 0);
    }

    /// <summary>The body in it and what is said of its size: of one member, of several, of a length that is not true.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(7, 0)]
    [InlineData(3, 100)]
    [InlineData(1, -100)]
    public void A_packed_body_takes_no_more_than_it_is_said_to(int members, int lie)
    {
        byte[] member = Encoding.UTF8.GetBytes(Repeated("{\"a\":\"0123456789\"}\n", 40_000));
        byte[] packed = [.. Enumerable.Repeat(FramingTests.Gzip(member), members).SelectMany(bytes => bytes)];
        if (lie != 0)
        {
            // Sizes that are not true make gzip invalid; nothing is taken for granted before that is known.
            BitConverter.TryWriteBytes(packed.AsSpan(packed.Length - 4), lie < 0 ? uint.MaxValue : (uint)lie);
        }

        BodyMatcher matcher = Matcher();
        long before = GC.GetAllocatedBytesForCurrentThread();
        BodyMatches matches = matcher.Match(packed, TestContext.Current.CancellationToken);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated, 0, BodyMatcher.MaxUnpacked(packed) + (1024 * 1024));
        Assert.Equal(lie == 0 ? 40_000 * members : 0, matches.Events);
    }

    [Fact]
    public void Text_in_UTF_16_takes_no_more_than_it_is_said_to()
    {
        byte[] body = Encoding.Unicode.GetBytes("{\"a\":\"" + new string('\u4e00', 1_000_000) + "\"}");
        BodyMatcher matcher = Matcher();
        long before = GC.GetAllocatedBytesForCurrentThread();
        BodyMatches matches = matcher.Match(body, TestContext.Current.CancellationToken);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, BodyMatcher.MaxUnpacked(body) + (2 * 1024 * 1024));
        Assert.Equal(1, matches.UndecodedCount);
    }

    [Theory]
    [InlineData(25 * 1024 * 1024, null)]
    [InlineData((25 * 1024 * 1024) + 2, "unpacks to more than 25 MiB of UTF-16")]
    public void Packed_UTF_16_is_bounded_with_what_it_is_as_UTF_8(int length, string? reason)
    {
        byte[] text = Encoding.Unicode.GetBytes("[" + new string(' ', (length / 2) - 2) + "]");
        byte[] packed = Padded(text, 400_000);

        BodyMatches matches = Matcher().Match(packed, TestContext.Current.CancellationToken);

        Assert.Equal(reason, matches.Undecoded.SingleOrDefault()?.Reason);
        if (reason is not null)
        {
            Assert.True(matches.Undecoded[0].Original.Span.SequenceEqual(packed));
        }
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("", 0)]
    [InlineData("{\0}\0", 6 + (16 * 4))]
    [InlineData("{\"tables\":[]}", 16 * 13)]
    public void What_a_plain_body_takes_is_known_before_it_is_read(string body, long expected) =>
        Assert.Equal(expected, BodyMatcher.MaxUnpacked(Encoding.Latin1.GetBytes(body)));

    [Fact]
    public void A_matcher_that_is_put_back_lets_go_of_the_body()
    {
        var pool = new BodyMatcherPool(_decoder);
        Detector detector = Matcher().Detector;
        BodyMatcher matcher = pool.Rent(detector);
        WeakReference body = Matched(matcher);
        pool.Return(matcher);
        GC.Collect();

        Assert.False(body.IsAlive);
        Assert.Same(matcher, pool.Rent(detector));
    }

    private static WeakReference Matched(BodyMatcher matcher)
    {
        byte[] body = "{\"a\":1}\nx"u8.ToArray();
        Assert.Equal(1, matcher.Match(body, CancellationToken.None).UndecodedCount);
        return new WeakReference(body);
    }

    /// <summary>Packed text, behind a comment of gzip's that makes it as long as it has to be to unpack to so much.</summary>
    private static byte[] Padded(byte[] text, int length)
    {
        byte[] packed = FramingTests.Gzip(text);
        packed[3] = 0x10;
        return [.. packed[..10], .. Enumerable.Repeat((byte)'x', length), 0, .. packed[10..]];
    }

    private static string Repeated(string piece, int times) => new StringBuilder().Insert(0, piece, times).ToString();

    private BodyMatcher Matcher() => new(_decoder, new Detector(RuleSet.Load([new RuleFile("rules.yml",
        """
        title: any
        id: 00000000-0000-0000-0000-000000000000
        logsource: { category: any }
        detection: { s: { a: 1 }, keywords: [ needle ], condition: s or keywords }
        """)])));
}
