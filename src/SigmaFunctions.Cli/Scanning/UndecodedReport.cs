using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>Tells which records could not be read: the first ones by their places, of the others how many.</summary>
internal sealed class UndecodedReport(TextWriter errors)
{
    private const int MaxReports = 20;

    /// <summary>Number of records so far.</summary>
    public long Count { get; private set; }

    /// <summary>Counts a record.</summary>
    /// <param name="line">Line of the input.</param>
    /// <param name="record">The record.</param>
    public async Task AddAsync(long line, UndecodedRecord record)
    {
        if (Count++ < MaxReports)
        {
            await errors.WriteLineAsync($"sigmaf: line {line}, record {record.Record}: {record.Reason} (byte {record.Offset})");
        }
    }

    /// <summary>Tells how many more there were.</summary>
    public async Task EndAsync()
    {
        if (Count > MaxReports)
        {
            await errors.WriteLineAsync($"sigmaf: {Count - MaxReports} more records could not be read");
        }
    }
}
