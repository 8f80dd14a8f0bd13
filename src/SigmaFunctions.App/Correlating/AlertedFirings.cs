using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Correlating;

/// <summary>When firings of a part have alerted, or are about to.</summary>
internal sealed class AlertedFirings
{
    private static readonly Comparer<(long Time, DetectionId Id)> Order = Comparer<(long Time, DetectionId Id)>.Create(
        (left, right) => left.Time.CompareTo(right.Time) is var compared and not 0 ? compared : string.CompareOrdinal(left.Id.Value, right.Id.Value));

    private readonly Dictionary<string, SortedSet<(long Time, DetectionId Id)>> _byGroup = new(StringComparer.Ordinal);

    /// <summary>Adds an alert.</summary>
    /// <param name="group">The firing's group.</param>
    /// <param name="time">When it fired as that was decided, in ticks.</param>
    /// <param name="id">Its detection.</param>
    public void Add(string group, long time, DetectionId id)
    {
        if (!_byGroup.TryGetValue(group, out SortedSet<(long Time, DetectionId Id)>? alerts))
        {
            _byGroup.Add(group, alerts = new SortedSet<(long Time, DetectionId Id)>(Order));
        }

        alerts.Add((time, id));
    }

    /// <summary>The first other detection of a group that has alerted within a timespan of a time; null for none.</summary>
    public DetectionId? OtherOf(string group, long time, long span, DetectionId own)
    {
        if (!_byGroup.TryGetValue(group, out SortedSet<(long Time, DetectionId Id)>? alerts))
        {
            return null;
        }

        // The default sorts before all others of its time.
        foreach ((_, DetectionId id) in alerts.GetViewBetween((time - span, default), (time + span + 1, default)))
        {
            if (id != own)
            {
                return id;
            }
        }

        return null;
    }
}
