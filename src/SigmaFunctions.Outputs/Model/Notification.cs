using System.Collections.Immutable;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.Outputs.Model;

/// <summary>What an output is told at once: an alert, or how many more there were of a rule.</summary>
/// <param name="Id">What a receiver knows it by, however often it is sent: the alert's id, or that with <c>-more</c> behind it; ASCII, up to 80 characters.</param>
/// <param name="Alert">The alert; of more than one, the last of them.</param>
public sealed record Notification(string Id, Alert Alert)
{
    /// <summary>
    /// What of the values of <see cref="Storage.Alerts.Alert.Fields"/> the rule asks for, such as <c>--eval</c>: texts of those values, up to ten. Empty where
    /// that is not known.
    /// </summary>
    public ImmutableArray<string> Matched { get; init; } = [];

    /// <summary>How many there were, where it stands for many; null where it is one alert.</summary>
    public Burst? Burst { get; init; }
}

/// <summary>Alerts of one rule that an output is not told one by one.</summary>
/// <param name="Count">How many, at least 1.</param>
/// <param name="HostCount">On how many hosts, at most <paramref name="Count"/>; 0 where none has a host.</param>
/// <param name="Hosts">Some of those hosts, up to ten.</param>
/// <param name="From">Since when (UTC).</param>
/// <param name="Until">Until when (UTC).</param>
public sealed record Burst(int Count, int HostCount, ImmutableArray<string> Hosts, DateTimeOffset From, DateTimeOffset Until);
