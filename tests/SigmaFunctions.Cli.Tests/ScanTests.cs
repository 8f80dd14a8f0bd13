using System.Globalization;
using System.IO.Compression;
using System.Text;
using SigmaFunctions.Engine.Files;

namespace SigmaFunctions.Cli.Tests;

/// <summary><c>sigmaf scan</c>.</summary>
public sealed class ScanTests : IDisposable
{
    private const string A = "aaaaaaaa-0000-4000-8000-000000000001";
    private const string B = "bbbbbbbb-0000-4000-8000-000000000002";

    private readonly CommandLine _cli = new();
    private readonly string _rules;

    public ScanTests()
    {
        _cli.WriteRule("rules/b.yml", B, "b", "1", "low");
        _cli.WriteRule("rules/a.yml", A, "a", "1");
        _rules = Path.Combine(_cli.Folder, "rules");
    }

    public void Dispose() => _cli.Dispose();

    /// <summary>Input (category <c>test</c> is <c>T</c>), matches as line:record:rule with the rule's first letter.</summary>
    public static TheoryData<string, string> Inputs => new()
    {
        { "{T,\"a\":1}\n", "0:0:a" },
        { "{T,\"a\":1}", "0:0:a" },
        { "\uFEFF{T,\"a\":1}\r\n", "0:0:a" },
        { "{T,\"a\":2}\n{T,\"b\":1,\"a\":1}\n", "1:0:a 1:0:b" },
        { "\n{T,\"a\":1}\n \n\r\n{T,\"a\":1}\n", "1:0:a 4:0:a" },
        { "{\"records\":[{T,\"a\":1},{T},{T,\"b\":1}]}\n[{T,\"b\":1}]\n", "0:0:a 0:2:b 1:0:b" },
        { "[17,{T,\"a\":1}]\nnonsense\n{T,\"b\":1}\n", "0:1:a 2:0:b" },
        { "{\"category\":\"other\",\"a\":1}\n", "" },
        { "", "" },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task Matches_come_with_their_line_and_record(string input, string matches)
    {
        string text = input.Replace("T", "\"category\":\"test\"", StringComparison.Ordinal);
        string plain = _cli.Write("events.ndjson", text);
        string packed = _cli.Write("events.ndjson.gz", Gzip(text));
        string expected = matches.Replace("a", A, StringComparison.Ordinal).Replace("b", B, StringComparison.Ordinal);
        if (expected.Length > 0)
        {
            // Ids hold the letters that stand for them.
            expected = string.Join(' ', matches.Split(' ').Select(match => match[..^1] + (match[^1] == 'a' ? A : B)));
        }

        foreach (string[] events in (string[][])[[plain], [packed], ["-"]])
        {
            CommandLine.Outcome outcome = await RunAsync(
                ["scan", "--rules", _rules, .. events], events is ["-"] ? new MemoryStream(Encoding.UTF8.GetBytes(text)) : null);
            Assert.Equal((0, expected), (outcome.ExitCode, outcome.Matches));
        }
    }

    /// <summary>An archive behind others belongs to the rules if it holds rules, and else to the events.</summary>
    [Fact]
    public async Task Rules_come_from_archives_too()
    {
        string folder = _cli.Write("rules/a.yml", await File.ReadAllBytesAsync(Path.Combine(_rules, "a.yml"), TestContext.Current.CancellationToken));
        RuleFile[] files = [new("rules/b.yml", await File.ReadAllTextAsync(Path.Combine(_rules, "b.yml"), TestContext.Current.CancellationToken))];
        string archive = _cli.Write("sigma_core.zip", RuleArchive.Write(files));
        string events = _cli.Write("events.ndjson", """{"category":"test","a":1,"b":1}""");
        using var packed = new MemoryStream();
        using (var zip = new ZipArchive(packed, ZipArchiveMode.Create, leaveOpen: true))
        await using (Stream entry = await zip.CreateEntry("events.ndjson").OpenAsync(TestContext.Current.CancellationToken))
        {
            await entry.WriteAsync(await File.ReadAllBytesAsync(events, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        }

        string stored = _cli.Write("events.zip", packed.ToArray());

        Assert.Equal((0, $"0:0:{B}"), Told(await RunAsync(["scan", "--rules", archive, events])));
        Assert.Equal((0, $"0:0:{A} 0:0:{B}"), Told(await RunAsync(["scan", "--rules", folder, archive, events])));
        Assert.Equal((0, $"0:0:{A}"), Told(await RunAsync(["scan", "--rules", folder, stored])));

        static (int, string) Told(CommandLine.Outcome outcome) => (outcome.ExitCode, outcome.Matches);
    }

    [Fact]
    public async Task A_match_is_one_object_in_utf8()
    {
        _cli.Write("rules/c.yml", """
            title: "Größe <\"3\">"
            id: cccccccc-0000-4000-8000-000000000003
            logsource: { category: test }
            detection:
                selection:
                    c: 1
                condition: selection
            """);
        string events = _cli.Write("e.ndjson", """{"category":"test","c":1}""");

        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rules, events]);

        Assert.Equal(
            "{\"line\":0,\"record\":0,\"rule\":\"cccccccc-0000-4000-8000-000000000003\",\"title\":\"Größe <\\\"3\\\">\",\"level\":null,"
                + $"\"file\":\"{events}\",\"fileLine\":1,\"time\":null,\"host\":null}}\n",
            outcome.Output);
        Assert.Equal((byte)'{', outcome.Bytes[0]);
    }

    [Fact]
    public async Task Lines_run_on_over_files_and_bodies_come_last()
    {
        string first = _cli.Write("1.ndjson", "{}\n\n{}");
        string second = _cli.Write("2.ndjson", """{"category":"test","a":1}""");
        string body = _cli.Write("3.json", Gzip("[\n{\"category\":\"test\"},\n{\"category\":\"test\",\"b\":1}\n]\n"));

        CommandLine.Outcome outcome = await RunAsync(["scan", "--body", body, "--rules", _rules, first, second]);

        Assert.Equal($"3:0:{A} 4:1:{B}", outcome.Matches);
    }

    [Theory]
    [InlineData("scan --rules R E")]
    [InlineData("scan E --rules R")]
    [InlineData("scan --rules=R E")]
    [InlineData("scan --rules R/a.yml R/b.yml E")]
    [InlineData("scan --rules R/a.yml --rules R/b.yml E")]
    [InlineData("scan --rules R/a.yml R/b.yml --stats -- E")]
    [InlineData("scan --stats --rules R/a.yml R/b.yml --threads 1 E")]
    public async Task Rules_take_several_paths_and_leave_the_events(string line)
    {
        string events = _cli.Write("events.ndjson", """{"category":"test","a":1,"b":1}""");
        string[] arguments = [.. line.Split(' ').Select(word =>
            word == "E" ? events : word == "R" ? _rules : word.Replace("R/", _rules + "/", StringComparison.Ordinal).Replace("=R", "=" + _rules, StringComparison.Ordinal))];

        Assert.Equal($"0:0:{A} 0:0:{B}", (await RunAsync(arguments)).Matches);
    }

    [Theory]
    [InlineData("category=plain", "category: plain")]
    [InlineData("product=x,category=plain", "product: x")]
    [InlineData("service=s,product=x", "service: s")]
    public async Task The_log_source_option_is_for_events_that_do_not_tell(string logSource, string stated)
    {
        string rule = _cli.Write("one/r.yml", $$"""
            title: Stated
            id: {{A}}
            logsource: { {{stated}} }
            detection:
                selection:
                    a: 1
                condition: selection
            """);
        string events = _cli.Write("e.ndjson", "{\"a\":1}\n{\"a\":1,\"category\":\"dns\"}");

        Assert.Equal($"0:0:{A}", (await RunAsync(["scan", "--rules", rule, "--logsource", logSource, events])).Matches);
        Assert.Equal("", (await RunAsync(["scan", "--rules", rule, events])).Matches);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public async Task Matches_stay_in_order_whatever_the_number_of_threads(int threads)
    {
        const int lines = 5_000;
        string events = _cli.Write("e.ndjson", string.Concat(Enumerable.Range(0, lines).Select(
            n => $"{{\"category\":\"test\",\"a\":{n % 3},\"pad\":\"{new string('x', n % 50)}\"}}\n")));

        CommandLine.Outcome outcome =
            await RunAsync(["scan", "--rules", _rules, "--threads", threads.ToString(CultureInfo.InvariantCulture), events]);

        Assert.Equal(
            string.Join(' ', Enumerable.Range(0, lines).Where(n => n % 3 == 1).Select(n => $"{n}:0:{A}")), outcome.Matches);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Statistics_count_one_pass(int repeat)
    {
        string events = _cli.Write("e.ndjson", "{\"records\":[{\"category\":\"test\",\"a\":1},{\"n\":2}]}\n\nnonsense\n");

        CommandLine.Outcome outcome =
            await RunAsync(["scan", "--rules", _rules, "--stats", "--repeat", repeat.ToString(CultureInfo.InvariantCulture), events]);

        Assert.Equal($"0:0:{A}", outcome.Matches);
        Assert.Equal(
            [
                "bodies", "events", "matches", "correlatedMatches", "correlationDetections", "undecoded", "unreadableFiles", "unseen", "rules",
                "rulesAlwaysEvaluated", "loadMs", "firstPassMs", "scanMs", "correlateMs", "eventsPerSecond", "allocatedBytesPerEvent", "peakWorkingSetBytes",
            ],
            outcome.Stats.EnumerateObject().Select(property => property.Name));
        Assert.Equal(
            "2 2 1 1 1 2",
            string.Join(' ', ((string[])["bodies", "events", "matches", "undecoded", "unseen", "rules"]).Select(name => outcome.Stats.GetProperty(name))));
        foreach (string name in (string[])["loadMs", "firstPassMs", "scanMs", "eventsPerSecond", "peakWorkingSetBytes"])
        {
            Assert.True(outcome.Stats.GetProperty(name).GetDouble() > 0, name);
        }
    }

    [Fact]
    public async Task Events_that_no_rule_can_see_are_told_with_what_they_look_like()
    {
        string events = _cli.Write(
            "e.ndjson",
            """
            {"category":"test","a":1}
            {"foo":"secret","bar":{"x":1}}
            {"foo":2}
            {"category":"tset"}
            {"EventID":5,"Channel":"Microsoft-Windows-SENSE/Operational"}
            {"EventID":6,"Channel":"Contoso"}
            {"EventID":7,"Channel":"Contoso"}
            {"category":"AdvancedHunting-DeviceLogonEvents","properties":{"ActionType":"LogonSuccess"}}
            """);

        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rules, events]);

        Assert.Equal((0, $"0:0:{A}"), (outcome.ExitCode, outcome.Matches));
        Assert.Equal(
            """
            sigmaf: no rule can see 7 of 8 events:
              2 flat: no log source; properties: foo, bar, bar.x
              1 flat: no rule for the log source that they state, such as category=tset
              1 defender: of kinds that rules do not look at (docs/telemetry.md)
              3 of log sources that no rule is for: product=windows (2); product=windows,service=sense (1)
              --logsource states the log source of events that do not; --mapping gives fields their names

            """,
            outcome.Errors);
    }

    [Fact]
    public async Task Long_lists_of_properties_are_read_on_a_narrow_terminal()
    {
        string names = string.Join(',', Enumerable.Range(10, 20).Select(n => $"\"property{n}\":1"));

        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rules, _cli.Write("e.ndjson", $"{{{names}}}")]);

