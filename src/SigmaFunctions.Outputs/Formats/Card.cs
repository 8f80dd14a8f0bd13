using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>What a person is shown at a glance, whatever the chat: texts of one line, without characters that do not show as themselves, in a room that is bounded.</summary>
internal sealed record Card
{
    private const int MaxTitle = 200;
    private const int MaxName = 100;
    private const int MaxCommand = 1_000;
    private const int MaxLine = 300;
    private const int MaxTechniques = 3;
    private const int MaxGroup = 4;
    private const int MaxRuns = 21;
    private const string TimeFormat = "yyyy-MM-dd HH:mm:ss";

    /// <summary>The rule, or how many more there were of it.</summary>
    public required string Title { get; init; }

    /// <summary>The rule's level; null where it states none that Sigma has.</summary>
    public RuleLevel? Level { get; init; }

    /// <summary>Names and values, in the order in which they are read.</summary>
    public required ImmutableArray<(string Name, string Value)> Facts { get; init; }

    /// <summary>The command line in parts, of which some are what matched; empty where there is none.</summary>
    public ImmutableArray<(string Text, bool IsMatched)> Command { get; init; } = [];

    /// <summary>The rule's page; null where there is none.</summary>
    public string? Page { get; init; }

    /// <summary>How the detection is found.</summary>
    public required string Lookup { get; init; }

    /// <summary>One line that says all that matters, for where no card is shown.</summary>
    public string Summary => $"[{Level?.Name() ?? "no level"}] {Title}{string.Concat(Facts.Where(fact => fact.Name == "Host").Select(fact => $" on {fact.Value}"))}";

    /// <summary>Makes the card of a notification.</summary>
    public static Card Of(Notification notification)
    {
        Alert alert = notification.Alert;
        string title = Text(alert.Rule.Title, MaxTitle);
        string? command = notification.Burst is null ? alert.Process?.CommandLine : null;
        return new Card
        {
            Title = notification.Burst is { } burst
                ? string.Create(CultureInfo.InvariantCulture, $"{burst.Count} more of this rule{(burst.HostCount == 0 ? "" : $" on {burst.HostCount} host{(burst.HostCount == 1 ? "" : "s")}")}: {title}")
                : title,
            Level = RuleLevels.Parse(alert.Rule.Level),
            Facts = [.. (notification.Burst is { } many ? FactsOf(many) : FactsOf(alert)).Select(fact => (fact.Name, Text(fact.Value, fact.Longest)))],
            Command = command is { Length: > 0 } ? Mark(Text(command, MaxCommand), notification.Matched) : [],
            Page = AlertNames.Page(alert),
            Lookup = notification.Burst is null ? $"sigmaf detections show {alert.Id}" : $"sigmaf detections list --rule {Text(alert.Rule.Id, MaxName)}",
        };
    }

    private static IEnumerable<(string Name, string Value, int Longest)> FactsOf(Burst burst)
    {
        if (!burst.Hosts.IsEmpty)
        {
            yield return ("Hosts", string.Join(", ", burst.Hosts) + (burst.Hosts.Length < burst.HostCount ? ", …" : ""), MaxLine);
        }

        yield return ("When", $"{Time(burst.From)} to {Time(burst.Until)} UTC", MaxName);
    }

    private static IEnumerable<(string Name, string Value, int Longest)> FactsOf(Alert alert)
    {
        if (alert.Host is { } host)
        {
            yield return ("Host", host, MaxName);
        }

        if (alert.User is { } user)
        {
            yield return ("User", user, MaxName);
        }

        if ((alert.EventTime ?? AlertNames.EnqueuedTime(alert)) is { } time)
        {
            yield return ("When", $"{Time(time)} UTC", MaxName);
        }

        if (!alert.Rule.Techniques.IsDefaultOrEmpty)
        {
            yield return ("Technique", string.Join("; ", alert.Rule.Techniques.Take(MaxTechniques).Select(technique => $"{technique.Id} {technique.Name}")), MaxLine);
        }

        if (alert.Correlation is { } correlation)
        {
            if (!correlation.Group.IsDefaultOrEmpty)
            {
                yield return ("Group", string.Join(", ", correlation.Group.Take(MaxGroup).Select(one => $"{one.Field} = {one.Value}")), MaxLine);
            }

            yield return ("Detected", $"{correlation.Type} {correlation.Value}, from {Time(correlation.First)} to {Time(correlation.Last)} UTC", MaxLine);
        }

        if (alert.Process is { Image: { } image, CommandLine: null })
        {
            yield return ("Program", image, MaxLine);
        }

        if (alert.Parent is { } parent && (parent.CommandLine ?? parent.Image) is { } started)
        {
            yield return ("Parent", started, MaxLine);
        }

        foreach (NetworkAddress address in alert.Addresses.IsDefault ? [] : alert.Addresses)
        {
            yield return (address.Role == AddressRole.Source ? "From" : "To", address.Port is { } port ? $"{address.Ip} port {port}" : address.Ip, MaxName);
        }

        foreach ((string name, string value) in Remarks(alert))
        {
            yield return (name, value, MaxLine);
        }
    }

    private static IEnumerable<(string Name, string Value)> Remarks(Alert alert)
    {
        if (alert.Kind == AlertKind.RuleMuted)
        {
            yield return ("Muted", $"{(alert.MutedOn == MuteScope.Host ? "on this host" : "everywhere")}{(alert.MutedUntil is { } until ? $" until {Time(until)} UTC" : "")}: it matched too often");
        }

        if (alert.HeldBack > 0)
        {
            yield return ("Held back", string.Create(CultureInfo.InvariantCulture, $"about {alert.HeldBack} of this rule since the last alert"));
        }

        if (alert.Omitted > 0)
        {
            yield return ("Counted", string.Create(CultureInfo.InvariantCulture, $"{alert.Omitted} further matches in the same message"));
        }
    }

    private static ImmutableArray<(string Text, bool IsMatched)> Mark(string text, ImmutableArray<string> matched)
    {
        // As it stands in the text that is shown.
        string[] wanted = [.. matched.Select(one => PrintableText.Of(one)).Where(one => one.Length > 0)];
        ImmutableArray<(string, bool)>.Builder parts = ImmutableArray.CreateBuilder<(string, bool)>();
        int done = 0;
        while (parts.Count < MaxRuns - 2 && Next(text, done, wanted) is { Length: > 0 } next)
        {
            if (next.At > done)
            {
                parts.Add((text[done..next.At], false));
            }

            parts.Add((text.Substring(next.At, next.Length), true));
            done = next.At + next.Length;
        }

        if (done < text.Length)
        {
            parts.Add((text[done..], false));
        }

        return parts.ToImmutable();
    }

    private static (int At, int Length) Next(string text, int from, string[] wanted)
    {
        (int At, int Length) first = (text.Length, 0);
        foreach (string one in wanted)
        {
            int at = text.IndexOf(one, from, StringComparison.OrdinalIgnoreCase);
            if (at >= 0 && (at < first.At || (at == first.At && one.Length > first.Length)))
            {
                first = (at, one.Length);
            }
        }

        return first;
    }

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);

    private static string Text(string text, int maximum) => BoundedText.Clean(BoundedText.Cut(PrintableText.Of(BoundedText.Cut(text, maximum)), maximum));
}
