using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Alerts;

/// <summary>
/// Where a rule is muted, and by which alerts: everywhere, on single hosts, or both. All of them are one row, so that one look finds every
/// alert that detections of the rule may have been held back by.
/// </summary>
/// <param name="Everywhere">The mute of the rule as a whole, open or closed; null where there is none.</param>
/// <param name="Hosts">The mutes on hosts, open and closed, by the key of the host.</param>
public sealed record RuleMutes(AlertWindow? Everywhere, ImmutableDictionary<UInt128, HostMute> Hosts)
{
    /// <summary>Most hosts that a rule is muted on at once. With 108 characters for each they stay under the 32,768 of a property.</summary>
    public const int MaxHosts = 256;

    /// <summary>No mutes.</summary>
    public static readonly RuleMutes None = new(null, ImmutableDictionary<UInt128, HostMute>.Empty);

    private const char BetweenHosts = ' ';
    private const char BetweenParts = ':';

    /// <summary>All of them.</summary>
    public IEnumerable<Mute> All => Hosts.Values
        .Select(mute => new Mute(mute.AlertId, mute.Until, MuteScope.Host))
        .Concat(Everywhere is { } everywhere ? [new Mute(everywhere.AlertId, everywhere.Until, MuteScope.Everywhere)] : []);

    /// <summary>These mutes but those that the given alerts announce.</summary>
    public RuleMutes Without(IReadOnlySet<DetectionId> alerts)
    {
        ArgumentNullException.ThrowIfNull(alerts);
        return new RuleMutes(
            Everywhere is { } everywhere && alerts.Contains(everywhere.AlertId) ? null : Everywhere,
            Hosts.RemoveRange(Hosts.Where(pair => alerts.Contains(pair.Value.AlertId)).Select(pair => pair.Key)));
    }

    internal string FormatHosts() => string.Join(
        BetweenHosts,
        Hosts.OrderBy(pair => pair.Key).Select(pair => string.Create(
            CultureInfo.InvariantCulture, $"{pair.Key:x32}{BetweenParts}{pair.Value.Until.UtcTicks:D19}{BetweenParts}{pair.Value.AlertId.Value}")));

    // What is no mute counts as none: a detection must not wait for someone to mend a row.
    internal static ImmutableDictionary<UInt128, HostMute> ParseHosts(string? text)
    {
        ImmutableDictionary<UInt128, HostMute>.Builder hosts = ImmutableDictionary.CreateBuilder<UInt128, HostMute>();
        foreach (string entry in (text ?? "").Split(BetweenHosts))
        {
            if (entry.Split(BetweenParts) is [var key, var until, var alert]
                && UInt128.TryParse(key, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 host)
                && long.TryParse(until, NumberStyles.None, CultureInfo.InvariantCulture, out long ticks)
                && ticks <= DateTime.MaxValue.Ticks
                && DetectionId.TryParse(alert, out DetectionId id))
            {
                hosts[host] = new HostMute(id, new DateTimeOffset(ticks, TimeSpan.Zero));
            }
        }
        return hosts.ToImmutable();
    }
}

/// <summary>A time for which a rule is muted on one host.</summary>
/// <param name="AlertId">The alert that announces it.</param>
/// <param name="Until">When it ends (UTC).</param>
public sealed record HostMute(DetectionId AlertId, DateTimeOffset Until);

/// <summary>A time for which a rule is muted.</summary>
/// <param name="AlertId">The alert that announces it.</param>
/// <param name="Until">When it ends (UTC).</param>
/// <param name="Scope">Where.</param>
public sealed record Mute(DetectionId AlertId, DateTimeOffset Until, MuteScope Scope);
