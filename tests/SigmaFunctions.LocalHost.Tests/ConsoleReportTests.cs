using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.LocalHost.Reporting;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
using Spectre.Console;

namespace SigmaFunctions.LocalHost.Tests;

public sealed class ConsoleReportTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\u001b[31m\r\nb", "a\\u001B[[31m\\r\\nb")]
    [InlineData("[bold]markup[/]", "[[bold]]markup[[/]]")]
    [InlineData("exe\u202egnp.x", "exe\\u202Egnp.x")]
    [InlineData("naïve 名前 🙂", "naïve 名前 🙂")]
    [InlineData("0123456789012345678901234567890", "012345678901234567890123456789…")]
    public void Text_from_events_is_fit_for_a_terminal(string text, string shown) => Assert.Equal(shown, ConsoleReport.Printable(text, 30));

    /// <summary>A line end within it would be copied with it.</summary>
    [Theory]
    [InlineData(false, "export EVENTHUB_CONNECTION='Endpoint=sb://127.0.0.1:5672;Key=it'\\''s ", "'")]
    [InlineData(true, "$env:EVENTHUB_CONNECTION = 'Endpoint=sb://127.0.0.1:5672;Key=it''s ", "'")]
    public void A_variable_is_one_line_on_a_narrow_terminal_as_the_shell_takes_it(bool isWindows, string begins, string ends)
    {
        string key = string.Join(' ', Enumerable.Repeat("k", 200));
        using var written = new StringWriter { NewLine = "\n" };
        var report = new ConsoleReport(Narrow(written), new FakeTimeProvider(), isWindows);

        report.Variable("EVENTHUB_CONNECTION", "Endpoint=sb://127.0.0.1:5672;Key=it's " + key);
        report.Line(string.Join(' ', Enumerable.Repeat("word", 30)));

        Assert.Equal([begins + key + ends, "word word", "word word"], written.ToString().Split('\n')[..3].Select((line, index) => index == 0 ? line : line[..9]));
    }

    [Fact]
    public void A_detection_keeps_its_indent_on_a_narrow_terminal_and_has_its_id_on_a_line()
    {
        using var written = new StringWriter { NewLine = "\n" };
        var report = new ConsoleReport(Narrow(written), new FakeTimeProvider());
        var detection = new Detection
        {
            Identity = new HubEventIdentity("ns", "events", "0", new DateTimeOffset(2026, 11, 30, 0, 24, 52, TimeSpan.Zero), 1, 0),
            RuleId = "rule",
            RuleTitle = "Web Server Process Starts Reconnaissance Or A Script Shell",
            Level = "high",
            Host = "srv-web01.contoso.example",
            User = @"iis apppool\shop",
            Fields = [new DetectedField("CommandLine", string.Join(' ', Enumerable.Repeat("argument", 12)))],
            Original = "{}",
        };

        report.Detection(Alert.From(detection, "Detections"), detection);

        string[] lines = written.ToString().TrimEnd('\n').Split('\n');
        Assert.True(lines.Length >= 5, written.ToString());
        Assert.StartsWith("00:00:00  high         Web Server Process", lines[0], StringComparison.Ordinal);
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.All(lines[1..], line => Assert.Matches("^ {23}[^ ]", line));
        Assert.Equal(new string(' ', 23) + detection.Id.Value, lines[^1]);
    }

    [Fact]
    public void Of_a_correlation_it_tells_value_and_group_in_place_of_host_and_user()
    {
        using var written = new StringWriter { NewLine = "\n" };
        var report = new ConsoleReport(Narrow(written), new FakeTimeProvider());
        var time = new DateTimeOffset(2026, 11, 30, 0, 24, 52, TimeSpan.Zero);
        var detection = new Detection
        {
            Identity = new HubEventIdentity("ns", "events", "0", time, 1, 0),
            RuleId = "correlation",
            RuleTitle = "Many Failed Logons",
            Level = "high",
            Host = "ws01",
            User = "bob",
            Original = "{}",
            Correlation = new DetectedCorrelation
            {
                Id = new DetectionId($"202611300024520000000-{new string('a', 32)}"),
                Type = "event_count",
                Group = [new DetectedField("TargetUserName", "[alice]"), new DetectedField("Computer", "ws\u001b")],
                Value = "12",
                First = time,
                Last = time,
                EventCount = 12,
            },
        };

        report.Detection(Alert.From(detection, "Detections"), detection);

        string indent = new(' ', 23);
        Assert.Equal(
            $"00:00:00  high         Many Failed Logons  event_count 12\n{indent}TargetUserName = [alice]\n{indent}Computer = ws\\u001B\n{indent}{detection.Id}\n",
            written.ToString());
    }

    /// <summary>Whatever the report is given, where a person looks too: colours are the only control codes, and those of the console.</summary>
    [Theory]
    [InlineData(AnsiSupport.Yes)]
    [InlineData(AnsiSupport.No)]
    public void Nothing_that_it_is_given_steers_the_terminal(AnsiSupport ansi)
    {
        const string hostile = "[red]x\u001b]0;t\u0007\u001b[2J\r\n\u009b31m\u202E\u2066\u200B\u2028\uFEFF\U000E0041y";
        using var written = new StringWriter { NewLine = "\n" };
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = ansi, ColorSystem = ColorSystemSupport.Standard, Out = new AnsiConsoleOutput(written) });
        console.Profile.Width = int.MaxValue;
        var report = new ConsoleReport(console, new FakeTimeProvider());
        var detection = new Detection
        {
            Identity = new HubEventIdentity(hostile, hostile, hostile, DateTimeOffset.UnixEpoch, 1, 0),
            RuleId = hostile,
            RuleTitle = hostile,
            Level = hostile,
            Host = hostile,
            User = hostile,
            Fields = [new DetectedField(hostile, hostile)],
            Original = hostile,
        };

        report.Step(hostile, hostile);
        report.Warn(hostile);
        report.Line(hostile);
        report.Variable(hostile, hostile);
        report.Log(new WorkerLogLine(RpcLog.Types.Level.Error, hostile, hostile));
        report.Detection(Alert.From(detection, hostile), detection);
        report.Detection(Alert.From(detection, hostile), null);
        report.Summary([(hostile, hostile)]);

        string text = written.ToString();
        text = ansi == AnsiSupport.Yes ? System.Text.RegularExpressions.Regex.Replace(text, "\u001b\\[[0-9;]+m", "") : text;
        Assert.DoesNotContain(text.EnumerateRunes(), rune => rune.Value != '\n' && PrintableText.IsHidden(rune));
        Assert.Contains(@"[red]x\u001B]0;t\u0007\u001B[2J\r\n\u009B31m\u202E\u2066\u200B\u2028\uFEFF\uDB40\uDC41y", text, StringComparison.Ordinal);
    }

    private static IAnsiConsole Narrow(TextWriter written)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(written) });
        console.Profile.Width = 80;
        return console;
    }
}
