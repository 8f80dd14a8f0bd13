using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.App.Retention;

/// <summary>The function that removes, every hour, detections and verdicts that are older than the deployment keeps them, and what instances said that are gone, was known of partitions that are, of canaries, of what arrived, and of correlations.</summary>
/// <param name="options">For how long detections and verdicts are kept.</param>
/// <param name="table">The detections.</param>
/// <param name="index">The pointers to detections.</param>
/// <param name="verdicts">The verdicts.</param>
/// <param name="instances">What instances said.</param>
/// <param name="partitions">How far partitions were done.</param>
/// <param name="canaries">Which events canaries were.</param>
/// <param name="sources">What arrived.</param>
/// <param name="correlations">What is kept of correlations.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="logger">Log.</param>
public sealed class RetentionFunction(
    IOptions<DetectionOptions> options,
    DetectionTable table,
    DetectionIndex index,
    VerdictStore verdicts,
    InstanceTable instances,
    PartitionProgressTable partitions,
    CanaryTable canaries,
    SourceTable sources,
    CorrelationAgenda correlations,
    TimeProvider timeProvider,
    ILogger<RetentionFunction> logger)
{
    /// <summary>Name of the function.</summary>
    public const string Name = "Retention";

    /// <summary>Most rows of one run: about ten minutes of the service; the next run goes on.</summary>
    public const int MaxRows = 200_000;

    /// <summary>Most pointers of one run: a detection has three or four.</summary>
    public const int MaxPointers = 800_000;

    /// <summary>Most parts of correlations of one run, three requests each.</summary>
    public const int MaxParts = 50_000;

    /// <summary>Removes what is too old; none stops the others.</summary>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("0 23 * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return Task.WhenAll(
            RemoveDetectionsAsync(cancellationToken),
            RemovePointersAsync(cancellationToken),
            RemoveVerdictsAsync(cancellationToken),
            instances.RemoveAsync(timeProvider.GetUtcNow() - InstanceTable.KeptFor, cancellationToken),
            partitions.RemoveAsync(timeProvider.GetUtcNow() - PartitionProgressTable.KeptFor, cancellationToken),
            canaries.RemoveAsync(timeProvider.GetUtcNow() - CanaryTable.KeptFor, cancellationToken),
            sources.RemoveAsync(DateOnly.FromDateTime(timeProvider.GetUtcNow().UtcDateTime).AddDays(-SourceJudge.DaysNeeded), cancellationToken),
            correlations.RemoveOldAsync(MaxParts, cancellationToken));
    }

    private Task RemovePointersAsync(CancellationToken cancellationToken) => options.Value.RetentionDays == 0
        ? Task.CompletedTask
        : index.RemoveAsync(timeProvider.GetUtcNow() - TimeSpan.FromDays(options.Value.RetentionDays), MaxPointers, cancellationToken);

    private Task RemoveVerdictsAsync(CancellationToken cancellationToken) => options.Value.VerdictRetentionDays == 0
        ? Task.CompletedTask
        : verdicts.RemoveAsync(timeProvider.GetUtcNow() - TimeSpan.FromDays(options.Value.VerdictRetentionDays), MaxRows, cancellationToken);

    private async Task RemoveDetectionsAsync(CancellationToken cancellationToken)
    {
        if (options.Value.RetentionDays == 0)
        {
            return;
        }

        DateTimeOffset before = timeProvider.GetUtcNow() - TimeSpan.FromDays(options.Value.RetentionDays);
        int removed = await table.RemoveAsync(before, MaxRows, cancellationToken);
        if (removed > 0)
        {
            logger.DetectionsRemoved(removed, before);
        }
    }
}
