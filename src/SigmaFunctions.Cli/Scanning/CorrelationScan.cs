using System.Buffers;
using System.Collections.Immutable;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>What correlations detect in all of the input: matches are gathered while it is read, and evaluated at its end.</summary>
internal sealed class CorrelationScan(RuleSet rules)
{
    // Bytes of detections that are written at a time.
    private const int WrittenTogether = 64 * 1024;

    private readonly CorrelationMatches _matches = new(rules.CorrelationPlan);
    private readonly List<InputPlace> _places = [];

    /// <summary>Matches without a time, which take no part.</summary>
    public long WithoutTime { get; private set; }

    /// <summary>Matches that take part.</summary>
    public long Count => _matches.Count;

    /// <summary>Adds the matches of the next chunk.</summary>
    public void Add(CorrelatedChunk chunk)
    {
        WithoutTime += chunk.WithoutTime;
        chunk.AddTo(_matches, _places.Count);
        _places.AddRange(chunk.Places);
    }

    /// <summary>Writes what is detected.</summary>
    /// <param name="writer">How.</param>
    /// <param name="write">Where to, part by part.</param>
    /// <returns>How many detections there are.</returns>
    public async Task<int> WriteAsync(IMatchWriter writer, Func<ReadOnlyMemory<byte>, ValueTask> write)
    {
        ImmutableArray<CorrelationDetection> detections = _matches.Detect();
        var output = new ArrayBufferWriter<byte>();
        foreach (CorrelationDetection detection in detections)
        {
            writer.Write(output, detection, _places);
            if (output.WrittenCount >= WrittenTogether)
            {
                await write(output.WrittenMemory);
                output.ResetWrittenCount();
            }
        }

        await write(output.WrittenMemory);

        return detections.Length;
    }

    /// <summary>Tells which matches took no part, or not with all that they have.</summary>
    public Task EndAsync(LineWriter errors) => TellAsync(errors, WithoutTime, _matches.Cut);

    /// <summary>Tells of matches without a time, and of those with long lists, if there are any.</summary>
    /// <param name="errors">Where to.</param>
    /// <param name="withoutTime">Number of matches without a time.</param>
    /// <param name="cut">Number of matches of which only a part was looked at.</param>
    public static async Task TellAsync(LineWriter errors, long withoutTime, long cut)
    {
        if (withoutTime > 0)
        {
            await errors.WriteLineAsync(
                $"sigmaf: {withoutTime} {(withoutTime == 1 ? "match" : "matches")} without a time took no part in correlations");
        }

        if (cut > 0)
        {
            await errors.WriteLineAsync(
                $"sigmaf: {cut} {(cut == 1 ? "match has" : "matches have")} lists of which correlations looked at the beginning only (docs/limits.md)");
        }
    }
}
