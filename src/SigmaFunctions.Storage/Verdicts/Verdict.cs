using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Verdicts;

/// <summary>What somebody decided of a detection.</summary>
/// <param name="Id">The detection.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Version">How often something was decided of it, from 1.</param>
/// <param name="By">Who decided, as whoever wrote it names them.</param>
/// <param name="At">When (UTC).</param>
/// <param name="Reason">Why; null where none is given.</param>
/// <param name="RuleRevision">Which revision of the rule was judged; null where that is not known.</param>
public sealed record Verdict(DetectionId Id, VerdictKind Kind, int Version, string By, DateTimeOffset At, string? Reason, string? RuleRevision)
{
    /// <summary>Id of the rule.</summary>
    public required string RuleId { get; init; }

    /// <summary>Title of the rule, as it was then.</summary>
    public required string RuleTitle { get; init; }

    /// <summary>Level of the rule, as it was then; null where it stated none.</summary>
    public string? Level { get; init; }
}

/// <summary>What a detection turned out to be.</summary>
public enum VerdictKind
{
    /// <summary>The rule found what it looks for, and it is an attack.</summary>
    TruePositive,

    /// <summary>The rule found something else than it looks for.</summary>
    FalsePositive,

    /// <summary>The rule found what it looks for, and it is no attack.</summary>
    Benign,

    /// <summary>Nothing any more: what was decided before is taken back.</summary>
    Withdrawn,
}

/// <summary>A change of a verdict, as its history has it.</summary>
/// <param name="Kind">What was decided.</param>
/// <param name="Version">Its number, from 1.</param>
/// <param name="By">Who decided.</param>
/// <param name="At">When (UTC).</param>
/// <param name="Reason">Why; null where none is given.</param>
/// <param name="RuleRevision">Which revision of the rule was judged; null where that is not known.</param>
public sealed record VerdictChange(VerdictKind Kind, int Version, string By, DateTimeOffset At, string? Reason, string? RuleRevision);

/// <summary>What is to be decided.</summary>
public sealed record NewVerdict
{
    /// <summary>Longest name of who decides, in UTF-16 units.</summary>
    public const int MaxBy = 256;

    /// <summary>Longest reason, in UTF-16 units.</summary>
    public const int MaxReason = 2_000;

    /// <summary>Makes one.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="by">Who decides, of 1 to <see cref="MaxBy"/> characters.</param>
    /// <param name="at">When.</param>
    /// <param name="reason">Why, of up to <see cref="MaxReason"/> characters; null or empty for none.</param>
    /// <exception cref="ArgumentException">A text is too long, nobody is named, or there is no such kind.</exception>
    public NewVerdict(VerdictKind kind, string by, DateTimeOffset at, string? reason = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(by.Length, MaxBy, nameof(by));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(reason?.Length ?? 0, MaxReason, nameof(reason));
        Kind = Enum.IsDefined(kind) ? kind : throw new ArgumentOutOfRangeException(nameof(kind));
        By = BoundedText.Clean(by);
        At = at.ToUniversalTime();
        Reason = string.IsNullOrWhiteSpace(reason) ? null : BoundedText.Clean(reason);
    }

    /// <summary>What it is.</summary>
    public VerdictKind Kind { get; }

    /// <summary>Who decides.</summary>
    public string By { get; }

    /// <summary>When (UTC).</summary>
    public DateTimeOffset At { get; }

    /// <summary>Why; null where none is given.</summary>
    public string? Reason { get; }
}

/// <summary>A detection of which something is to be decided.</summary>
/// <param name="Detection">The detection with its original: it is kept with the verdict.</param>
/// <param name="ExpectedVersion">Version of the verdict that whoever decides has seen; 0 for none.</param>
/// <param name="RuleRevision">Which revision of the rule is judged, of up to <see cref="MaxRevision"/> characters; null where that is not known.</param>
public sealed record VerdictTarget(Detection Detection, int ExpectedVersion, string? RuleRevision = null)
{
    /// <summary>Longest revision, in UTF-16 units.</summary>
    public const int MaxRevision = 128;
}

/// <summary>What came of deciding.</summary>
/// <param name="IsSet">Whether the verdict is set, of all detections; of none where a verdict is not the one that was expected.</param>
/// <param name="Current">Verdicts as they are now, of those detections that have one.</param>
public sealed record VerdictResult(bool IsSet, IReadOnlyDictionary<DetectionId, Verdict> Current);

/// <summary>Verdicts of a span of time.</summary>
/// <param name="Verdicts">The verdicts, newest first by the enqueued time of their detections.</param>
/// <param name="IsCut">Whether there are more, older ones.</param>
public sealed record VerdictRange(IReadOnlyList<Verdict> Verdicts, bool IsCut);
