using System.Globalization;
using System.Text;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage;
using Spectre.Console;

namespace SigmaFunctions.LocalHost;

/// <summary>Shows a run on the console; one line at a time, from any thread.</summary>
internal sealed class ConsoleReport
{
    private const int MaxValueLength = 120;
    private const int MaxFields = 4;

    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();

    public ConsoleReport(IAnsiConsole console, TimeProvider time)
    {
        _console = console;
        _time = time;
    }

    /// <summary>A step that is done.</summary>
    public void Step(string what, string detail) => Write($"[grey]{Clock()}[/]  [green]{Markup.Escape(what),-12}[/] {Markup.Escape(detail)}");

    /// <summary>Something that went wrong and is not the end.</summary>
    public void Warn(string message) => Write($"[grey]{Clock()}[/]  [yellow]{"warning",-12}[/] {Printable(message, int.MaxValue)}");

    /// <summary>Plain text.</summary>
    public void Line(string text = "") => Write(Markup.Escape(text));

    /// <summary>A connection string, on a line of its own so that it can be copied.</summary>
    public void Connection(string name, string value) => Write($"  [bold]{Markup.Escape(name),-16}[/]{Markup.Escape(value)}");

    /// <summary>What the worker logged.</summary>
    public void Log(WorkerLogLine line)
    {
        string color = line.Level switch
        {
            RpcLog.Types.Level.Error or RpcLog.Types.Level.Critical => "red",
            RpcLog.Types.Level.Warning => "yellow",
            _ => "grey",
        };
        string level = line.Level == RpcLog.Types.Level.None ? line.Category : $"{line.Level.ToString().ToLowerInvariant()} {line.Category}";
        Write($"[grey]{Clock()}[/]  [{color}]worker {Markup.Escape(level)}: {Printable(line.Message, int.MaxValue)}[/]");
    }

    /// <summary>An alert, with the detection it points to; null where that is missing.</summary>
    public void Detection(Alert alert, Detection? detection)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[grey]{Clock()}[/]  {Level(alert.Rule.Level)} [bold]{Printable(alert.Rule.Title, MaxValueLength)}[/]");
        text.Append(CultureInfo.InvariantCulture, $"  [blue]{Printable(alert.Host ?? "-", MaxValueLength)}[/]  [blue]{Printable(alert.User ?? "-", MaxValueLength)}[/]");
        if (detection is null)
            text.Append(CultureInfo.InvariantCulture, $"\n{Indent}[red]the row is not in the table[/]");
        else
        {
            foreach (DetectedField field in detection.Fields.Take(MaxFields))
                text.Append(CultureInfo.InvariantCulture, $"\n{Indent}[grey]{Printable(field.Field.Length > 0 ? field.Field : "keyword", MaxValueLength)} →[/] {Printable(field.Value, MaxValueLength)}");
            if (detection.Fields.Length > MaxFields)
                text.Append(CultureInfo.InvariantCulture, $"\n{Indent}[grey]and {detection.Fields.Length - MaxFields} more fields[/]");
        }
        text.Append(CultureInfo.InvariantCulture, $"\n{Indent}[grey]{Markup.Escape($"{alert.Detection.Table} {alert.Detection.PartitionKey} / {alert.Detection.RowKey}")}[/]");
        Write(text.ToString());
    }

    /// <summary>The summary: a name and a value a line.</summary>
    public void Summary(IEnumerable<(string Name, string Value)> lines)
    {
        Write("");
        foreach ((string name, string value) in lines)
            Write($"  [grey]{Markup.Escape(name),-34}[/]{Markup.Escape(value)}");
        Write("");
    }

    /// <summary>
    /// Text from outside, fit for a terminal: control, format and unpaired surrogate characters as <c>\uXXXX</c>, cut to
    /// <paramref name="maximum"/> characters, and free of markup.
    /// </summary>
    internal static string Printable(string text, int maximum)
    {
        var safe = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (safe.Length >= maximum)
            {
                safe.Append('…');
                break;
            }
            bool unsafeToShow = Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;
            if (unsafeToShow)
                safe.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
            else
                safe.Append(rune);
        }
        return Markup.Escape(safe.ToString());
    }

    private const string Indent = "                       ";

    private static string Level(string? level)
    {
        string color = level switch
        {
            "critical" => "white on red",
            "high" => "red",
            "medium" => "yellow",
            "low" => "cyan",
            _ => "grey",
        };
        return $"[{color}]{Printable(level ?? "-", 12),-12}[/]";
    }

    private string Clock() => _time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private void Write(string markup)
    {
        lock (_gate)
            _console.MarkupLine(markup);
    }
}
