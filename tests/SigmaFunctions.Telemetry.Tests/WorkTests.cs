using System.Text;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Framing;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>
/// What a sender can make of a body: whatever it holds, reading it takes work in proportion to its size, ends the same way each time, and
/// can be cancelled on the way. Nothing is timed: the work is counted.
/// </summary>
public sealed class WorkTests
{
    private const string TooMuchWork = "more work than a body of its size may take";

    /// <summary>Pieces that hostile bodies are made of.</summary>
    private static readonly string[] Pieces =
    [
        "<x\n", "<x>", "<x>\n", "</x>", "<x a='", "<x a=\"", "'>", "<x/>", "<x><!--", "-->", "<x><![CDATA[", "]]>", "<?x ", "?>", "&amp;", "&", "\r",
        "<Event>", "<Event", "</Event>", "<Events>", "</Events>", "<Event/>", "<Event><System/></Event>", "<Data Name='a'>", "<Data Name='a'/>", "</Data>",
        "{\"a\":1}\n", "{\"a\":1}", "{\"b\":1}\n", "{", "}", "[", "]", "{\"a\":", "1,", ",", "\"", "\\", "\"a\"", "\"a\":1,", "{'a':1}\n", "{x\n", "x\n", "x", "\n", " ",
        "\"records\":[", "{\"records\":[", "{\"records\":[{\"a\":1}]}", "{\"records\":[{\"a\":1},", "[{\"a\":1},", "{\"a\":1},", "{\"a\":1},x\n", "[[",
        "<13>1 ", "sysmon: <Event>", "sysmon[1]: <Event/>", "<!--\n{\"a\":1}\n", "<x><![CDATA[\n{\"a\":1}\n", "<x\n{\"a\":1}\n", "<x>\n{\"a\":1}\n",
        "{\"EventID\":1,", "{\"message\":\"<Event><System/>", "\\u0041", "\\ud800", "\u00ff", "{\"a\":{\"b\":[", "null,", "{},", "[],", "7,",
    ];

    private readonly EventDecoder _decoder = new(new("any"));

    /// <summary>Repeated, each of these once made the reader go over the same bytes again and again, or might.</summary>
    public static TheoryData<string, string, string> Kinds => new()
    {
        // The next event was looked for to the end of the body for each broken element.
        { "", "<x\n{\"a\":1}\n", "" },
        { "", "<x\n{\"a\":1}\n<x>", "" },
        { "{\"a\":1}\n", "<x", "" },

        // What ends a comment, a section or an instruction stands at the end of the body, or nowhere.
        { "", "<x><!--\n{\"a\":1}\n", "" },
        { "", "<x><!--\n{\"a\":1}\n", "-->" },
        { "", "<x><![CDATA[\n{\"a\":1}\n", "]]>" },
        { "", "<x><?y\n{\"a\":1}\n", "?>" },
        { "", "<!--\n", "" },

        // Elements that do not end.
        { "", "<Event>", "" },
        { "", "<Event>\n", "" },
        { "", "<Events>", "" },
        { "", "<x>\n{\"a\":1}\n<x a='1' ", "" },
        { "", "<x a='", "" },
        { "", "<x a=\"\n{\"a\":1}\n", "" },
        { "", "<Data Name='a' b='", "" },

        // Lines and documents that turn out to be something else.
        { "", "{x\n", "" },
        { "", "{\"a\":1}\n{x\n", "" },
        { "[", "{\"a\":1},\n", "x" },
        { "[", "{\"a\":1},", "\n{\"a\":1}\n" },
        { "{\"a\":1}\n", "[{\"a\":1},", "" },
        { "{\"records\":[", "{\"a\":1},", "" },
        { "", "{\"records\":[{\"a\":1},\n", "" },
        { "{", "\"records\":[7],", "" },
        { "{", "\"records\":[{}],", "" },
        { "[", "{\"records\":[", "" },
        { "", "[", "" },
        { "{\"a\":", "[", "" },
        { "{\"a\":\"", "\\\"", "" },
        { "", "\n", "" },
        { "{\"a\":1", " ", "" },

        // Lines of syslog.
        { "", "x\n", "" },
        { "", "<1\n", "{}" },
        { "", "<Event/>sysmon:", "" },
        { "x ", "<Event", "" },
        { "", "\u00ff", "" },
    };

    [Theory, MemberData(nameof(Kinds))]
    public void No_kind_of_damage_is_gone_over_again_and_again(string before, string piece, string after)
    {
        foreach (int size in new[] { 20_000, 200_000 })
        {
            byte[] body = Body(before, piece, after, size);
            WorkMeter work = Read(body, out BodyReader reader);

            Assert.DoesNotContain(reader.Undecoded, record => record.Reason == TooMuchWork);
            Assert.InRange(work.Done, 0, body.Length * 12);
        }
    }

