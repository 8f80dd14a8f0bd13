using System.Net;
using Azure;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Starting;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.App.Rules;

/// <summary>
/// Loads the rules at the start, looks for others in the container, and exchanges them as a whole. Rules of the container that cannot be used leave the
/// former ones running. Not safe for concurrent use: one loop looks.
/// </summary>
/// <param name="detectors">Holds what runs.</param>
/// <param name="loader">Reads and compiles rules.</param>
/// <param name="teller">Tells people.</param>
/// <param name="options">Which rules.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="store">The container of rules; null where there is none.</param>
/// <param name="reports">Table in which it is told which rules ran; null where there is no container.</param>
internal sealed class RuleWatcher(
    DetectorProvider detectors,
    RuleSetLoader loader,
    RuleTeller teller,
    IOptions<RuleOptions> options,
    TimeProvider timeProvider,
    RuleStore? store,
    RuleSetTable? reports)
{
    private const int MaxChanges = 10;

    // What was new at the last look: the key of blobs that people may still be putting there.
    private string? _unsettled;

    /// <summary>Whether there is a container of rules, so that they may change.</summary>
    public bool MayChange => store is not null;

    /// <summary>
    /// Loads the rules. Where those of the container cannot be used, the set that was pushed before them and ran is taken; where there is none, the
    /// app must not start: events wait in the hub, whereas events that run through the wrong rules are gone.
    /// </summary>
    /// <exception cref="StartException">There are no rules that can be used, or the container cannot be read.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        long started = timeProvider.GetTimestamp();
        try
        {
            Use(store is null ? new RuleSnapshot(await loader.LoadAsync(null, -1, cancellationToken)) : await LoadStoredAsync(store, cancellationToken), started);
        }
        catch (UnusableRulesException exception)
        {
            throw new StartException(exception.Message, exception);
        }
        catch (Exception exception) when (StartException.OfStorage(
            DetectionStorageOptions.Section,
            $"The container of rules {options.Value.BlobContainer} (Rules__BlobContainer) in the storage account of DetectionStorage cannot be read",
            exception) is { } explained)
        {
            throw explained;
        }
    }

    /// <summary>
    /// Keeps what was compiled of the container's rules, and tells which of them run: after the start and after each exchange, when
    /// nothing waits for it.
    /// </summary>
    /// <returns>Whether it was told; if not, it is due again.</returns>
    public async Task<bool> SettleAsync(CancellationToken cancellationToken)
    {
        RuleSnapshot snapshot = detectors.Snapshot;
        await loader.KeepAsync(snapshot.Rules, cancellationToken);
        detectors.Use(snapshot with { Rules = snapshot.Rules with { Unkept = null } });
        return await teller.ReportAsync(snapshot.Rules, cancellationToken);
    }

    /// <summary>
    /// Looks whether the container holds other rules, and exchanges them. A pushed set is taken at once; what people put there blob by blob when two
    /// looks have found the same, so that half of an upload is not taken for all of it.
    /// </summary>
    /// <returns>Whether the rules that count are other ones than before, and run: <see cref="SettleAsync"/> is due.</returns>
    /// <exception cref="RequestFailedException">The container could not be reached or refused.</exception>
    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        if (store is null)
        {
            return false;
        }

        RuleSnapshot snapshot = detectors.Snapshot;
        RuleStoreVersion version;
        try
        {
            version = await store.GetVersionAsync(cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            var fault = new RuleFault(null, exception.Message);
            if (snapshot.Fault != fault)
            {
                Note(snapshot, fault);
            }

            return false;
        }

        if (version.Key == snapshot.Rules.Version?.Key)
        {
            _unsettled = null;
            detectors.Use(snapshot with { Fault = null });
            teller.NoteCurrent();
            return snapshot.Fault is not null;
        }

        if (version.Key == snapshot.Fault?.VersionKey)
        {
            return false;
        }

        if (version.Set is null && version.Key != _unsettled)
        {
            _unsettled = version.Key;
            return false;
        }

        _unsettled = null;
        return await TryExchangeAsync(snapshot, version, cancellationToken);
    }

    private async Task<bool> TryExchangeAsync(RuleSnapshot snapshot, RuleStoreVersion version, CancellationToken cancellationToken)
    {
        long started = timeProvider.GetTimestamp();
        LoadedRules loaded;
        try
        {
            // One thread: batches are under way.
            loaded = await loader.LoadAsync(version, 1, cancellationToken);
        }
        catch (RequestFailedException exception) when (HasChanged(exception))
        {
            return false;
        }
        catch (UnusableRulesException exception)
        {
            Note(snapshot, new RuleFault(version.Key, exception.Message));
            await teller.ReportBrokenAsync(version, exception.Message, cancellationToken);
            return false;
        }

        loaded.Detector.Warm(snapshot.Rules.Detector);
        Use(new RuleSnapshot(loaded), started);
        teller.NoteCurrent();
        return true;
    }

    private async Task<RuleSnapshot> LoadStoredAsync(RuleStore from, CancellationToken cancellationToken)
    {
        for (int changes = 0; ; changes++)
        {
            try
            {
                return await LoadNewestAsync(from, cancellationToken);
            }
            catch (RequestFailedException exception) when (HasChanged(exception) && changes < MaxChanges)
            {
                // Someone is putting rules there: what there is now.
            }
        }
    }

    private async Task<RuleSnapshot> LoadNewestAsync(RuleStore from, CancellationToken cancellationToken)
    {
        RuleStoreVersion? version = null;
        string reason;
        try
        {
            version = await from.GetVersionAsync(cancellationToken);
            return new RuleSnapshot(await loader.LoadAsync(version, -1, cancellationToken));
        }
        catch (Exception exception) when (exception is UnusableRulesException or InvalidDataException)
        {
            reason = exception.Message;
        }

        if (version is not null)
        {
            await teller.ReportBrokenAsync(version, reason, cancellationToken);
        }

        IReadOnlyList<RuleSetReport> told = reports is null ? [] : await reports.ListAsync(cancellationToken);
        string former = told.FirstOrDefault(report => report is { Broken: null, Set: not null } && report.Set != version?.Set)?.Set
            ?? throw new UnusableRulesException($"The rules of container {from.Name} cannot be used, and no set that was pushed before has run: {reason}");
        LoadedRules loaded = await loader.LoadAsync(RuleStore.VersionOf(former), -1, cancellationToken);
        teller.NoteStale(from.Name, loaded.All.Revision, reason);
        return new RuleSnapshot(loaded, new RuleFault(version?.Key, reason));
    }

    // A blob was written between the listing and its reading.
    private static bool HasChanged(RequestFailedException exception) => exception.Status == (int)HttpStatusCode.PreconditionFailed;

    private void Note(RuleSnapshot snapshot, RuleFault fault)
    {
        detectors.Use(snapshot with { Fault = fault });
        teller.NoteStale(store!.Name, snapshot.Rules.Detector.RuleSet.Revision, fault.Reason);
    }

    private void Use(RuleSnapshot snapshot, long started)
    {
        teller.NoteLoaded(snapshot.Rules, timeProvider.GetElapsedTime(started));
        detectors.Use(snapshot);
        if (snapshot.Rules.Version is { } version)
        {
            teller.NoteUsed(store!.Name, version, timeProvider.GetElapsedTime(started));
        }
    }
}
