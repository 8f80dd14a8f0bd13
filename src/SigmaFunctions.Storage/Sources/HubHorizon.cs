using SigmaFunctions.Storage.Instances;

namespace SigmaFunctions.Storage.Sources;

/// <summary>Up to when all that a hub took in is counted, so that a backlog is not taken for silence.</summary>
public static class HubHorizon
{
    /// <summary>Between the time at which events are done and that at which all instances have written what they counted.</summary>
    public static readonly TimeSpan Slack = TimeSpan.FromMinutes(10);

    /// <summary>Age from which a look at a partition says nothing of now.</summary>
    public static readonly TimeSpan LooksFor = TimeSpan.FromMinutes(10);

    /// <summary>Age from which the last word of an instance that did not end in good order says that nothing is heard of it.</summary>
    public static readonly TimeSpan Unheard = TimeSpan.FromMinutes(5);

    /// <summary>How long an instance of which nothing is heard may still be there, counting what it cannot write.</summary>
    public static readonly TimeSpan Missed = TimeSpan.FromHours(2);

    /// <summary>Up to when all that instances counted is written, as far as they say so or are not heard (UTC); null where all is.</summary>
    /// <param name="instances">The last words of the instances.</param>
    /// <param name="now">The time (UTC).</param>
    public static DateTimeOffset? OfInstances(IEnumerable<InstanceReport> instances, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(instances);
        return instances
            .SelectMany(instance => (DateTimeOffset?[])
            [
                instance.UncountedSince,
                !instance.HasEnded && instance.LastBatchAt is not null && instance.At < now - Unheard && instance.At >= now - Missed ? instance.At - Slack : null,
            ])
            .Min();
    }

    /// <summary>The horizon of a hub (UTC).</summary>
    /// <param name="partitions">What the last looks told of the hub's partitions.</param>
    /// <param name="newest">
    /// When the hub took in the newest event that is counted, of any source. Where it is not known how far the partitions are done, that is as far as anything
    /// is known: a source is silent then only in comparison with the others.
    /// </param>
    /// <param name="now">The time (UTC).</param>
    public static DateTimeOffset Of(IEnumerable<PartitionProgress> partitions, DateTimeOffset newest, DateTimeOffset now)
    {
        TimeSpan?[] ages = [.. partitions.Where(partition => partition.At >= now - LooksFor).Select(partition => partition.AgeAt(now))];
        return ages.Length > 0 && ages.All(age => age is not null)
            ? now - ages.Max()!.Value - Slack
            : newest < now ? newest : now;
    }
}
