using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Correlating;

/// <summary>
/// What the firings of a part are to be from a time on, and what of them its rows do not say yet. It follows from what was read alone.
/// </summary>
internal sealed class PartChanges
{
    private readonly TreePart _part;
    private readonly PartView _view;
    private readonly long _from;
    private readonly TimeSpan _grace;
    private readonly DateTimeOffset _now;

    private PartChanges(TreePart part, PartView view, long from, TimeSpan grace, DateTimeOffset now)
    {
        _now = now;
        _part = part;
        _view = view;
        _from = from;
        _grace = grace;
    }

    /// <summary>Rows that are to be written, firings that turned out to be none first.</summary>
    public ImmutableArray<StoredFiring> Writes { get; private set; } = [];

    /// <summary>The root's firings from the time on, as their rows say them; of use where there is nothing to write.</summary>
    public ImmutableArray<StoredFiring> Firings { get; private set; } = [];

    /// <summary>Compares.</summary>
    /// <param name="part">The part.</param>
    /// <param name="view">What was read.</param>
    /// <param name="from">The time of the earliest match that may be new, in ticks.</param>
    /// <param name="grace">For how long after a completing event's arrival late ones are waited for.</param>
    /// <param name="now">Now, as the store tells when rows were written.</param>
    public static PartChanges Of(TreePart part, PartView view, long from, TimeSpan grace, DateTimeOffset now)
    {
        var changes = new PartChanges(part, view, from, grace, now);
        changes.Compare();
        return changes;
    }

    private void Compare()
    {
        CorrelationTree tree = _part.Tree;
        int root = tree.Correlations.Length - 1;
        var wanted = new Dictionary<string, StoredFiring>(StringComparer.Ordinal);
        foreach (TreeFiring firing in tree.Evaluate(_part.Key.Span, _view.Matches, LedgerOf))
        {
            StoredFiring next = FiringOf(firing);
            wanted[StateRows.KeyOf(next)] = next;
        }

        var superseded = new List<StoredFiring>();
        var written = new List<StoredFiring>();
        var firings = new List<StoredFiring>();
        foreach ((string key, StoredFiring next) in wanted)
        {
            StoredFiring? known = _view.ByKey.GetValueOrDefault(key);
            bool isKept = known is not null && (next.SaysSameAs(known) || (_view.CompleteFrom is not null && !known.IsSuperseded));
            if (!isKept)
            {
                written.Add(next);
            }

            if (next.Correlation == root)
            {
                firings.Add(isKept ? known! : next);
            }
        }

        foreach (StoredFiring known in _view.ByKey.Values)
        {
            if (wanted.ContainsKey(StateRows.KeyOf(known)))
            {
                continue;
            }

            if (IsFixed(known) || known.Time < FromOf(known.Correlation, known.Group))
            {
                firings.AddRange(known.Correlation == root && IsOwed(known) ? [known] : []);
                continue;
            }

            if (known.IsSuperseded)
            {
                firings.AddRange(known.Correlation == root ? [known] : []);
            }
            else if (_view.CompleteFrom is null)
            {
                superseded.Add(known with { IsSuperseded = true, Revision = known.Revision + 1 });
            }
        }

        Writes = [.. superseded, .. written];
        Firings = [.. firings.OrderBy(firing => firing.Time)];
    }

    private GroupLedger LedgerOf(int correlation, ReadOnlyMemory<byte> group)
    {
        string name = StateRows.GroupOf(correlation, group.Span);
        long from = FromOf(correlation, name);
        HashSet<long> before =
            [.. _view.Firings[(correlation, name)].Where(firing => !firing.IsSuperseded && firing.Time < from).Select(firing => firing.Time)];
        return new GroupLedger(from, before.Count == 0 ? null : before.Max(), before);
    }

    /// <summary>The time from which on a group's firings are to be found: not what is of another condition, nor what was before.</summary>
    private long FromOf(int correlation, string group)
    {
        CorrelationTree tree = _part.Tree;

        // What is told by events that are missing is told only where all are there.
        long complete = _view.CompleteFrom is not { } known ? 0 : tree.Decision == CorrelationDecision.AtOnce ? known : known + tree.Reach;
        long from = Math.Max(_from - tree.Shifts[correlation], complete);
        return _view.Firings[(correlation, group)]
            .Where(firing => !firing.IsSuperseded && IsFixed(firing))
            .Aggregate(from, (later, firing) => Math.Max(later, firing.Time + 1));
    }