    /// <summary>
    /// An element that is broken only at its end, with the beginnings of others in a section or comment, is read again from each of
    /// these: so the count goes up with the square of the size, and the body ends early.
    /// </summary>
    [Theory]
    [InlineData("<x><![CDATA[\n{\"a\":1}\n", "]]></y>", 0)]
    [InlineData("<x><!--\n{\"a\":1}\n", "-->", 200_000)]
    [InlineData("<x><?y\n{\"a\":1}\n", "?><Data Name='", 200_000)]
    [InlineData("<x><!--\n{\"a\":1}\n", "--><x>\0</x></x>", 0)]
    public void What_is_read_again_is_counted_and_comes_to_an_end(string piece, string after, int more)
    {
        byte[] body = Body("", piece, after + new string('x', more), 400_000);
        var matcher = new BodyMatcher(_decoder, FieldRules.Of(_decoder.Decode("{\"a\":1}"u8.ToArray()).Events), new BodyLimits { Undecoded = int.MaxValue });

        BodyMatches matches = matcher.Match(body, TestContext.Current.CancellationToken);

        Assert.InRange(matcher.Work.Done, matcher.Work.Budget + 1, matcher.Work.Budget + (2 * body.Length));
        Assert.InRange(matches.Events, 20, 20_000);
        Assert.Equal(matches.Events, matches.Records.Length);
        UndecodedRecord rest = matches.Undecoded[^1];
        Assert.Equal(TooMuchWork, rest.Reason);
        Assert.Equal(body.Length, rest.Offset + rest.Length);
        Assert.Equal(matches.Events + matches.UndecodedCount - 1, rest.Record);
        BodyMatcherTests.AssertSame(_decoder, matcher, body);
    }

    /// <summary>Elements move down for each level at which a neighbour makes an array of them.</summary>
    [Fact]
    public void Moving_elements_is_counted()
    {
        const int Levels = 50;
        byte[] flat = Body("<Event>", "<a/><b/>", "</Event>", 100_000);
        byte[] nested = Body(
            "<Event>" + string.Concat(Enumerable.Repeat("<c>", Levels)), "<a/><b/>", string.Concat(Enumerable.Repeat("</c><c/>", Levels)) + "</Event>", 100_000);

        long plain = Read(flat, out _).Done;

        Assert.InRange(Read(nested, out _).Done, plain * 10, long.MaxValue);
    }

    [Fact]
    public void Damaged_bodies_of_all_kinds_stay_within_their_work_and_are_read_the_same_each_time()
    {
        var random = new Random(20250505);
        DecodedBody some = _decoder.Decode("{\"a\":1}\n{\"b\":1}"u8.ToArray());
        Detector detector = FieldRules.Of(some.Events);
        var all = new BodyMatcher(_decoder, detector, new BodyLimits { Undecoded = int.MaxValue });
        int damaged = 0;
        for (int round = 0; round < 600; round++)
        {
            byte[] body = Made(random, random.Next(100, 30_000));
            byte[] sent = random.Next(6) switch
            {
                0 => FramingTests.Gzip(body),
                1 => Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(body))).ToArray(),
                _ => body,
            };
            var limits = new BodyLimits { MatchesPerRule = random.Next(20), Matches = random.Next(40), Undecoded = random.Next(20) };
            var limited = new BodyMatcher(_decoder, detector, limits);

            BodyMatches matches = limited.Match(sent, TestContext.Current.CancellationToken);
            BodyMatches whole = all.Match(sent, TestContext.Current.CancellationToken);

