using Azure;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Erasing;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>Whose a row with the columns of a detection is.</summary>
internal static class ErasableRow
{
    /// <summary>What is read of a row; all of it where others' rows are looked through for the name.</summary>
    public static readonly string[] Columns =
    [
        "PartitionKey", "RowKey", nameof(Detection.Host), nameof(Detection.User), nameof(Detection.OriginalBlob), .. CorrelationColumns.Names,
    ];

    /// <summary>Whether a row is of the subject that is looked for.</summary>
    /// <exception cref="RequestFailedException">The store of originals could not be reached or refused.</exception>
    public static async Task<ErasureFinding> LookAsync(
        ErasureSearch search, TableEntity row, DetectionId id, OriginalStore originals, CancellationToken cancellationToken)
    {
        bool isOfSubject = search.Subject.Is(row[nameof(Detection.Host)] as string, row[nameof(Detection.User)] as string)
            || IsCorrelated(search.Subject, row, id);
        return isOfSubject
            ? ErasureFinding.OfSubject
            : search.Anywhere ? await LookInsideAsync(search.Subject, row, originals, cancellationToken) : ErasureFinding.Other;
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

    private static async Task<ErasureFinding> LookInsideAsync(
        DataSubject subject, TableEntity row, OriginalStore originals, CancellationToken cancellationToken)
    {
        // What the rule says, and where the event came from, is not of the event.
        string original = string.Concat(row.Keys.Where(DetectionRow.IsOriginalPart).OrderBy(name => name.Length).ThenBy(name => name, StringComparer.Ordinal).Select(name => row[name] as string));
        string[] texts = [row[nameof(Detection.Host)] as string ?? "", row[nameof(Detection.User)] as string ?? "", row[nameof(Detection.Fields)] as string ?? "", original];
        if (TextSearch.AreIn(subject.Words, texts))
        {
            return ErasureFinding.OfSubject;
        }

        return row[nameof(Detection.OriginalBlob)] is not string blob ? ErasureFinding.Other : await originals.LookAsync(blob, subject, cancellationToken) ?? ErasureFinding.Other;
    }
}
