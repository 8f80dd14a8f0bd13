using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using SigmaFunctions.App.Canary;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Sources;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// The way of one batch's messages through the app. Detections are recorded in slices, dead letters written in between, so what is in memory does not depend on
/// how many there are. Where it fails in the middle, what is recorded stays, and the next delivery finds it.
/// </summary>
internal sealed class BatchRun : IDisposable
{
    // A flood of bad messages must not become a flood of log lines.
    private const int MaxReports = 20;

    // Of one message, in UTF-16 units: a long record that matches very many rules is a blob from there on, and not a part of every row.
    private const int MaxOriginals = 8 * 1024 * 1024;

    // Of one message: ten events that take as much as an event may.
    private const long MaxEvidence = 10 * EventEvidence.MaxWork;

    private const string CatchReason = "A fault on one message must not stop all that follow.";

    private readonly DetectionPipeline _pipeline;
    private readonly IReadOnlyList<byte[]> _bodies;
    private readonly EventBatch _batch;
    private readonly CancellationToken _cancellationToken;
    private readonly DetectionSlice _slice = new();
    private readonly DeadLetterCollector _letters = new();
    private readonly CorrelationBatch _correlated;
    private readonly List<DateTimeOffset> _canaries = [];
    private readonly Dictionary<UnseenKind, UnseenEvents> _unseen = [];
    private BodyMatcher _matcher;
    private Activity? _match;
    private long _originals;
    private long _evidence;
    private int _reports;
    private int _omissions;
    private int _slots;
    private bool _hasEnded;

    public BatchRun(DetectionPipeline pipeline, IReadOnlyList<byte[]> bodies, EventBatch batch, CancellationToken cancellationToken)
    {
        _pipeline = pipeline;
        _bodies = bodies;
        _batch = batch;
        _cancellationToken = cancellationToken;
        _matcher = pipeline.Matchers.Rent(pipeline.Detector());
        _correlated = new CorrelationBatch(_matcher.Detector.RuleSet.CorrelationPlan);
    }

    public long Events { get; private set; }

    /// <summary>The events that no rule can see, of each kind once.</summary>
    public IReadOnlyCollection<UnseenEvents> Unseen => _unseen.Values;

    /// <summary>Where the events come from.</summary>
    public SourceBatch Sources { get; } = new();

    public long Undecoded { get; private set; }

    public long Failed { get; private set; }

    public long Detections { get; private set; }

    /// <summary>Matches that were counted and not recorded.</summary>
    public long Omitted { get; private set; }

    public long Alerts { get; private set; }

    public long HeldBack { get; private set; }

    /// <summary>When the app's own canaries that were detected had been enqueued.</summary>
    public IReadOnlyList<DateTimeOffset> Canaries => _canaries;

    /// <summary>Events that look like a canary and are none that the app sent.</summary>
    public long ForgedCanaries { get; private set; }

    /// <summary>Sequence number of the first of them.</summary>
    public long FirstForgedCanary { get; private set; }

