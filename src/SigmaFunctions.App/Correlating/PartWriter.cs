using Azure.Data.Tables;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.App.Correlating;

/// <summary>Writes new matches of parts.</summary>
/// <param name="rows">The table.</param>
/// <param name="agenda">What is to be done later.</param>
internal sealed class PartWriter(ICorrelationRows rows, CorrelationAgenda agenda)
{
    // A transaction takes 100 rows and 4 MiB, of which bytes take four thirds.
    private const int MaxRows = 100;
    private const int MaxBytes = 2 * 1024 * 1024;

    /// <summary>Writes matches; the same ones again change nothing.</summary>
    public async Task WriteAsync(PartMatches part, CancellationToken cancellationToken)
    {
        // Since when it is known must not be later than what is known.
        if (part.Part.Tree.Decision != CorrelationDecision.AtOnce)
        {
            await agenda.InForceSinceAsync(part.Part.Tree.Key, cancellationToken);
        }

        await agenda.NoteAsync(part.Part.Partition, part.Part.KeptFor, cancellationToken);
        var transaction = new List<TableEntity>();
        int bytes = 0;
        foreach (TableEntity row in StateRows.OfMatches(part.Part.Partition, StateRows.SliceOf(part.Part.Tree.Reach), part.Matches))
        {
            int size = StateRows.SizeOf(row);
            if (transaction.Count > 0 && (transaction.Count == MaxRows || bytes + size > MaxBytes))
            {
                await rows.UpsertAsync(transaction, cancellationToken);
                transaction = [];
                bytes = 0;
            }

            transaction.Add(row);
            bytes += size;
        }

        await rows.UpsertAsync(transaction, cancellationToken);
    }
}