        Assert.Equal(
            """
            sigmaf: no rule can see 1 of 1 events:
              1 flat: no log source; properties: property10, property11, property12,
                property13, property14, property15, property16, property17, property18,
                property19, property20, property21, property22, property23, property24,
                property25, …
            """,
            string.Join('\n', outcome.Errors.Split('\n').Take(5)));
    }

    [Theory]
    [InlineData("""{"category":"test","a":1}""", "")]
    [InlineData("""{"category":"test","a":2}""", "sigmaf: no rule matched any of 1 events\n")]
    [InlineData("""{"EventID":5,"Channel":"Microsoft-Windows-SENSE/Operational"}""", "sigmaf: no rule can see 1 of 1 events:\n  1 of a log source that no rule is for: product=windows,service=sense\nsigmaf: no rule matched any of 1 events\n")]
    public async Task That_nothing_matched_is_told(string body, string errors)
    {
        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rules, _cli.Write("e.ndjson", body)]);

        Assert.Equal((0, errors), (outcome.ExitCode, outcome.Errors));
    }

    [Fact]
    public async Task Unreadable_records_are_told_but_not_all_of_many()
    {
        string events = _cli.Write("e.ndjson", "{}\n[{},{\"n\":'secret'}]\n" + string.Concat(Enumerable.Repeat("junk\n", 100)));

        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rules, events]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.StartsWith($"sigmaf: {events}:2: record 1: not JSON: single quotes (byte 9)\n", outcome.Errors, StringComparison.Ordinal);
        Assert.EndsWith(
            $"sigmaf: {events}: 81 more records could not be read\nsigmaf: no rule can see 2 of 2 events:\n  2 flat: no log source, and no properties\n"
            + "  --logsource states the log source of events that do not; --mapping gives fields their names\nsigmaf: no rule matched any of 2 events\n",
            outcome.Errors,
            StringComparison.Ordinal);
        Assert.Equal(25, outcome.Errors.TrimEnd().Split('\n').Length);
    }

    /// <summary>Of one body not all are kept, but all are counted.</summary>
    [Theory]
    [InlineData("scan")]
    [InlineData("fields")]
    public async Task Unreadable_records_of_one_body_are_counted(string command)
    {
        string body = _cli.Write("body.txt", "{}\n" + string.Concat(Enumerable.Repeat("junk\n", 1_500)));

        CommandLine.Outcome outcome = await RunAsync([command, "--rules", _rules, "--body", body]);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains($"sigmaf: {body}: 1480 more records could not be read\n", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_rejected_rule_is_told_and_the_others_run()
    {
        string broken = _cli.Write("rules/broken.yml", "title: Broken\nlogsource: {category: test}\ndetection: {a: {b: 1}, condition: nothing}\n");
        string events = _cli.Write("e.ndjson", """{"category":"test","a":1}""");

        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rules, events]);

        Assert.Equal((0, $"0:0:{A}"), (outcome.ExitCode, outcome.Matches));
        Assert.Contains($"{broken}(", outcome.Errors, StringComparison.Ordinal);
        Assert.Contains("1 rule was rejected", outcome.Errors, StringComparison.Ordinal);
    }

    /// <summary>For people: no line is longer than a window of 80 columns, but for long titles, names and values.</summary>
    [Fact]
    public async Task A_table_has_a_few_lines_a_match()
    {
        string events = _cli.Write("e.ndjson", """
            {}
            {"category":"test","a":1,"b":1,"Computer":"HOST\u001B[1m","UtcTime":"2026-11-30 00:26:16.123"}
            """);

        string[] rows = (await RunAsync(["scan", "--rules", _rules, "--format", "text", events])).Output.TrimEnd().Split('\n');

        Assert.Equal(
            [
                "high          a is 1",
                $"              {events}:2  2026-11-30 00:26:16Z  HOST\\u001B[1m",
                $"              {A}",
                "low           b is 1",
                $"              {events}:2  2026-11-30 00:26:16Z  HOST\\u001B[1m",
                $"              {B}",
            ],
            rows);
    }

    [Fact]
    public async Task Evidence_is_the_fields_that_matched()
    {
        string rule = _cli.Write("one/r.yml", $$"""
            title: Evidence
            id: {{A}}
            logsource: { category: test }
            detection:
                selection:
                    Image|endswith: '.exe'
                    CommandLine|contains: [x, y]
                keywords: [zz]
                condition: selection and keywords
            """);
        string events = _cli.Write("e.ndjson", """{"category":"test","Image":"a.exe","CommandLine":"x\u001B","other":"zz","n":1}""");

        CommandLine.Outcome json = await RunAsync(["scan", "--rules", rule, "--evidence", events]);
        CommandLine.Outcome text = await RunAsync(["scan", "--rules", rule, "--evidence", "--format", "text", events]);

        Assert.Equal(
            """[{"field":"Image","value":"a.exe"},{"field":"CommandLine","value":"x\u001B"},{"field":"","value":"zz"}]""",
            json.Json.GetProperty("fields").GetRawText());
        Assert.EndsWith(
            """
                            Image        a.exe
                            CommandLine  x\u001B
                            keyword      zz

            """.ReplaceLineEndings("\n"),
            text.Output,
            StringComparison.Ordinal);
        Assert.False((await RunAsync(["scan", "--rules", rule, events])).Json.TryGetProperty("fields", out _));
    }

    /// <summary>Arguments (R a rule folder, E events, X no such path, D an empty folder, Z damaged gzip), part of the message.</summary>
    public static TheoryData<string, string> Unusable => new()
    {
        { "scan", "No EVENTS" },
        { "scan E", "--rules" },
        { "scan --rules R", "No EVENTS" },
        { "scan --rules X E", "no-such-path" },
        { "scan --rules R X", "no-such-path does not exist" },
        { "scan --rules R --body X", "no-such-path does not exist" },
        { "scan --rules R E --body R", "is a folder" },
        { "scan --rules D E", "no rule was loaded" },
        { "scan --rules R Z", "damaged gzip" },
        { "scan --rules R E --format xml", "xml" },
        { "scan --rules R E --threads 0", "--threads must be a whole number of at least 1" },
        { "scan --rules R E --repeat many", "--repeat must be a whole number of at least 1" },
        { "scan --rules R E --logsource linux", "--logsource is written as" },
        { "scan --rules R E --logsource product=", "--logsource is written as" },
        { "scan --rules R E --bogus", "--bogus" },
        { "bogus", "bogus" },
        { "", "command" },
    };

    [Theory]
    [MemberData(nameof(Unusable))]
    public async Task What_cannot_run_says_why(string line, string message)
    {
        string empty = Directory.CreateDirectory(Path.Combine(_cli.Folder, "empty")).FullName;
        var words = new Dictionary<string, string>
        {
            ["R"] = _rules,
            ["E"] = _cli.Write("e.ndjson", "{}"),
            ["X"] = Path.Combine(_cli.Folder, "no-such-path"),
            ["D"] = empty,
            ["Z"] = _cli.Write("z.gz", [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff]),
        };

        CommandLine.Outcome outcome = await RunAsync(
            [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => words.GetValueOrDefault(word, word))]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.Contains(message, outcome.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Matches_before_a_fault_of_the_input_are_printed()
    {
        byte[] packed = Gzip(string.Concat(Enumerable.Range(0, 4_000).Select(n => $"{{\"category\":\"test\",\"a\":1,\"n\":{n * 7919}}}\n")));
        packed[packed.Length * 9 / 10] ^= 0xff;

        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rules, _cli.Write("z.gz", packed)]);

        Assert.Equal(2, outcome.ExitCode);
        Assert.StartsWith($"0:0:{A} 1:0:{A} ", outcome.Matches, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Input_without_end_is_scanned_as_it_comes_until_interrupted()
    {
        using var interrupt = new CancellationTokenSource();
        using var endless = new EndlessStream(Encoding.UTF8.GetBytes("{\"category\":\"test\",\"a\":1}\n"), 8 << 20, interrupt);

        CommandLine.Outcome outcome = await _cli.RunAsync(["scan", "--rules", _rules, "-"], endless, interrupt.Token);

        Assert.Equal(130, outcome.ExitCode);
        Assert.Contains("interrupted", outcome.Errors, StringComparison.Ordinal);
        Assert.StartsWith($"{{\"line\":0,\"record\":0,\"rule\":\"{A}\"", outcome.Output[..100], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_line_without_end_is_passed_over()
    {
        string good = "{\"category\":\"test\",\"a\":1}\n";
        byte[] events = [.. Encoding.UTF8.GetBytes(good), .. Enumerable.Repeat((byte)'x', (64 << 20) + (1 << 20)), (byte)'\n', .. Encoding.UTF8.GetBytes(good)];

        CommandLine.Outcome outcome = await RunAsync(["scan", "--rules", _rules, "-"], new MemoryStream(events));

        Assert.Equal($"0:0:{A} 2:0:{A}", outcome.Matches);
        Assert.StartsWith("sigmaf: standard input:2: the line is longer than 64 MiB", outcome.Errors, StringComparison.Ordinal);
    }

    private Task<CommandLine.Outcome> RunAsync(string[] arguments, Stream? input = null) =>
        _cli.RunAsync(arguments, input, TestContext.Current.CancellationToken);

    private static byte[] Gzip(string text)
    {
        var output = new MemoryStream();
        using (var gzip = new GZipStream(output, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return output.ToArray();
    }

    /// <summary>The same line again and again; after some bytes the user presses Ctrl-C.</summary>
    private sealed class EndlessStream(byte[] line, long interruptAfter, CancellationTokenSource interrupt) : MemoryStream
    {
        private long _given;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_given > interruptAfter)
            {
                await interrupt.CancelAsync();
                cancellationToken.ThrowIfCancellationRequested();
            }

            int count = Math.Max(1, buffer.Length / line.Length);
            int written = 0;
            for (int i = 0; i < count && written + line.Length <= buffer.Length; i++)
            {
                line.CopyTo(buffer[written..]);
                written += line.Length;
            }

            if (written == 0)
            {
                written = Math.Min(buffer.Length, line.Length);
                buffer.Span[..written].Fill((byte)' ');
            }

            _given += written;
            return written;
        }
    }
}
