using System.Globalization;
using System.Text;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace SigmaFunctions.LocalHost.Reporting;

/// <summary>
/// Shows a run on the console; one line at a time, from any thread. Nothing that it shows can steer the terminal: whatever goes through its console
/// is made printable after it was laid out, and styles are the console's alone.
/// </summary>
internal sealed class ConsoleReport
{
    private const int MaxValueLength = 120;
    private const int MaxFields = 4;

    private readonly IAnsiConsole _console;
    private readonly TimeProvider _time;
    private readonly bool _isWindows;
    private readonly Lock _gate = new();

    /// <param name="console">Where it is shown.</param>
    /// <param name="time">Clock of what is shown.</param>
    /// <param name="isWindows">Whether variables are set as PowerShell does; null to find out.</param>
    public ConsoleReport(IAnsiConsole console, TimeProvider time, bool? isWindows = null)
    {
        _console = console;
        _isWindows = isWindows ?? OperatingSystem.IsWindows();
        console.Pipeline.Attach(new PrintableSegments());
        _time = time;
    }

    /// <summary>A step that is done.</summary>
    public void Step(string what, string detail) => Write($"[grey]{Clock()}[/]  [green]{Printable(what),-12}[/] {Printable(detail)}");

    /// <summary>Something that went wrong and is not the end.</summary>
    public void Warn(string message) => Write($"[grey]{Clock()}[/]  [yellow]{"warning",-12}[/] {Printable(message)}");

    /// <summary>Plain text.</summary>
    public void Line(string text = "") => Write(Printable(text));

    /// <summary>An environment variable, as a line that a shell takes: the terminal may break it, and nothing else does.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="value">Its value.</param>
    public void Variable(string name, string value)
    {
        string line = _isWindows ? $"$env:{name} = '{value.Replace("'", "''", StringComparison.Ordinal)}'" : $"export {name}='{value.Replace("'", @"'\''", StringComparison.Ordinal)}'";
        lock (_gate)
        {
            int width = _console.Profile.Width;
            _console.Profile.Width = int.MaxValue;
            try
            {
                Write(Printable(line));
            }
            finally
            {
                _console.Profile.Width = width;
            }
        }
    }

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
        Write($"[grey]{Clock()}[/]  [{color}]worker {Printable(level)}: {Printable(line.Message)}[/]");
    }

    /// <summary>An alert, with the detection it points to; null where that is missing.</summary>
    public void Detection(Alert alert, Detection? detection)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[bold]{Printable(alert.Rule.Title, MaxValueLength)}[/]");
        if (alert.Correlation is { } correlation)
        {
            text.Append(CultureInfo.InvariantCulture, $"  [blue]{Printable($"{correlation.Type} {correlation.Value}", MaxValueLength)}[/]");
            foreach (AlertField field in correlation.Group.Take(MaxFields))
            {
                text.Append(
                    CultureInfo.InvariantCulture, $"\n[grey]{Printable(field.Field, MaxValueLength)} =[/] {Printable(field.Value, MaxValueLength)}");
            }
        }
        else
        {
            text.Append(CultureInfo.InvariantCulture, $"  [blue]{Printable(alert.Host ?? "-", MaxValueLength)}[/]  [blue]{Printable(alert.User ?? "-", MaxValueLength)}[/]");
        }

        if (detection is null)
        {
            text.Append("\n[red]the row is not in the table[/]");
        }
        else
        {
            foreach (DetectedField field in detection.Fields.Take(MaxFields))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n[grey]{Printable(field.Field.Length > 0 ? field.Field : "keyword", MaxValueLength)} →[/] {Printable(field.Value, MaxValueLength)}");
            }

            if (detection.Fields.Length > MaxFields)
            {
                text.Append(CultureInfo.InvariantCulture, $"\n[grey]and {detection.Fields.Length - MaxFields} more fields[/]");
            }
        }

        text.Append(CultureInfo.InvariantCulture, $"\n[grey]{Printable(alert.Id)}[/]");
        lock (_gate)
        {
            _console.Write(new Hanging(new Markup($"[grey]{Clock()}[/]  {Level(alert.Rule.Level)} "), new Markup(text.ToString())));
        }
    }

    /// <summary>The summary: a name and a value a line.</summary>
    public void Summary(IEnumerable<(string Name, string Value)> lines)
    {
        Write("");
        foreach ((string name, string value) in lines)
        {
            Write($"  [grey]{Printable(name),-34}[/]{Printable(value)}");
        }

        Write("");
    }

    /// <summary>Text from outside as one line (<see cref="PrintableText"/>), free of markup and cut after <paramref name="maximum"/> characters.</summary>
    internal static string Printable(string text, int maximum = int.MaxValue) =>
        Markup.Escape(PrintableText.Of(text.Length <= maximum ? text : text[..maximum] + "…"));

    private static string Level(string? level)
    {
        string color = RuleLevels.Parse(level) switch
        {
            RuleLevel.Critical => "white on red",
            RuleLevel.High => "red",
            RuleLevel.Medium => "yellow",
            RuleLevel.Low => "cyan",
            _ => "grey",
        };
        return $"[{color}]{Printable(level ?? "-", 12),-12}[/]";
    }

    private string Clock() => _time.GetLocalNow().ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private void Write(string markup)
    {
        lock (_gate)
        {
            _console.MarkupLine(markup);
        }
    }

    /// <summary>A head of one line and a text behind it, all lines of which stand below the first, also those that the console's width makes of one.</summary>
    private sealed class Hanging(IRenderable head, IRenderable text) : IRenderable
    {
        private const int Indent = 23;

        // What is left on a console that is narrower than the indent.
        private const int MinWidth = 20;

        public Measurement Measure(RenderOptions options, int maxWidth) => new(Math.Min(Indent + MinWidth, maxWidth), maxWidth);

        public IEnumerable<Segment> Render(RenderOptions options, int maxWidth)
        {
            bool isFirst = true;
            foreach (SegmentLine line in Segment.SplitLines(text.Render(options, Math.Max(maxWidth - Indent, MinWidth))))
            {
                foreach (Segment segment in isFirst ? head.Render(options, maxWidth) : [new Segment(new string(' ', Indent))])
                {
                    yield return segment;
                }

                foreach (Segment segment in line)
                {
                    yield return segment;
                }

                yield return Segment.LineBreak;
                isFirst = false;
            }
        }
    }

    /// <summary>Makes what was laid out printable, piece by piece, and lets no control code through.</summary>
    private sealed class PrintableSegments : IRenderHook
    {
        public IEnumerable<IRenderable> Process(RenderOptions options, IEnumerable<IRenderable> renderables) => renderables.Select(inner => new Printed(inner));

        private sealed class Printed(IRenderable inner) : IRenderable
        {
            public Measurement Measure(RenderOptions options, int maxWidth) => inner.Measure(options, maxWidth);

            public IEnumerable<Segment> Render(RenderOptions options, int maxWidth) => inner.Render(options, maxWidth)
                .Where(segment => !segment.IsControlCode)
                .Select(segment => segment.IsLineBreak ? segment : new Segment(PrintableText.Of(segment.Text), segment.Style));
        }
    }
}
