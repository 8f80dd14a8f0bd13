using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Alerting;

/// <summary>
/// What becomes of one rule's detections in one batch, as far as is known of the windows, and what must be read or written before that is
/// final. It is decided from the start whenever more is known, so a batch that lost a race, one that is tried again and one that another
/// instance goes on with come to their decisions in the same way.
/// <para>
/// What is held back names an alert that is on the queue, goes there with this batch, or is owed. An owed one is sent, whatever the counts
/// say, since its detection is known by the window or mute that it opened and owns until it has been sent. For that to be seen in time,
/// suppression windows are looked at before anything in them is held back; a rule's mutes, before anything is held back by one; and what
/// opens a mute has opened its suppression window before.
/// </para>
/// </summary>
internal sealed class AlertPlan
{
    private readonly AlertClaim _claim;
    private readonly TimeSpan _muteFor;
    private readonly HashSet<DetectionId> _ids;
    private readonly List<AlertPlanItem> _opening = [];

    // Those that open their suppression window in order to open a mute; they are not sent for that alone.
    private readonly HashSet<DetectionId> _wanting = [];
    private Dictionary<DetectionId, Mute> _announced = [];
    private DateTimeOffset _now;

    /// <summary>Begins.</summary>
    /// <param name="ruleId">The rule.</param>
    /// <param name="detections">Its detections in the order in which they should alert, each once.</param>
    /// <param name="policy">What the settings say.</param>
    /// <param name="rates">How much rules have alerted of late.</param>
    public AlertPlan(string ruleId, IEnumerable<Detection> detections, AlertPolicy policy, AlertRates rates)
    {
        RuleId = ruleId;
        SuppressFor = policy.SuppressFor(ruleId);
        _muteFor = policy.Limits.Window;
        _claim = rates.Claim(ruleId, policy.Limits);
        var windows = new Dictionary<string, AlertPlanWindow>(StringComparer.Ordinal);
        Items = [.. detections.Select(detection => new AlertPlanItem(detection, _claim.Resolve(AlertPolicy.HostKey(detection)), WindowOf(detection)))];
        Windows = [.. windows.Values];
        _ids = [.. Items.Select(item => item.Id)];

        AlertPlanWindow? WindowOf(Detection detection)
        {
            // One that tells of matches which are recorded nowhere stands for itself.
            if (SuppressFor <= TimeSpan.Zero || detection.Omitted > 0)
            {
                return null;
            }

            string key = policy.EntityKey(detection);
            return windows.TryGetValue(key, out AlertPlanWindow? window) ? window : windows[key] = new AlertPlanWindow(key);
        }
    }

    /// <summary>The rule.</summary>
    public string RuleId { get; }

    /// <summary>The detections, in order.</summary>
    public ImmutableArray<AlertPlanItem> Items { get; }

    /// <summary>For how long a suppression window is open.</summary>
    public TimeSpan SuppressFor { get; }

    /// <summary>The suppression windows that they fall into; all must have been seen before anything is decided.</summary>
    public ImmutableArray<AlertPlanWindow> Windows { get; }

    /// <summary>The rule's mutes as they were seen last; null where nobody looked.</summary>
    public SeenMutes? Mutes
    {
        get;
        set
        {
            field = value;
            _announced = (value?.Mutes.All ?? []).Where(mute => _ids.Contains(mute.AlertId)).ToDictionary(mute => mute.AlertId);
        }
    }

    /// <summary>Whether the rule's mutes must be seen before more can be decided.</summary>
    public bool NeedsMutes { get; private set; }

    /// <summary>Times that another was faster with the rule's mutes.</summary>
    public int MuteConflicts { get; set; }

    /// <summary>What the mutes must be before the decisions are final; null where they may stay.</summary>
    public RuleMutes? NextMutes { get; private set; }

    /// <summary>Mutes that <see cref="NextMutes"/> leaves out, since they have ended: their alerts must have been sent before.</summary>
    public ImmutableArray<Mute> EndedMutes { get; private set; } = [];

    /// <summary>Mutes that <see cref="NextMutes"/> adds.</summary>
    public IEnumerable<Mute> NewMutes => _opening.Select(item => item.Mute!);

