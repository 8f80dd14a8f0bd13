using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>What is done with the records of a body.</summary>
internal interface IRecordHandler
{
    /// <summary>Takes a record.</summary>
    /// <param name="record">Its index in the body.</param>
    /// <param name="value">The record; good until the next one.</param>
    /// <param name="start">Where its bytes begin in the body.</param>
    /// <param name="end">Where they end.</param>
    /// <returns>Why the record cannot be read after all; null where it was taken.</returns>
    string? Take(int record, RecordValue value, int start, int end);

    /// <summary>Remembers the place: what is taken from here on may turn out to be something else. Only the last mark is returned to.</summary>
    void Mark();

    /// <summary>Takes back the records since the mark, as though they had never been; the mark stays.</summary>
    void ReturnToMark();
}
