using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>What is done with the records of a body.</summary>
internal interface IRecordHandler
{
    /// <summary>Number of records that were taken from the body and not taken back.</summary>
    int Count { get; }

    /// <summary>Takes a record.</summary>
    /// <param name="record">Its index in the body.</param>
    /// <param name="value">The record; good until the next one.</param>
    /// <param name="start">Where its bytes begin in the body.</param>
    /// <param name="end">Where they end.</param>
    /// <returns>Why the record cannot be read after all; null where it was taken.</returns>
    string? Take(int record, RecordValue value, int start, int end);

    /// <summary>Takes back the records after the first <paramref name="count"/>: they have turned out to be something else.</summary>
    void Truncate(int count);
}
