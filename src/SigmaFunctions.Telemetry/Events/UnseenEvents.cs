namespace SigmaFunctions.Telemetry.Events;

/// <summary>Why no rule can see an event.</summary>
public enum UnseenReason
{
    /// <summary>The event does not say what it is: no shape knows a log source for it, and it states none.</summary>
    NoLogSource,

    /// <summary>It has a log source that no rule asks for.</summary>
    NoRule,

    /// <summary>It states a log source of its own (flat JSON) that no rule asks for.</summary>
    NoRuleForStated,

    /// <summary>Rules do not look at events of this kind, as docs/telemetry.md lists: what they test for is not in them.</summary>
    LeftOut,
}

/// <summary>Events that no rule can see and that are alike.</summary>
/// <param name="Shape">Shape that they arrived in (<see cref="DecodedEvent.Shape"/>).</param>
/// <param name="Reason">Why no rule can see them.</param>
/// <param name="LogSource">
/// For <see cref="UnseenReason.NoRule"/> their log sources, as <c>product=windows,service=sense</c>; otherwise empty. Never text of an event.
/// </param>
public sealed record UnseenKind(string Shape, UnseenReason Reason, string LogSource);

/// <summary>How many events of a kind a body held.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Count">How many, from 1.</param>
/// <param name="LooksLike">
/// What one of them looks like: names of its properties, at most <see cref="RecordOutline.MaxNames"/>, printable ASCII. It may be one of an
/// earlier body.
/// </param>
/// <param name="Stated">
/// For <see cref="UnseenReason.NoRuleForStated"/> what one of them states, as <c>category=proxy</c>, cut and printable; otherwise empty. This is
/// text of an event: not for logs.
/// </param>
public readonly record struct UnseenEvents(UnseenKind Kind, int Count, string LooksLike, string Stated);
