using SigmaFunctions.Archives.Bodies;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>
/// Tells which records could not be read: the first ones and the first of each file by their places, of the others how many in which file; and of
/// each file that could not be read what is the matter with it.
/// </summary>
internal sealed class UndecodedReport(LineWriter errors)
{
    private const int MaxReports = 20;

    // Of each file that was named, how many more there were.
    private readonly OrderedDictionary<string, long> _others = new(StringComparer.Ordinal);

    private int _reported;

    /// <summary>Number of records so far.</summary>
    public long Count { get; private set; }

    /// <summary>Number of files that could not be read, or not to their end.</summary>
    public int Files { get; private set; }

    /// <summary>Counts a record.</summary>
    /// <param name="place">Where it stands.</param>
    /// <param name="record">The record.</param>
    public async Task AddAsync(InputPlace place, UndecodedRecord record)
    {
        if (IsTold(place.File))
        {
            await errors.WriteLineAsync($"sigmaf: {place}: record {place.Record}: {record.Reason} (byte {record.Offset})");
        }
    }

    /// <summary>Tells of a fault: that of a line counts as a record that could not be read.</summary>
    public async Task AddAsync(BodyLine fault)
    {
        if (fault.EndsSource)
        {
            Files++;
            await errors.WriteLineAsync($"sigmaf: {fault.Fault}");
            return;
        }

        if (IsTold(fault.Source.Name))
        {
            await errors.WriteLineAsync($"sigmaf: {InputPlace.Of(fault)}: {fault.Fault}");
        }
    }

    /// <summary>Counts records that were not kept, behind some that were.</summary>
    /// <param name="file">Where they stand.</param>
    /// <param name="count">How many.</param>
    public void AddOmitted(string file, long count)
    {
        if (count > 0)
        {
            Count += count;
            _others[file] += count;
        }
    }

    /// <summary>Tells how many more there were.</summary>
    /// <param name="events">Number of events that could be read.</param>
    /// <returns>The exit code: whether every file could be read to its end, and anything in them.</returns>
    public async Task<int> EndAsync(long events)
    {
        foreach ((string file, long others) in _others.Where(pair => pair.Value > 0))
        {
            await errors.WriteLineAsync($"sigmaf: {file}: {others} more records could not be read");
        }

        if (events == 0 && Count > 0)
        {
            await errors.WriteLineAsync("sigmaf: no event could be read");
        }
        else if (events == 0 && Files == 0)
        {
            await errors.WriteLineAsync("sigmaf: there is no event in what was given");
        }

        return Files > 0 || (events == 0 && Count > 0) ? ExitCode.Unusable : ExitCode.Success;
    }

    private bool IsTold(string file)
    {
        Count++;
        if (_others.TryAdd(file, 0) || _reported < MaxReports)
        {
            _reported++;
            return true;
        }

        _others[file]++;
        return false;
    }
}
