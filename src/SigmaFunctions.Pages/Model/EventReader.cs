using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Azure;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Pages.Model;

/// <summary>Puts together what a page tells of an event: from its rows, the record as it came, the rules that run, and what was detected around it.</summary>
internal sealed class EventReader
{
    private const int MaxRules = 100;
    private const int MaxFields = 200;
    private const int MaxChanges = 20;

    // Of the rules with the highest levels: more of them say hardly more of an event, and each costs time and requests.
    private const int MaxExplained = 10;
    private const int MaxCounted = 20_000;
    private static readonly TimeSpan HistorySpan = TimeSpan.FromDays(30);

    private static readonly TimeSpan Around = TimeSpan.FromMinutes(15);
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PageSources _sources;
    private readonly BoardReader _board;
    private readonly TimeProvider _time;
    private readonly ConditionalWeakTable<RuleSet, RuleLookup> _lookups = [];

    /// <param name="sources">Where everything is read.</param>
    /// <param name="board">The detections around an event.</param>
    /// <param name="time">The clock.</param>
    public EventReader(PageSources sources, BoardReader board, TimeProvider time)
    {
        _sources = sources;
        _board = board;
        _time = time;
    }

    /// <summary>Reads all of an event; null where there is no such detection.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="FormatException">A row is not of a detection.</exception>
    public async Task<EventStory?> ReadAsync(DetectionId id, CancellationToken cancellationToken)
    {
        if (await _sources.Detections.FindAsync(id, cancellationToken) is not { } asked)
        {
            return null;
        }

        string original = await _sources.Detections.ReadOriginalAsync(asked, cancellationToken);
        IReadOnlyList<Detection> beside = asked.Correlation is null ? await _sources.Search.OfRecordAsync(id, cancellationToken) : [];

        // What late events have shown to be none is told of only where it is asked for.
        BoardRow[] all =
        [
            .. beside.Where(one => one.Id != id && one.Correlation is not { IsSuperseded: true }).Append(asked)
                .Select(detection => new BoardRow(detection))
                .OrderByDescending(row => row.Rank).ThenBy(row => row.Detection.RuleTitle, StringComparer.Ordinal),
        ];
        ImmutableArray<BoardRow> rows = [.. all.Take(MaxRules)];
        RuleSet? rules = _sources.Rules();
        SigmaEvent? decoded = Decode(original);
        Task<ImmutableArray<RuleStory>> stories = StoriesAsync(rows, rules, decoded, cancellationToken);
        ImmutableArray<Neighbour> neighbours = await NeighboursAsync(asked, cancellationToken);
        var marks = Marks.Of([.. rows.Take(MaxExplained)], LookupOf(rules), decoded);
        return new EventStory
        {
            Asked = asked,
            Rules = await stories,
            Gist = marks.Gist(asked),
            RuleCount = all.Length,
            Fields = [.. marks.Fields.Take(MaxFields)],
            FieldCount = marks.Fields.Count(),
            Original = Readable(original),
            Unread = decoded is not null ? null
                : original.Length == 0 ? "The record is no longer kept."
                : asked.OriginalTruncated ? "The record was cut when it was stored, so that it cannot be read again."
                : "The record cannot be read again.",
            Neighbours = neighbours,
            Lineage = LineageOf(asked, neighbours, [.. rows.Select(row => row.Detection.Id)]),
            Events = await EventsAsync(asked, rules, cancellationToken),
        };
    }

    /// <summary>What is shown of an event in a list, from what its rows alone say.</summary>
    public MarkedText? GistOf(BoardEvent one)
    {
        return Marks.Of([.. one.Rows.Take(MaxExplained)], LookupOf(_sources.Rules()), null).Gist(one.Rows[0].Detection)?.Text;
    }

    private RuleLookup? LookupOf(RuleSet? rules) => rules is null ? null : _lookups.GetValue(rules, static set => new RuleLookup(set));

    private SigmaEvent? Decode(string original)
    {
        if (original.Length == 0)
        {
            return null;
        }

        DecodedBody body = _sources.Decoder.Decode(Encoding.UTF8.GetBytes(original));
        return body is { UndecodedCount: 0, Events: [var one] } ? one.Event : null;
    }

