using System.Text.Json;
using BenchmarkDotNet.Attributes;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// The same work done by one thread and shared by two: half of the time is what there is to gain. What the machine has to give shows in the tokens,
/// whose reading shares nothing.
/// </summary>
public class ThreadBenchmarks
{
    private byte[][] _bodies = [];
    private BodyMatcher[] _matchers = [];

    /// <summary>The kinds of events that are there.</summary>
    public static IEnumerable<string> Kinds => Workload.Kinds;

    /// <summary>Kind of events.</summary>
    [ParamsSource(nameof(Kinds))]
    public string Kind { get; set; } = "";

    /// <summary>Loads rules and events.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var decoder = new EventDecoder();
        var detector = new Detector(RuleSet.LoadPaths(Workload.RuleFolders));
        _bodies = Workload.Read(Kind, Workload.Bodies);
        _matchers = [new BodyMatcher(decoder, detector), new BodyMatcher(decoder, detector)];
    }

    /// <summary>One thread.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Workload.Bodies)]
    public int One() => Run(Match, 1);

    /// <summary>Two threads, each with one half.</summary>
    [Benchmark(OperationsPerInvoke = Workload.Bodies)]
    public int Two() => Run(Match, 2);

    /// <summary>One thread that reads the tokens.</summary>
    [Benchmark(OperationsPerInvoke = Workload.Bodies)]
    public int TokensByOne() => Run(Tokenize, 1);

    /// <summary>Two threads that read the tokens, each of one half.</summary>
    [Benchmark(OperationsPerInvoke = Workload.Bodies)]
    public int TokensByTwo() => Run(Tokenize, 2);

    private int Run(Func<int, int, int, int> work, int threads)
    {
        if (threads == 1)
        {
            return work(0, 0, Workload.Bodies);
        }

        int other = 0;
        var thread = new Thread(() => other = work(1, Workload.Bodies / 2, Workload.Bodies));
        thread.Start();
        int own = work(0, 0, Workload.Bodies / 2);
        thread.Join();
        return own + other;
    }

    private int Match(int thread, int from, int to)
    {
        int matches = 0;
        foreach (byte[] body in _bodies.AsSpan(from..to))
        {
            matches += _matchers[thread].Match(body).Records.Length;
        }

        return matches;
    }

    private int Tokenize(int thread, int from, int to)
    {
        int tokens = 0;
        foreach (byte[] body in _bodies.AsSpan(from..to))
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
                tokens++;
            }
        }

        return tokens;
    }
}
