using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Detecting;

/// <summary>
/// Finds out which message it is that ends the app, where one does: by running out of memory, or by a fault that no code can catch. A process
/// notes the first batch of each partition before it begins it. A batch that several processes began and none ended is taken message by
/// message, with nothing beside it, and the message that was in hand alone when processes ended is put aside.
/// <para>A partition of which a batch has ended well in this process is not noted any more, so nothing is written while all is well: a process that
/// ends after that leaves no note, but the next one that gets the batch does.</para>
/// </summary>
/// <param name="attempts">The notes.</param>
/// <param name="logger">Log.</param>
public sealed class BatchGuard(BatchAttempts attempts, ILogger<BatchGuard> logger)
{
    /// <summary>Processes that have to end on a batch until it is taken message by message.</summary>
    public const int MaxAttempts = 3;

    /// <summary>Processes that have to end on a message that they took alone until it is put aside.</summary>
    public const int MaxAloneAttempts = 2;

    // One for each partition that this process has read.
    private readonly ConcurrentDictionary<(string Namespace, string EventHub, string Partition), bool> _proven = new();

    private readonly string _process = Guid.NewGuid().ToString("N");

    /// <summary>Begins a batch. Where it cannot be noted it is taken all the same: detection does not depend on the notes.</summary>
    internal async Task<GuardedBatch> BeginAsync(EventBatch batch, CancellationToken cancellationToken)
    {
        if (batch.Count == 0 || _proven.ContainsKey(KeyOf(batch)))
        {
            return new GuardedBatch(this, batch, null, null, default);
        }

        try
        {
            return await NoteAsync(batch, cancellationToken);
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException)
        {
            logger.AttemptNotNoted(batch.Partition, ReasonOf(exception));
            return new GuardedBatch(this, batch, null, null, default);
        }
    }

    private async Task<GuardedBatch> NoteAsync(EventBatch batch, CancellationToken cancellationToken)
    {
        HubEventIdentity first = batch.Identity(0, 0);
        BatchAttempt? found = await attempts.FindAsync(first, cancellationToken);
        BatchAttempt? before = found?.FirstSequenceNumber == first.SequenceNumber && found.FirstEnqueuedTime == first.EnqueuedTime ? found : null;

        // What this process has begun before, and is alive to begin again, counts once.
        BatchAttempt now = before is null ? new BatchAttempt(first.SequenceNumber, first.EnqueuedTime, _process, 1)
            : before.Process == _process ? before
            : before with { Process = _process, Attempts = before.Attempts + 1 };
        ETag written = await attempts.WriteAsync(first, now, cancellationToken);
        if (now.Attempts > MaxAttempts)
        {
            logger.BatchIsolated(batch.Partition, first.SequenceNumber, now.Attempts - 1);
        }

        return new GuardedBatch(this, batch, before, now, written);
    }

    internal Task<ETag> WriteAsync(EventBatch batch, BatchAttempt attempt, CancellationToken cancellationToken) =>
        attempts.WriteAsync(batch.Identity(0, 0), attempt, cancellationToken);

    internal async Task EndAsync(EventBatch batch, ETag? written, CancellationToken cancellationToken)
    {
        if (batch.Count > 0)
        {
            _proven[KeyOf(batch)] = true;
        }

        if (written is not { } note)
        {
            return;
        }

        try
        {
            await attempts.RemoveAsync(batch.Identity(0, 0), note, cancellationToken);
        }
        catch (Exception exception) when (exception is RequestFailedException or AggregateException)
        {
            // The next batch of the partition has another first message, for which this note does not count.
            logger.AttemptNotWithdrawn(batch.Partition, ReasonOf(exception));
        }
    }

    // A process that is alive to tell has not been ended: the note goes back to what it was. Where that fails the batch may be taken message
    // by message without need, which costs time alone.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "The failure that led here is thrown; this one is logged.")]
    internal async Task WithdrawAsync(EventBatch batch, BatchAttempt? before, ETag written)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            await (before is null
                ? attempts.RemoveAsync(batch.Identity(0, 0), written, patience.Token)
                : attempts.WriteAsync(batch.Identity(0, 0), before, patience.Token));
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            logger.AttemptNotWithdrawn(batch.Partition, ReasonOf(exception));
        }
    }

    private static string ReasonOf(Exception exception) =>
        exception is RequestFailedException { ErrorCode: { } code } ? code : exception.GetType().FullName!;

    private static (string Namespace, string EventHub, string Partition) KeyOf(EventBatch batch) => (batch.Namespace, batch.EventHub, batch.Partition);
}

/// <summary>A batch that was begun.</summary>
/// <param name="guard">Where it is noted.</param>
/// <param name="batch">Where its messages came from.</param>
/// <param name="before">The note that was found; null where there was none of this batch.</param>
/// <param name="now">The note that was written; null where none was.</param>
/// <param name="written">By what that is known.</param>
internal sealed class GuardedBatch(BatchGuard guard, EventBatch batch, BatchAttempt? before, BatchAttempt? now, ETag written)
{
    private BatchAttempt? _before = before;
    private ETag _written = written;

    /// <summary>Whether its messages have to be taken one by one, with nothing beside them.</summary>
    public bool IsIsolated => now?.Attempts > BatchGuard.MaxAttempts;

    /// <summary>Whether an earlier process has dealt with a message of an isolated batch.</summary>
    public bool IsDone(long sequenceNumber) => IsIsolated && sequenceNumber < _before?.Alone;

    /// <summary>How many other processes have ended with this message alone in hand.</summary>
    public int DeadlyAttempts(long sequenceNumber) => IsIsolated && sequenceNumber == _before?.Alone
        ? Math.Max(0, _before.AloneAttempts - (_before.Process == now!.Process ? 1 : 0))
        : 0;

    /// <summary>Notes that a message of an isolated batch is taken next, alone.</summary>
    /// <exception cref="RequestFailedException">The notes could not be reached.</exception>
    public async Task TakeAloneAsync(long sequenceNumber, CancellationToken cancellationToken)
    {
        int deadly = DeadlyAttempts(sequenceNumber);
        _written = await guard.WriteAsync(batch, now! with { Alone = sequenceNumber, AloneAttempts = deadly + 1 }, cancellationToken);
        _before = _before! with { Alone = sequenceNumber, AloneAttempts = deadly };
    }

    /// <summary>Ends the batch: all of it is done.</summary>
    public Task EndAsync(CancellationToken cancellationToken) => guard.EndAsync(batch, now is null ? null : _written, cancellationToken);

    /// <summary>Ends the attempt without success, in a process that goes on.</summary>
    public Task WithdrawAsync() => now is null ? Task.CompletedTask : guard.WithdrawAsync(batch, _before, _written);
}
