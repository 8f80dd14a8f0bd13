using System.Collections.Immutable;

namespace SigmaFunctions.Telemetry.Sources;

/// <summary>
/// Where telemetry comes from, and what rules see of it. What a sender adds to events on the way is not counted. The tests hold this to
/// what the shapes decode.
/// </summary>
public sealed class TelemetrySource
{
    private TelemetrySource(string name, string title, IEnumerable<SourceEvent> events)
    {
        Name = name;
        Title = title;
        Events = [.. events];
    }

    /// <summary>Defender's tables.</summary>
    public static TelemetrySource Defender { get; } = new("defender", "Microsoft Defender XDR", DefenderEventCatalog.Create());

    /// <summary>Sysmon for Windows.</summary>
    public static TelemetrySource Sysmon { get; } = new("sysmon", "Sysmon", SysmonEventCatalog.Windows());

    /// <summary>The Security log of Windows.</summary>
    public static TelemetrySource Security { get; } = new("security", "Windows Security log", WindowsEventCatalog.Security());

    /// <summary>Sysmon for Linux.</summary>
    public static TelemetrySource SysmonLinux { get; } = new("sysmon-linux", "Sysmon for Linux", SysmonEventCatalog.Linux());

    /// <summary>What else of the Windows event log has a service or category.</summary>
    public static TelemetrySource Windows { get; } = new("windows", "Other logs of Windows", WindowsEventCatalog.Others());

    /// <summary>Every source.</summary>
    public static ImmutableArray<TelemetrySource> All { get; } = [Defender, Sysmon, Security, SysmonLinux, Windows];

    /// <summary>Short name, such as <c>defender</c>.</summary>
    public string Name { get; }

    /// <summary>Name for people.</summary>
    public string Title { get; }

    /// <summary>The kinds of events that rules see.</summary>
    public ImmutableArray<SourceEvent> Events { get; }
}
