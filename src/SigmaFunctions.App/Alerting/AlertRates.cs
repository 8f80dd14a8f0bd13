using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.App.Alerting;

/// <summary>How many alerts are too many.</summary>
/// <param name="PerRule">Alerts of a rule in <paramref name="Window"/>; null where there is no such limit.</param>
/// <param name="PerHost">Alerts of a rule on one host in <paramref name="Window"/>; no more of them count for the rule. Null where there is no such limit.</param>
/// <param name="Window">The time in which they count, and for which a rule is muted.</param>
internal readonly record struct AlertLimits(int? PerRule, int? PerHost, TimeSpan Window)
{
    /// <summary>Whether there is any limit.</summary>
    public bool IsAny => PerRule is not null || PerHost is not null;
}

/// <summary>
/// How many alerts each rule has sent of late on this instance, on each host and in all, in windows of fixed length that begin with a rule's
/// first, and where rules are muted. Hosts are named by senders, so only so many are told apart.
/// </summary>
/// <param name="timeProvider">Clock of the windows.</param>
public sealed class AlertRates(TimeProvider timeProvider)
{
    /// <summary>
    /// Most hosts that are told apart, over all rules: 10 MB. Further hosts of a rule count as one, until windows end.
    /// </summary>
    public const int MaxHosts = 100_000;

    /// <summary>The key that hosts have which are not told apart.</summary>
    internal static readonly UInt128 OtherHosts = UInt128.Zero;

    // Looking for ended windows costs a pass over all rules, which a flood must not ask for with every detection.
    private static readonly TimeSpan PauseBetweenPurges = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, RuleRate> _rules = new(StringComparer.Ordinal);
    private int _hosts;
    private DateTimeOffset _nextPurge;

    /// <summary>Number of hosts told apart now, over all rules.</summary>
    internal int Hosts
    {
        get
        {
            lock (_lock)
            {
                return _hosts;
            }
        }
    }

    /// <summary>Begins a batch's claim to room for alerts of a rule.</summary>
    internal AlertClaim Claim(string ruleId, AlertLimits limits) => new(this, ruleId, limits);

    /// <summary>The key under which a host counts.</summary>
    internal UInt128 Resolve(string ruleId, UInt128 host)
    {
        lock (_lock)
        {
            return Find(ruleId)?.Find(host) is not null || HasRoomForHost() ? host : OtherHosts;
        }
    }