    /// <summary>Decides what becomes of each detection.</summary>
    /// <param name="now">The time (UTC).</param>
    public void Decide(DateTimeOffset now)
    {
        _now = now;
        _claim.Release();
        _opening.Clear();
        NextMutes = null;
        foreach (AlertPlanWindow window in Windows)
        {
            window.Begin(now, _ids);
        }

        var full = new List<(AlertPlanItem Item, MuteScope Scope)>();
        bool needsMutes = false;
        foreach (AlertPlanItem item in Items)
        {
            if (_announced.TryGetValue(item.Id, out Mute? own))
            {
                Send(item, own);
            }
            else if (item.OwnsWindow && !_wanting.Contains(item.Id))
            {
                // An earlier try opened the window, and perhaps a mute with it.
                needsMutes |= !item.Window.IsOpenedHere;
                Send(item);
            }
            else if (!item.OwnsWindow && _claim.FindMute(item.Host) is { } mute)
            {
                needsMutes = true;
                item.HoldByRate(mute);
            }
            else if (item.Window?.Standing is { } standing && standing != item.Id)
            {
                item.HoldRepeated(standing);
            }
            else if (_claim.TryTake(item.Host, out MuteScope scope))
            {
                item.Send();
                item.Window?.Open(item);
            }
            else
            {
                full.Add((item, scope));
            }
        }

        NeedsMutes = Mutes is null && (needsMutes || full.Count > 0);
        if (NeedsMutes)
        {
            return;
        }

        foreach ((AlertPlanItem item, MuteScope scope) in full)
        {
            DecideWithoutRoom(item, scope);
        }

        PlanMutes();
    }

    /// <summary>How many detections an alert tells of that were held back since the last one.</summary>
    public int TakeHeldBack(AlertPlanItem item) =>
        (item.OwnsWindow ? item.Window.Seen!.Window!.HeldBackBefore : 0) + _claim.TakeUntold(item.Host);

    /// <summary>Notes that all was done as decided.</summary>
    public void Keep()
    {
        _claim.Keep();
        foreach (AlertPlanItem item in Items)
        {
            if (item.Mute is { } mute)
            {
                _claim.Note(item.Host, mute, item.HeldBack is null ? 0 : 1);
            }
        }
    }

    /// <summary>Gives back the room that was taken and is not kept.</summary>
    public void Release() => _claim.Release();

    private void DecideWithoutRoom(AlertPlanItem item, MuteScope scope)
    {
        if (item.Window?.Standing is { } standing && standing != item.Id)
        {
            item.HoldRepeated(standing);
        }
        else if (FindCover(item.Host) is { } cover)
        {
            // The mute may be another instance's and cover all hosts; here it is this host alone that had too many.
            if (item.OwnsWindow)
            {
                Send(item);
            }
            else
            {
                item.HoldByRate(scope == MuteScope.Host ? cover with { Scope = scope } : cover);
            }
        }
        else
        {
            // More hosts that flood than a row can name are no matter of single hosts.
            scope = MutedHosts() < RuleMutes.MaxHosts ? scope : MuteScope.Everywhere;
            Send(item, new Mute(item.Id, _now + _muteFor, scope));
            _opening.Add(item);
            if (item.Window is { } window && !item.OwnsWindow)
            {
                window.Open(item);
                _wanting.Add(item.Id);
            }
        }
    }

    // What tells of a mute comes on top of the room there is, in each try and in whatever order.
    private void Send(AlertPlanItem item, Mute? mute = null)
    {
        if (mute is null)
        {
            _claim.Force(item.Host);
        }

        item.Send(mute);
    }

    private Mute? FindCover(UInt128 host)
    {
        if (Mutes!.Mutes.Everywhere is { } everywhere && Stands(everywhere.AlertId, everywhere.Until))
        {
            return new Mute(everywhere.AlertId, everywhere.Until, MuteScope.Everywhere);
        }

        if (Mutes.Mutes.Hosts.TryGetValue(host, out HostMute? known) && Stands(known.AlertId, known.Until))
        {
            return new Mute(known.AlertId, known.Until, MuteScope.Host);
        }

        return _opening.Find(item => item.Mute!.Scope == MuteScope.Everywhere || item.Host == host)?.Mute;
    }

    // What this batch sends stands for the rest of it however late that is: another try decides like the first.
    private bool Stands(DetectionId alertId, DateTimeOffset until) => until > _now || _ids.Contains(alertId);

    private int MutedHosts() =>
        Mutes!.Mutes.Hosts.Values.Count(mute => Stands(mute.AlertId, mute.Until)) + _opening.Count(item => item.Mute!.Scope == MuteScope.Host);

