using System.Diagnostics;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Sources;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// What happens to a batch of messages: decode, match, record, notify, correlate; what cannot be read becomes dead letters. Bad input never
/// makes it fail; a store that cannot be reached does, so that the partition waits and the batch is delivered again. Everything written follows from the events'
/// identities, so a second delivery changes nothing.
/// </summary>
public sealed class DetectionPipeline
{
    /// <summary>Of one message: matches of a rule, and of all rules, that are recorded one by one, and unreadable records that are kept.</summary>
    public static readonly BodyLimits Limits = new()
    {
        MatchesPerRule = 1_000,
        Matches = 2_000,
        Undecoded = DeadLetterCollector.MaxRecords,
        Correlates = true,
        CorrelatedBytes = 16 * 1024 * 1024,
    };

    private readonly BatchGuard _guard;
    private readonly InstanceActivity _activity;
    private readonly UnseenEventCounts _unseen;
    private readonly SourceCounts _sources;
    private readonly TimeProvider _timeProvider;

    /// <summary>Makes the pipeline.</summary>
    /// <param name="detectors">Gives the compiled rules.</param>
    /// <param name="decoder">Reads bodies.</param>
    /// <param name="recorder">Records detections and announces them.</param>
    /// <param name="correlations">Evaluates correlations.</param>
    /// <param name="deadLetters">Where goes what cannot be read.</param>
    /// <param name="canaries">Tells the app's own canaries.</param>
    /// <param name="guard">Finds messages that end the app.</param>
    /// <param name="gate">Bounds what is unpacked.</param>
    /// <param name="slots">Bounds what is recorded at the same time.</param>
    /// <param name="metrics">What is measured.</param>
    /// <param name="activity">What is told of how far this instance is.</param>
    /// <param name="unseen">Told what no rule can see.</param>
    /// <param name="sources">Told where events come from.</param>
    /// <param name="timeProvider">Clock of the elapsed time and the lag.</param>
    /// <param name="logger">Log; never of events' contents.</param>
    public DetectionPipeline(
        DetectorProvider detectors,
        EventDecoder decoder,
        DetectionRecorder recorder,
        CorrelationRunner correlations,
        DeadLetterStore deadLetters,
        CanaryCheck canaries,
        BatchGuard guard,
        BodyGate gate,
        RecordingSlots slots,
        DetectionMetrics metrics,
        InstanceActivity activity,
        UnseenEventCounts unseen,
        SourceCounts sources,
        TimeProvider timeProvider,
        ILogger<DetectionPipeline> logger)
        : this(
            () => detectors.Current,
            decoder,
            (matcher, body, cancellationToken) => matcher.Match(body, cancellationToken),
            recorder,
            correlations,
            deadLetters,
            canaries,
            guard,
            gate,
            slots,
            metrics,
            activity,
            unseen,
            sources,
            timeProvider,
            logger)
    {
    }

    internal DetectionPipeline(
        Func<Detector> detector,
        EventDecoder decoder,
        Func<BodyMatcher, byte[], CancellationToken, BodyMatches> match,
        DetectionRecorder recorder,
        CorrelationRunner correlations,
        DeadLetterStore deadLetters,
        CanaryCheck canaries,
        BatchGuard guard,
        BodyGate gate,
        RecordingSlots slots,
        DetectionMetrics metrics,
        InstanceActivity activity,
        UnseenEventCounts unseen,
        SourceCounts sources,
        TimeProvider timeProvider,
        ILogger<DetectionPipeline> logger)
    {
        Detector = detector;
        Matchers = new BodyMatcherPool(decoder, Limits);
        Match = match;
        Recorder = recorder;
        Decoder = decoder;
        Correlations = correlations;
        DeadLetters = deadLetters;
        Canaries = canaries;
        Gate = gate;
        Slots = slots;
        Metrics = metrics;
        Logger = logger;
        _guard = guard;
        _activity = activity;
        _unseen = unseen;
        _sources = sources;
        _timeProvider = timeProvider;
    }

    internal Func<Detector> Detector { get; }

    internal BodyMatcherPool Matchers { get; }

    internal Func<BodyMatcher, byte[], CancellationToken, BodyMatches> Match { get; }

    internal DetectionRecorder Recorder { get; }

    internal EventDecoder Decoder { get; }

    internal CorrelationRunner Correlations { get; }

    internal DeadLetterStore DeadLetters { get; }

    internal CanaryCheck Canaries { get; }

    internal BodyGate Gate { get; }

