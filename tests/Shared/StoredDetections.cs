using System.Globalization;
using Azure.Data.Tables;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Tests;

/// <summary>All that a table of detections holds.</summary>
internal static class StoredDetections
{
    /// <summary>Reads the detections of a table, in no particular order.</summary>
    /// <exception cref="FormatException">A row is not of a detection, or not under its keys.</exception>
    public static async Task<List<Detection>> ReadDetectionsAsync(this TableClient table, CancellationToken cancellationToken)
    {
        var ids = new List<DetectionId>();
        await foreach (TableEntity row in table.QueryAsync<TableEntity>(select: ["PartitionKey", "RowKey"], cancellationToken: cancellationToken))
        {
            ids.Add(IdOf(row.RowKey) ?? throw new FormatException($"The row {row.PartitionKey} / {row.RowKey} is not of a detection."));
        }

        (IReadOnlyList<Detection> found, IReadOnlyList<FormatException> wrong) = await new DetectionTable(table).FindAsync(ids, cancellationToken);
        return wrong is [var first, ..] ? throw first
            : found.Count == ids.Count ? [.. found]
            : throw new FormatException($"Of {ids.Count} rows {found.Count} are under the keys of their detection.");
    }

    // Nineteen digits that fall as time rises, and the hash.
    private static DetectionId? IdOf(string rowKey) =>
        rowKey.Length > 19 && long.TryParse(rowKey.AsSpan(0, 19), NumberStyles.None, CultureInfo.InvariantCulture, out long descending)
        && DetectionId.TryParse(
            new DateTime(DateTime.MaxValue.Ticks - descending).ToString("yyyyMMddHHmmssfffffff", CultureInfo.InvariantCulture) + rowKey[19..], out DetectionId id)
            ? id
            : null;
}
