using BenchmarkDotNet.Attributes;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Benchmarks;

/// <summary>The same work done by one thread and shared by two: half of the time is what there is to gain.</summary>
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
    public int One() => Run(_matchers[0], _bodies);

    /// <summary>Two threads, each with one half.</summary>
    [Benchmark(OperationsPerInvoke = Workload.Bodies)]
    public int Two()
    {
        int other = 0;
        var thread = new Thread(() => other = Run(_matchers[1], _bodies.AsSpan(Workload.Bodies / 2)));
        thread.Start();
        int own = Run(_matchers[0], _bodies.AsSpan(0, Workload.Bodies / 2));
        thread.Join();
        return own + other;
    }

    private static int Run(BodyMatcher matcher, ReadOnlySpan<byte[]> bodies)
    {
        int matches = 0;
        foreach (byte[] body in bodies)
            matches += matcher.Match(body).Records.Length;
        return matches;
    }
}
