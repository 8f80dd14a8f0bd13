using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Erasing;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>
/// Detections on a host or of a user, each with its original, and those of correlations with an event on it or of it, or whose group or values name it;
/// where asked for, those too that name it in their evidence or original.
/// </summary>
internal sealed class ErasableDetections(DetectionTable table, OriginalStore originals) : IErasableStore
{
    private static readonly string[] Columns = ["Timestamp", DetectionRow.AlertedAt, DetectionRow.HeldBack, .. ErasableRow.Columns];

    // The sweep gives up what it cannot announce in seven days.
    private static readonly TimeSpan OwedFor = TimeSpan.FromDays(8);

    public string Name => table.Name;

    public async IAsyncEnumerable<ErasureItem> LookAsync(ErasureSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (TableEntity row in table.RowsAsync(search.From, search.To, search.Anywhere ? null : Columns, cancellationToken))
        {
            if (!DetectionId.TryOfKeys(row.PartitionKey, row.RowKey, out DetectionId id))
            {
                continue;
            }

            string? blob = row[nameof(Detection.OriginalBlob)] as string;
            ErasureFinding finding = await ErasableRow.LookAsync(search, row, id, originals, cancellationToken);
            if (finding == ErasureFinding.OfSubject && DetectionRow.MayBeOwed(row) && !(row.Timestamp < search.Now - OwedFor))
            {
                finding = ErasureFinding.Owed;
            }

            yield return new ErasureItem(id.Value, finding, blob);
        }
    }

    public async Task<int> RemoveAsync(IReadOnlyList<ErasureItem> found, CancellationToken cancellationToken)
    {
        // Blobs first: a row that is still there leads to what is left of it.
        foreach (string blob in found.Select(one => one.Blob).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            await originals.DeleteAsync(blob, cancellationToken);
        }

        // Pointers too, since the rows tell which they are.
        await table.RemovePointersAsync([.. found.Select(one => new DetectionId(one.Id))], cancellationToken);
        return await table.RemoveAsync(
            found.Select(one => new DetectionId(one.Id)).Select(id => new TableEntity(id.PartitionKey, id.RowKey)).ToAsyncEnumerable(), cancellationToken);
    }
}