    internal RecordingSlots Slots { get; }

    internal DetectionMetrics Metrics { get; }

    internal ILogger<DetectionPipeline> Logger { get; }

    /// <summary>Runs the rules over one batch.</summary>
    /// <param name="bodies">The messages' bodies.</param>
    /// <param name="batch">Where they came from.</param>
    /// <param name="cancellationToken">Ends the work; what was recorded by then stays.</param>
    /// <exception cref="Azure.RequestFailedException">Table, queue or container refused, or could not be reached.</exception>
    /// <exception cref="AggregateException">Table, queue or container could not be reached, in none of the tries of the SDK.</exception>
    /// <exception cref="OperationCanceledException">The invocation was cancelled.</exception>
    /// <exception cref="OutOfMemoryException">Memory ran out.</exception>
    public async Task RunAsync(IReadOnlyList<byte[]> bodies, EventBatch batch, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bodies);
        ArgumentNullException.ThrowIfNull(batch);
        using Activity? activity = Traces.Start("batch", ActivityKind.Consumer);
        activity?
            .SetTag("messaging.system", "eventhubs")
            .SetTag("messaging.destination.name", batch.EventHub)
            .SetTag("messaging.destination.partition.id", batch.Partition)
            .SetTag("messaging.batch.message_count", bodies.Count);
        try
        {
            await RunAsync(bodies, batch, activity, cancellationToken);
        }
        catch (Exception exception)
        {
            activity.Fail(exception);
            throw;
        }
    }

    private async Task RunAsync(IReadOnlyList<byte[]> bodies, EventBatch batch, Activity? activity, CancellationToken cancellationToken)
    {
        long started = _timeProvider.GetTimestamp();
        using var run = new BatchRun(this, bodies, batch, cancellationToken);
        GuardedBatch guarded = await _guard.BeginAsync(batch, cancellationToken);
        try
        {
            for (int message = 0; message < bodies.Count; message++)
            {
                if (guarded.IsIsolated)
                {
                    await run.DetectAloneAsync(message, guarded);
                }
                else
                {
                    await run.DetectAsync(message);
                }
            }
            await run.FlushAsync();
            await run.CorrelateAsync();
            await guarded.EndAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            await guarded.WithdrawAsync();
            throw;
        }
        run.End();
        Report(run, bodies.Count, batch, activity, started);
    }

    private void ReportUnseen(BatchRun run, EventBatch batch)
    {
        if (run.Unseen.Count == 0)
        {
            return;
        }

        foreach (UnseenEvents events in run.Unseen)
        {
            Metrics.AddUnseen(events.Kind, events.Count);
        }

        if (_unseen.Add(batch.EventHub, run.Unseen) is { } told)
        {
            Logger.EventsUnseen(batch.EventHub, told.Events, told.Kinds);
        }
    }

    private void Report(BatchRun run, int messages, EventBatch batch, Activity? activity, long started)
    {
        activity?
            .SetTag("sigmafunctions.events", run.Events)
            .SetTag("sigmafunctions.undecoded", run.Undecoded)
            .SetTag("sigmafunctions.failed", run.Failed)
            .SetTag("sigmafunctions.detections", run.Detections + run.Canaries.Count);
        Metrics.AddEvents(batch.EventHub, run.Events - run.Canaries.Count, run.Undecoded, run.Failed, run.Omitted);
        ReportUnseen(run, batch);
        _sources.Add(batch.EventHub, run.Sources);
        if (run.ForgedCanaries > 0)
        {
            Metrics.AddForgedCanaries(batch.EventHub, run.ForgedCanaries);
            Logger.CanariesForged(batch.Partition, run.ForgedCanaries, run.FirstForgedCanary);
        }
        if (messages > 0)
        {
            DateTimeOffset now = _timeProvider.GetUtcNow();
            Metrics.RecordLag(now - batch.OldestEnqueuedTime);
            foreach (DateTimeOffset canary in run.Canaries)
            {
                Metrics.RecordCanary(batch.EventHub, now - canary);
            }

            _activity.Add(run.Events, batch.NewestEnqueuedTime, now);
        }

        double elapsed = _timeProvider.GetElapsedTime(started).TotalMilliseconds;
        Logger.BatchDone(
            run.Detections == 0 ? LogLevel.Debug : LogLevel.Information,
            batch.Partition,
            messages,
            run.Events,
            run.Undecoded,
            run.Failed,
            run.Detections,
            run.Alerts,
            run.HeldBack,
            elapsed);
    }
}