    private void PlanMutes()
    {
        if (_opening.Count == 0 || !_opening.TrueForAll(item => item.Window is null || item.OwnsWindow))
        {
            return;
        }

        EndedMutes = [.. Mutes!.Mutes.All.Where(mute => !Stands(mute.AlertId, mute.Until))];
        RuleMutes next = Mutes.Mutes.Without(EndedMutes.Select(mute => mute.AlertId).ToHashSet());
        foreach (AlertPlanItem item in _opening)
        {
            next = item.Mute!.Scope == MuteScope.Everywhere
                ? next with { Everywhere = new AlertWindow(item.Id, item.Mute.Until, 0, 0) }
                : next with { Hosts = next.Hosts.SetItem(item.Host, new HostMute(item.Id, item.Mute.Until)) };
        }

        NextMutes = next;
    }
}

/// <summary>A detection in a plan, and what becomes of it.</summary>
/// <param name="detection">The detection.</param>
/// <param name="host">Under what its host counts.</param>
/// <param name="window">Its suppression window; null where its rule has none.</param>
internal sealed class AlertPlanItem(Detection detection, UInt128 host, AlertPlanWindow? window)
{
    public Detection Detection { get; } = detection;

    public DetectionId Id { get; } = detection.Id;

    public UInt128 Host { get; } = host;

    public AlertPlanWindow? Window { get; } = window;

    /// <summary>Whether it opened its suppression window, now or in an earlier try.</summary>
    [MemberNotNullWhen(true, nameof(Window))]
    public bool OwnsWindow => Window?.Seen?.Window?.AlertId == Id;

    /// <summary>Why it has no alert of its own; null where it has.</summary>
    public HoldReason? HeldBack { get; private set; }

    /// <summary>The alert that stands for it; null where it has its own.</summary>
    public DetectionId? HeldBackBy { get; private set; }

    /// <summary>The mute that its alert announces, or that it is held back in; null where it is neither.</summary>
    public Mute? Mute { get; private set; }

    public void Send(Mute? mute = null) => (HeldBack, HeldBackBy, Mute) = (null, null, mute);

    public void HoldByRate(Mute mute) => (HeldBack, HeldBackBy, Mute) = (HoldReason.Rate, mute.AlertId, mute);

    public void HoldRepeated(DetectionId alertId)
    {
        (HeldBack, HeldBackBy, Mute) = (HoldReason.Repetition, alertId, null);
        Window!.Repeats++;
    }
}

/// <summary>A suppression window in a plan.</summary>
/// <param name="key">What it is for.</param>
internal sealed class AlertPlanWindow(string key)
{
    private bool _isOwn;
    private int _counted;
    private DetectionId? _opener;

    public string Key { get; } = key;

    /// <summary>The window as it was seen last; null before.</summary>
    public SeenWindow? Seen { get; set; }

    /// <summary>The alert that stands for detections in it; null where none does.</summary>
    public DetectionId? Standing { get; private set; }

    /// <summary>Detections that are held back in it.</summary>
    public int Repeats { get; set; }

    /// <summary>Times that another was faster.</summary>
    public int Conflicts { get; set; }

    /// <summary>Whether this try opened it.</summary>
    public bool IsOpenedHere { get; private set; }

    /// <summary>Whether it must be opened before the decisions are final.</summary>
    public bool MustOpen => _opener is not null;

    /// <summary>Whether what is held back in it is to be counted.</summary>
    public bool MustCount => _opener is null && !_isOwn && Repeats > _counted;

    /// <summary>Begins to decide.</summary>
    /// <param name="now">The time (UTC).</param>
    /// <param name="batch">The detections of the batch; what they have opened stands for the others however late that is.</param>
    public void Begin(DateTimeOffset now, HashSet<DetectionId> batch)
    {
        AlertWindow? window = Seen!.Window;
        _isOwn = window is not null && batch.Contains(window.AlertId);
        _opener = null;
        Standing = _isOwn || window?.Until > now ? window!.AlertId : null;
        Repeats = 0;
    }

    /// <summary>Decides that a detection opens it; where an alert stands already, that stays.</summary>
    public void Open(AlertPlanItem item)
    {
        if (Standing is not null)
        {
            return;
        }

        _opener = item.Id;
        Standing = item.Id;
    }

    /// <summary>The window as it must be.</summary>
    public AlertWindow Next(DateTimeOffset until) => _opener is { } opener
        ? new AlertWindow(opener, until, Repeats, Seen!.Window?.HeldBack ?? 0)
        : Seen!.Window! with { HeldBack = Seen.Window.HeldBack + Repeats - _counted };

    /// <summary>Notes that it was opened, as it is seen now.</summary>
    public void Opened(SeenWindow seen) => (Seen, IsOpenedHere) = (seen, true);

    /// <summary>Notes that what is held back in it has been counted, as it is seen now, or cannot be.</summary>
    public void Counted(SeenWindow? seen = null) => (Seen, _counted) = (seen ?? Seen, Repeats);
}
