using BenchmarkDotNet.Attributes;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Benchmarks;

/// <summary>What ten times as many rules cost an event, made by <see cref="RuleVariants"/>.</summary>
public class RuleCountBenchmarks
{
    private const int Times = 10;

    private byte[][] _bodies = [];
    private BodyMatcher? _once;
    private BodyMatcher? _tenfold;

    /// <summary>The kinds of events that are there.</summary>
    public static IEnumerable<string> Kinds => Workload.Kinds;

    /// <summary>Kind of events.</summary>
    [ParamsSource(nameof(Kinds))]
    public string Kind { get; set; } = "";

    /// <summary>Loads rules and events.</summary>
    [GlobalSetup]
    public void Setup()
    {
        IReadOnlyList<RuleFile> files = Workload.RuleFiles();
        _bodies = Workload.Read(Kind, Workload.Bodies);
        _once = new BodyMatcher(new EventDecoder(), new Detector(RuleSet.Load(files)));
        _tenfold = new BodyMatcher(new EventDecoder(), new Detector(RuleSet.Load(RuleVariants.Multiply(files, Times))));
    }

    /// <summary>The rules as they are.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Workload.Bodies)]
    public int Once() => Run(_once!);

    /// <summary>Ten times as many.</summary>
    [Benchmark(OperationsPerInvoke = Workload.Bodies)]
    public int Tenfold() => Run(_tenfold!);

    private int Run(BodyMatcher matcher)
    {
        int matches = 0;
        foreach (byte[] body in _bodies)
        {
            matches += matcher.Match(body).Records.Length;
        }

        return matches;
    }
}
