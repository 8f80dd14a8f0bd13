using Microsoft.Extensions.Logging;

namespace SigmaFunctions.App.Diagnostics;

/// <summary>The app's log messages; their event ids do not change. None holds what an event holds, nor a secret.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Loaded} loaded, {Rejected} rejected, revision {Revision}, in {ElapsedMilliseconds:F0} ms.")]
    public static partial void RulesLoaded(this ILogger logger, string loaded, int rejected, string revision, double elapsedMilliseconds);

    [LoggerMessage(2, LogLevel.Warning, "Rule not loaded: {File}({Line}): {Code}: {Reason}")]
    public static partial void RuleRejected(this ILogger logger, string file, int line, string code, string reason);

    [LoggerMessage(4, LogLevel.Warning, "Rule loaded, but look at {File}({Line}): {Code}: {Reason}")]
    public static partial void RuleDoubted(this ILogger logger, string file, int line, string code, string reason);

    [LoggerMessage(5, LogLevel.Warning, "{Count} more doubts about rules; 'sigmaf check' shows all.")]
    public static partial void MoreDoubts(this ILogger logger, int count);

    [LoggerMessage(6, LogLevel.Information, "The rules come compiled from {Pack}.")]
    public static partial void PackUsed(this ILogger logger, string pack);

    [LoggerMessage(7, LogLevel.Information, "The rules were read as YAML.")]
    public static partial void YamlUsed(this ILogger logger);

    [LoggerMessage(8, LogLevel.Information, "{Mappings} mappings of further sources loaded.")]
    public static partial void MappingsLoaded(this ILogger logger, int mappings);

    [LoggerMessage(9, LogLevel.Warning, "Mapping not loaded: {File}({Line}): {Code}: {Reason}")]
    public static partial void MappingRejected(this ILogger logger, string file, int line, string code, string reason);

    [LoggerMessage(14, LogLevel.Information, "Rules that can never fire on a source, for want of fields: {Blind}. 'sigmaf check --source' tells which and why.")]
    public static partial void BlindRules(this ILogger logger, string blind);

    [LoggerMessage(
        15,
        LogLevel.Warning,
        "Rule {RuleId} is muted {Where} until {Until:O}: it sent {Maximum} alerts there in {Window}. Its detections are recorded without alerts.")]
    public static partial void RuleMuted(this ILogger logger, string ruleId, string where, DateTimeOffset until, int? maximum, TimeSpan window);

    [LoggerMessage(17, LogLevel.Information, "{Changed} rules are changed by overrides, {Disabled} of them do not run.")]
    public static partial void OverridesApplied(this ILogger logger, int changed, int disabled);

    [LoggerMessage(18, LogLevel.Warning, "The overrides change the rule {RuleId}, which is not among the rules.")]
    public static partial void OverrideUnknown(this ILogger logger, string ruleId);

    [LoggerMessage(16, LogLevel.Warning, "{Detections} detections were announced that an earlier run had recorded and not announced.")]
    public static partial void Swept(this ILogger logger, int detections);

    [LoggerMessage(
        22,
        LogLevel.Error,
        "The alerts of outbox entry {PartitionKey}/{RowKey} ({Detections} detections) could not be settled and are tried again in a minute: {Reason}")]
    public static partial void OutboxEntryFailed(this ILogger logger, string partitionKey, string rowKey, int detections, string reason);

    [LoggerMessage(
        23,
        LogLevel.Error,
        "Outbox entry {PartitionKey}/{RowKey} is given up after seven days: {Missing} of its detections were never recorded, {Unreadable} cannot be read.")]
    public static partial void OutboxEntryGivenUp(this ILogger logger, string partitionKey, string rowKey, int missing, int unreadable);

    [LoggerMessage(24, LogLevel.Warning, "What this instance had claimed could not be given back ({Reason}); the sweep looks at it instead.")]
    public static partial void ClaimsNotRemoved(this ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Information, "Table {Table}, queue {Queue} and containers {DeadLetters}, {Originals} are there.")]
    public static partial void StoreReady(this ILogger logger, string table, string queue, string deadLetters, string originals);

    [LoggerMessage(
        EventId = 10,
        Message = "Partition {Partition}: {Messages} messages, {Events} events, {Undecoded} undecoded, {Failed} failed, {Detections} detections, {Alerts} alerts, {HeldBack} held back, {ElapsedMilliseconds:F1} ms.")]
    public static partial void BatchDone(
        this ILogger logger,
        LogLevel level,
        string partition,
        int messages,
        long events,
        long undecoded,
        long failed,
        long detections,
        long alerts,
        long heldBack,
        double elapsedMilliseconds);

    [LoggerMessage(
        11,
        LogLevel.Warning,
        "Undecoded record: {Namespace}/{EventHub}, partition {Partition}, sequence number {SequenceNumber}, enqueued {EnqueuedTime:O}, record {Record}, byte {Offset}: {Reason}")]
    public static partial void Undecoded(
        this ILogger logger,
        string @namespace,
        string eventHub,
        string partition,
        long sequenceNumber,
        DateTimeOffset enqueuedTime,
        int record,
        long offset,
        string reason);

    [LoggerMessage(12, LogLevel.Warning, "{Count} more undecoded or failed records of partition {Partition} are not reported one by one.")]
    public static partial void MoreUndecoded(this ILogger logger, long count, string partition);

    [LoggerMessage(
        13,
        LogLevel.Error,
        "A defect of the app, please report it: partition {Partition}, sequence number {SequenceNumber}, record {Record} was passed over after {Exception} {StackTrace}")]
    public static partial void EventFailed(
        this ILogger logger, string partition, long sequenceNumber, int record, string? exception, string? stackTrace);

    [LoggerMessage(
        20,
        LogLevel.Warning,
        "Partition {Partition}: {Written} dead letters written to {Container}, {Existing} were there already, {Refused} refused.")]
    public static partial void DeadLettersKept(
        this ILogger logger, string partition, int written, string container, int existing, int refused);

    [LoggerMessage(
        21,
        LogLevel.Error,
        "A dead letter is lost, since {Container} takes no blob of its size: partition {Partition}, sequence number {SequenceNumber}, record {Record}, {Size} bytes")]
    public static partial void DeadLetterRefused(
        this ILogger logger, string partition, long sequenceNumber, int record, int size, string container);

    [LoggerMessage(30, LogLevel.Information, "The rules of container {Container} are version {Key} (pushed set: {Set}), in use after {ElapsedMilliseconds:F0} ms.")]
    public static partial void StoredRulesUsed(this ILogger logger, string container, string key, string set, double elapsedMilliseconds);

    [LoggerMessage(31, LogLevel.Error, "The rules of container {Container} cannot be used, and those of revision {Revision} go on: {Reason}")]
    public static partial void StoredRulesBroken(this ILogger logger, string container, string revision, string reason);

    [LoggerMessage(32, LogLevel.Warning, "The container {Container} of rules cannot be looked at (status {Status}, {ErrorCode}); the rules go on as they are.")]
    public static partial void RuleCheckFailed(this ILogger logger, string container, int status, string errorCode);

    [LoggerMessage(33, LogLevel.Warning, "Table {Table} could not be told about the rules (status {Status}, {ErrorCode}).")]
    public static partial void RuleReportFailed(this ILogger logger, string table, int status, string errorCode);

    [LoggerMessage(34, LogLevel.Information, "The compiled rules could not be kept in container {Container} for the next start: {Reason}")]
    public static partial void PackNotKept(this ILogger logger, string container, string reason);

    [LoggerMessage(35, LogLevel.Warning, "{Count} more rules were not loaded; 'sigmaf check' shows all.")]
    public static partial void MoreRejected(this ILogger logger, int count);

    [LoggerMessage(36, LogLevel.Information, "{Left} of {All} rules run, as Rules__Statuses, Levels, Tags, Products and Ids select.")]
    public static partial void RulesSelected(this ILogger logger, int left, int all);

    [LoggerMessage(37, LogLevel.Error, "A defect of the app, please report it: looking for new rules failed with {Exception} {StackTrace}; the rules go on as they are.")]
    public static partial void RuleCheckDefect(this ILogger logger, string? exception, string? stackTrace);

    [LoggerMessage(38, LogLevel.Warning, "What this instance runs could not be written to the table of instances ({Reason}).")]
    public static partial void InstanceNotReported(this ILogger logger, string reason);

    [LoggerMessage(39, LogLevel.Information, "{Detections} detections from before {Before:O} were removed.")]
    public static partial void DetectionsRemoved(this ILogger logger, int detections, DateTimeOffset before);

    [LoggerMessage(50, LogLevel.Warning, "How far hub {Hub} is behind is not known: {Reason}.")]
    public static partial void BacklogUnknown(this ILogger logger, string hub, string reason);

    [LoggerMessage(
        51,
        LogLevel.Error,
        "Events are lost: hub {Hub}, partition {Partition} forgot {Expired} events, up to sequence number {SequenceNumber}, before they were done.")]
    public static partial void EventsExpired(this ILogger logger, string hub, string partition, long expired, long sequenceNumber);

    [LoggerMessage(
        52,
        LogLevel.Warning,
        "The host's checkpoint of hub {Hub}, partition {Partition} (sequence number {Checkpoint}) lies beyond the newest event ({LastEnqueued}): it is of a former hub of this name, and the events of this one may not be read.")]
    public static partial void CheckpointAhead(this ILogger logger, string hub, string partition, long checkpoint, long lastEnqueued);

    [LoggerMessage(53, LogLevel.Warning, "How far the hubs are behind could not be kept in the table of instances ({Reason}); this instance goes on with what it knows.")]
    public static partial void BacklogNotKept(this ILogger logger, string reason);

    [LoggerMessage(
        54,
        LogLevel.Warning,
        "Partition {Partition}: {Events} events look like the app's canary and are none that it sent, or copies of one; the first has sequence number {SequenceNumber}.")]
    public static partial void CanariesForged(this ILogger logger, string partition, long events, long sequenceNumber);

    [LoggerMessage(55, LogLevel.Warning, "Whether an event is the app's canary could not be told ({Reason}); such events are not counted as canaries.")]
    public static partial void CanaryUnknown(this ILogger logger, string reason);

    [LoggerMessage(
        60,
        LogLevel.Warning,
        "Partition {Partition}: {Omitted} matches of the message of sequence number {SequenceNumber} are counted and not recorded one by one, since they are too many.")]
    public static partial void MatchesOmitted(this ILogger logger, string partition, long sequenceNumber, long omitted);

    [LoggerMessage(
        61,
        LogLevel.Warning,
        "Partition {Partition}: the batch from sequence number {SequenceNumber} was begun {Attempts} times by processes that then ended. Its messages are taken one by one.")]
    public static partial void BatchIsolated(this ILogger logger, string partition, long sequenceNumber, int attempts);

    [LoggerMessage(
        62,
        LogLevel.Error,
        "Partition {Partition}: the message of sequence number {SequenceNumber} is put aside as a dead letter: {Attempts} times a process ended that had nothing else in hand.")]
    public static partial void MessagePutAside(this ILogger logger, string partition, long sequenceNumber, int attempts);

    [LoggerMessage(63, LogLevel.Warning, "Partition {Partition}: the note of a batch could not be taken back ({Reason}).")]
    public static partial void AttemptNotWithdrawn(this ILogger logger, string partition, string reason);

    [LoggerMessage(64, LogLevel.Warning, "Partition {Partition}: a batch could not be noted before it was begun ({Reason}). It is taken all the same.")]
    public static partial void AttemptNotNoted(this ILogger logger, string partition, string reason);

    [LoggerMessage(65, LogLevel.Warning, "Hub {Hub}: no rule can see {Events} events: {Kinds}.")]
    public static partial void EventsUnseen(this ILogger logger, string hub, long events, string kinds);

    [LoggerMessage(
        66,
        LogLevel.Warning,
        "Source {Source} is silent since {Since:O}; its longest gap was {LongestGap} hours. {Rules} rules see nothing now, of {Count} ATT&CK techniques: {Techniques}.")]
    public static partial void SourceSilent(this ILogger logger, string source, DateTimeOffset since, double longestGap, int rules, int count, string techniques);

    [LoggerMessage(
        67,
        LogLevel.Warning,
        "Source {Source} has lost {Fields}, which nearly all of its events had on {LastSeen:O}. {Rules} rules cannot hold on them now, of {Count} ATT&CK techniques: {Techniques}.")]
    public static partial void SourceThinner(this ILogger logger, string source, string fields, DateOnly lastSeen, int rules, int count, string techniques);

    [LoggerMessage(68, LogLevel.Information, "Source {Source} {What}.")]
    public static partial void SourceBack(this ILogger logger, string source, string what);

    [LoggerMessage(69, LogLevel.Warning, "Of what arrives not all could be kept in the table of sources ({Reason}); {Count} rows are tried again.")]
    public static partial void SourcesNotKept(this ILogger logger, string reason, int count);

    [LoggerMessage(70, LogLevel.Error, "{Count} evaluations of correlations that were due failed ({Reason}); they are tried again.")]
    public static partial void DueFailed(this ILogger logger, int count, string reason);

    [LoggerMessage(
        71,
        LogLevel.Warning,
        "Correlations left out {Matches} matches of a batch of partition {Partition}, since their messages had too many groups or values.")]
    public static partial void CorrelatedLeftOut(this ILogger logger, long matches, string partition);

    [LoggerMessage(
        72, LogLevel.Warning, "Correlation {Rule} has more matches of a group in its timespan than are looked at: the newest {Matches} are.")]
    public static partial void CorrelationPartial(this ILogger logger, string rule, int matches);

    [LoggerMessage(73, LogLevel.Error, "Correlation {Rule} cannot be evaluated for a group, whose matches are kept: {Reason}")]
    public static partial void PartUnreadable(this ILogger logger, string rule, string reason);

    [LoggerMessage(80, LogLevel.Warning, "Output {Output} cannot be reached ({Reason}). What is meant for it waits on its queue and is tried again.")]
    public static partial void OutputFails(this ILogger logger, string output, string reason);

    [LoggerMessage(81, LogLevel.Information, "Output {Output} is reached again, after {Failed}.")]
    public static partial void OutputRecovered(this ILogger logger, string output, TimeSpan failed);

    [LoggerMessage(82, LogLevel.Warning, "Output {Output} does not get alert {Alert}, which is put aside on its poison queue: {Reason}.")]
    public static partial void OutputGaveUp(this ILogger logger, string output, string alert, string reason);
}
