using System.Globalization;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Engine.Printing;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What a terminal may be shown.</summary>
public sealed class PrintableTextTests
{
    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("naïve 名前 🙂 …", "naïve 名前 🙂 …")]
    [InlineData(@"C:\u\n.exe", @"C:\u\n.exe")]
    [InlineData("a\u001b[31m\r\n\tb\0\u007f", @"a\u001B[31m\r\n\tb\u0000\u007F")]
    [InlineData("\u009b31m\u0085", @"\u009B31m\u0085")]
    [InlineData("exe\u202egnp.\u2066x\u2069\u200e\u200f\u061c", @"exe\u202Egnp.\u2066x\u2069\u200E\u200F\u061C")]
    [InlineData("a\u2028b\u2029", @"a\u2028b\u2029")]
    [InlineData("ad\u200bmin\u00ad\ufeff\u2060", @"ad\u200Bmin\u00AD\uFEFF\u2060")]
    [InlineData("\u3164\uffa0\u115f\u2800\u034f\ufe0f", @"\u3164\uFFA0\u115F\u2800\u034F\uFE0F")]
    [InlineData("\ue000\uffff\u0378", @"\uE000\uFFFF\u0378")]
    [InlineData("\U000E0041\U0001D173", @"\uDB40\uDC41\uD834\uDD73")]
    public void What_does_not_show_as_itself_is_escaped(string text, string shown)
    {
        Assert.Equal(shown, PrintableText.Of(text));
        Assert.Equal(shown, PrintableText.Of(shown));
    }

    [Fact]
    public void Halves_of_a_character_are_escaped() => Assert.Equal(@"a\uD800b\uDC00", PrintableText.Of("a\ud800b\udc00"));

    [Fact]
    public void Line_feeds_may_stay() => Assert.Equal("a\n\\r\nb\\u001B", PrintableText.Lines("a\n\r\nb\u001b"));

    /// <summary>The same through the stream, however its bytes are cut, for every character there is.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4096)]
    public void The_stream_shows_every_character_as_the_text_does(int cut)
    {
        string every = string.Concat(Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Where(value => cut > 4 || value % 7 == 0 || value < 0x3000).Select(value => new Rune(value).ToString()));
        byte[] bytes = Encoding.UTF8.GetBytes(every);
        using var shown = new MemoryStream();
        using var stream = new PrintableStream(shown);

        for (int start = 0; start < bytes.Length; start += cut)
        {
            stream.Write(bytes.AsSpan(start, Math.Min(cut, bytes.Length - start)));
        }

        stream.Flush();
        string text = Encoding.UTF8.GetString(shown.ToArray());
        Assert.Equal(PrintableText.Lines(every), text);
        Assert.DoesNotContain(text, c => c != '\n' && (char.IsControl(c)
            || char.GetUnicodeCategory(c) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator));
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, (byte)'a', 0xE2, 0x80 }, @"\xFFa\xE2\x80")]
    [InlineData(new byte[] { 0xE2, 0x28, 0xA1, 0xC0, 0x80, 0xED, 0xA0, 0x80 }, @"\xE2(\xA1\xC0\x80\xED\xA0\x80")]
    public async Task Bytes_that_are_no_text_are_shown_as_bytes(byte[] bytes, string shown)
    {
        using var written = new MemoryStream();
        await using var stream = new PrintableStream(written);

        await stream.WriteAsync(bytes, TestContext.Current.CancellationToken);
        await stream.FlushAsync(TestContext.Current.CancellationToken);

        Assert.Equal(shown, Encoding.UTF8.GetString(written.ToArray()));
    }

    [Fact]
    public void Json_stays_the_same_json()
    {
        string value = string.Concat(Enumerable.Range(0, 0x3100).Concat(Enumerable.Range(0xE0000, 0x100)).Where(Rune.IsValid).Select(code => new Rune(code).ToString()));
        using var written = new MemoryStream();
        using var stream = new PrintableStream(written);

        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStringValue(value);
        }

        stream.Flush();
        Assert.DoesNotContain('\u202e', Encoding.UTF8.GetString(written.ToArray()));
        Assert.Equal(value, JsonSerializer.Deserialize<string>(written.ToArray()));
    }
}
