using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>What a scan came across. Counts are of one pass over the input.</summary>
internal sealed record ScanTotals
{
    /// <summary>Bodies read; blank lines are none.</summary>
    public long Bodies { get; set; }

    /// <summary>Events decoded.</summary>
    public long Events { get; set; }

    /// <summary>Matches found.</summary>
    public long Matches { get; set; }

    /// <summary>Records that could not be read.</summary>
    public long Undecoded { get; set; }

    /// <summary>Rules loaded.</summary>
    public int Rules { get; init; }

    /// <summary>Time to read and compile the rules.</summary>
    public TimeSpan Load { get; init; }

    /// <summary>Time of all passes.</summary>
    public TimeSpan Scan { get; set; }

    /// <summary>Passes over the input.</summary>
    public int Passes { get; set; } = 1;

    /// <summary>Bytes allocated by decoding and matching, in all passes.</summary>
    public long Allocated { get; set; }

    /// <summary>The totals as one line of JSON.</summary>
    public string ToJson()
    {
        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output, JsonOutput.Options))
        {
            using var process = Process.GetCurrentProcess();
            double events = (double)Events * Passes;
            writer.WriteStartObject();
            writer.WriteNumber("bodies", Bodies);
            writer.WriteNumber("events", Events);
            writer.WriteNumber("matches", Matches);
            writer.WriteNumber("undecoded", Undecoded);
            writer.WriteNumber("rules", Rules);
            writer.WriteNumber("loadMs", Math.Round(Load.TotalMilliseconds, 1));
            writer.WriteNumber("scanMs", Math.Round(Scan.TotalMilliseconds, 1));
            writer.WriteNumber("eventsPerSecond", Scan > TimeSpan.Zero ? Math.Round(events / Scan.TotalSeconds, 1) : 0);
            writer.WriteNumber("allocatedBytesPerEvent", events > 0 ? Math.Round(Allocated / events, 1) : 0);
            writer.WriteNumber("peakWorkingSetBytes", process.PeakWorkingSet64);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }
}
