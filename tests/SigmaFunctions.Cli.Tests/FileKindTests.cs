using System.IO.Compression;
using System.Text;
using Azure.Messaging.EventHubs;
using Azure.Messaging.EventHubs.Producer;
using Moq;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Sending;

namespace SigmaFunctions.Cli.Tests;

/// <summary>Kinds of files that people have, and what each command that takes files of events makes of them.</summary>
public sealed class FileKindTests : IDisposable
{
    private const string Id = "aaaaaaaa-0000-4000-8000-000000000001";
    private const string Event = "{\"category\":\"test\",\"a\":1}";
    private const string Lines = Event + "\n{\"category\":\"test\"}\n" + Event + "\n";

    private const string Connection = "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0";

    private readonly CommandLine _cli = new();
    private readonly string _rule;
    private int _sent;

    public FileKindTests()
    {
        _rule = _cli.WriteRule("rule.yml", Id, "a", "1");
        var producer = new Mock<EventHubProducerClient>();
        producer
            .Setup(client => client.CreateBatchAsync(It.IsAny<CreateBatchOptions>(), It.IsAny<CancellationToken>()))
            .ReturnsAsync(() => EventHubsModelFactory.EventDataBatch(1 << 20, [], null, _ => ++_sent > 0));
        producer.Setup(client => client.SendAsync(It.IsAny<EventDataBatch>(), It.IsAny<CancellationToken>())).Returns(Task.CompletedTask);
        _cli.Connect = (_, _) => producer.Object;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Name, content, events, matches as line:record, events that are sent, and what is said of the file; null for nothing.</summary>
    public static TheoryData<string, byte[], int, string, int, string?> Kinds => new()
    {
        { "lines", Bytes(Lines), 3, "0:0 2:0", 3, null },
        { "gzip", Gzip(Bytes(Lines)), 3, "0:0 2:0", 3, null },
        { "zstd", Zstd(Bytes(Lines)), 3, "0:0 2:0", 3, null },
        { "zip", Zip(Bytes(Lines), Bytes(Event)), 4, "0:0 2:0 3:0", 4, null },
        { "UTF-16", Encoding.Unicode.GetBytes("\uFEFF" + Lines), 3, "0:0 2:0", 3, null },
        { "UTF-16 without a mark", Encoding.BigEndianUnicode.GetBytes(Lines), 3, "0:0 2:0", 3, null },
        { "array", Bytes($"[\n{Event},\n{{\n\"category\": \"test\"\n}},\n{Event}\n]"), 3, "1:0 5:2", 3, null },
        { "records", Bytes($"{{\n\"records\": [\n{Event},\n{Event}\n]\n}}"), 2, "2:0 3:1", 1, null },
        { "documents", Bytes(Lines.Replace("{", "{\n", StringComparison.Ordinal)), 3, "0:0 4:0", 3, null },
        { "evtx_dump", Bytes($"Record 1\n{Event.Replace(",", ",\n", StringComparison.Ordinal)}\nRecord 2\n{Event}\n"), 2, "1:0 4:0", 2, null },
        { "evtx_dump XML", Bytes("Record 1\n<?xml version=\"1.0\"?>\n<Event>\n<System><EventID>1</EventID></System>\n</Event>\nRecord 2\n<Event>\n<System>\n<EventID>1</EventID></System></Event>\n"), 2, "", 2, null },
        { "answer", Bytes("{\"tables\":[{\"name\":\"t\",\n\"columns\":[{\"name\":\"category\"},{\"name\":\"a\"}],\n\"rows\":[[\"test\",1],[\"test\",2]]}]}"), 2, "0:0", 1, null },
        { "empty", [], 0, "", 0, null },
        { "evtx", Bytes("ElfFile\0\0\0"), 0, "", 0, "is a Windows event log (.evtx), which is not read: turn it into lines of JSON with 'evtx_dump -o jsonl FILE'" },
        { "Avro", Bytes("Obj\u0001..."), 0, "", 0, "is an Avro file, as Event Hubs Capture writes it, which is not read yet" },
        { "Parquet", Bytes("PAR1..."), 0, "", 0, "is a Parquet file, which is not read yet" },
        { "bzip2", [.. "BZh9"u8, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59], 0, "", 0, "is compressed by bzip2, which is not read: unpack it first ('bzip2 -dc FILE')" },
        { "xz", [0xfd, .. "7zXZ\0"u8], 0, "", 0, "is compressed by xz, which is not read: unpack it first ('xz -dc FILE')" },
        { "carriage returns", Bytes(Lines.Replace('\n', '\r')), 3, "0:0 2:0", 3, null },
        { "CSV of PowerShell", Bytes("#TYPE System.Diagnostics.Eventing.Reader.EventLogRecord\r\n\"Message\",\"Id\",\"LogName\"\r\n\"a\",\"1\",\"b\"\r\n"), 0, "", 0, "is CSV, which is not read: turn each row into a line of JSON" },
        { "CSV of Excel", Bytes("sep=;\r\nTime;EventID\r\n2026-11-30;1\r\n"), 0, "", 0, "is CSV, which is not read: turn each row into a line of JSON" },
        { "CSV", Bytes("Time,Computer,EventID\n2026-11-30,a,1\n"), 0, "", 0, "is CSV, which is not read: turn each row into a line of JSON" },
        { "cut gzip", Gzip(Bytes(Lines))[..^8], 3, "0:0 2:0", 3, "is damaged gzip: it is cut off" },
        { "gzip and more", [.. Gzip(Bytes(Lines)), 1, 2, 3], 3, "0:0 2:0", 3, "is damaged gzip: something else follows it" },
        { "cut zstd", Zstd(Bytes(Lines))[..^1], 2, "0:0", 2, "is damaged zstd: it is cut off" },
        { "cut zip", Zip(Bytes(Lines))[..^5], 0, "", 0, "is damaged zip, or cut off" },
        { "text", Bytes("some text\nand more\n"), 0, "", 0, "neither JSON nor event XML" },
    };

    public void Dispose() => _cli.Dispose();

    [Theory]
    [MemberData(nameof(Kinds), DisableDiscoveryEnumeration = true)]
    public async Task Each_command_reads_it_or_says_what_it_is(string kind, byte[] content, int events, string matches, int sent, string? said)
    {
        string file = _cli.Write(kind, content);
        int exitCode = said is null ? 0 : 2;
        string expected = string.Join(' ', matches.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(place => $"{place}:{Id}"));

        CommandLine.Outcome scan = await RunAsync(["scan", "--rules", _rule, "--stats", file]);
        Assert.Equal((exitCode, expected), (scan.ExitCode, scan.Matches));
        Assert.Equal(events, scan.Stats.GetProperty("events").GetInt32());
        AssertSaid(said, file, scan.Errors);

        CommandLine.Outcome fields = await RunAsync(["fields", "--rules", _rule, "--format", "json", file]);
        Assert.Equal((exitCode, events), (fields.ExitCode, fields.Json.GetProperty("events").GetInt32()));
        AssertSaid(said, file, fields.Errors);

        CommandLine.Outcome diff = await RunAsync(["diff", _rule, _rule, "--events", file, "--format", "json"]);
        Assert.Equal((exitCode, events), (diff.ExitCode, diff.Json.GetProperty("verdicts").GetProperty("events").GetInt32()));
        AssertSaid(said, file, diff.Errors);

        _sent = 0;
        CommandLine.Outcome send = await RunAsync(["send", file, "--connection", Connection]);
        Assert.Equal((exitCode, sent), (send.ExitCode, _sent));
        AssertSaid(said, file, send.Errors);
        Assert.Equal(said is not null && sent == 0, send.Errors.StartsWith("sigmaf: nothing was sent: ", StringComparison.Ordinal));

        if (sent == 0 && said is not null)
        {
            LocalHostException exception = await Assert.ThrowsAsync<LocalHostException>(() => EventFile.RequireAsync(file, Token));
            Assert.Contains(said, exception.Message, StringComparison.Ordinal);
        }
        else
        {
            await EventFile.RequireAsync(file, Token);
            Assert.Equal(sent, await EventFile.ReadAsync(file).CountAsync(body => body.Fault is null, Token));
        }
    }

    /// <summary>On standard input all is as in a file, but that an archive must be one.</summary>
    [Theory]
    [MemberData(nameof(Kinds), DisableDiscoveryEnumeration = true)]
    public async Task On_standard_input_it_is_the_same(string kind, byte[] content, int events, string matches, int sent, string? said)
    {
        if (kind.EndsWith("zip", StringComparison.Ordinal) && kind is not ("gzip" or "cut gzip"))
        {
            (events, matches, sent, said) = (0, "", 0, "is a zip archive, which is read from a file only");
        }

        string expected = string.Join(' ', matches.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(place => $"{place}:{Id}"));

        CommandLine.Outcome scan = await RunAsync(["scan", "--rules", _rule, "--stats", "-"], new Pipe(content));
        Assert.Equal((said is null ? 0 : 2, expected, events), (scan.ExitCode, scan.Matches, scan.Stats.GetProperty("events").GetInt32()));
        AssertSaid(said, "standard input", scan.Errors);

        CommandLine.Outcome send = await RunAsync(["send", "-", "--connection", Connection], new Pipe(content));
        Assert.Equal((said is null ? 0 : 2, sent), (send.ExitCode, _sent));
        AssertSaid(said, "standard input", send.Errors);
    }

    /// <summary>The bodies of the others are sent; this one is named, once.</summary>
    [Fact]
    public async Task Send_leaves_out_a_file_of_an_archive_that_holds_no_event()
    {
        string zip = _cli.Write("a.zip", Zip(Bytes("Read me\nfirst.\n"), Bytes(Lines)));

        CommandLine.Outcome send = await RunAsync(["send", zip, "--connection", Connection]);

        Assert.Equal((2, 3), (send.ExitCode, _sent));
        Assert.Equal($"sigmaf: {zip}:0.json holds no event that can be read; on line 1: neither JSON nor event XML\n", send.Errors);
        Assert.Equal(3, await EventFile.ReadAsync(zip).CountAsync(body => body.Fault is null, Token));
    }

    [Fact]
    public async Task Other_files_go_on_and_an_archive_names_its_files()
    {
        string log = _cli.Write("a.evtx", Bytes("ElfFile\0"));
        string zip = _cli.Write("b.zip", Zip(Bytes("ElfFile\0"), Bytes(Lines)));
        string lines = _cli.Write("c.ndjson", Lines);

        CommandLine.Outcome scan = await RunAsync(["scan", "--rules", _rule, log, zip, lines]);

        Assert.Equal((2, $"0:0:{Id} 2:0:{Id} 3:0:{Id} 5:0:{Id}"), (scan.ExitCode, scan.Matches));
        Assert.Equal(
            [$"{zip}:1.json:1", $"{zip}:1.json:3", $"{lines}:1", $"{lines}:3"],
            scan.Output.TrimEnd().Split('\n').Select(line => System.Text.Json.JsonDocument.Parse(line).RootElement)
                .Select(match => $"{match.GetProperty("file").GetString()}:{match.GetProperty("fileLine")}"));
        Assert.Equal([$"sigmaf: {log} is a", $"sigmaf: {zip}:0.json is a"], scan.Errors.TrimEnd().Split('\n').Select(line => line[..line.IndexOf(" Windows", StringComparison.Ordinal)]));

        CommandLine.Outcome send = await RunAsync(["send", lines, log, "--connection", Connection]);
        Assert.Equal((2, 0), (send.ExitCode, _sent));
        Assert.StartsWith($"sigmaf: nothing was sent: {log} is a", send.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_at_all_is_said_too()
    {
        string file = _cli.Write("a.ndjson", " \n\n");

        CommandLine.Outcome none = await RunAsync(["scan", "--rules", _rule, file]);
        CommandLine.Outcome some = await RunAsync(["scan", "--rules", _rule, file, _cli.Write("b.ndjson", Lines)]);

        Assert.Equal((0, "sigmaf: there is no event in what was given\n"), (none.ExitCode, none.Errors));
        Assert.Equal((0, ""), (some.ExitCode, some.Errors));
    }

    [Fact]
    public async Task Files_that_are_not_read_are_counted()
    {
        string zip = _cli.Write("b.zip", Zip(Bytes("ElfFile\0"), Bytes(Lines), Bytes("PAR1")));

        CommandLine.Outcome scan = await RunAsync(["scan", "--rules", _rule, "--stats", zip]);

        Assert.Equal((2, 0), (scan.Stats.GetProperty("unreadableFiles").GetInt32(), scan.Stats.GetProperty("undecoded").GetInt32()));
    }

    /// <summary>However much of one cannot be read, the others are named.</summary>
    [Theory]
    [InlineData("scan --rules {rule} {files}")]
    [InlineData("fields --rules {rule} {files}")]
    [InlineData("diff {rule} {rule} --events {files}")]
    public async Task Each_file_with_something_that_cannot_be_read_is_named(string command)
    {
        string[] files = [.. new[] { 30, 1, 3, 1_500 }.Select((count, n) => _cli.Write($"{n}.txt", string.Concat(Enumerable.Repeat("junk\n", count)) + Event))];

        CommandLine.Outcome outcome = await RunAsync([.. command.Split(' ').SelectMany(word => word == "{files}" ? files : [word == "{rule}" ? _rule : word])]);

        Assert.Equal(
            [
                .. Enumerable.Range(1, 20).Select(line => $"sigmaf: {files[0]}:{line}: record 0: neither JSON nor event XML (byte 0)"),
                .. files.Skip(1).Select(file => $"sigmaf: {file}:1: record 0: neither JSON nor event XML (byte 0)"),
                $"sigmaf: {files[0]}: 10 more records could not be read",
                $"sigmaf: {files[2]}: 2 more records could not be read",
                $"sigmaf: {files[3]}: 1499 more records could not be read",
            ],
            outcome.Errors.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Standard_input_can_be_given_once()
    {
        CommandLine.Outcome scan = await RunAsync(["scan", "--rules", _rule, "-", "-"], new Pipe(Bytes(Lines)));
        CommandLine.Outcome send = await RunAsync(["send", "-", "-", "--connection", Connection], new Pipe(Bytes(Lines)));

        Assert.Equal((2, 2, 0), (scan.ExitCode, send.ExitCode, _sent));
        Assert.StartsWith("sigmaf: standard input (-) can be read only once", scan.Errors, StringComparison.Ordinal);
    }

    /// <summary>What could not be read is not what the hub does not take.</summary>
    [Fact]
    public async Task Places_that_are_not_sent_are_counted()
    {
        string file = _cli.Write("a.json", $"[\n{Event}\n{Event}\n");

        CommandLine.Outcome send = await RunAsync(["send", file, "--connection", Connection]);

        Assert.Equal((1, 2), (send.ExitCode, _sent));
        Assert.Contains("0 too large, 1 unreadable,", send.Output, StringComparison.Ordinal);
        Assert.StartsWith($"sigmaf: {file}:3: the JSON document that begins on line 1 breaks off here", send.Errors, StringComparison.Ordinal);
    }

    /// <summary>All files of an archive are explained, and those that hold nothing are told.</summary>
    [Fact]
    public async Task Explain_takes_all_of_an_archive()
    {
        string zip = _cli.Write("a.zip", Zip(Bytes(Event), Bytes("ElfFile\0"), Bytes("text"), Bytes(Lines + "{")));

        CommandLine.Outcome explain = await RunAsync(["explain", _rule, "--format", "json", "--event", zip]);

        Assert.Equal((2, 4), (explain.ExitCode, explain.Output.TrimEnd().Split('\n').Length));
        Assert.Equal(
            [$"sigmaf: {zip}:1.json is a Window", $"sigmaf: {zip}:2.json:1: record 0", $"sigmaf: {zip}:2.json holds no ev", $"sigmaf: {zip}:3.json:4: record 3"],
            explain.Errors.TrimEnd().Split('\n').Select(line => line[..($"sigmaf: {zip}:1.json".Length + 12)]));
    }

    /// <summary>A name may hold anything.</summary>
    [Fact]
    public async Task Names_are_escaped()
    {
        string file = _cli.Write("a\u001b[1m\u202e.ndjson", Lines);

        CommandLine.Outcome json = await RunAsync(["scan", "--rules", _rule, file]);
        CommandLine.Outcome text = await RunAsync(["scan", "--rules", _rule, "--format", "text", file]);

        Assert.DoesNotContain('\u001b', json.Output + text.Output);
        Assert.DoesNotContain('\u202e', json.Output + text.Output);
        Assert.Contains("a\\u001B[1m\\u202E.ndjson:1", text.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("explain")]
    [InlineData("body")]
    public async Task What_is_one_body_is_recognised_too(string command)
    {
        string body = _cli.Write("b", Zstd(Bytes($"[\n{{}},\n{Event}]")));
        string log = _cli.Write("a.evtx", Bytes("ElfFile\0"));
        string[] arguments = command == "body" ? ["scan", "--rules", _rule, "--body"] : ["explain", _rule, "--format", "json", "--event"];

        CommandLine.Outcome good = await RunAsync([.. arguments, body]);
        CommandLine.Outcome bad = await RunAsync([.. arguments, log]);

        Assert.Equal((0, 2), (good.ExitCode, bad.ExitCode));
        Assert.Contains(command == "body" ? "\"line\":0,\"record\":1," : "\"record\":1,", good.Output, StringComparison.Ordinal);
        Assert.Equal(command == "body", good.Output.Contains("\"fileLine\":3,", StringComparison.Ordinal));
        AssertSaid("is a Windows event log", log, bad.Errors);
    }

    [Theory]
    [InlineData("evtx", "is a Windows event log")]
    [InlineData("zip", "is a zip archive; 'test' takes YAML")]
    [InlineData("gzip", "is packed by gzip; 'test' takes YAML")]
    public async Task Test_says_that_it_takes_rules(string kind, string said)
    {
        string file = _cli.Write("a", kind == "evtx" ? Bytes("ElfFile\0") : kind == "zip" ? Zip(Bytes(Event)) : Gzip(Bytes(Event)));

        CommandLine.Outcome outcome = await RunAsync(["test", _rule, file]);

        Assert.Equal(2, outcome.ExitCode);
        AssertSaid(said, file, outcome.Errors);
    }

    private Task<CommandLine.Outcome> RunAsync(string[] arguments, Stream? input = null) => _cli.RunAsync(arguments, input, Token);

    private static void AssertSaid(string? said, string name, string errors)
    {
        string[] lines = [.. errors.Split('\n').Where(line => line.Contains(name, StringComparison.Ordinal))];
        Assert.Equal(said is not null, lines.Length > 0);
        Assert.All(lines, line => Assert.Contains(said!, line, StringComparison.Ordinal));
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static byte[] Gzip(byte[] content)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(content);
        }

        return packed.ToArray();
    }

    /// <summary>One frame of a block that is stored as it is (RFC 8878).</summary>
    private static byte[] Zstd(byte[] content)
    {
        int block = (content.Length << 3) | 1;
        return [0x28, 0xb5, 0x2f, 0xfd, 0x20, (byte)content.Length, (byte)block, (byte)(block >> 8), (byte)(block >> 16), .. content];
    }

    private static byte[] Zip(params byte[][] files)
    {
        var packed = new MemoryStream();
        using (var archive = new ZipArchive(packed, ZipArchiveMode.Create))
        {
            foreach ((int index, byte[] content) in files.Index())
            {
                using Stream entry = archive.CreateEntry($"{index}.json").Open();
                entry.Write(content);
            }
        }

        return packed.ToArray();
    }

    /// <summary>What can be read once, in small pieces.</summary>
    private sealed class Pipe(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(3, buffer.Length)], cancellationToken);
    }
}
