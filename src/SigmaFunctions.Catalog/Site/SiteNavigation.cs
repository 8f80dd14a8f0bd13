using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The overviews that every page of a catalogue leads to.</summary>
public static class SiteNavigation
{
    internal const string Telemetry = "telemetry.html";

    /// <summary>Their places in the site and their names, in the order they are shown; a catalogue without event coverage has no telemetry.</summary>
    public static ImmutableArray<(string Path, string Name)> Pages { get; } =
    [
        ("search.html", "Rules"),
        ("attack.html", "ATT&CK"),
        ("logsources.html", "Log sources"),
        ("indicators.html", "Indicators"),
        (Telemetry, "Telemetry"),
        ("recent.html", "Recent"),
    ];
}
