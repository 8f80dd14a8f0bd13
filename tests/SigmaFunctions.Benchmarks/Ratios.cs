using System.Diagnostics;
using System.Globalization;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// What an event costs as a ratio to reading its tokens, in one run: the things compared take turns, many short ones, and of each the
/// shortest counts, so that whatever else the machine does meanwhile falls out.
/// </summary>
internal static class Ratios
{
    private const int Rounds = 60;

    /// <summary>Measures every kind of events.</summary>
    /// <param name="output">A table in Markdown is written here.</param>
    public static void Run(TextWriter output)
    {
        output.WriteLine("| events | tokenize | decode | decode and match | of tokenize | tenfold rules | of once | two threads | tokens by two |");
        output.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (string kind in Workload.Kinds)
        {
            var events = new EventBenchmarks { Kind = kind };
            events.Setup();
            var rules = new RuleCountBenchmarks { Kind = kind };
            rules.Setup();
            var threads = new ThreadBenchmarks { Kind = kind };
            threads.Setup();
            double[] best = Best([events.Tokenize, events.Decode, events.DecodeAndMatch, rules.Once, rules.Tenfold, threads.One, threads.Two, threads.TokensByOne, threads.TokensByTwo]);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {kind} | {best[0]:F2} us | {best[1]:F2} us | {best[2]:F2} us | {best[2] / best[0]:F2} | {best[4]:F2} us | {best[4] / best[3]:F2} | {best[5] / best[6]:F2} times one | {best[7] / best[8]:F2} |"));
        }
    }

    /// <summary>The shortest turn of each, in microseconds a body.</summary>
    public static double[] Best(Func<int>[] measured, int rounds = Rounds)
    {
        double[] best = [.. measured.Select(_ => double.MaxValue)];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < measured.Length; i++)
            {
                long started = Stopwatch.GetTimestamp();
                measured[i]();
                best[i] = Math.Min(best[i], Stopwatch.GetElapsedTime(started).TotalMicroseconds / Workload.Bodies);
            }
        }

        return best;
    }
}
