using System.Globalization;
using SigmaFunctions.LocalHost.Worker;

namespace SigmaFunctions.LocalHost.Reporting;

/// <summary>What the worker logs about single rules: a few are shown, of many it is told how many there are and what shows them.</summary>
/// <param name="show">Shows a line as it is.</param>
/// <param name="tell">Tells of the rules that were loaded.</param>
internal sealed class RuleLog(Action<WorkerLogLine> show, Action<string> tell)
{
    /// <summary>Most lines that are shown one by one.</summary>
    public const int MaxShown = 3;

    private readonly Lock _gate = new();
    private readonly List<WorkerLogLine> _lines = [];
    private int _more;

    /// <summary>Whether a line is one of these; then it is shown when the rules are loaded, or not at all.</summary>
    public bool Take(WorkerLogLine line)
    {
        lock (_gate)
        {
            switch (line.Event)
            {
                case "RuleRejected" or "RuleDoubted":
                    _lines.Add(line);
                    return true;
                case "MoreRejected" or "MoreDoubts":
                    // It begins with how many.
                    _more += int.TryParse(line.Message.AsSpan(0, Math.Max(line.Message.IndexOf(' ', StringComparison.Ordinal), 0)), NumberStyles.None, CultureInfo.InvariantCulture, out int more) ? more : 0;
                    return true;
                case "RulesLoaded":
                    Tell(line.Message);
                    return true;
                default:
                    return false;
            }
        }
    }

    private void Tell(string message)
    {
        bool isMany = _lines.Count + _more > MaxShown;
        foreach (WorkerLogLine line in isMany ? [] : _lines)
        {
            show(line);
        }

        tell(isMany ? string.Create(CultureInfo.InvariantCulture, $"{message} 'sigmaf check' shows {_lines.Count + _more} messages about them.") : message);
        _lines.Clear();
        _more = 0;
    }
}
