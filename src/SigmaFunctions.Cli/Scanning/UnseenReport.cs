using SigmaFunctions.Cli.Output;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>Tells which events no rule could see: how many, of what kinds, and why.</summary>
internal sealed class UnseenReport
{
    private const int MaxKinds = 10;
    private const int MaxLogSources = 5;
    private const int MaxWidth = 80;
    private const string Indent = "    ";

    private readonly Dictionary<UnseenKind, (long Count, UnseenEvents First)> _kinds = [];

    /// <summary>Number of events that no rule could see.</summary>
    public long Count => _kinds.Values.Sum(kind => kind.Count);

    /// <summary>Counts events.</summary>
    public void Add(IEnumerable<UnseenEvents> unseen)
    {
        foreach (UnseenEvents events in unseen)
        {
            _kinds[events.Kind] = _kinds.TryGetValue(events.Kind, out (long Count, UnseenEvents First) known)
                ? (known.Count + events.Count, known.First)
                : (events.Count, events);
        }
    }

    /// <summary>Tells them, the most frequent first.</summary>
    /// <param name="errors">Where to.</param>
    /// <param name="events">Number of all events.</param>
    public async Task EndAsync(LineWriter errors, long events)
    {
        if (_kinds.Count == 0)
        {
            return;
        }

        await errors.WriteLineAsync($"sigmaf: no rule can see {Count} of {events} events:");
        (long Count, UnseenEvents First)[] others = [.. _kinds.Values.Where(kind => kind.First.Kind.Reason != UnseenReason.NoRule).OrderByDescending(kind => kind.Count)];
        foreach ((long count, UnseenEvents first) in others.Take(MaxKinds))
        {
            foreach (string line in Lines($"  {count} {Describe(first)}"))
            {
                await errors.WriteLineAsync(line);
            }
        }

        if (others.Length > MaxKinds)
        {
            await errors.WriteLineAsync($"  and {others.Length - MaxKinds} more kinds");
        }

        // Whoever scans with one rule knows that it is for one log source: they are one line.
        (string LogSource, long Count)[] withoutRule =
        [
            .. _kinds.Values
                .Where(kind => kind.First.Kind.Reason == UnseenReason.NoRule)
                .GroupBy(kind => kind.First.Kind.LogSource, (logSource, kinds) => (logSource, kinds.Sum(kind => kind.Count)))
                .OrderByDescending(kind => kind.Item2),
        ];
        if (withoutRule.Length > 0)
        {
            await errors.WriteLineAsync(withoutRule is [var (logSource, only)]
                ? $"  {only} of a log source that no rule is for: {logSource}"
                : $"  {withoutRule.Sum(kind => kind.Count)} of log sources that no rule is for: "
                    + string.Join("; ", withoutRule.Take(MaxLogSources).Select(kind => $"{kind.LogSource} ({kind.Count})"))
                    + (withoutRule.Length > MaxLogSources ? $"; and {withoutRule.Length - MaxLogSources} more" : ""));
        }

        if (others.Any(kind => kind.First.Kind.Reason == UnseenReason.NoLogSource))
        {
            await errors.WriteLineAsync("  --logsource states the log source of events that do not; --mapping gives fields their names");
        }
    }

    private static string Describe(UnseenEvents events) => events.Kind.Reason switch
    {
        UnseenReason.NoRuleForStated => $"{events.Kind.Shape}: no rule for the log source that they state, such as {events.Stated}",
        UnseenReason.LeftOut => $"{events.Kind.Shape}: of kinds that rules do not look at (docs/telemetry.md)",
        _ when events.LooksLike.Length == 0 => $"{events.Kind.Shape}: no log source, and no properties",
        _ => $"{events.Kind.Shape}: no log source; properties: {events.LooksLike}",
    };

    /// <summary>Breaks a text at blanks, so that it can be read on a terminal.</summary>
    private static IEnumerable<string> Lines(string text)
    {
        while (text.Length > MaxWidth && text.LastIndexOf(' ', MaxWidth, MaxWidth - Indent.Length) is > 0 and int blank)
        {
            yield return text[..blank];
            text = Indent + text[(blank + 1)..];
        }

        yield return text;
    }
}
