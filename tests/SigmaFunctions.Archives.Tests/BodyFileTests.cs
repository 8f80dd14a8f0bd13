using System.IO.Compression;
using System.Text;
using SigmaFunctions.Telemetry.Framing;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Files of bodies, one a line.</summary>
public sealed class BodyFileTests
{
    private const string Text = "{\"n\":1}\r\n\n \t\r\n{\"n\":\"Œ\u0A0A\"}\n[1,\n2]";
    private const string Lines = "0 {\"n\":1}\r|3 {\"n\":\"Œ\u0A0A\"}|4 [1,|5 2]";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, byte[]> Forms => new()
    {
        { "UTF-8", Encoding.UTF8.GetBytes(Text) },
        { "UTF-8 with a mark", Encoding.UTF8.GetBytes("\uFEFF" + Text) },
        { "UTF-16", Encoding.Unicode.GetBytes(Text) },
        { "UTF-16 with a mark", Encoding.Unicode.GetBytes("\uFEFF" + Text) },
        { "UTF-16, big endian", Encoding.BigEndianUnicode.GetBytes(Text) },
        { "UTF-16, big endian, with a mark", Encoding.BigEndianUnicode.GetBytes("\uFEFF" + Text) },
    };

    [Theory]
    [MemberData(nameof(Forms), DisableDiscoveryEnumeration = true)]
    public async Task The_form_shows_in_the_content(string form, byte[] content)
    {
        Assert.NotEmpty(form);
        Assert.Equal(Lines, await ReadAsync(content));
        Assert.Equal(Lines, await ReadAsync(Gzip(content)));
        Assert.Equal(Lines, await ReadAsync([.. Gzip(content[..6]), .. Gzip(content[6..])]));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("\n", "")]
    [InlineData("\uFEFF\n\n", "")]
    [InlineData("a", "0 a")]
    [InlineData("a\n", "0 a")]
    [InlineData("\na\n\uFEFFb", "1 a|2 \uFEFFb")]
    public async Task Blank_lines_count_and_only_the_first_may_begin_with_a_mark(string text, string lines) =>
        Assert.Equal(lines, await ReadAsync(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task What_is_no_text_stays_as_it_is()
    {
        byte[] content = [0xC3, 0x28, 0xFF, 0, 1, (byte)'\n', 0xFE];

        BodyLine[] lines = await BodyFile.ReadAsync(new MemoryStream(content), "input", Token).ToArrayAsync(Token);

        Assert.Equal(["C328FF0001", "FE"], lines.Select(line => Convert.ToHexString(line.Body.Span)));
    }

    [Fact]
    public async Task A_longer_line_than_any_body_is_a_fault_and_the_next_is_read()
    {
        byte[] content = new byte[(2 * BodyFile.MaxLineBytes) + 4];
        Array.Fill(content, (byte)'a');
        content[BodyFile.MaxLineBytes] = content[^2] = (byte)'\n';

        BodyLine[] lines = await BodyFile.ReadAsync(new MemoryStream(content), "input", Token).ToArrayAsync(Token);

        Assert.Equal([BodyFile.MaxLineBytes, 0, 1], lines.Select(line => line.Body.Length));
        Assert.Equal([null, "the line is longer than 64 MiB", null], lines.Select(line => line.Fault));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    public async Task Damaged_gzip_is_said_with_its_name(int at)
    {
        byte[] content = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 400).Select(n => $"{n * 7919}\n"))));
        content.AsSpan(at, 8).Fill(0xff);

        BodyFileException exception = await Assert.ThrowsAsync<BodyFileException>(() => ReadAsync(content));

        Assert.Equal("input is damaged gzip", exception.Message);
    }

    [Theory]
    [MemberData(nameof(Forms), DisableDiscoveryEnumeration = true)]
    public async Task Lines_are_the_same_however_they_come(string form, byte[] content)
    {
        Assert.NotEmpty(form);
        string text = string.Concat(Enumerable.Range(0, 60_000).Select(n => $"{n} \U0001F600\n"));
        Encoding encoding = content[0] == 0xFE || content[0] == 0 ? Encoding.BigEndianUnicode
            : content[0] == 0xFF || content[1] == 0 ? Encoding.Unicode
            : Encoding.UTF8;
        byte[] many = [.. content, .. encoding.GetBytes("\n" + text)];

        string whole = await ReadAsync(many);

        Assert.EndsWith("|60005 59999 \U0001F600", whole, StringComparison.Ordinal);
        Assert.Equal(whole, await ReadAsync(many, most: 3));
    }

    [Fact]
    public async Task Of_gzip_without_its_end_what_is_there_is_read()
    {
        byte[] packed = Gzip(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 40_000).Select(n => $"{n * 7919}\n"))));

        string lines = await ReadAsync(packed[..(packed.Length / 2)]);

        Assert.StartsWith("0 0|1 7919|2 15838|", lines, StringComparison.Ordinal);
        Assert.DoesNotContain("|39999 ", lines, StringComparison.Ordinal);
    }

    private static async Task<string> ReadAsync(byte[] content, int most = int.MaxValue) => string.Join('|', await BodyFile.ReadAsync(new Trickle(content, most), "input", Token)
        .Where(line => !line.IsBlank)
        .Select(line => $"{line.Line} {Encoding.UTF8.GetString(line.Body.Span)}")
        .ToArrayAsync(Token));

    private static byte[] Gzip(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>Gives no more than so many bytes a read.</summary>
    private sealed class Trickle(byte[] content, int most) : MemoryStream(content)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(most, buffer.Length)]);

        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(most, count));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(most, buffer.Length)], cancellationToken);
    }
}
