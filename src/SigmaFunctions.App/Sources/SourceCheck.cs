using System.Collections.Immutable;
using Azure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.App.Rules;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.App.Sources;

/// <summary>Reads what all instances counted, judges each source (<see cref="SourceJudge"/>), and tells what has changed: whichever instance looks, once.</summary>
/// <param name="table">What was counted, and what was told.</param>
/// <param name="partitions">How far the hubs are done.</param>
/// <param name="instances">Which counts are not written.</param>
/// <param name="hubs">Which hubs are read: sources of others are no longer looked for.</param>
/// <param name="detectors">The rules that run.</param>
/// <param name="metrics">What is measured.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="logger">Log.</param>
public sealed class SourceCheck(
    SourceTable table,
    PartitionProgressTable partitions,
    InstanceTable instances,
    IOptions<EventHubOptions> hubs,
    DetectorProvider detectors,
    SourceMetrics metrics,
    TimeProvider timeProvider,
    ILogger<SourceCheck> logger)
{
    // A log line names no more.
    private const int MaxNames = 8;

    /// <summary>Looks once.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was told stays told.</exception>
    public Task RunAsync(CancellationToken cancellationToken) => RunAsync(detectors.Current.RuleSet, cancellationToken);

    internal async Task RunAsync(RuleSet rules, CancellationToken cancellationToken)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        await table.AddCheckAsync(now, cancellationToken);
        IReadOnlyList<(SourceTold Told, ETag Version)> rows = await table.ListToldAsync(cancellationToken);
        var told = rows.ToDictionary(row => row.Told.Source);
        SourceHistory history = await table.ListAsync(
            today.AddDays(-SourceJudge.DaysNeeded), today.AddDays(-SourceJudge.DaysOfFields), today, cancellationToken);
        IReadOnlyList<SourceDay>[] sources =
            [.. history.Sources.Where(days => hubs.Value.Names.Contains(days[0].Source.Hub, StringComparer.OrdinalIgnoreCase))];
        Dictionary<string, DateTimeOffset> horizons = await HorizonsAsync(sources, now, cancellationToken);
        (IReadOnlyList<SourceDay> Days, SourceState State)[] judged =
        [
            .. sources.Select(days => (days, SourceJudge.Judge(
                days,
                told.TryGetValue(days[0].Source, out (SourceTold Told, ETag) row) ? row.Told : null,
                history.HorizonOf(days, horizons[days[0].Source.Hub]),
                now))),
        ];
        LogSourceSet[] arriving = [.. judged.Where(one => one.State.Status != SourceStatus.Silent).SelectMany(one => ViewsOf(one.Days))];
        foreach ((IReadOnlyList<SourceDay> days, SourceState state) in judged)
        {
            bool isKnown = told.Remove(state.Source, out (SourceTold Told, ETag Version) row);
            SourceTold before = (isKnown ? row.Told : SourceTold.Nothing(state.Source)).At(today);
            SourceTold next = before.Next(state, out SourceChanges changes);
            bool isForgotten = isKnown && before.Lost.Length != row.Told.Lost.Length;
            if ((!changes.IsEmpty || isForgotten) && await table.TryTellAsync(next, isKnown ? row.Version : null, cancellationToken))
            {
                // What it was like when it came last.
                SourceDay? last = changes.IsNowSilent
                    ? await table.FindAsync(state.Source, DateOnly.FromDateTime(state.Last.UtcDateTime), cancellationToken)
                    : null;
                Tell(rules, last is null ? days : [.. days, last], state, changes, arriving);
            }
        }

        // Of these there is nothing left to judge.
        foreach ((SourceTold gone, ETag version) in told.Values)
        {
            await table.TryTellAsync(SourceTold.Nothing(gone.Source), version, cancellationToken);
        }
    }

    private static IEnumerable<LogSourceSet> ViewsOf(IEnumerable<SourceDay> days) =>
        days.SelectMany(day => day.Views.Values).Select(view => view.LogSources).Distinct();

    private async Task<Dictionary<string, DateTimeOffset>> HorizonsAsync(
        IEnumerable<IReadOnlyList<SourceDay>> sources, DateTimeOffset now, CancellationToken cancellationToken)
    {
        IReadOnlyList<PartitionProgress> looks = await partitions.ListAsync(now - HubHorizon.LooksFor, cancellationToken);
        DateTimeOffset written = HubHorizon.OfInstances(await instances.ListAsync(now - InstanceTable.KeptFor, cancellationToken), now) ?? DateTimeOffset.MaxValue;
        return sources.GroupBy(days => days[0].Source.Hub, StringComparer.OrdinalIgnoreCase).ToDictionary(
            hub => hub.Key,
            hub => Earlier(written, HubHorizon.Of(
                looks.Where(look => look.EventHub.Equals(hub.Key, StringComparison.OrdinalIgnoreCase)
                    && look.ConsumerGroup.Equals(hubs.Value.ConsumerGroup, StringComparison.OrdinalIgnoreCase)),
                hub.Max(days => days.Max(day => day.LastEnqueued)),
                now)),
            StringComparer.OrdinalIgnoreCase);
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private void Tell(RuleSet rules, IReadOnlyList<SourceDay> days, SourceState state, SourceChanges changes, IReadOnlyCollection<LogSourceSet> arriving)
    {
        string source = state.Source.ToString();
        if (changes.IsNowSilent)
        {
            var blind = BlindRules.OfSilent(rules, ViewsOf(days), arriving);
            metrics.AddSilent(state.Source.Hub);
            logger.SourceSilent(source, state.Last, state.LongestGap.TotalHours, blind.Rules, blind.Techniques.Count, Names(blind.Techniques));
        }

        if (changes.IsBack)
        {
            logger.SourceBack(source, "arrives again");
        }

        if (!changes.NowLost.IsEmpty)
        {
            var blind = BlindRules.OfThinner(rules, days, changes.NowLost);
            metrics.AddThinner(state.Source.Hub);
            logger.SourceThinner(
                source, NamesOf(changes.NowLost), changes.NowLost[0].LastSeen, blind.Rules, blind.Techniques.Count, Names(blind.Techniques));
        }

        if (!changes.NowBack.IsEmpty)
        {
            logger.SourceBack(source, $"has {NamesOf(changes.NowBack)} again");
        }
    }

    private static string NamesOf(ImmutableArray<LostField> fields) => Names([.. fields.Select(field => field.Field).Distinct(StringComparer.Ordinal)]);

    private static string Names(IReadOnlyList<string> names) => string.Join(", ", names.Take(MaxNames)) + (names.Count > MaxNames ? ", …" : "");
}