    private async Task<ImmutableArray<RuleStory>> StoriesAsync(
        ImmutableArray<BoardRow> rows, RuleSet? rules, SigmaEvent? decoded, CancellationToken cancellationToken)
    {
        DateTimeOffset now = _time.GetUtcNow();
        IReadOnlyDictionary<DetectionId, Verdict> verdicts = await _sources.Verdicts.GetAsync([.. rows.Select(row => row.Detection.Id)], cancellationToken);
        RuleStory[] stories = await Task.WhenAll(rows.Select(async (row, place) =>
        {
            string rule = row.Detection.RuleId;
            SeenMutes mutes = await _sources.Windows.LookAtMutesAsync(rule, cancellationToken);
            Verdict? verdict = verdicts.GetValueOrDefault(row.Detection.Id);
            SigmaRule? running = LookupOf(rules)?.FindRule(rule);
            return new RuleStory(
                row,
                running,
                rules?.Correlations.FirstOrDefault(one => RuleIdComparer.Instance.Equals(one.Id, rule)),
                place < MaxExplained && decoded is not null && running is not null && rules is not null ? Explainer.Explain(rules, rule, decoded) : null,
                [.. mutes.Mutes.All.Where(mute => mute.Until > now).OrderByDescending(mute => mute.Until)],
                verdict,
                verdict is null ? [] : [.. await _sources.Verdicts.HistoryAsync(row.Detection.Id, MaxChanges, cancellationToken)],
                place < MaxExplained ? await _sources.Index.RuleHistoryAsync(rule, now - HistorySpan, now.AddMinutes(1), cancellationToken, MaxCounted) : null);
        }));
        return [.. stories];
    }

    private async Task<ImmutableArray<Neighbour>> NeighboursAsync(Detection asked, CancellationToken cancellationToken)
    {
        DateTimeOffset time = asked.Id.Time;
        BoardRead read = await _board.ReadAsync(time - Around, time + Around, cancellationToken);
        return
        [
            .. read.Board.Rows
                .Select(row => new Neighbour(row, IsSame(asked.Host, row.Detection.Host), IsSame(asked.User, row.Detection.User)))
                .Where(one => one.IsSameHost || one.IsSameUser || one.Row.Detection.Id == asked.Id)
                .OrderBy(one => one.Row.Time),
        ];

        static bool IsSame(string? one, string? other) => !string.IsNullOrEmpty(one) && string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
    }

    private static ImmutableArray<StoryProcess> LineageOf(Detection asked, ImmutableArray<Neighbour> neighbours, HashSet<DetectionId> own)
    {
        if (asked.Facts is not { Process: { } process } facts)
        {
            return [];
        }

        List<StoryProcess> lineage = [Story(process)];
        ProcessFacts? parent = facts.Parent;
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);

        // A parent has a parent where it was detected itself.
        while (parent is not null && lineage.Count < 8)
        {
            lineage.Insert(0, Story(parent));
            parent = parent is { Id: { } id, Image: { } image } && seen.Add($"{id} {image}")
                ? neighbours.Where(one => one.IsSameHost && IsOf(one.Row.Detection, parent)).Select(one => one.Row.Detection.Facts?.Parent).FirstOrDefault(found => found is not null)
                : null;
        }

        return [.. lineage];

        StoryProcess Story(ProcessFacts one) => new(
            one,
            [
                .. neighbours.Where(neighbour => neighbour.IsSameHost && !own.Contains(neighbour.Row.Detection.Id) && IsOf(neighbour.Row.Detection, one))
                    .Select(neighbour => neighbour.Row)
                    .OrderByDescending(row => row.Rank),
            ]);

        // The number of a process is given to others after its end, hardly to the same program within minutes.
        static bool IsOf(Detection detection, ProcessFacts process) =>
            process is { Id: not null, Image: not null }
            && detection.Facts?.Process is { } other
            && other.Id == process.Id
            && string.Equals(other.Image, process.Image, StringComparison.OrdinalIgnoreCase);
    }

    private async Task<ImmutableArray<CorrelatedStory>> EventsAsync(Detection asked, RuleSet? rules, CancellationToken cancellationToken)
    {
        if (asked.Correlation is not { } correlation)
        {
            return [];
        }

        IReadOnlyDictionary<DetectionId, Detection> recorded = await _sources.Detections.FindBriefAsync([.. correlation.Events.Select(IdOf)], cancellationToken);
        return
        [
            .. correlation.Events.Select(one => recorded.TryGetValue(IdOf(one), out Detection? detection)
                ? new CorrelatedStory(one, detection.RuleTitle, detection.Id)
                : new CorrelatedStory(one, LookupOf(rules)?.FindRule(one.RuleId)?.Title, null)),
        ];

        static DetectionId IdOf(DetectedEvent one) => DetectionId.Create(one.Identity, one.RuleId);
    }

    private static string Readable(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return JsonSerializer.Serialize(document.RootElement, Indented);
        }
        catch (JsonException)
        {
            return text;
        }
    }
}
