using SigmaFunctions.Cli.Output;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>Tells which records could not be read: the first ones by their places, of the others how many.</summary>
internal sealed class UndecodedReport(LineWriter errors)
{
    private const int MaxReports = 20;

    private int _reported;

    /// <summary>Number of records so far.</summary>
    public long Count { get; private set; }

    /// <summary>Counts a record.</summary>
    /// <param name="line">Line of the input.</param>
    /// <param name="record">The record.</param>
    public async Task AddAsync(long line, UndecodedRecord record)
    {
        Count++;
        if (_reported < MaxReports)
        {
            _reported++;
            await errors.WriteLineAsync($"sigmaf: line {line}, record {record.Record}: {record.Reason} (byte {record.Offset})");
        }
    }

    /// <summary>Counts records that were not kept.</summary>
    public void AddOmitted(long count) => Count += count;

    /// <summary>Tells how many more there were.</summary>
    public async Task EndAsync()
    {
        if (Count > _reported)
        {
            await errors.WriteLineAsync($"sigmaf: {Count - _reported} more records could not be read");
        }
    }
}
