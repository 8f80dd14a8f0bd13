using System.Diagnostics;
using System.Globalization;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// What batches under way feel of a change of rules: batches one after another, while another thread does nothing, and while it reads
/// and compiles all rules on and on as the app does and exchanges them. Both take turns.
/// </summary>
internal static class Reload
{
    private const int BatchSize = 128;
    private const int Rounds = 4;

    private static readonly TimeSpan RoundTime = TimeSpan.FromSeconds(5);

    /// <summary>Measures.</summary>
    /// <param name="output">A table in Markdown is written here.</param>
    public static void Run(TextWriter output)
    {
        byte[][] bodies = Workload.Read(Workload.Kinds.First(), Workload.Bodies);
        var rules = RuleLayer.FromFiles(Workload.RuleFiles());
        output.WriteLine("| a batch of 128 | median | 99 of 100 | longest | changes of rules |");
        output.WriteLine("|---|---|---|---|---|");
        var quiet = new Result([], []);
        var cold = new Result([], []);
        var warm = new Result([], []);
        for (int round = 0; round < Rounds; round++)
        {
            Measure(bodies, rules, reloads: false, warms: false, quiet);
            Measure(bodies, rules, reloads: true, warms: false, cold);
            Measure(bodies, rules, reloads: true, warms: true, warm);
        }

        quiet.Write(output, "without changes");
        warm.Write(output, "with changes, as the app makes them");
        cold.Write(output, "with changes, compiling for a log source when its first event comes");
    }

    private static void Measure(byte[][] bodies, RuleLayer rules, bool reloads, bool warms, Result result)
    {
        var detector = new Detector(RuleSet.LoadLayers([rules], concurrency: 1));
        var pool = new BodyMatcherPool(new EventDecoder());
        Batch(pool, detector, bodies);
        using var stop = new CancellationTokenSource(RoundTime);
        Task reloading = reloads ? Task.Run(Exchange) : Task.CompletedTask;
        for (int next = 0; !stop.IsCancellationRequested; next = (next + BatchSize) % bodies.Length)
        {
            long started = Stopwatch.GetTimestamp();
            Batch(pool, Volatile.Read(ref detector), bodies.AsSpan(next, BatchSize));
            result.Batches.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        reloading.GetAwaiter().GetResult();

        void Exchange()
        {
            while (!stop.IsCancellationRequested)
            {
                long started = Stopwatch.GetTimestamp();
                var next = new Detector(RuleSet.LoadLayers([rules], concurrency: 1));
                if (warms)
                {
                    next.Warm(detector);
                }

                Volatile.Write(ref detector, next);
                result.Reloads.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }
        }
    }

    private static void Batch(BodyMatcherPool pool, Detector detector, ReadOnlySpan<byte[]> bodies)
    {
        BodyMatcher matcher = pool.Rent(detector);
        foreach (byte[] body in bodies)
        {
            matcher.Match(body);
        }

        pool.Return(matcher);
    }

    private sealed record Result(List<double> Batches, List<double> Reloads)
    {
        public void Write(TextWriter output, string name)
        {
            Batches.Sort();
            Reloads.Sort();
            string reloads = Reloads.Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture, $"{Reloads.Count}, {Reloads[Reloads.Count / 2]:F0} ms each");
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {name} | {Batches[Batches.Count / 2]:F2} ms | {Batches[Batches.Count * 99 / 100]:F2} ms | {Batches[^1]:F1} ms | {reloads} |"));
        }
    }
}
