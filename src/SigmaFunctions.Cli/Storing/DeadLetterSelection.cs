using System.Runtime.CompilerServices;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.DeadLetters;

namespace SigmaFunctions.Cli.Storing;

/// <summary>Which dead letters are meant: some by their names, or those of a time; and of them those with a reason.</summary>
internal sealed class DeadLetterSelection
{
    private readonly string[] _names;
    private readonly DateTimeOffset _since;
    private readonly DateTimeOffset _until;
    private readonly string? _reason;

    private DeadLetterSelection(string[] names, DateTimeOffset since, DateTimeOffset until, string? reason)
    {
        _names = names;
        _since = since;
        _until = until;
        _reason = reason;
    }

    /// <summary>Those that were enqueued in a time.</summary>
    /// <param name="since">The oldest.</param>
    /// <param name="until">What is too new; null for now.</param>
    /// <param name="reason">Text that their reason contains; null for any.</param>
    /// <param name="time">Tells when now is.</param>
    public static DeadLetterSelection Since(Moment since, Moment? until, string? reason, TimeProvider time)
    {
        DateTimeOffset now = time.GetUtcNow();
        return new DeadLetterSelection([], since.At(now), (until ?? default).At(now), reason);
    }

    /// <summary>Those of some names.</summary>
    /// <param name="names">The names, at least one.</param>
    /// <param name="reason">Text that their reason contains; null for any.</param>
    public static DeadLetterSelection Named(string[] names, string? reason) => new(names, default, default, reason);

    /// <summary>A letter.</summary>
    /// <exception cref="CommandException">There is none of this name.</exception>
    public static async Task<StoredDeadLetter> FindAsync(DeadLetterStore store, string name, CancellationToken cancellationToken) =>
        await store.FindAsync(name, cancellationToken) ?? throw NotFound(name);

    /// <summary>What is said of a letter that is not there.</summary>
    public static CommandException NotFound(string name) => new($"there is no dead letter {name}", ExitCode.Failure);

    /// <summary>The letters of a store, oldest first or in the order of their names' list.</summary>
    /// <exception cref="CommandException">There is none of a name.</exception>
    public IAsyncEnumerable<StoredDeadLetter> Of(DeadLetterStore store, CancellationToken cancellationToken)
    {
        IAsyncEnumerable<StoredDeadLetter> letters = _names.Length > 0
            ? FindAllAsync(store, cancellationToken)
            : store.ListAsync(_since, _until, cancellationToken);
        return _reason is null
            ? letters
            : letters.Where(letter => letter.Reason?.Contains(_reason, StringComparison.OrdinalIgnoreCase) == true);
    }

    private async IAsyncEnumerable<StoredDeadLetter> FindAllAsync(DeadLetterStore store, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // All are looked for before any is given: a wrong name ends the command before something is sent.
        var found = new List<StoredDeadLetter>();
        foreach (string name in _names.Distinct(StringComparer.Ordinal))
        {
            found.Add(await FindAsync(store, name, cancellationToken));
        }

        foreach (StoredDeadLetter letter in found)
        {
            yield return letter;
        }
    }
}
