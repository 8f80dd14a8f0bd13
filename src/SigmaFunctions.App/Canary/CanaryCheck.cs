using System.Collections.Concurrent;
using Azure;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Canary;

/// <summary>
/// Tells the app's own canaries from what only looks like one: an event is one if it was proved with the app's key, for this hub and no more than
/// minutes before the hub took it in, and if no other event was judged with the same proof before. Another delivery of the event gets the same verdict, for as long
/// as it is noted which event holds the proof. The store is asked only about events that are proved.
/// </summary>
/// <param name="key">Proves canaries.</param>
/// <param name="table">Which event each canary was.</param>
/// <param name="timeProvider">Clock of what is kept, and of when an unreachable store is asked again.</param>
/// <param name="logger">Log.</param>
public sealed class CanaryCheck(CanaryKey key, CanaryTable table, TimeProvider timeProvider, ILogger<CanaryCheck> logger)
{
    // Days of canaries of a few hubs; what is forgotten is asked for again.
    private const int MaxHeld = 1_024;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, string> _held = new(StringComparer.Ordinal);
    private long _askAgainAt;

    /// <summary>Judges a detection of the canary's rule.</summary>
    /// <exception cref="OperationCanceledException">The batch was cancelled.</exception>
    public async ValueTask<CanaryVerdict> JudgeAsync(Detection detection, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(detection);
        if (!CanaryEvent.MayBe(detection.Original))
        {
            return CanaryVerdict.Forged;
        }

        if (timeProvider.GetUtcNow().UtcTicks < Interlocked.Read(ref _askAgainAt))
        {
            return CanaryVerdict.Unknown;
        }
        // Whatever goes wrong here, no batch fails for a canary.
        try
        {
            HubEventIdentity identity = detection.Identity.ByKind(hubEvent: hub => hub);
            string? proof = CanaryEvent.ProofOf(detection.Original, identity.EventHub, identity.EnqueuedTime, await key.GetAsync(cancellationToken));
            if (proof is null)
            {
                return CanaryVerdict.Forged;
            }

            return await HolderAsync(proof, identity, cancellationToken) == CanaryTable.NameOf(identity)
                ? CanaryVerdict.Own
                : CanaryVerdict.Forged;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException && !cancellationToken.IsCancellationRequested)
        {
            Interlocked.Exchange(ref _askAgainAt, (timeProvider.GetUtcNow() + Pause).UtcTicks);
            logger.CanaryUnknown(exception is RequestFailedException { ErrorCode: { } code } ? code : exception.GetType().FullName!);
            return CanaryVerdict.Unknown;
        }
    }

    private async Task<string> HolderAsync(string proof, EventIdentity identity, CancellationToken cancellationToken)
    {
        if (_held.TryGetValue(proof, out string? holder))
        {
            return holder;
        }

        if (_held.Count >= MaxHeld)
        {
            _held.Clear();
        }

        return _held[proof] = await table.TakeAsync(proof, identity, timeProvider.GetUtcNow(), cancellationToken);
    }
}

/// <summary>What an event is that the canary's rule matches.</summary>
public enum CanaryVerdict
{
    /// <summary>One that this app sent.</summary>
    Own,

    /// <summary>One that it did not send, or a copy of one that it sent.</summary>
    Forged,

    /// <summary>The store could not be asked.</summary>
    Unknown,
}
