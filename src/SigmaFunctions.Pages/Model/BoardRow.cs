using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Pages.Model;

/// <summary>A detection as the list needs it: what is asked for is prepared once, when the row is read.</summary>
internal sealed class BoardRow
{
    // Of a detection's text, in UTF-16 units: more than that of one is not searched.
    private const int MaxText = 4_000;

    /// <summary>Prepares a detection.</summary>
    /// <param name="detection">The detection, without its original.</param>
    public BoardRow(Detection detection)
    {
        Detection = detection;
        Rank = RuleLevels.Parse(detection.Level) is { } level ? (int)level : -1;
        Time = detection.EventTime is { } time && time < detection.Id.Time ? time : detection.Id.Time;
        Event = EventOf(detection);
        Techniques = [.. AttackCatalogue.Enterprise.TechniquesOf(detection.Tags).Select(technique => technique.Id)];
        Text = TextOf(detection);
    }

    /// <summary>The detection, without its original.</summary>
    public Detection Detection { get; }

    /// <summary>The level, from 0 (informational) to 4 (critical); -1 where there is none.</summary>
    public int Rank { get; }

    /// <summary>When the event happened (UTC), at the latest when the hub took it in: nothing that a sender says puts a row above what came later.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>What rows of one event have in common, and no others: its identity, or of a correlation the detection's id.</summary>
    public string Event { get; }

    /// <summary>Ids of the ATT&amp;CK techniques that the rule is tagged with, and that there are.</summary>
    public ImmutableArray<string> Techniques { get; }

    /// <summary>What text is searched for in, in lower case.</summary>
    public string Text { get; }

    private static string EventOf(Detection detection) => detection.Correlation is not null
        ? detection.Id.Value
        : detection.Identity.ByKind(hub => string.Create(
            null, $"{hub.Namespace.ToUpperInvariant()}/{hub.EventHub.ToUpperInvariant()}/{hub.Partition}/{hub.EnqueuedTime.UtcTicks}/{hub.SequenceNumber}/{hub.Record}"));

    private static string TextOf(Detection detection)
    {
        var text = new StringBuilder();
        Add(detection.Id.Value);
        Add(detection.RuleTitle);
        Add(detection.RuleId);
        Add(detection.Host);
        Add(detection.User);
        foreach (string tag in detection.Tags)
        {
            Add(tag);
        }

        Add(detection.Facts?.Hashes?.Md5);
        Add(detection.Facts?.Hashes?.Sha1);
        Add(detection.Facts?.Hashes?.Sha256);
        foreach (DetectedField field in detection.Fields)
        {
            Add(field.Value);
        }

        foreach (DetectedField field in detection.Correlation?.Group ?? [])
        {
            Add(field.Value);
        }

        foreach (NetworkAddress address in detection.Facts is { Addresses: { IsDefaultOrEmpty: false } addresses } ? addresses : [])
        {
            Add(address.Ip);
        }

        Add(detection.Facts?.Process?.CommandLine);
        Add(detection.Facts?.Process?.Image);
        Add(detection.Facts?.Parent?.Image);
        return text.ToString().ToLowerInvariant();

        void Add(string? part)
        {
            if (!string.IsNullOrEmpty(part) && text.Length < MaxText)
            {
                text.Append(part.AsSpan(0, Math.Min(part.Length, MaxText - text.Length))).Append('\n');
            }
        }
    }
}
