using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>What a scan came across. Counts are of one pass over the input.</summary>
internal sealed record ScanTotals
{
    /// <summary>Bodies read; blank lines are none.</summary>
    public long Bodies { get; set; }

    /// <summary>Events decoded.</summary>
    public long Events { get; set; }

    /// <summary>Matches found, those of rules that are building blocks of correlations alone not counted.</summary>
    public long Matches { get; set; }

    /// <summary>Matches that take part in correlations.</summary>
    public long Correlated { get; set; }

    /// <summary>What correlations detected.</summary>
    public long Detections { get; set; }

    /// <summary>Time to evaluate correlations.</summary>
    public TimeSpan Correlating { get; set; }

    /// <summary>Records that could not be read.</summary>
    public long Undecoded { get; set; }

    /// <summary>Files that could not be read, or not to their end.</summary>
    public int UnreadableFiles { get; set; }

    /// <summary>Events that no rule can see; they are among <see cref="Events"/>.</summary>
    public long Unseen { get; set; }

    /// <summary>Rules loaded.</summary>
    public int Rules { get; init; }

    /// <summary>Time to read and compile the rules.</summary>
    public TimeSpan Load { get; init; }

    /// <summary>Rules that are evaluated on every event of their log source, because nothing has to be seen first.</summary>
    public int RulesAlwaysEvaluated { get; set; }

    /// <summary>Time of the first pass, in which rules are compiled for the log sources that occur.</summary>
    public TimeSpan FirstPass { get; set; }

    /// <summary>Time of the passes that are measured: all but the first, or the first if there is no other.</summary>
    public TimeSpan Scan { get; set; }

    /// <summary>Number of these.</summary>
    public int Passes { get; set; } = 1;

    /// <summary>Bytes that decoding and matching allocated in these.</summary>
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
            writer.WriteNumber("correlatedMatches", Correlated);
            writer.WriteNumber("correlationDetections", Detections);
            writer.WriteNumber("undecoded", Undecoded);
            writer.WriteNumber("unreadableFiles", UnreadableFiles);
            writer.WriteNumber("unseen", Unseen);
            writer.WriteNumber("rules", Rules);
            writer.WriteNumber("rulesAlwaysEvaluated", RulesAlwaysEvaluated);
            writer.WriteNumber("loadMs", Math.Round(Load.TotalMilliseconds, 1));
            writer.WriteNumber("firstPassMs", Math.Round(FirstPass.TotalMilliseconds, 1));
            writer.WriteNumber("scanMs", Math.Round(Scan.TotalMilliseconds, 1));
            writer.WriteNumber("correlateMs", Math.Round(Correlating.TotalMilliseconds, 1));
            writer.WriteNumber("eventsPerSecond", Scan > TimeSpan.Zero ? Math.Round(events / Scan.TotalSeconds, 1) : 0);
            writer.WriteNumber("allocatedBytesPerEvent", events > 0 ? Math.Round(Allocated / events, 1) : 0);
            writer.WriteNumber("peakWorkingSetBytes", process.PeakWorkingSet64);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(output.ToArray());
    }
}
