using System.Collections.Immutable;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Pages.Model;

/// <summary>All that a page tells of an event.</summary>
internal sealed record EventStory
{
    /// <summary>The detection that was asked for, with its original.</summary>
    public required Detection Asked { get; init; }

    /// <summary>Number of detections on the event.</summary>
    public required int RuleCount { get; init; }

    /// <summary>The detections on the event, highest level first; of very many the first.</summary>
    public required ImmutableArray<RuleStory> Rules { get; init; }

    /// <summary>The value that says most: of a process its command line, otherwise a value that made a rule match. Null where there is none.</summary>
    public (string Field, MarkedText Text)? Gist { get; init; }

    /// <summary>The event's fields as rules see them, by name; of a record that was not kept whole the evidence.</summary>
    public required ImmutableArray<StoryField> Fields { get; init; }

    /// <summary>Number of the event's fields, of which <see cref="Fields"/> has the first.</summary>
    public required int FieldCount { get; init; }

    /// <summary>The record as it came, readable.</summary>
    public required string Original { get; init; }

    /// <summary>Why the record could not be read again; null where it could.</summary>
    public string? Unread { get; init; }

    /// <summary>The processes that led to it, the eldest first; the last is the one that acted.</summary>
    public ImmutableArray<StoryProcess> Lineage { get; init; } = [];

    /// <summary>What else this host and this user did, by time; of this event its own detections too.</summary>
    public ImmutableArray<Neighbour> Neighbours { get; init; } = [];

    /// <summary>Of a correlation, its events by time.</summary>
    public ImmutableArray<CorrelatedStory> Events { get; init; } = [];
}

/// <summary>A detection on the event.</summary>
/// <param name="Row">The detection.</param>
/// <param name="Rule">The rule as it runs now; null where it does not, or rules are not at hand.</param>
/// <param name="Correlation">The correlation as it runs now, where it is one.</param>
/// <param name="Explanation">Why the rule matches, as it runs now; null where that cannot be told.</param>
/// <param name="Mutes">Where the rule is muted now.</param>
/// <param name="Verdict">The verdict, also one that was taken back; null where there never was one.</param>
/// <param name="Changes">All that was decided of it, the newest first.</param>
/// <param name="History">How often the rule fired in the last 30 days; null for rules beyond the first few.</param>
internal sealed record RuleStory(
    BoardRow Row,
    SigmaRule? Rule,
    SigmaCorrelation? Correlation,
    Explanation? Explanation,
    ImmutableArray<Mute> Mutes,
    Verdict? Verdict,
    ImmutableArray<VerdictChange> Changes,
    RuleHistory? History);

/// <summary>A field of the event.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value, with what matched.</param>
internal sealed record StoryField(string Name, MarkedText Value);

/// <summary>A process that led to the event.</summary>
/// <param name="Facts">What is known of it.</param>
/// <param name="Detections">Its own detections among the neighbours, highest level first.</param>
internal sealed record StoryProcess(ProcessFacts Facts, ImmutableArray<BoardRow> Detections);

/// <summary>A detection near by.</summary>
/// <param name="Row">The detection.</param>
/// <param name="IsSameHost">Whether it is on the same host.</param>
/// <param name="IsSameUser">Whether it is of the same user.</param>
internal sealed record Neighbour(BoardRow Row, bool IsSameHost, bool IsSameUser);

/// <summary>An event of a correlation.</summary>
/// <param name="Event">The event.</param>
/// <param name="RuleTitle">Title of its rule; null where that is not known.</param>
/// <param name="Detection">Its own detection; null where its rule makes none.</param>
internal sealed record CorrelatedStory(DetectedEvent Event, string? RuleTitle, DetectionId? Detection);