    /// <summary>The mute that covers a host; null where none does.</summary>
    internal Mute? FindMute(string ruleId, UInt128 host)
    {
        lock (_lock)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            if (Find(ruleId) is not { } rule)
            {
                return null;
            }

            return rule.Find(host)?.Mute is { } mute && mute.Until > now ? mute : rule.Mute?.Until > now ? rule.Mute : null;
        }
    }

    /// <summary>Takes room for one alert.</summary>
    /// <param name="ruleId">The rule.</param>
    /// <param name="host">The host, as <see cref="Resolve"/> gives it.</param>
    /// <param name="limits">The limits.</param>
    /// <param name="isForced">Whether it is taken where there is none.</param>
    /// <param name="full">What is full; the host's own room first, so that a host which had all of it mutes nobody else.</param>
    /// <returns>What was taken; null where there is no room.</returns>
    internal Place? Take(string ruleId, UInt128 host, AlertLimits limits, bool isForced, out MuteScope full)
    {
        lock (_lock)
        {
            RuleRate rule = Begin(ruleId, limits.Window);
            Rate? rate = rule.Find(host) ?? (HasRoomForHost() ? null : rule.OtherHosts);
            bool isHostFull = rate?.Count >= limits.PerHost;
            full = isHostFull ? MuteScope.Host : MuteScope.Everywhere;
            if (!isForced && (isHostFull || rule.Count >= limits.PerRule))
            {
                return null;
            }

            // What a host sends beyond its own limit does not count for the rule: one host alone never reaches the rule's.
            rate ??= Add(rule, host);
            rate.Count++;
            if (!isHostFull)
            {
                rule.Count++;
            }

            return new Place(rule, rate, !isHostFull, rule.Window);
        }
    }

    /// <summary>Gives back room that was taken and not used.</summary>
    internal void GiveBack(Place place)
    {
        lock (_lock)
        {
            if (place.Window != place.Rule.Window)
            {
                return;
            }

            place.Host.Count--;
            if (place.CountsForRule)
            {
                place.Rule.Count--;
            }
        }
    }

    /// <summary>How many detections were held back, in mutes of the rule or on the host, that have ended and were not told of; each is given once.</summary>
    internal (int OfHost, int OfRule) TakeUntold(string ruleId, UInt128 host)
    {
        lock (_lock)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            return Find(ruleId) is { } rule
                ? (rule.Find(host)?.TakeUntold(now) ?? 0, rule.TakeUntold(now))
                : (0, 0);
        }
    }

    /// <summary>Notes detections that were held back in a mute, or gives back what was not told of.</summary>
    internal void AddUntold(string ruleId, UInt128 host, MuteScope scope, int heldBack)
    {
        lock (_lock)
        {
            if ((scope == MuteScope.Everywhere ? Find(ruleId) : Find(ruleId)?.Find(host)) is { } rate)
            {
                rate.HeldBack += heldBack;
            }
        }
    }

    /// <summary>Notes that a rule is muted, on a host or everywhere.</summary>
    internal void NoteMute(string ruleId, UInt128 host, Mute mute, TimeSpan window)
    {
        lock (_lock)
        {
            RuleRate rule = Begin(ruleId, window);

            // The mute of one host must not become that of all which are not told apart.
            if (mute.Scope == MuteScope.Host && rule.Find(host) is null && !HasRoomForHost())
            {
                return;
            }

            Rate rate = mute.Scope == MuteScope.Everywhere ? rule : rule.Find(host) ?? Add(rule, host);
            if (rate.Mute is null || rate.Mute.Until < mute.Until)
            {
                rate.Mute = mute;
            }
        }
    }

    private RuleRate? Find(string ruleId) => _rules.GetValueOrDefault(ruleId);

    private RuleRate Begin(string ruleId, TimeSpan window)
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        if (!_rules.TryGetValue(ruleId, out RuleRate? rule))
        {
            _rules[ruleId] = rule = new RuleRate(now);
        }
        else if (rule.HasEnded(now))
        {
            _hosts -= rule.Restart(now, keepsUntold: true);
        }

        rule.Length = window;
        return rule;
    }

    // Hosts that are not told apart have one entry a rule, which is always there.
    private Rate Add(RuleRate rule, UInt128 host)
    {
        if (host == OtherHosts || !HasRoomForHost())
        {
            return rule.OtherHosts;
        }

        _hosts++;
        return rule.Hosts[host] = new Rate();
    }

    private bool HasRoomForHost()
    {
        DateTimeOffset now = timeProvider.GetUtcNow();
        if (_hosts >= MaxHosts && now >= _nextPurge)
        {
            _nextPurge = now + PauseBetweenPurges;
            foreach (RuleRate rule in _rules.Values.Where(rule => rule.HasEnded(now)))
            {
                _hosts -= rule.Restart(now, keepsUntold: false);
            }
        }
        return _hosts < MaxHosts;
    }

    /// <summary>Alerts of a rule, everywhere or on a host.</summary>
    internal class Rate
    {
        public int Count { get; set; }

        public Mute? Mute { get; set; }

        public int HeldBack { get; set; }

        public int TakeUntold(DateTimeOffset now)
        {
            if (Mute?.Until > now)
            {
                return 0;
            }

            int heldBack = HeldBack;
            HeldBack = 0;
            return heldBack;
        }
    }

    /// <summary>Alerts of a rule, in all and on each host.</summary>
    internal sealed class RuleRate(DateTimeOffset start) : Rate
    {
        public DateTimeOffset Start { get; private set; } = start;

        public int Window { get; private set; }

        public TimeSpan Length { get; set; }

        public Rate OtherHosts { get; private set; } = new();

        public Dictionary<UInt128, Rate> Hosts { get; } = [];

        public Rate? Find(UInt128 host) => host == AlertRates.OtherHosts ? OtherHosts : Hosts.GetValueOrDefault(host);

        public bool HasEnded(DateTimeOffset now) => now - Start >= Length;

        /// <summary>Begins another window, and keeps of the hosts those that are muted or, where asked to, have something to tell.</summary>
        /// <returns>Number of hosts that go.</returns>
        public int Restart(DateTimeOffset now, bool keepsUntold)
        {
            int before = Hosts.Count;
            foreach ((UInt128 host, Rate rate) in Hosts)
            {
                if (rate.Mute?.Until > now || (keepsUntold && rate.HeldBack > 0))
                {
                    rate.Count = 0;
                }
                else
                {
                    Hosts.Remove(host);
                }
            }

            OtherHosts.Count = 0;
            Count = 0;
            Start = now;
            Window++;
            return before - Hosts.Count;
        }
    }

    /// <summary>Room that was taken for one alert.</summary>
    internal readonly record struct Place(RuleRate Rule, Rate Host, bool CountsForRule, int Window);
}
