using System.Runtime.CompilerServices;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Erasing;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Verdicts;

/// <summary>
/// Verdicts of detections on a host or of a user, each with its history and original; where asked for, those too of which the evidence, original or a reason
/// names it. Who decided is not looked at.
/// </summary>
internal sealed class ErasableVerdicts(VerdictStore verdicts, OriginalStore originals) : IErasableStore
{
    private static readonly string[] Columns = [.. ErasableRow.Columns, VerdictStore.ReasonColumn];

    public string Name => verdicts.Name;

    public async IAsyncEnumerable<ErasureItem> LookAsync(ErasureSearch search, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A verdict is followed by its history.
        ErasureItem? current = null;
        await foreach (TableEntity row in verdicts.RowsAsync(search.From, search.To, search.Anywhere ? null : Columns, cancellationToken))
        {
            if (!VerdictStore.TryOfRow(row, out DetectionId id, out bool isChange))
            {
                continue;
            }

            if (current is { } former && former.Id != id.Value)
            {
                yield return former;
                current = null;
            }

            ErasureFinding finding = search.Anywhere && TextSearch.AreIn(search.Subject.Words, [row[VerdictStore.ReasonColumn] as string ?? ""])
                ? ErasureFinding.OfSubject
                : isChange ? ErasureFinding.Other : await ErasableRow.LookAsync(search, row, id, originals, cancellationToken);
            current = current is { } one
                ? one with { Finding = finding == ErasureFinding.OfSubject ? finding : one.Finding }
                : new ErasureItem(id.Value, finding, row[nameof(Detection.OriginalBlob)] as string);
        }

        if (current is { } last)
        {
            yield return last;
        }
    }

    public async Task<int> RemoveAsync(IReadOnlyList<ErasureItem> found, CancellationToken cancellationToken)
    {
        // Blobs first: a row that is still there leads to what is left of it.
        foreach (string blob in found.Select(one => one.Blob).OfType<string>().Distinct(StringComparer.Ordinal))
        {
            await originals.DeleteAsync(blob, cancellationToken);
        }

        return await verdicts.RemoveAsync(found.Select(one => new DetectionId(one.Id)), cancellationToken);
    }
}
