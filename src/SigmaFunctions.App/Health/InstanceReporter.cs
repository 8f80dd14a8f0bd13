using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Azure;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Rules;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Health;

/// <summary>Writes every half a minute what this instance runs and how far it is (<see cref="InstanceTable"/>).</summary>
/// <param name="table">Where it is written.</param>
/// <param name="activity">How far this instance is.</param>
/// <param name="inHand">What it has taken and not done.</param>
/// <param name="detectors">What it runs.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="logger">Log.</param>
internal sealed class InstanceReporter(
    InstanceTable table,
    InstanceActivity activity,
    WorkInHand inHand,
    DetectorProvider detectors,
    TimeProvider timeProvider,
    ILogger<InstanceReporter> logger) : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    // The platform gives an app half a minute to end, LocalHost five seconds, and others end behind this.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    // The platform names its instances; elsewhere a process does.
    private readonly string _instance = RowKeyOf(
        Environment.GetEnvironmentVariable("WEBSITE_INSTANCE_ID") is { Length: > 0 } id ? id : $"{Environment.MachineName}-{Environment.ProcessId}");

    /// <summary>What this instance says now.</summary>
    public InstanceReport Report()
    {
        InstanceActivity.Snapshot current = activity.Current;
        ImmutableArray<BatchInHand> taken = inHand.Current;
        return new InstanceReport(_instance, timeProvider.GetUtcNow())
        {
            AppVersion = AppBuild.Version,
            Revision = detectors.Current.RuleSet.Revision,
            Rules = detectors.Current.Rules.Length,
            Rejected = detectors.Current.RuleSet.Rejected,
            IsStale = detectors.IsStale,
            Events = current.Events,
            LastBatchAt = current.LastBatchAt,
            LastEnqueuedTime = current.LastEnqueuedTime,
            InHand = taken,
            InHandCount = taken.Length,
            UncountedSince = activity.UncountedSince,
        };
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            await WriteAsync(hasEnded: true, patience.Token);
        }
        catch (OperationCanceledException exception)
        {
            logger.InstanceNotReported(exception.GetType().FullName!);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            do
            {
                await WriteAsync(hasEnded: false, stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app ends.
        }
    }

    // Detection does not wait for what is only told to people.
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault in telling must not end the app.")]
    private async Task WriteAsync(bool hasEnded, CancellationToken cancellationToken)
    {
        try
        {
            await table.WriteAsync(Report() with { HasEnded = hasEnded }, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            logger.InstanceNotReported(exception is RequestFailedException { ErrorCode: { } code } ? code : exception.GetType().FullName!);
        }
    }

    // Keys hold none of these; ids of instances are hex digits.
    private static string RowKeyOf(string instance) => string.Concat(instance.Select(c => char.IsAsciiLetterOrDigit(c) || c == '-' ? c : '_'));
}
