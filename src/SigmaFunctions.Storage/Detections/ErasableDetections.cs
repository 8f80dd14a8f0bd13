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
    private static readonly string[] Columns =
    [
        "PartitionKey", "RowKey", "Timestamp", nameof(Detection.Host), nameof(Detection.User), nameof(Detection.OriginalBlob), DetectionRow.AlertedAt, DetectionRow.HeldBack,
        .. CorrelationColumns.Names,
    ];

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
            bool isOfSubject = search.Subject.Is(row[nameof(Detection.Host)] as string, row[nameof(Detection.User)] as string)
                || IsCorrelated(search.Subject, row, id);
            ErasureFinding finding = isOfSubject
                ? ErasureFinding.OfSubject
                : search.Anywhere ? await LookInsideAsync(search.Subject, row, blob, cancellationToken) : ErasureFinding.Other;
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

        return await table.RemoveAsync(
            found.Select(one => new DetectionId(one.Id)).Select(id => new TableEntity(id.PartitionKey, id.RowKey)).ToAsyncEnumerable(), cancellationToken);
    }

    private static bool IsCorrelated(DataSubject subject, TableEntity row, DetectionId id)
    {
        try
        {
            return CorrelationColumns.Read(row, id) is { } correlation
                && (correlation.Events.Any(one => subject.Is(one.Host, one.User))
                    || TextSearch.AreIn(subject.Words, [.. correlation.Group.Select(one => one.Value), .. correlation.Values]));
        }
        catch (FormatException)
        {
            // Whatever stands there: what cannot be read is no reason to keep it.
            return TextSearch.AreIn(subject.Words, row.Keys.Where(CorrelationColumns.IsOne).Select(name => row[name] as string ?? ""));
        }
    }

    private async Task<ErasureFinding> LookInsideAsync(DataSubject subject, TableEntity row, string? blob, CancellationToken cancellationToken)
    {
        // What the rule says, and where the event came from, is not of the event.
        string original = string.Concat(row.Keys.Where(IsOriginal).OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal).Select(name => row[name] as string));
        string[] texts = [row[nameof(Detection.Host)] as string ?? "", row[nameof(Detection.User)] as string ?? "", row[nameof(Detection.Fields)] as string ?? "", original];
        if (TextSearch.AreIn(subject.Words, texts))
        {
            return ErasureFinding.OfSubject;
        }

        return blob is null ? ErasureFinding.Other : await originals.LookAsync(blob, subject, cancellationToken) ?? ErasureFinding.Other;
    }

    private static bool IsOriginal(string name) =>
        name.StartsWith(nameof(Detection.Original), StringComparison.Ordinal) && name.AsSpan(nameof(Detection.Original).Length).IndexOfAnyExceptInRange('0', '9') < 0;
}
