using System.Text;
using System.Text.Json;
using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Tests;

/// <summary>JSON documents that span lines, or are longer than lines are.</summary>
public sealed class DocumentTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A text (<c>/</c> is a line end), and its bodies as line:first record:body.</summary>
    public static TheoryData<string, string> Texts => new()
    {
        { "{'a':1}/{'b':2}", "0:0:{'a':1} 1:0:{'b':2}" },
        { "[{'a':1},{'b':2}]/{}", "0:0:[{'a':1},{'b':2}] 1:0:{}" },
        { "{/'a':1/}/{/'b':[/{}]}/", "0:0:{/'a':1/} 3:0:{/'b':[/{}]}" },
        { "[/{'a':1},/{/'b':2/}/]/{}", "1:0:{'a':1} 2:1:{/'b':2/} 6:0:{}" },
        { "[{'a':1}/,{'b':2}/]", "0:0:{'a':1} 1:1:{'b':2}" },
        { "{'a':1/,'b':2}", "0:0:{'a':1/,'b':2}" },
        { "{'records':[/{'a':1},/{'b':2}/]}", "0:0:{'records':[/{'a':1},/{'b':2}/]}" },
        { "{/'a':1/}{/'b':2/}", "0:0:{/'a':1/} 2:0:{/'b':2/}" },
        { "{'a':1},/{'b':2},/", "0:0:{'a':1} 1:0:{'b':2}" },
        { "[/1,/'x',/[2],/null]/", "1:0:1 2:1:'x' 3:2:[2] 4:3:null" },
        { "[/]/{}/", "2:0:{}" },
        { "Record 1/{/'a':1/}/Record 2/{/'a':2/}/", "1:0:{/'a':1/} 5:0:{/'a':2/}" },
        { "Record/Record x/Record 1 x", "0:0:Record 1:0:Record(x 2:0:Record(1(x" },

        { "{/'a':1/}/\uFEFF{/'b':2/}\uFEFF[/{}/]/\uFEFF{}/", "0:0:{/'a':1/} 3:0:{/'b':2/} 6:0:{} 8:0:\uFEFF{}" },

        // What is damaged is one body, or a fault; what stands on lines behind it is read.
        { "{'a':1,/{'b':2}/{'c':3}", "0:0:{'a':1, 1:0:{'b':2} 2:0:{'c':3}" },
        { "{'a':{/{'b':2}", "0:0:{'a':{ 1:0:{'b':2}" },
        { "{'a':'{/{'b':2}", "0:0:{'a':'{ 1:0:{'b':2}" },
        { "{/'a':1/'b':2}/{'c':3}", "0:0:{/'a':1 2:0:'b':2} 3:0:{'c':3}" },
        { "{/'a':1,/'b':'x/'}/{'c':3}", "0:0:{/'a':1,/'b':'x 3:0:'} 4:0:{'c':3}" },
        { "{/'a':1}}/{'c':3}", "0:0:{/'a':1} 1:0:} 2:0:{'c':3}" },
        { "[/{'a':1}/{'b':2}/]/{}", "1:0:{'a':1} 2:!breaks 2:0:{'b':2} 3:0:] 4:0:{}" },
        { "[/{'a':1} {'b':2},/{'c':3}]/{}", "1:0:{'a':1} 1:!breaks 1:0:{'b':2} 2:0:{'c':3}] 3:0:{}" },
        { "[/{'a':1},/{'b':", "1:0:{'a':1} 2:1:{'b':" },
        { "[/{'a':1},/", "1:0:{'a':1} 2:!ends" },
        { "{/'a':1", "0:0:{/'a':1" },
        { "[/{'a':1 'b':2},/{'c':3}/]", "1:0:{'a':1('b':2}, 2:0:{'c':3} 3:0:]" },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_document_may_span_lines(string text, string bodies)
    {
        string json = text.Replace('/', '\n').Replace('\'', '"');
        foreach (int most in (int[])[int.MaxValue, 1, 2])
        {
            Assert.Equal(bodies, Shown(await ReadAsync(Encoding.UTF8.GetBytes(json), most)));
        }

        Assert.Equal(bodies.Replace('/', '\\'), Shown(await ReadAsync(Encoding.UTF8.GetBytes("\uFEFF" + json.Replace("\n", "\r\n", StringComparison.Ordinal)))).Replace("\r", "", StringComparison.Ordinal).Replace('/', '\\'));
    }

    /// <summary>Long lists of records are bodies one by one; what is in between does not matter.</summary>
    [Theory]
    [InlineData("[", "]", false)]
    [InlineData("[", "]", true)]
    [InlineData("{\"n\":[{\"x\":1}],\"records\":[", "],\"z\":{\"records\":[1]}}", false)]
    [InlineData("{\"n\":[{\"x\":1}],\"records\":[", "],\"z\":{\"records\":[1]}}", true)]
    [InlineData("{\"a\":1,\"results\":[{\"first\":1}],\"Results\":[", "]}", true)]
    public async Task Long_documents_are_cut_into_records(string before, string after, bool isIndented)
    {
        string[] records = [.. Enumerable.Range(0, 3_000).Select(n => JsonSerializer.Serialize(new { n, pad = new string('\\', n % 400) }))];
        string text = $"{before}{string.Join(',', records)}{after}";
        if (isIndented)
        {
            text = JsonSerializer.Serialize(JsonDocument.Parse(text).RootElement, Indented);
        }

        // Longer than what is kept as one, and followed by another.
        Assert.True(text.Length > 1 << 20);
        BodyLine[] bodies = await ReadAsync(Encoding.UTF8.GetBytes(text + "\n{}"), 100_003);

        int extra = before.Contains("first", StringComparison.Ordinal) ? 1 : 0;
        Assert.Equal(records, bodies.Skip(extra).SkipLast(1).Select(body => JsonSerializer.Serialize(JsonDocument.Parse(body.Body).RootElement)));
        Assert.Equal(Enumerable.Range(extra, records.Length), bodies.Skip(extra).SkipLast(1).Select(body => body.FirstRecord));
        string[] lines = text.Split('\n');
        Assert.All(bodies.Skip(extra).SkipLast(1), body => Assert.Contains(isIndented ? "{" : "[", lines[body.Line], StringComparison.Ordinal));
        Assert.Equal(lines.Length, bodies[^1].Line);
    }

    [Fact]
    public async Task An_element_longer_than_any_body_is_a_fault_and_the_next_is_read()
    {
        byte[] filler = new byte[1 << 20];
        Array.Fill(filler, (byte)'x');
        BodyLine[] bodies = await BodyFile.ReadAsync(
            [new BodyInput("input", () => new Repeated("[\n{},\n\""u8.ToArray(), filler, 70, "\",\n{}]"u8.ToArray()))], Token)
            .Where(body => !body.IsBlank).ToArrayAsync(Token);

        Assert.Equal("1:0:{} 2:!the 3:2:{}", Shown(bodies));
    }

    /// <summary>A name may come in pieces, also where what came before it was let go of.</summary>
    [Fact]
    public async Task Records_are_found_behind_long_ones()
    {
        string text = $"{{\"records\":[{string.Join(',', Enumerable.Repeat($"{{\"a\":\"{new string('x', 1_000)}\"}}", 1_100))}],\"n\":[{{}}],\"results\":[{{\"b\":1}}],\"x\\\"results\":[{{}}]}}";

        BodyLine[] bodies = await ReadAsync(Encoding.UTF8.GetBytes(text), 7);

        Assert.Equal(1_101, bodies.Length);
        Assert.Equal(("{\"b\":1}", 1_100), (Encoding.UTF8.GetString(bodies[^1].Body.Span), bodies[^1].FirstRecord));
    }

    /// <summary>Nested as deeply as may be, or begun again and again: each byte is looked at a few times at most.</summary>
    [Theory]
    [InlineData("{\"a\":\n", 300_000)]
    [InlineData("[\n", 300_000)]
    [InlineData("[{},\n", 300_000)]
    [InlineData("{\"a\":1,\n", 300_000)]
    [InlineData("{\"records\":[\n", 300_000)]
    public async Task Documents_that_never_end_are_no_more_work_than_lines(string line, int count)
    {
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(line, count)));
        var watch = System.Diagnostics.Stopwatch.StartNew();

        BodyLine[] bodies = await ReadAsync(text);

        Assert.NotEmpty(bodies);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), watch.Elapsed.ToString());
    }

    private static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true };

    private static Task<BodyLine[]> ReadAsync(byte[] content, int most = int.MaxValue) => BodyFile.ReadAsync(
        [new BodyInput("input", () => new Trickle(content, most))], Token).Where(body => !body.IsBlank).ToArrayAsync(Token).AsTask();

    private static string Shown(IEnumerable<BodyLine> bodies) => string.Join(' ', bodies.Select(body => body.Fault is { } fault
        ? $"{body.Line}:!{(fault.StartsWith("the JSON document that begins", StringComparison.Ordinal) ? fault.Split(' ')[8] : fault.Split(' ')[0])}"
        : $"{body.Line}:{body.FirstRecord}:{Encoding.UTF8.GetString(body.Body.Span).Replace(' ', '(').Replace('\n', '/').Replace('"', '\'')}"));
}
