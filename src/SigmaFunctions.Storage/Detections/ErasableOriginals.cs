using System.Runtime.CompilerServices;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Erasing;

namespace SigmaFunctions.Storage.Detections;

/// <summary>Originals that name a host or user and that no detection points to any more; the others go with their detections.</summary>
internal sealed class ErasableOriginals(OriginalStore originals, DetectionTable table) : IErasableStore
{
    public string Name => originals.Name;

    public async IAsyncEnumerable<ErasureItem> LookAsync(ErasureSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach ((string Name, DateTimeOffset EnqueuedTime)[] some in originals.ListAsync(search.From, search.To, cancellationToken).Chunk(StorageConcurrency.MaxRequests))
        {
            ErasureFinding?[] findings = await Task.WhenAll(some.Select(one => LookAsync(one.Name, one.EnqueuedTime, search.Subject, cancellationToken)));
            foreach (((string name, _), ErasureFinding? finding) in some.Zip(findings))
            {
                if (finding is { } known)
                {
                    yield return new ErasureItem(name, known);
                }
            }
        }
    }

    public async Task<int> RemoveAsync(IReadOnlyList<ErasureItem> found, CancellationToken cancellationToken)
    {
        int removed = 0;
        foreach (ErasureItem one in found)
        {
            removed += await originals.DeleteAsync(one.Id, cancellationToken) ? 1 : 0;
        }

        return removed;
    }

    private async Task<ErasureFinding?> LookAsync(string name, DateTimeOffset enqueuedTime, DataSubject subject, CancellationToken cancellationToken)
    {
        ErasureFinding? finding = await originals.LookAsync(name, subject, cancellationToken);
        return finding is not (null or ErasureFinding.Other) && await table.PointsToAsync(name, enqueuedTime, cancellationToken) ? ErasureFinding.Other : finding;
    }
}
