using System.IO.Compression;
using System.Text;
using SigmaFunctions.Archives.Bodies;
using ZstdSharp;

namespace SigmaFunctions.Archives.Tests;

/// <summary>Files of bodies: their forms, and their lines. <see cref="DocumentTests"/> has documents that span lines.</summary>
public sealed class BodyFileTests
{
    private const string Text = "{\"n\":1}\r\n\n \t\r\n{\"n\":\"Œ\u0A0A\"}\nlast";
    private const string Lines = "0 {\"n\":1}\r|3 {\"n\":\"Œ\u0A0A\"}|4 last";

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
        Assert.Equal(Lines, await ReadAsync(Zstd(content)));
        Assert.Equal(Lines, await ReadAsync([.. SkippedFrame, .. Zstd(content[..6]), .. SkippedFrame, .. Zstd(content[6..])]));
        Assert.Equal(Lines, await ReadAsync(Gzip(Zstd(Gzip(content)))));
        Assert.Equal(Lines, await ReadAsync(Gzip(content), most: 1));
        Assert.Equal(Lines, await ReadAsync(Zip(("a.ndjson", content))));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("\n", "")]
    [InlineData("\uFEFF\n\n", "")]
    [InlineData("a", "0 a")]
    [InlineData("a\n", "0 a")]
    [InlineData("\na\n\uFEFFb", "1 a|2 \uFEFFb")]
    [InlineData("\uFEFF\n \r\n\r\n\t\n \n a \n \n\n b\n\n", "5  a |8  b")]
    [InlineData(" \r\t", "")]
    public async Task Blank_lines_count_and_only_the_first_may_begin_with_a_mark(string text, string lines) =>
        Assert.Equal(lines, await ReadAsync(Encoding.UTF8.GetBytes(text)));

    /// <summary>A text without line feeds has lines all the same; in one with them, a carriage return is no line end by itself.</summary>
    [Theory]
    [InlineData("a\rb\r\r c", "0 a|1 b|3  c")]
    [InlineData("\rab\rc\r", "1 ab|2 c\r")]
    [InlineData("a\r\nb\rc", "0 a\r|1 b\rc")]
    [InlineData("a\nb\rc\n\rd", "0 a|1 b\rc|2 \rd")]
    [InlineData("a\rb\r\nc\rd\n", "0 a|1 b\r|2 c\rd")]
    [InlineData("{\r\"a\":1\r}\r{\"b\":2}\r", "0 {\n\"a\":1\n}|3 {\"b\":2}\r")]
    public async Task Lines_may_end_with_carriage_returns(string text, string lines)
    {
        Assert.Equal(lines, await ReadAsync(Encoding.UTF8.GetBytes(text)));
        Assert.Equal(lines, await ReadAsync(Encoding.UTF8.GetBytes(text), most: 1));
        Assert.Equal(lines, await ReadAsync(Encoding.UTF8.GetBytes(text), most: 2));
        Assert.Equal(lines, await ReadAsync(Encoding.Unicode.GetBytes("\uFEFF" + text)));
    }

    /// <summary>However long such a text is, wherever a carriage return falls.</summary>
    [Fact]
    public async Task Long_texts_of_carriage_returns_are_lines()
    {
        string[] expected = [.. Enumerable.Range(0, 200_000).Select(n => $"{{\"n\":{n}}}")];

        string[] bodies = await BodyFile.ReadAsync([new BodyInput("x", () => new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\r', expected))))], Token)
            .Select(body => Encoding.UTF8.GetString(body.Body.Span)).ToArrayAsync(Token);

        Assert.Equal(expected, bodies);
    }

    /// <summary>However many places are asked for, in any order.</summary>
    [Fact]
    public void Places_of_a_long_body_have_their_lines()
    {
        byte[] content = new byte[64 << 20];
        for (int at = 0; at < content.Length; at += 1024)
        {
            content[at + 1023] = (byte)'\n';
        }

        var body = new BodyLine(new BodySource("input", 5), 7, content) { Lines = content.Length / 1024 };
        var places = new BodyPlaces(body);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (int at = 0; at < content.Length; at += 512)
        {
            Assert.Equal(7 + (at / 1024), places.LineAt(at));
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), watch.Elapsed.ToString());
        Assert.Equal((8, 4), (places.LineAt(1024), places.SourceLineAt(1024)));
        Assert.Equal(2, new BodyPlaces(body with { IsWhole = true }).SourceLineAt(1024));
        Assert.Equal(7, new BodyPlaces(body with { Lines = 1 }).LineAt(1024));
    }

    [Fact]
    public async Task What_is_no_text_stays_as_it_is()
    {
        byte[] content = [0xC3, 0x28, 0xFF, 0, 1, (byte)'\n', 0xFE];

        BodyLine[] lines = await BodyFile.ReadAsync([new BodyInput("input", () => new MemoryStream(content))], Token).ToArrayAsync(Token);

        Assert.Equal(["C328FF0001", "FE"], lines.Select(line => Convert.ToHexString(line.Body.Span)));
    }

    [Fact]
    public async Task A_longer_line_than_any_body_is_a_fault_and_the_next_is_read()
    {
        byte[] content = new byte[(2 * BodyFile.MaxBodyBytes) + 4];
        Array.Fill(content, (byte)'a');
        content[BodyFile.MaxBodyBytes] = content[^2] = (byte)'\n';

        BodyLine[] lines = await BodyFile.ReadAsync([new BodyInput("input", () => new MemoryStream(content))], Token).ToArrayAsync(Token);

        Assert.Equal([BodyFile.MaxBodyBytes, 0, 1], lines.Select(line => line.Body.Length));
        Assert.Equal([null, "the line is longer than 64 MiB", null], lines.Select(line => line.Fault));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(40)]
    public async Task Damaged_gzip_is_said_with_its_name_behind_what_could_be_read(int at)
    {
        byte[] content = Gzip(Numbers(400));
        content.AsSpan(at, 8).Fill(0xff);

        Assert.Matches("(^|\\|)[0-9]+ !input is damaged gzip", await ReadAsync(content));
    }

    /// <summary>Cut off at any byte, a packed file says so behind those of its lines that are whole.</summary>
    [Theory]
    [InlineData("gzip", 2)]
    [InlineData("zstd", 4)]
    [InlineData("zip", 4)]
    public async Task What_is_cut_off_anywhere_says_so(string form, int recognised)
    {
        byte[] content = Numbers(40);
        string[] lines = Encoding.UTF8.GetString(content).TrimEnd().Split('\n');
        byte[] packed = form == "gzip" ? Gzip(content) : form == "zstd" ? Zstd(content) : Zip(("n.txt", content));
        Assert.DoesNotContain('!', await ReadAsync(packed));

        for (int length = recognised; length < packed.Length; length++)
        {
            string[] read = (await ReadAsync(packed[..length])).Split('|');

            Assert.Contains($" !input is damaged {form}", read[^1], StringComparison.Ordinal);
            Assert.Equal(lines.Take(read.Length - 1).Select((line, n) => $"{n} {line}"), read[..^1]);
        }
    }

    /// <summary>Any byte of a packed file may be another: never are lines lost without a word.</summary>
    [Theory]
    [InlineData("gzip")]
    [InlineData("zip")]
    public async Task What_is_damaged_anywhere_is_read_or_says_so(string form)
    {
        byte[] content = Numbers(40);
        byte[] packed = form == "gzip" ? Gzip(content) : Zip(("n.txt", content));
        string whole = await ReadAsync(packed);

        for (int at = 4; at < packed.Length; at++)
        {
            byte[] damaged = [.. packed];
            damaged[at] ^= 0x5a;
            string read = await ReadAsync(damaged);
            Assert.True(read == whole || read.Contains('!', StringComparison.Ordinal), $"{at}: {read}");
        }
    }

    public static TheoryData<string, byte[], string> Others => new()
    {
        { "evtx", [.. "ElfFile\0"u8, 0, 0], "is a Windows event log (.evtx)" },
        { "evt", [0x30, 0, 0, 0, .. "LfLe"u8, 1], "(.evt)" },
        { "Avro", [.. "Obj\u0001"u8, 4], "is an Avro file" },
        { "Parquet", [.. "PAR1"u8, 21], "is a Parquet file" },
        { "bzip2", [.. "BZh9"u8, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 1], "is compressed by bzip2" },
        { "bzip2 of nothing", [.. "BZh9"u8, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0], "is compressed by bzip2" },
        { "xz", [0xfd, .. "7zXZ\0"u8, 0], "is compressed by xz" },
        { "lz4", [4, 0x22, 0x4d, 0x18, 0], "is compressed by lz4" },
        { "7z", [.. "7z"u8, 0xbc, 0xaf, 0x27, 0x1c], "is a 7z archive" },
        { "RAR", [.. "Rar!\u001a\u0007"u8, 0], "is a RAR archive" },
        { "tar", Tar(), "is a tar archive" },
        { "UTF-32", Encoding.UTF32.GetBytes("\uFEFF{}"), "is UTF-32 text" },
        { "UTF-32 without a mark", Encoding.UTF32.GetBytes("{}"), "is UTF-32 text" },
        { "CSV", "Time,Host Name,\"Command Line\"\r\n2026,a,\"x, y\"\r\n"u8.ToArray(), "is CSV" },
        { "CSV with semicolons", "\uFEFF\nTime;Host\n\n1;2\n"u8.ToArray(), "is CSV" },
        { "CSV of Log Analytics", "TimeGenerated [UTC],Computer\n\"11/30/2026, 1:00:00\",a\n"u8.ToArray(), "is CSV" },
        { "CSV with other letters", "Ebene,Größe\n1,2\n"u8.ToArray(), "is CSV" },
        { "CSV in UTF-16", Encoding.Unicode.GetBytes("\uFEFFTime\tHost\n1\t2\n"), "is CSV" },
        { "zip of nothing", Zip(), "is a zip archive without a file in it" },
        { "zip in gzip", Gzip(Zip(("a", "x"u8.ToArray()))), "is a zip archive, which is read from a file only" },
        { "zstd with a long window", [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 1, 0, 0], "is packed by zstd with a window of more than 128 MiB" },
        { "zstd with a dictionary", [0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 1, 9, 0, 0, 1], "is packed by zstd with a dictionary" },
        { "gzip five times", Gzip(Gzip(Gzip(Gzip(Gzip("x"u8.ToArray()))))), "is packed more than 4 times" },
    };

    [Theory]
    [MemberData(nameof(Others), DisableDiscoveryEnumeration = true)]
    public async Task What_is_not_read_is_said_once(string kind, byte[] content, string message)
    {
        Assert.NotEmpty(kind);
        foreach (int most in (int[])[int.MaxValue, 1])
        {
            string read = await ReadAsync(content, most);
            Assert.StartsWith("0 !input ", read.Replace("1 !", "0 !", StringComparison.Ordinal), StringComparison.Ordinal);
            Assert.Contains(message, read, StringComparison.Ordinal);
            Assert.DoesNotContain('|', read.Replace(" | ", "", StringComparison.Ordinal));
        }

        if (content[0] != (byte)'P')
        {
            Assert.Contains(message, await ReadAsync(Zstd(content)), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("Hello, world\n{}")]
    [InlineData("Hello, world\nwithout another")]
    [InlineData("a,b\n")]
    [InlineData("2026-11-30,b\nc,d\n")]
    [InlineData("BZh9 is no signature\n")]
    [InlineData("PAR2")]
    [InlineData("ustar")]
    public async Task What_only_looks_like_another_is_text(string text) =>
        Assert.DoesNotContain('!', await ReadAsync(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public async Task Each_file_of_an_archive_is_read_as_any_other()
    {
        byte[] archive = Zip(
            ("d/one.ndjson", "1\n\n2\n"u8.ToArray()), ("d/", []), ("log.evtx", "ElfFile\0"u8.ToArray()), ("two.gz", Gzip("3"u8.ToArray())), ("in.zip", Zip(("x", [1]))));

        BodyLine[] bodies = await BodyFile.ReadAsync(
            [new BodyInput("a.zip", () => new MemoryStream(archive)), new BodyInput("b", () => new MemoryStream("4"u8.ToArray()))], Token).ToArrayAsync(Token);

        Assert.Equal(
            ["a.zip:d/one.ndjson 0 1", "a.zip:d/one.ndjson 2 3", "a.zip:log.evtx 3 1", "a.zip:two.gz 3 1", "a.zip:in.zip 4 1", "b 4 1"],
            bodies.Where(body => !body.IsBlank).Select(body => $"{body.Source.Name} {body.Line} {body.SourceLineAt(0)}"));
        Assert.Equal([false, true, false, true, false], bodies.Where(body => !body.IsBlank).Skip(1).Select(body => body.EndsSource));
    }

    [Fact]
    public async Task What_unpacks_without_end_is_given_up()
    {
        byte[] bomb = Zstd(new byte[64 << 20]);
        byte[] many = [.. Enumerable.Repeat(bomb, 20).SelectMany(one => one)];

        BodyLine[] bodies = await BodyFile.ReadAsync([new BodyInput("input", () => new MemoryStream(many))], Token).ToArrayAsync(Token);

        Assert.StartsWith("input unpacks to more than 1 GiB and 200 times its size", Assert.Single(bodies).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_cannot_be_opened_does_not_stop_the_others()
    {
        var absent = BodyInput.OfFile(Path.Combine(Path.GetTempPath(), Guid.NewGuid().ToString()));

        BodyLine[] bodies = await BodyFile.ReadAsync([absent, new BodyInput("b", () => new MemoryStream("4"u8.ToArray()))], Token).ToArrayAsync(Token);

        Assert.StartsWith($"{absent.Name} cannot be read: ", bodies[0].Fault, StringComparison.Ordinal);
        Assert.Equal("4"u8.ToArray(), bodies[1].Body.ToArray());
    }

    /// <summary>A line end is a unit of UTF-16, and no byte.</summary>
    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Utf16_is_decoded_before_it_is_cut(bool isBigEndian, bool hasMark)
    {
        const string text = "\r\n{\"a\":\"\u0A41\u410A\u0A0A\"}\n{}\n";
        byte[] content = (isBigEndian ? Encoding.BigEndianUnicode : Encoding.Unicode).GetBytes((hasMark ? "\uFEFF" : "") + text);

        Assert.Equal("1 {\"a\":\"\u0A41\u410A\u0A0A\"}|2 {}", await ReadAsync(content));
        Assert.Equal("1 {\"a\":\"\u0A41\u410A\u0A0A\"}|2 {}", await ReadAsync(Zip(("a", content)), most: 1));
    }

    private static readonly byte[] SkippedFrame = [0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3];

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

        Assert.EndsWith("|60004 59999 \U0001F600", whole, StringComparison.Ordinal);
        Assert.Equal(whole, await ReadAsync(many, most: 3));
    }

    private static async Task<string> ReadAsync(byte[] content, int most = int.MaxValue) => string.Join('|', await BodyFile.ReadAsync([new BodyInput("input", () => new Trickle(content, most))], Token)
        .Where(line => !line.IsBlank)
        .Select(line => line.Fault is null ? $"{line.Line} {Encoding.UTF8.GetString(line.Body.Span)}" : $"{line.Line} !{line.Fault}")
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

    private static byte[] Zstd(byte[] content)
    {
        using var compressor = new Compressor();
        return compressor.Wrap(content).ToArray();
    }

    private static byte[] Zip(params (string Name, byte[] Content)[] files)
    {
        var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create))
        {
            foreach ((string name, byte[] content) in files)
            {
                using Stream entry = archive.CreateEntry(name).Open();
                entry.Write(content);
            }
        }

        return packed.ToArray();
    }

    private static byte[] Tar()
    {
        var archive = new MemoryStream();
        using (var writer = new System.Formats.Tar.TarWriter(archive, leaveOpen: true))
        {
            writer.WriteEntry(new System.Formats.Tar.UstarTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "a") { DataStream = new MemoryStream("{}\n"u8.ToArray()) });
        }

        return archive.ToArray();
    }

    private static byte[] Numbers(int count) => Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, count).Select(n => $"{n * 7919}\n")));
}