    /// <summary>Reads a message, runs the rules over its events, and records what does not fit in the slice at hand.</summary>
    public async ValueTask DetectAsync(int message)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        byte[] body = _bodies[message];
        IDisposable? lease = _pipeline.Gate.TryEnter(body);
        if (lease is null)
        {
            // Who waits for the gate holds nothing that those within may wait for.
            await FlushAsync();
            lease = await _pipeline.Gate.EnterAsync(body, _cancellationToken);
        }
        using (lease)
        {
            await DetectAsync(message, body);
        }
    }

    /// <summary>As <see cref="DetectAsync(int)"/>, while nothing else is in hand on this instance; it ends when all of the message is recorded.</summary>
    public async Task DetectAloneAsync(int message, GuardedBatch guarded)
    {
        long sequenceNumber = _batch.Identity(message, 0).SequenceNumber;
        if (guarded.IsDone(sequenceNumber))
        {
            return;
        }

        int deadly = guarded.DeadlyAttempts(sequenceNumber);
        if (deadly >= BatchGuard.MaxAloneAttempts)
        {
            _pipeline.Logger.MessagePutAside(_batch.Partition, sequenceNumber, deadly);
            Failed++;
            _reports++;
            _letters.AddBody(_batch.Identity(message, 0), $"the app ended {deadly} times with this message alone in hand", _bodies[message]);
            await FlushAsync();
            return;
        }
        using IDisposable lease = await _pipeline.Gate.EnterAloneAsync(_cancellationToken);

        // Whoever has a slot does not wait for the gate.
        while (_slots < RecordingSlots.Maximum)
        {
            await _pipeline.Slots.EnterAsync(_cancellationToken);
            _slots++;
        }
        await guarded.TakeAloneAsync(sequenceNumber, _cancellationToken);
        await DetectAsync(message, _bodies[message]);
        await FlushAsync();
    }

    /// <summary>Records and writes all that is in hand.</summary>
    public async Task FlushAsync()
    {
        _match?.Dispose();
        _match = null;
        if (_slice.Count > 0)
        {
            await EnterSlotAsync();
            await RecordAsync(_slice.Take());
            ExitSlot();
        }

        // After the detections, which must not wait for it.
        await KeepUnreadableAsync(_letters.Take());
    }

    /// <summary>Evaluates the correlations that look at the batch's matches; after all detections, which must not wait for it.</summary>
    public async Task CorrelateAsync()
    {
        if (_correlated.Parts.Count == 0 && _correlated.LeftOut == 0)
        {
            return;
        }

        using Activity? activity = Traces.Start("correlate");
        activity?.SetTag("sigmafunctions.parts", _correlated.Parts.Count);
        try
        {
            await _pipeline.Correlations.RunAsync(_correlated, new BatchEvents(_pipeline.Decoder, _pipeline.Gate, _bodies, _batch), _cancellationToken);
            if (_correlated.LeftOut > 0)
            {
                _pipeline.Logger.CorrelatedLeftOut(_correlated.LeftOut, _batch.Partition);
            }
        }
        catch (Exception exception)
        {
            activity.Fail(exception);
            throw;
        }
    }

    /// <summary>Ends the run well.</summary>
    public void End()
    {
        _pipeline.Matchers.Return(_matcher);
        _hasEnded = true;
        if (Undecoded + Failed > _reports)
        {
            _pipeline.Logger.MoreUndecoded(Undecoded + Failed - _reports, _batch.Partition);
        }
    }

    /// <summary>Gives back what others wait for.</summary>
    public void Dispose()
    {
        _match?.Dispose();
        ExitSlot();
        if (!_hasEnded)
        {
            _matcher.Forget();
        }
    }

    private async ValueTask DetectAsync(int message, byte[] body)
    {
        _match ??= Traces.Start("match");
        if (!TryMatch(message, body, out BodyMatches? matches))
        {
            ExitSlot();
            return;
        }
        Events += matches.Events;
        foreach (UnseenEvents events in matches.Unseen)
        {
            _unseen[events.Kind] = events with { Count = events.Count + (_unseen.TryGetValue(events.Kind, out UnseenEvents before) ? before.Count : 0) };
        }

        Sources.Add(_batch.Identity(message, 0).EnqueuedTime, matches.Sources);
        AddUndecoded(message, matches);
        _originals = 0;
        _evidence = 0;
        for (int index = 0; index < matches.Records.Length; index++)
        {
            await AddDetectionsAsync(message, matches, index);
        }

        ReportOmitted(message, matches);
        Correlate(message, body, matches);
        _letters.EndMessage(_batch.Identity(message, 0), body);
        if (_slice.IsLarge || _letters.IsFull)
        {
            await FlushAsync();
        }

        ExitSlot();
        if (_correlated.Size > CorrelationBatch.LargeSize)
        {
            await _pipeline.Correlations.WriteAsync(_correlated, _cancellationToken);
        }

        // What the lease was for must be gone when it ends.
        _matcher.Forget();
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = CatchReason)]
    private bool TryMatch(int message, byte[] body, [NotNullWhen(true)] out BodyMatches? matches)
    {
        try
        {
            matches = _pipeline.Match(_matcher, body, _cancellationToken);
            return true;
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            HubEventIdentity identity = _batch.Identity(message, 0);
            ReportFailure(exception, identity);
            _letters.AddBody(identity, ReasonOf(exception), body);

            // One that has thrown may be in pieces.
            _matcher.Forget();
            _matcher = _pipeline.Matchers.Rent(_matcher.Detector);
            matches = null;
            return false;
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = CatchReason)]
    private void Correlate(int message, byte[] body, BodyMatches matches)
    {
        HubEventIdentity identity = _batch.Identity(message, 0);
        try
        {
            _correlated.Add(matches.Correlated, identity);
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            ReportFailure(exception, identity);
            _letters.AddBody(identity, ReasonOf(exception), body);
        }
    }

    private void AddUndecoded(int message, BodyMatches matches)
    {
        foreach (UndecodedRecord record in matches.Undecoded.Take(MaxReports - _reports))
        {
            Report(_batch.Identity(message, record.Record), record);
            _reports++;
        }
        Undecoded += matches.UndecodedCount;
        _letters.AddRecords(matches.Undecoded, matches.UndecodedCount, record => _batch.Identity(message, record));
    }

    private async ValueTask AddDetectionsAsync(int message, BodyMatches matches, int index)
    {
        MatchedRecord matched = matches.Records[index];
        HubEventIdentity identity = _batch.Identity(message, matched.Record);
        await EnterSlotAsync();
        if (!TryDecode(matched, identity, out DecodedEvent? decoded))
        {
            return;
        }

        var matchedEvent = new MatchedEvent(identity, decoded, _matcher.Detector, MaxEvidence - _evidence);
        for (int rule = 0; rule < matched.Rules.Length; rule++)
        {
            if (!TryDetect(matched, rule, matchedEvent, identity, out Detection? detection))
            {
                continue;
            }

            _slice.Add(detection);
            if (_slice.IsFull)
            {
                await FlushAsync();
                await EnterSlotAsync();
            }
        }
        _evidence += matchedEvent.Work;
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = CatchReason)]
    private bool TryDecode(MatchedRecord matched, HubEventIdentity identity, [NotNullWhen(true)] out DecodedEvent? decoded)
    {
        try
        {
            decoded = matched.Decode();
            return true;
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            ReportFailure(exception, matched, identity);
            decoded = null;
            return false;
        }
    }

    // A fault in the evidence for one rule must not take the detections of the others with it.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = CatchReason)]
    private bool TryDetect(
        MatchedRecord matched, int index, MatchedEvent matchedEvent, HubEventIdentity identity, [NotNullWhen(true)] out Detection? detection)
    {
        try
        {
            int rule = matched.Rules[index];
            matched.IsSurplus(rule, out int omitted);
            _originals += matchedEvent.Original.Length;
            detection = matchedEvent.Detect(rule) with
            {
                Omitted = omitted,
                IsOriginalInBlob = _originals > MaxOriginals,
            };
            return true;
        }
        catch (Exception exception) when (IsDefect(exception))
        {
            ReportFailure(exception, matched, identity);
            detection = null;
            return false;
        }
    }

    private async Task RecordAsync(IReadOnlyCollection<Detection> detections)
    {
        IReadOnlyCollection<AlertOutcome> outcomes = await _pipeline.Recorder.RecordAsync(detections, _cancellationToken);

        IReadOnlyCollection<Detection> others = await TakeCanariesAsync(detections);
        _pipeline.Metrics.AddMatches(others);
        Detections += others.Count;
        int alerts = outcomes.Count(one => one.HeldBack is null);
        Alerts += alerts;
        HeldBack += outcomes.Count - alerts;
    }

    // The app's own canaries are counted by themselves: a hub that only they arrive in is silent. What only looks like one is an event as any other.
    private async Task<IReadOnlyCollection<Detection>> TakeCanariesAsync(IReadOnlyCollection<Detection> detections)
    {
        var others = new List<Detection>(detections.Count);
        foreach (Detection detection in detections)
        {
            CanaryVerdict? verdict = detection.RuleId == CanaryRule.Id ? await _pipeline.Canaries.JudgeAsync(detection, _cancellationToken) : null;
            if (verdict == CanaryVerdict.Own)
            {
                _canaries.Add(detection.Identity.Time);
                continue;
            }
            if (verdict == CanaryVerdict.Forged && ForgedCanaries++ == 0)
            {
                FirstForgedCanary = detection.Identity.ByKind(hubEvent: hub => hub.SequenceNumber);
            }

            others.Add(detection);
        }
        return others;
    }

    private async Task KeepUnreadableAsync(IReadOnlyCollection<DeadLetter> letters)
    {
        if (letters.Count == 0)
        {
            return;
        }

        DeadLetterStore store = _pipeline.DeadLetters;
        DeadLetterResult result = await WriteAsync(letters);
        _pipeline.Metrics.AddDeadLetters(result.Written);
        _pipeline.Logger.DeadLettersKept(_batch.Partition, result.Written, store.Name, result.Existing, result.Refused.Count);
        foreach (DeadLetter letter in result.Refused.Take(MaxReports))
        {
            _pipeline.Logger.DeadLetterRefused(
                letter.Identity.Partition, letter.Identity.SequenceNumber, letter.Identity.Record, letter.Content.Length, store.Name);
        }
    }

    private async Task<DeadLetterResult> WriteAsync(IReadOnlyCollection<DeadLetter> letters)
    {
        using Activity? activity = Traces.Start("keep dead letters");
        activity?.SetTag("sigmafunctions.dead_letters", letters.Count);
        try
        {
            return await _pipeline.DeadLetters.WriteAsync(letters, _cancellationToken);
        }
        catch (Exception exception)
        {
            activity.Fail(exception);
            throw;
        }
    }

    private async ValueTask EnterSlotAsync()
    {
        if (_slots > 0)
        {
            return;
        }

        await _pipeline.Slots.EnterAsync(_cancellationToken);
        _slots++;
    }

    private void ExitSlot()
    {
        for (; _slots > 0; _slots--)
        {
            _pipeline.Slots.Exit();
        }
    }

    /// <summary>
    /// Decoder and detector do not throw for what a message holds. Should one do so all the same, the message would come back for
    /// ever and hold its partition: it is counted and reported as an error instead, without the exception's message, which may
    /// quote the event. Memory that has run out is no such defect: who knows what else has failed for want of it.
    /// </summary>
    private bool IsDefect(Exception exception) =>
        exception is not OutOfMemoryException && !(exception is OperationCanceledException && _cancellationToken.IsCancellationRequested);

    private void ReportFailure(Exception exception, HubEventIdentity identity)
    {
        Failed++;
        if (_reports >= MaxReports)
        {
            return;
        }

        _reports++;
        _pipeline.Logger.EventFailed(
            identity.Partition, identity.SequenceNumber, identity.Record, exception.GetType().FullName, exception.StackTrace);
    }

    private void ReportFailure(Exception exception, MatchedRecord matched, HubEventIdentity identity)
    {
        ReportFailure(exception, identity);
        _letters.AddRecord(identity, ReasonOf(exception), () => matched.Original);
    }

    private static string ReasonOf(Exception exception) => $"a defect of the app: {exception.GetType().FullName}";

    private void Report(HubEventIdentity identity, UndecodedRecord record) => _pipeline.Logger.Undecoded(
        identity.Namespace,
        identity.EventHub,
        identity.Partition,
        identity.SequenceNumber,
        identity.EnqueuedTime,
        identity.Record,
        record.Offset,
        record.Reason);

    private void ReportOmitted(int message, BodyMatches matches)
    {
        if (matches.Omitted == 0)
        {
            return;
        }

        Omitted += matches.Omitted;
        if (_omissions++ < MaxReports)
        {
            _pipeline.Logger.MatchesOmitted(_batch.Partition, _batch.Identity(message, 0).SequenceNumber, matches.Omitted);
        }
    }
}
