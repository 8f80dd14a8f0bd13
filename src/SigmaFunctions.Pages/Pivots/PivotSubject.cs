using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Pages.Pivots;

/// <summary>What pivots ask about.</summary>
/// <param name="Id">The detection.</param>
/// <param name="Time">When the event happened, at the latest when it arrived (UTC).</param>
internal sealed record PivotSubject(DetectionId Id, DateTimeOffset Time)
{
    /// <summary>The host; null where it is not known.</summary>
    public string? Host { get; init; }

    /// <summary>The account without its domain; null where it is not known.</summary>
    public string? Account { get; init; }

    /// <summary>Hashes of the program or file; null where there are none.</summary>
    public FileHashes? Hashes { get; init; }

    /// <summary>Id of the rule; null where it is not known.</summary>
    public string? RuleId { get; init; }

    /// <summary>What is asked about a detection.</summary>
    public static PivotSubject Of(Detection detection)
    {
        ArgumentNullException.ThrowIfNull(detection);
        string? user = string.IsNullOrEmpty(detection.User) ? null : detection.User[(detection.User.LastIndexOf('\\') + 1)..];
        return new PivotSubject(detection.Id, detection.EventTime is { } time && time < detection.Identity.Time ? time : detection.Identity.Time)
        {
            Host = string.IsNullOrEmpty(detection.Host) ? null : detection.Host,
            Account = string.IsNullOrEmpty(user) ? null : user,
            Hashes = detection.Facts?.Hashes,
            RuleId = detection.RuleId,
        };
    }
}
