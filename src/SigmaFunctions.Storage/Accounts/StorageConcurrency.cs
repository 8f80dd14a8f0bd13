namespace SigmaFunctions.Storage.Accounts;

/// <summary>
/// How many requests one piece of work (the rows of a slice, its alerts, the letters of a batch, the blobs of a rule set) has under way at a time. Pieces of
/// work run beside each other, so it is no bound of the app. Two differ by intent: a search asks all sixteen partitions of an hour at once, and large
/// transactions are bounded for all callers together, by memory.
/// </summary>
public static class StorageConcurrency
{
    /// <summary>Requests at a time. A request is mostly waiting, so some overlap; no more, since many pieces of work run at the same time.</summary>
    public const int MaxRequests = 8;

    /// <summary>What runs that many.</summary>
    public static ParallelOptions Options(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = MaxRequests, CancellationToken = cancellationToken };
}
