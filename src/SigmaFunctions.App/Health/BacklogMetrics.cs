using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using SigmaFunctions.App.Rules;
using SigmaFunctions.Storage.Instances;

namespace SigmaFunctions.App.Health;

/// <summary>What is measured of hubs from outside: what waits in them, and what they forgot.</summary>
public sealed class BacklogMetrics
{
    /// <summary>Events that a partition has and that are not done, by <c>hub</c> and <c>partition</c>.</summary>
    public const string Backlog = "sigmafunctions.backlog";

    /// <summary>Age of the oldest of them, in seconds and at least, by <c>hub</c> and <c>partition</c>; 0 where all is done.</summary>
    public const string BacklogAge = "sigmafunctions.backlog_age";

    /// <summary>Events that the hub forgot before they were done, by <c>hub</c> and <c>partition</c>.</summary>
    public const string Expired = "sigmafunctions.expired";

    // Two looks and what they may take. Then another instance looks, and what this one knew is no longer so.
    private static readonly TimeSpan ToldFor = TimeSpan.FromMinutes(3);

    private readonly TimeProvider _timeProvider;
    private readonly Counter<long> _expired;
    private ImmutableArray<PartitionProgress> _looked = [];

    /// <summary>Makes the instruments.</summary>
    /// <param name="meters">Makes the meter.</param>
    /// <param name="timeProvider">Clock.</param>
    public BacklogMetrics(IMeterFactory meters, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(meters);
        _timeProvider = timeProvider;
        Meter meter = meters.Create(RuleMetrics.MeterName);
        meter.CreateObservableGauge(Backlog, () => Measure(one => one.Behind), "{event}", "Events that a partition has and that are not done.");
        meter.CreateObservableGauge(
            BacklogAge, () => Measure(one => one.AgeAt(_timeProvider.GetUtcNow())?.TotalSeconds), "s", "Age of the oldest event of a partition that is known not to be done.");
        _expired = meter.CreateCounter<long>(Expired, "{event}", "Events that the hub forgot before they were done.");
    }

    /// <summary>Takes what a look told, in place of what the one before did.</summary>
    internal void Set(ImmutableArray<PartitionProgress> looked)
    {
        ImmutableInterlocked.InterlockedExchange(ref _looked, looked);
        foreach (PartitionProgress one in looked.Where(one => one.Expired > 0))
        {
            _expired.Add(one.Expired, Tags(one));
        }
    }

    private IEnumerable<Measurement<T>> Measure<T>(Func<PartitionProgress, T?> value)
        where T : struct
    {
        DateTimeOffset oldest = _timeProvider.GetUtcNow() - ToldFor;
        return _looked.Where(one => one.At >= oldest && value(one) is not null).Select(one => new Measurement<T>(value(one)!.Value, Tags(one)));
    }

    private static KeyValuePair<string, object?>[] Tags(PartitionProgress one) =>
        [KeyValuePair.Create("hub", (object?)one.EventHub), KeyValuePair.Create("partition", (object?)one.Partition)];
}
