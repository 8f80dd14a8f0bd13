using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>What an event of the Windows event log is to Sigma: the log sources of its views.</summary>
internal sealed class WindowsEventKind
{
    /// <summary>Its service, or the categories whose rules use the event's own names.</summary>
    public required LogSourceSet Own { get; init; }

    /// <summary>Set where the event is also a process creation under the names of Sysmon's.</summary>
    public LogSourceSet? ProcessCreation { get; init; }

    /// <summary>Set where the event also is what an antivirus found.</summary>
    public LogSourceSet? Antivirus { get; init; }
}

/// <summary>The kinds of events of one service.</summary>
/// <param name="kinds">Those that are more than events of the service, by event id.</param>
/// <param name="other">All others.</param>
internal sealed class WindowsService(Dictionary<int, WindowsEventKind> kinds, WindowsEventKind other)
{
    private const int SysmonKeyEvent = 12;

    /// <summary>Sysmon's event 12 where a registry key was added.</summary>
    public WindowsEventKind? KeyAdded { get; init; }

    /// <summary>Sysmon's event 12 where a registry key or value was deleted.</summary>
    public WindowsEventKind? KeyDeleted { get; init; }

    /// <summary>The kinds by event id, in their order; the last, without one, for all other events.</summary>
    public IEnumerable<(int? EventId, WindowsEventKind Kind)> Kinds =>
        kinds.OrderBy(kind => kind.Key).Select(kind => ((int?)kind.Key, kind.Value)).Append((null, other));

    /// <summary>The kind of an event.</summary>
    /// <param name="eventId">Event id as text.</param>
    /// <param name="eventType">Sysmon's <c>EventType</c>.</param>
    public WindowsEventKind KindOf(ReadOnlySpan<byte> eventId, ReadOnlySpan<byte> eventType)
    {
        if (!EventIds.TryRead(eventId, out int id))
        {
            return other;
        }

        if (id == SysmonKeyEvent && KeyAdded is not null)
        {
            if (eventType.SequenceEqual("CreateKey"u8))
            {
                return KeyAdded;
            }

            if (eventType.SequenceEqual("DeleteKey"u8) || eventType.SequenceEqual("DeleteValue"u8))
            {
                return KeyDeleted!;
            }
        }

        return kinds.GetValueOrDefault(id, other);
    }
}
