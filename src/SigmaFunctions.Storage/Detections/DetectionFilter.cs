namespace SigmaFunctions.Storage.Detections;

/// <summary>Which detections are wanted.</summary>
/// <param name="From">Enqueued from then on (inclusive).</param>
/// <param name="To">Enqueued before then (exclusive).</param>
public sealed record DetectionFilter(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Id of the rule, as the row has it or in lower case; null for any.</summary>
    public string? RuleId { get; init; }

    /// <summary>Level of the rule, as the row has it, or with a first letter in upper case; null for any.</summary>
    public string? Level { get; init; }

    /// <summary>Host, without regard to case: its whole name, or that up to its first dot; null for any.</summary>
    public string? Host { get; init; }

    /// <summary>Whether those are wanted too of which late events have shown that they were none.</summary>
    public bool IncludesSuperseded { get; init; }

    /// <summary>Whether the host of a detection is the one wanted.</summary>
    internal bool TakesHost(string? host) =>
        Host is null
        || (host is not null
            && host.StartsWith(Host, StringComparison.OrdinalIgnoreCase)
            && (host.Length == Host.Length || host[Host.Length] == '.'));
}