            Assert.InRange(limited.Work.Done, 0, limited.Work.Budget + (body.Length * 2));
            Assert.Equal(limited.Work.Done, all.Work.Done);
            Assert.Equal(whole.UndecodedCount, matches.UndecodedCount);
            Assert.Equal(whole.Undecoded.Take(limits.Undecoded).Select(record => (record.Record, record.Reason, record.Offset)),
                matches.Undecoded.Select(record => (record.Record, record.Reason, record.Offset)));
            BodyLimitsTests.AssertCounted(whole, matches, limits);
            BodyMatcherTests.AssertSame(_decoder, all, sent);
            damaged += matches.UndecodedCount > 0 && matches.Events > 0 ? 1 : 0;
        }

        Assert.InRange(damaged, 100, 599);
    }

    /// <summary>Real telemetry takes less than a tenth of what it may.</summary>
    [Theory]
    [InlineData("defender/process_events.records.ndjson")]
    [InlineData("mordor/process_creation.ndjson")]
    [InlineData("azure_monitor/WindowsEvent_sysmon_log4shell.ndjson")]
    public void Real_bodies_take_a_small_part_of_their_work(string file)
    {
        byte[] body = File.ReadAllBytes(Corpus.Require(file));

        Assert.InRange(Read(body, out _).Done, body.Length, body.Length * (WorkMeter.PerByte / 10));
    }

    [Fact]
    public void A_meter_counts_up_to_its_budget()
    {
        var meter = new WorkMeter();
        for (int turn = 0; turn < 2; turn++)
        {
            meter.Begin(1_000, CancellationToken.None);
            Assert.Equal(WorkMeter.Free + (1_000 * WorkMeter.PerByte), meter.Budget);
            meter.Add(meter.Budget - WorkMeter.PerValue);
            meter.AddRecord(1);
            Assert.Equal(meter.Budget, meter.Done);

            Assert.Throws<WorkExceededException>(() => meter.Add(1));
        }
    }

    /// <summary>A record that cancels the reading, what follows it, how many further records may be read, and whether one long search may end.</summary>
    public static TheoryData<string, string, int, bool> Cancelled => new()
    {
        { "{\"a\":1}\n", "{\"a\":1}\n", 256, false },
        { "<Event/>", "<Event/>", 256, false },
        { "{\"a\":1}\n", "{x\n", 0, false },
        { "{\"a\":1}\n", "x\n", 0, false },
        { "{\"a\":1}\n", "<x\n", 0, true },
        { "{\"a\":1}\n", "<x>", 0, true },
    };

    [Theory, MemberData(nameof(Cancelled))]
    public void Reading_ends_soon_after_it_is_cancelled(string record, string others, int more, bool isSearched)
    {
        byte[] body = Body(record, others, "", 1_000_000);
        using var source = new CancellationTokenSource();
        var handler = new CancellingHandler(source);
        var reader = new BodyReader(new RecordTape(_decoder.Names), handler, new BodyLimits { Undecoded = int.MaxValue });

        Assert.Throws<OperationCanceledException>(() => reader.Read(body, source.Token));

        Assert.InRange(handler.Taken, 1, 1 + more);
        Assert.InRange(reader.Work.Done, 0, (isSearched ? body.Length : 0) + 100_000);
        Assert.InRange(reader.UndecodedCount, 0, 70_000);
    }

    [Theory]
    [InlineData("{\"a\":1}\n{\"a\":1}")]
    [InlineData("gzip")]
    [InlineData("utf-16")]
    public void A_matcher_that_was_cancelled_reads_the_next_body(string kind)
    {
        byte[] plain = "{\"a\":1}\n{\"a\":1}"u8.ToArray();
        byte[] body = kind switch
        {
            "gzip" => FramingTests.Gzip(plain),
            "utf-16" => Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(plain)),
            _ => plain,
        };
        var matcher = new BodyMatcher(_decoder, FieldRules.Of(_decoder.Decode(plain).Events));

        Assert.Throws<OperationCanceledException>(() => matcher.Match(body, new CancellationToken(canceled: true)));

        Assert.Equal(2, matcher.Match(body, TestContext.Current.CancellationToken).Records.Length);
    }

    private static byte[] Made(Random random, int size)
    {
        string unit = string.Concat(Enumerable.Range(0, random.Next(1, 5)).Select(_ => Piece(random)));
        string before = random.Next(2) == 0 ? "" : Piece(random) + Piece(random);
        return Body(before, unit, random.Next(2) == 0 ? "" : Piece(random), size);
    }

    private static string Piece(Random random) => Pieces[random.Next(Pieces.Length)];

    private static byte[] Body(string before, string piece, string after, int size)
    {
        var text = new StringBuilder(before);
        while (text.Length < size)
        {
            text.Append(piece);
        }

        return Encoding.UTF8.GetBytes(text.Append(after).ToString());
    }

    private WorkMeter Read(byte[] body, out BodyReader reader)
    {
        reader = new BodyReader(new RecordTape(_decoder.Names), new CancellingHandler(null), new BodyLimits { Undecoded = int.MaxValue });
        reader.Read(body, TestContext.Current.CancellationToken);
        return reader.Work;
    }

    /// <summary>Takes every record; cancels at the first.</summary>
    private sealed class CancellingHandler(CancellationTokenSource? source) : IRecordHandler
    {
        public int Taken { get; private set; }

        public string? Take(int record, RecordValue value, int start, int end)
        {
            Taken++;
            source?.Cancel();
            return null;
        }

        public void Mark()
        {
            // Nothing is taken back here.
        }

        public void ReturnToMark()
        {
        }
    }
}
