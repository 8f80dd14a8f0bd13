using System.Runtime.CompilerServices;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Erasing;

namespace SigmaFunctions.Storage.DeadLetters;

/// <summary>Dead letters that name a host or user anywhere: of what cannot be read nobody can tell whose it is.</summary>
internal sealed class ErasableDeadLetters(DeadLetterStore letters) : IErasableStore
{
    public string Name => letters.Name;

    public async IAsyncEnumerable<ErasureItem> LookAsync(ErasureSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (StoredDeadLetter[] some in letters.ListAsync(search.From, search.To, cancellationToken).Chunk(StorageConcurrency.MaxRequests))
        {
            ErasureFinding?[] findings = await Task.WhenAll(some.Select(letter => letters.LookAsync(letter.Name, search.Subject, cancellationToken)));
            foreach ((StoredDeadLetter letter, ErasureFinding? finding) in some.Zip(findings))
            {
                if (finding is { } known)
                {
                    yield return new ErasureItem(letter.Name, known);
                }
            }
        }
    }

    public async Task<int> RemoveAsync(IReadOnlyList<ErasureItem> found, CancellationToken cancellationToken)
    {
        int removed = 0;
        foreach (ErasureItem one in found)
        {
            removed += await letters.DeleteAsync(one.Id, cancellationToken) ? 1 : 0;
        }

        return removed;
    }
}
