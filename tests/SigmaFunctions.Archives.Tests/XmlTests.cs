using System.Text;
using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Tests;

/// <summary>Events of XML that span lines, as evtx_dump and the Event Viewer write them, or stand on long ones.</summary>
public sealed class XmlTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A text (<c>|</c> is a line end, <c>E</c> is <c>Event</c> in tags), and its bodies as line:first record:body.</summary>
    public static TheoryData<string, string> Texts => new()
    {
        { "<E>1</E>|<E x='2'></E>|", "0:0:<E>1</E> 1:0:<E(x='2'></E>" },
        { "<E>1</E><E>2</E>|", "0:0:<E>1</E><E>2</E>" },
        { "<E>|<EID>1</EID>|<EData/>|</E>|<E|>2</E>|", "0:0:<E>|<EID>1</EID>|<EData/>|</E> 4:0:<E|>2</E>" },
        { "Record 1|<?xml ?>|<E>|1</E>|Record 2|<?xml ?>|<E>|2|</E >|", "2:0:<E>|1</E> 6:0:<E>|2|</E(>" },
        { "<?xml ?>|<Es x='1'>|<E>1</E>|  <E>|2</E>|</Es>|{}", "2:0:<E>1</E> 3:0:<E>|2</E> 6:0:{}" },
        { "<?xml ?><Es><E>1</E><E>|2</E><E>3</E></Es>|{}", "0:0:<E>1</E> 0:1:<E>|2</E> 1:2:<E>3</E> 2:0:{}" },
        { "<?xml ?><Es><E>1</E><E>2</E></Es>|{}", "0:0:<?xml(?><Es><E>1</E><E>2</E></Es> 1:0:{}" },
        { "<?xml ?><E>1</E>", "0:0:<E>1</E>" },
        { "<E>1</E>|<Es/>| |<E>2</E>", "0:0:<E>1</E> 3:0:<E>2</E>" },

        // An event may hold one, and text that looks like its name.
        { "<E>|<U><E>1</E><E/></U>|</E>|{}", "0:0:<E>|<U><E>1</E><E/></U>|</E> 3:0:{}" },
        { "<E>|E /E &lt;E {|{}|</E>|{}", "0:0:<E>|E(/E(&lt;E({|{}|</E> 4:0:{}" },

        // What is damaged is told, and what stands behind it is read.
        { "<E>|1|<E>2</E>|{}", "0:0:<E>|1 2:1:<E>2</E> 3:0:{}" },
        { "<E><E|<E|>2</E>|{}", "0:0:<E><E 1:1:<E|>2</E> 3:0:{}" },
        { "<E>|1</E>x</E>|{}", "0:0:<E>|1</E> 1:0:x</E> 2:0:{}" },
        { "<Es>|<F>1</F>|</Es>|{}", "1:0:<F>1</F> 3:0:{}" },
        { "<Es|<F|{}", "0:0:<Es 1:0:<F 2:0:{}" },
        { "<E>1</E>|<E>|2|", "0:0:<E>1</E> 1:0:<E>|2|" },
        { "<14>Nov 30 x|<Ex>|</Ey>", "0:0:<14>Nov(30(x 1:0:<Ex> 2:0:</Ey>" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task An_event_may_span_lines(string text, string bodies)
    {
        string xml = Written(text);
        foreach (int most in (int[])[int.MaxValue, 1, 2, 7])
        {
            Assert.Equal(bodies, Shown(await ReadAsync(Encoding.UTF8.GetBytes(xml), most)));
        }

        Assert.Equal(bodies, Shown(await ReadAsync(Encoding.Unicode.GetBytes("\uFEFF" + xml))));
        Assert.Equal(
            bodies,
            Shown(await ReadAsync(Encoding.UTF8.GetBytes("\uFEFF" + xml.Replace("\n", "\r\n", StringComparison.Ordinal)))).Replace("\r", "", StringComparison.Ordinal));
    }

    /// <summary>The lines of the next file are counted from where they are.</summary>
    [Theory]
    [InlineData("<Es>|<E>1</E>|</Es>|", 3)]
    [InlineData("<Es>|<E>1</E>|</Es>", 3)]
    [InlineData("<E>|1|", 2)]
    [InlineData("{|\"a\":1|", 2)]
    public async Task All_lines_count(string text, int lines)
    {
        BodyLine[] bodies = await BodyFile.ReadAsync(
            [new BodyInput("a", () => new MemoryStream(Encoding.UTF8.GetBytes(Written(text)))), new BodyInput("b", () => new MemoryStream("{}"u8.ToArray()))], Token)
            .ToArrayAsync(Token);

        Assert.Equal((lines, 1), (bodies[^1].Line, bodies[^1].SourceLineAt(0)));
    }

    /// <summary>A long line is cut into events, as one of JSON is.</summary>
    [Theory]
    [InlineData("<Es>", "</Es>")]
    [InlineData("", "")]
    public async Task Long_lines_are_cut_into_events(string before, string after)
    {
        string text = Written($"{before}{string.Concat(Enumerable.Range(0, 2_000).Select(n => $"<E>{n}{new string('x', 1_000)}</E>"))}{after}|{{}}");

        BodyLine[] bodies = await ReadAsync(Encoding.UTF8.GetBytes(text), 100_003);

        Assert.Equal(Enumerable.Range(0, 2_000), bodies.SkipLast(1).Select(body => body.FirstRecord));
        Assert.All(bodies.SkipLast(1), (body, n) => Assert.StartsWith($"<Event>{n}x", Encoding.UTF8.GetString(body.Body.Span), StringComparison.Ordinal));
        Assert.Equal((0, 1), (bodies[0].Line, bodies[^1].Line));
    }

    /// <summary>An event without an end does not take the lines behind it along, nor more memory than it may.</summary>
    [Fact]
    public async Task What_never_ends_is_given_up()
    {
        string text = Written("<E>|") + string.Concat(Enumerable.Repeat("{\"a\":1}\n", 3_000_000));

        BodyLine[] bodies = await ReadAsync(Encoding.UTF8.GetBytes(text));

        Assert.InRange(bodies[0].Body.Length, 4 << 20, 8 << 20);
        Assert.Equal("{\"a\":1}"u8.ToArray(), bodies[1].Body.ToArray());
        Assert.Equal(3_000_000, bodies[^1].Line);
        Assert.Equal(3_000_001, bodies.Sum(body => body.Lines));
    }

    /// <summary>Each byte is looked at a few times at most.</summary>
    [Theory]
    [InlineData("<Event ")]
    [InlineData("<Event\n")]
    [InlineData("<Event>")]
    [InlineData("</Event ")]
    [InlineData("<Event ><")]
    [InlineData("Event ")]
    [InlineData("<Events>")]
    [InlineData("<Events\n")]
    [InlineData("<?xml ")]
    public async Task Tags_that_never_end_are_no_more_work_than_lines(string tag)
    {
        byte[] text = Encoding.UTF8.GetBytes("<Event>\n" + string.Concat(Enumerable.Repeat(tag, 2_000_000)));
        var watch = System.Diagnostics.Stopwatch.StartNew();

        BodyLine[] bodies = await ReadAsync(text);

        Assert.NotEmpty(bodies);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), watch.Elapsed.ToString());
    }

    private static string Written(string text) => text.Replace('|', '\n').Replace("E", "Event", StringComparison.Ordinal);

    private static Task<BodyLine[]> ReadAsync(byte[] content, int most = int.MaxValue) => BodyFile.ReadAsync(
        [new BodyInput("input", () => new Trickle(content, most))], Token).Where(body => !body.IsBlank).ToArrayAsync(Token).AsTask();

    private static string Shown(IEnumerable<BodyLine> bodies) => string.Join(' ', bodies.Select(body => body.Fault is { } fault
        ? $"{body.Line}:!{fault}"
        : $"{body.Line}:{body.FirstRecord}:{Encoding.UTF8.GetString(body.Body.Span).Replace(' ', '(').Replace('\n', '|').Replace("Event", "E", StringComparison.Ordinal)}"));
}
