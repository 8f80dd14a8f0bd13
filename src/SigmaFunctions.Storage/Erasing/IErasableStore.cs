using Azure;

namespace SigmaFunctions.Storage.Erasing;

/// <summary>A store of what events held, in which what is of a subject can be found and removed.</summary>
public interface IErasableStore
{
    /// <summary>Name of its table or container.</summary>
    string Name { get; }

    /// <summary>
    /// Looks through it, in bounded memory. While it is looked through the app may write; what was removed meanwhile is passed over.
    /// </summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused, or is not there.</exception>
    IAsyncEnumerable<ErasureItem> LookAsync(ErasureSearch search, CancellationToken cancellationToken);

    /// <summary>Removes what was found, and what belongs to it. What is gone already is passed over.</summary>
    /// <returns>Number of those removed.</returns>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was removed stays so.</exception>
    Task<int> RemoveAsync(IReadOnlyList<ErasureItem> found, CancellationToken cancellationToken);
}

/// <summary>What is looked for.</summary>
/// <param name="Subject">Whose.</param>
/// <param name="From">Of messages enqueued from then on (inclusive).</param>
/// <param name="To">Of messages enqueued before then (exclusive).</param>
/// <param name="Anywhere">Whether a detection of others is wanted too whose evidence or original names the subject.</param>
/// <param name="Now">The time (UTC), by which it is decided whether an alert may still come.</param>
public sealed record ErasureSearch(DataSubject Subject, DateTimeOffset From, DateTimeOffset To, bool Anywhere, DateTimeOffset Now);

/// <summary>What was found out of one thing in a store.</summary>
/// <param name="Id">Id of a detection, or name of a blob.</param>
/// <param name="Finding">What it is.</param>
/// <param name="Blob">Name of the blob that belongs to it; null where none does.</param>
public readonly record struct ErasureItem(string Id, ErasureFinding Finding, string? Blob = null);

/// <summary>Whether something is of a subject.</summary>
public enum ErasureFinding
{
    /// <summary>It is not.</summary>
    Other,

    /// <summary>It is.</summary>
    OfSubject,

    /// <summary>It is, and its alert is owed: others may be held back by that alert, so it stays until the alert is sent.</summary>
    Owed,

    /// <summary>It was not found to be, and not all of it could be looked at.</summary>
    Unsearchable,
}
