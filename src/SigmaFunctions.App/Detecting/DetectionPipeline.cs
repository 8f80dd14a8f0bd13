using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Rules;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Storage;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// What happens to a batch of messages: decode, match, record, notify; what cannot be read becomes dead letters. Bad input never
/// makes it fail; a store that cannot be reached does, so that the partition waits and the batch is delivered again. Everything written follows from the events'
/// identities, so a second delivery changes nothing.
/// </summary>
public sealed class DetectionPipeline
{
    // A flood of bad messages must not become a flood of log lines.
    private const int MaximumReports = 20;
    private const string CatchReason = "A fault on one message must not stop all that follow.";

    private readonly Func<Detector> _detector;
    private readonly BodyMatcherPool _matchers;
    private readonly Func<BodyMatcher, byte[], BodyMatches> _match;
    private readonly DetectionRecorder _recorder;
    private readonly DeadLetterStore _deadLetters;
    private readonly DetectionMetrics _metrics;
    private readonly InstanceActivity _activity;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<DetectionPipeline> _logger;

    /// <summary>Makes the pipeline.</summary>
    /// <param name="detectors">Gives the compiled rules.</param>
    /// <param name="decoder">Reads bodies.</param>
    /// <param name="recorder">Records detections and announces them.</param>
    /// <param name="deadLetters">Where goes what cannot be read.</param>
    /// <param name="metrics">What is measured.</param>
    /// <param name="activity">What is told of how far this instance is.</param>
    /// <param name="timeProvider">Clock of the elapsed time and the lag.</param>
    /// <param name="logger">Log; never of events' contents.</param>
    public DetectionPipeline(
        DetectorProvider detectors,
        EventDecoder decoder,
        DetectionRecorder recorder,
        DeadLetterStore deadLetters,
        DetectionMetrics metrics,
        InstanceActivity activity,
        TimeProvider timeProvider,
        ILogger<DetectionPipeline> logger)
        : this(() => detectors.Current, decoder, (matcher, body) => matcher.Match(body), recorder, deadLetters, metrics, activity, timeProvider, logger)
    {
    }

    internal DetectionPipeline(
        Func<Detector> detector,
        EventDecoder decoder,
        Func<BodyMatcher, byte[], BodyMatches> match,
        DetectionRecorder recorder,
        DeadLetterStore deadLetters,
        DetectionMetrics metrics,
        InstanceActivity activity,
        TimeProvider timeProvider,
        ILogger<DetectionPipeline> logger)
    {
        _detector = detector;
        _matchers = new BodyMatcherPool(decoder);
        _match = match;
        _recorder = recorder;
        _deadLetters = deadLetters;
        _metrics = metrics;
        _activity = activity;
        _timeProvider = timeProvider;
        _logger = logger;
    }

    /// <summary>Runs the rules over one batch.</summary>
    /// <param name="bodies">The messages' bodies.</param>
    /// <param name="batch">Where they came from.</param>
    /// <param name="cancellationToken">Ends the work; what was recorded by then stays.</param>
    /// <exception cref="Azure.RequestFailedException">Table, queue or container refused, or could not be reached.</exception>
    /// <exception cref="AggregateException">Table, queue or container could not be reached, in none of the tries of the SDK.</exception>
    /// <exception cref="OperationCanceledException">The invocation was cancelled.</exception>
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
        Outcome outcome = Detect(bodies, batch, cancellationToken);
        activity?
            .SetTag("sigmafunctions.events", outcome.Events)
            .SetTag("sigmafunctions.undecoded", outcome.Undecoded)
            .SetTag("sigmafunctions.failed", outcome.Failed)
            .SetTag("sigmafunctions.detections", outcome.Detections.Count);
        // Canaries are counted by themselves: a hub that only they arrive in is silent.
        ILookup<bool, Detection> byCanary = outcome.Detections.ToLookup(detection => detection.RuleId == CanaryRule.Id);
        _metrics.AddEvents(batch.EventHub, outcome.Events - byCanary[true].Count(), outcome.Undecoded, outcome.Failed);
        _metrics.AddMatches(byCanary[false]);
        IReadOnlyCollection<AlertOutcome> outcomes = await _recorder.RecordAsync(outcome.Detections, cancellationToken);
        await KeepUnreadableAsync(outcome.DeadLetters.Letters, batch, cancellationToken);
        int alerts = outcomes.Count(one => one.HeldBack is null);
        if (bodies.Count > 0)
        {
            DateTimeOffset now = _timeProvider.GetUtcNow();
            _metrics.RecordLag(now - batch.OldestEnqueuedTime);
            foreach (Detection canary in byCanary[true])
                _metrics.RecordCanary(batch.EventHub, now - canary.Identity.EnqueuedTime);
            _activity.Add(outcome.Events, batch.NewestEnqueuedTime, now);
        }

