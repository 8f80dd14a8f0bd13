using System.Text.Json;
using BenchmarkDotNet.Attributes;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// What a body costs with all rules loaded, beside what <see cref="Utf8JsonReader"/> needs to read the tokens of the same bytes.
/// </summary>
[MemoryDiagnoser]
public class EventBenchmarks
{
    private readonly EventDecoder _decoder = new();
    private byte[][] _bodies = [];
    private SigmaEvent[] _events = [];
    private Detector? _detector;
    private BodyMatcher? _matcher;
    private BodyMatcher? _empty;
    private EventMatcher? _eventMatcher;

    /// <summary>The kinds of events that are there.</summary>
    public static IEnumerable<string> Kinds => Workload.Kinds;

    /// <summary>Kind of events.</summary>
    [ParamsSource(nameof(Kinds))]
    public string Kind { get; set; } = "";

    /// <summary>Loads rules and events.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _bodies = Workload.Read(Kind, Workload.Bodies);
        _detector = new Detector(RuleSet.LoadPaths(Workload.RuleFolders));
        _matcher = new BodyMatcher(_decoder, _detector);
        _empty = new BodyMatcher(_decoder, new Detector(RuleSet.Load([])));
        _events = [.. _bodies.SelectMany(body => _decoder.Decode(body).Events).Select(decoded => decoded.Event)];
        _eventMatcher = new EventMatcher(_detector);
    }

    /// <summary>Reads the tokens, nothing else.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Workload.Bodies)]
    public int Tokenize()
    {
        int tokens = 0;
        foreach (byte[] body in _bodies)
        {
            var reader = new Utf8JsonReader(body);
            while (reader.Read())
            {
                tokens++;
            }
        }

        return tokens;
    }

    /// <summary>Reads the events for a rule set that looks at nothing.</summary>
    [Benchmark(OperationsPerInvoke = Workload.Bodies)]
    public int Decode() => Run(_empty!);

    /// <summary>Matches events that were decoded before.</summary>
    [Benchmark(OperationsPerInvoke = Workload.Bodies)]
    public int Match()
    {
        int matches = 0;
        foreach (SigmaEvent sigmaEvent in _events)
        {
            _eventMatcher!.BeginEvent();
            foreach (EventView view in sigmaEvent.Views)
            {
                EventWriter.Write(_eventMatcher, _detector!.RouteOf(view.LogSources), sigmaEvent, view);
            }

            matches += _eventMatcher.EndEvent().Length;
        }

        return matches;
    }

    /// <summary>What an event costs: both together.</summary>
    [Benchmark(OperationsPerInvoke = Workload.Bodies)]
    public int DecodeAndMatch() => Run(_matcher!);

    private int Run(BodyMatcher matcher)
    {
        int matches = 0;
        foreach (byte[] body in _bodies)
        {
            foreach (MatchedRecord record in matcher.Match(body).Records)
            {
                matches += record.Rules.Length;
            }
        }

        return matches;
    }
}
