using System.Diagnostics.CodeAnalysis;
using SigmaFunctions.App.Rules;
using SigmaFunctions.Storage.Instances;

namespace SigmaFunctions.App.Health;

/// <summary>Whether the app can do its work: it has rules and reaches its store. The store is asked at most every ten seconds, however often others ask.</summary>
/// <param name="detectors">The rules.</param>
/// <param name="instances">What instances say; reading it shows that the store can be reached.</param>
/// <param name="partitions">How far partitions are done.</param>
/// <param name="self">What this instance says.</param>
/// <param name="timeProvider">Clock.</param>
public sealed class HealthCheck(
    DetectorProvider detectors, InstanceTable instances, PartitionProgressTable partitions, Func<InstanceReport> self, TimeProvider timeProvider) : IDisposable
{
    /// <summary>Age from which an instance counts as gone.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _one = new(1, 1);
    private HealthReport? _last;

    /// <summary>How the app is.</summary>
    public async Task<HealthReport> RunAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (_last is { } last && timeProvider.GetUtcNow() - last.At < Freshness)
            {
                return last;
            }

            return _last = await AskAsync(cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Whatever keeps the store from being read is what is asked for.")]
    private async Task<HealthReport> AskAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        using var patience = new CancellationTokenSource(Patience, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            Task<IReadOnlyList<InstanceReport>> reports = instances.ListAsync(now - MaxAge, either.Token);
            Task<IReadOnlyList<PartitionProgress>> progress = partitions.ListAsync(now - InstanceTable.KeptFor, either.Token);
            await Task.WhenAll(reports, progress);
            InstanceReport own = self();
            return new HealthReport(
                now, null, [own, .. (await reports).Where(report => report.Instance != own.Instance)], await progress, detectors.IsStale);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            return new HealthReport(now, FaultReason.Of(exception, Patience), [self()], [], detectors.IsStale);
        }
    }
}

/// <summary>How the app is.</summary>
/// <param name="At">When this was found (UTC).</param>
/// <param name="StoreFault">Why the store cannot be read; null if it can.</param>
/// <param name="Instances">What instances said of late, this one first; of the others nothing where the store cannot be read.</param>
/// <param name="Partitions">How far partitions were done when they were last looked at.</param>
/// <param name="IsStale">Whether this instance knows of newer rules that cannot be used.</param>
public sealed record HealthReport(
    DateTimeOffset At, string? StoreFault, IReadOnlyList<InstanceReport> Instances, IReadOnlyList<PartitionProgress> Partitions, bool IsStale)
{
    /// <summary>Whether the app can do its work.</summary>
    public bool IsHealthy => StoreFault is null;
}