    /// <summary>
    /// Whether a firing stays as it is: one of another condition, and one of which matches may be gone that it was made of; neither while it waits to be recorded.
    /// </summary>
    private bool IsFixed(StoredFiring firing)
    {
        if (firing.Report is { Outcome: FiringOutcome.None, Recorded: 0 })
        {
            return false;
        }

        long kept = Math.Max(TimeSpan.TicksPerDay / 2, Math.Min(_part.Tree.Reach, _part.KeptFor.Ticks / 2));
        return firing.Condition != _part.Tree.Condition || firing.WrittenAt < _now - new TimeSpan(kept);
    }

    /// <summary>
    /// Whether a firing of which nothing is found out any more is still to be recorded: it was decided about by somebody who did not come to record it, or waited
    /// while the part got so many matches that its own are not looked at.
    /// </summary>
    private bool IsOwed(StoredFiring firing) =>
        firing.Time >= _from - _part.Tree.Shifts[firing.Correlation]
        && firing.Report is { } report
        && report.Recorded < firing.Revision
        && (report.Outcome != FiringOutcome.None || (!firing.IsSuperseded && _view.CompleteFrom is not null && firing.Condition == _part.Tree.Condition));

    private StoredFiring FiringOf(TreeFiring firing)
    {
        CorrelationTree tree = _part.Tree;
        string group = StateRows.GroupOf(firing.Correlation, firing.Group.Span);
        var next = new StoredFiring
        {
            Partition = _part.Partition,
            Correlation = firing.Correlation,
            Group = group,
            Span = tree.Correlations[firing.Correlation].Logic.Span,
            Time = firing.Time,
            Condition = tree.Condition,
        };
        StoredFiring? known = _view.ByKey.GetValueOrDefault(StateRows.KeyOf(next));
        return next with
        {
            Revision = (known?.Revision ?? 0) + 1,
            Tag = known?.Tag ?? default,
            Report = firing.Detection is { } detection ? ReportOf(next, detection, firing.Values, known?.Report) : null,
        };
    }

    private FiringReport ReportOf(StoredFiring firing, CorrelationDetection detection, ImmutableArray<string> values, FiringReport? known)
    {
        CompiledCorrelation root = _part.Tree.Root;
        StoredMatch completing = _view.Events[detection.Place];
        return new FiringReport
        {
            Detected = new DetectedCorrelation
            {
                Id = known?.Detected.Id
                    ?? DetectionId.OfCorrelation(completing.Identity, root.Correlation.Id, firing.Group, firing.Time / firing.Span),
                Type = root.Correlation.TypeName,
                Group = [.. root.Correlation.GroupBy.Zip(detection.Group, (name, text) => new DetectedField(name, text))],
                Value = detection.Value.ToString(),
                First = new DateTimeOffset(detection.First, TimeSpan.Zero),
                Last = new DateTimeOffset(detection.Last, TimeSpan.Zero),
                EventCount = detection.EventCount,
                Events =
                [
                    .. detection.Events.Select(one => (one, _view.Events[one.Place])).Select(one => new DetectedEvent(
                        one.Item2.Identity, new DateTimeOffset(one.one.Time, TimeSpan.Zero), one.one.Rule, one.Item2.Host, one.Item2.User)),
                ],
                Values = values,
                IsPartial = _view.CompleteFrom is not null,
            },
            Completing = completing.Identity,
            DueAt = DueAt(completing, firing.Time),
            Host = completing.Host,
            User = completing.User,
            Recorded = known?.Recorded ?? 0,
            Outcome = known?.Outcome ?? FiringOutcome.None,
            OutcomeFor = known?.OutcomeFor ?? 0,
            OutcomeBy = known?.OutcomeBy,
        };
    }

    private long DueAt(StoredMatch completing, long time)
    {
        long arrival = completing.Identity.EnqueuedTime.UtcTicks;
        return _part.Tree.Decision switch
        {
            CorrelationDecision.AtOnce => arrival,
            CorrelationDecision.AfterLateEvents => arrival + _grace.Ticks,
            _ => Math.Max(arrival, time + _part.Tree.Shifts[^1]) + _grace.Ticks,
        };
    }
}
