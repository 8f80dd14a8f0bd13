using System.Diagnostics.Metrics;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Diagnostics;

/// <summary>
/// What is measured of the events' way through the app. Everything is added up for a batch first, so an event costs nothing here.
/// </summary>
public sealed class DetectionMetrics
{
    /// <summary>Name of the meter that all of the app's metrics are on.</summary>
    public const string MeterName = "SigmaFunctions";

    /// <summary>Events that were read and run through the rules, by the <c>hub</c> that they came from.</summary>
    public const string Events = "sigmafunctions.events";

    /// <summary>
    /// Events that no rule can see, by <c>shape</c>, <c>reason</c> (<c>no_log_source</c>, <c>no_rule</c>, <c>left_out</c>) and, for <c>no_rule</c>, <c>log_source</c>
    /// (<c>stated</c> where the event named it itself). They are among <see cref="Events"/>.
    /// </summary>
    public const string Unseen = "sigmafunctions.events.unseen";

    /// <summary>Records that could not be read.</summary>
    public const string Undecoded = "sigmafunctions.undecoded";

    /// <summary>Records that the app itself failed on.</summary>
    public const string Failed = "sigmafunctions.failed";

    /// <summary>Matches, by the rule's <c>level</c>; a second delivery counts again.</summary>
    public const string Matches = "sigmafunctions.matches";

    /// <summary>Matches that were counted and not recorded, since their message had too many.</summary>
    public const string Omitted = "sigmafunctions.omitted";

    /// <summary>Alerts put on the queue.</summary>
    public const string Alerts = "sigmafunctions.alerts";

    /// <summary>Detections recorded without an alert of their own, by <c>reason</c>: level, repetition or rate.</summary>
    public const string HeldBack = "sigmafunctions.held_back";

    /// <summary>Dead letters written; a second delivery does not count again.</summary>
    public const string DeadLetters = "sigmafunctions.dead_letters";

    /// <summary>Seconds from the enqueuing of a batch's oldest message until all of its detections are recorded and announced.</summary>
    public const string Lag = "sigmafunctions.lag";

    /// <summary>Seconds from the enqueuing of a canary until its detection is recorded; what does not come is the alarm.</summary>
    public const string Canary = "sigmafunctions.canary";

    /// <summary>Events that look like the app's canary and are none that it sent, by the <c>hub</c> that they came from; they count as events and matches too.</summary>
    public const string ForgedCanaries = "sigmafunctions.canary.forged";

    private const string NoLevel = "none";

    // Seconds from a live stream to a backlog of a day.
    private static readonly InstrumentAdvice<double> LagAdvice = new()
    {
        HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600, 21_600, 86_400],
    };

    private readonly Counter<long> _events;
    private readonly Counter<long> _unseen;
    private readonly Counter<long> _undecoded;
    private readonly Counter<long> _failed;
    private readonly Counter<long> _matches;
    private readonly Counter<long> _omitted;
    private readonly Counter<long> _alerts;
    private readonly Counter<long> _heldBack;
    private readonly Counter<long> _deadLetters;
    private readonly Counter<long> _forgedCanaries;
    private readonly Histogram<double> _lag;
    private readonly Histogram<double> _canary;

    /// <summary>Makes the instruments.</summary>
    public DetectionMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        Meter meter = meters.Create(MeterName);
        _events = meter.CreateCounter<long>(Events, "{event}", "Events that were read and run through the rules, by hub.");
        _unseen = meter.CreateCounter<long>(Unseen, "{event}", "Events that no rule can see, by shape, reason and log source.");
        _undecoded = meter.CreateCounter<long>(Undecoded, "{record}", "Records that could not be read.");
        _failed = meter.CreateCounter<long>(Failed, "{record}", "Records that the app itself failed on.");
        _matches = meter.CreateCounter<long>(Matches, "{match}", "Rules that matched, by level.");
        _omitted = meter.CreateCounter<long>(Omitted, "{match}", "Matches that were counted and not recorded, since their message had too many.");
        _alerts = meter.CreateCounter<long>(Alerts, "{alert}", "Alerts put on the queue.");
        _heldBack = meter.CreateCounter<long>(HeldBack, "{detection}", "Detections recorded without an alert of their own, by reason.");
        _deadLetters = meter.CreateCounter<long>(DeadLetters, "{blob}", "Records that could not be read, kept in the blob container.");
        _canary = meter.CreateHistogram(
            Canary, "s", "From the enqueuing of a canary until its detection is recorded.", advice: LagAdvice);
        _forgedCanaries = meter.CreateCounter<long>(ForgedCanaries, "{event}", "Events that look like the app's canary and are none that it sent, by hub.");
        _lag = meter.CreateHistogram(
            Lag, "s", "From the enqueuing of a batch's oldest message until its detections are recorded and announced.", advice: LagAdvice);
    }

    internal void AddEvents(string hub, long events, long undecoded, long failed, long omitted)
    {
        _events.Add(events, KeyValuePair.Create("hub", (object?)hub));
        if (undecoded > 0)
        {
            _undecoded.Add(undecoded);
        }

        if (failed > 0)
        {
            _failed.Add(failed);
        }

        if (omitted > 0)
        {
            _omitted.Add(omitted);
        }
    }

    internal void AddUnseen(UnseenKind kind, long events) => _unseen.Add(
        events,
        KeyValuePair.Create("shape", (object?)kind.Shape),
        KeyValuePair.Create("reason", (object?)NameOf(kind.Reason)),
        KeyValuePair.Create("log_source", (object?)LogSourceOf(kind)));

    internal void AddMatches(IEnumerable<Detection> detections)
    {
        foreach (IGrouping<string, Detection> level in detections.GroupBy(detection => detection.Level ?? NoLevel))
        {
            _matches.Add(level.Count(), KeyValuePair.Create("level", (object?)level.Key));
        }
    }

    internal void AddAlerts(IEnumerable<AlertOutcome> outcomes)
    {
        foreach (IGrouping<HoldReason?, AlertOutcome> reason in outcomes.GroupBy(outcome => outcome.HeldBack))
        {
            if (reason.Key is { } held)
            {
                _heldBack.Add(reason.Count(), KeyValuePair.Create("reason", (object?)held.ToString().ToLowerInvariant()));
            }
            else
            {
                _alerts.Add(reason.Count());
            }
        }
    }

    internal void AddDeadLetters(int written) => _deadLetters.Add(written);

    internal void RecordCanary(string hub, TimeSpan lag) => _canary.Record(lag.TotalSeconds, KeyValuePair.Create("hub", (object?)hub));

    internal void AddForgedCanaries(string hub, long events) => _forgedCanaries.Add(events, KeyValuePair.Create("hub", (object?)hub));

    internal void RecordLag(TimeSpan lag) => _lag.Record(lag.TotalSeconds);

    /// <summary>The log sources of a kind; <c>stated</c> where events name them, since whoever sends them chooses how many there are.</summary>
    internal static string LogSourceOf(UnseenKind kind) => kind.Reason == UnseenReason.NoRuleForStated ? "stated" : kind.LogSource;

    /// <summary>The name of a reason for people and programs.</summary>
    internal static string NameOf(UnseenReason reason) => reason switch
    {
        UnseenReason.NoLogSource => "no_log_source",
        UnseenReason.LeftOut => "left_out",
        _ => "no_rule",
    };
}