        int detections = byCanary[false].Count();
        LogLevel level = detections == 0 ? LogLevel.Debug : LogLevel.Information;
        double elapsed = _timeProvider.GetElapsedTime(started).TotalMilliseconds;
        _logger.BatchDone(
            level,
            batch.Partition,
            bodies.Count,
            outcome.Events,
            outcome.Undecoded,
            outcome.Failed,
            detections,
            alerts,
            outcomes.Count - alerts,
            elapsed);
    }

    private Outcome Detect(IReadOnlyList<byte[]> bodies, EventBatch batch, CancellationToken cancellationToken)
    {
        using Activity? activity = Traces.Start("match");
        Detector detector = _detector();
        var outcome = new Outcome();
        BodyMatcher matcher = _matchers.Rent(detector);
        for (int message = 0; message < bodies.Count; message++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!TryDetect(matcher, bodies[message], batch, message, outcome))
                matcher = _matchers.Rent(detector);
        }
        _matchers.Return(matcher);
        if (outcome.Undecoded + outcome.Failed > MaximumReports)
            _logger.MoreUndecoded(outcome.Undecoded + outcome.Failed - MaximumReports, batch.Partition);
        return outcome;
    }

    /// <returns>Whether the matcher is good for another message.</returns>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = CatchReason)]
    private bool TryDetect(BodyMatcher matcher, byte[] body, EventBatch batch, int message, Outcome outcome)
    {
        BodyMatches matches;
        try
        {
            matches = _match(matcher, body);
        }
        catch (Exception exception)
        {
            EventIdentity identity = batch.Identity(message, 0);
            ReportFailure(exception, identity, outcome);
            outcome.DeadLetters.AddBody(identity, ReasonOf(exception), body);
            return false;
        }

        outcome.Events += matches.Events;
        foreach (UndecodedRecord record in matches.Undecoded)
        {
            EventIdentity identity = batch.Identity(message, record.Record);
            if (outcome.Undecoded++ + outcome.Failed < MaximumReports)
                Report(identity, record);
            outcome.DeadLetters.AddRecord(identity, record.Reason, record.Offset, () => record.Original);
        }
        foreach (MatchedRecord matched in matches.Records)
        {
            EventIdentity identity = batch.Identity(message, matched.Record);
            try
            {
                AddDetections(matcher.Detector, matched, identity, outcome);
            }
            catch (Exception exception)
            {
                ReportFailure(exception, matched, identity, outcome);
            }
        }
        outcome.DeadLetters.EndMessage(batch.Identity(message, 0), body);
        return true;
    }

    // A fault in the evidence for one rule must not take the detections of the others with it.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = CatchReason)]
    private void AddDetections(Detector detector, MatchedRecord matched, EventIdentity identity, Outcome outcome)
    {
        DecodedEvent decodedEvent = matched.Decode();
        string original = Encoding.UTF8.GetString(decodedEvent.Original.Span);
        var evidence = new EventEvidence(detector, decodedEvent.Event);
        foreach (int rule in matched.Rules)
        {
            try
            {
                outcome.Detections.Add(DetectionOf(evidence.Of(rule), decodedEvent, identity, original));
            }
            catch (Exception exception)
            {
                ReportFailure(exception, matched, identity, outcome);
            }
        }
    }

    private static Detection DetectionOf(RuleMatch match, DecodedEvent decodedEvent, EventIdentity identity, string original) => new()
    {
        Identity = identity,
        RuleId = match.Rule.Id,
        RuleTitle = match.Rule.Title,
        RuleAuthor = match.Rule.Author,
        Level = match.Rule.Level,
        Tags = match.Rule.Tags,
        EventTime = decodedEvent.Time,
        Host = decodedEvent.Host,
        User = decodedEvent.User,
        TenantId = decodedEvent.TenantId,
        Fields = [.. match.Fields.Select(field => new DetectedField(field.Field, field.Value))],
        Original = original,
    };

    /// <summary>
    /// Decoder and detector do not throw for what a message holds. Should one do so all the same, the message would come back for
    /// ever and hold its partition: it is counted and reported as an error instead, without the exception's message, which may
    /// quote the event.
    /// </summary>
    private void ReportFailure(Exception exception, EventIdentity identity, Outcome outcome)
    {
        if (outcome.Undecoded + outcome.Failed++ < MaximumReports)
            _logger.EventFailed(
                identity.Partition, identity.SequenceNumber, identity.Record, exception.GetType().FullName, exception.StackTrace);
    }

    private void ReportFailure(Exception exception, MatchedRecord matched, EventIdentity identity, Outcome outcome)
    {
        ReportFailure(exception, identity, outcome);
        outcome.DeadLetters.AddRecord(identity, ReasonOf(exception), 0, () => matched.Original);
    }

    private static string ReasonOf(Exception exception) => $"a defect of the app: {exception.GetType().FullName}";

    private void Report(EventIdentity identity, UndecodedRecord record) => _logger.Undecoded(
        identity.Namespace,
        identity.EventHub,
        identity.Partition,
        identity.SequenceNumber,
        identity.EnqueuedTime,
        identity.Record,
        record.Offset,
        record.Reason);

    // After the detections, which must not wait for it.
    private async Task KeepUnreadableAsync(IReadOnlyCollection<DeadLetter> letters, EventBatch batch, CancellationToken cancellationToken)
    {
        if (letters.Count == 0)
            return;
        DeadLetterResult result = await WriteAsync(letters, cancellationToken);
        _metrics.AddDeadLetters(result.Written);
        _logger.DeadLettersKept(batch.Partition, result.Written, _deadLetters.Name, result.Existing, result.Refused.Count);
        foreach (DeadLetter letter in result.Refused.Take(MaximumReports))
            _logger.DeadLetterRefused(
                letter.Identity.Partition, letter.Identity.SequenceNumber, letter.Identity.Record, letter.Content.Length, _deadLetters.Name);
    }

    private async Task<DeadLetterResult> WriteAsync(IReadOnlyCollection<DeadLetter> letters, CancellationToken cancellationToken)
    {
        using Activity? activity = Traces.Start("keep dead letters");
        activity?.SetTag("sigmafunctions.dead_letters", letters.Count);
        try
        {
            return await _deadLetters.WriteAsync(letters, cancellationToken);
        }
        catch (Exception exception)
        {
            activity.Fail(exception);
            throw;
        }
    }

    private sealed class Outcome
    {
        public int Events { get; set; }

        public int Undecoded { get; set; }

        public int Failed { get; set; }

        public List<Detection> Detections { get; } = [];

        public DeadLetterCollector DeadLetters { get; } = new();
    }
}
