using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// Runs every benchmark once and compares the matches of some bodies of each kind, with the rules and with ten times as many, to the
/// reference evaluator's. Takes no time.
/// </summary>
internal static class ShortCheck
{
    private const int ComparedBodies = 60;
    private const int Times = 10;

    /// <summary>Runs the check.</summary>
    /// <param name="output">What was found is written here.</param>
    /// <returns>Whether everything ran and agreed.</returns>
    public static bool Run(TextWriter output)
    {
        foreach (string kind in Workload.Kinds)
        {
            var events = new EventBenchmarks { Kind = kind };
            events.Setup();
            var threads = new ThreadBenchmarks { Kind = kind };
            threads.Setup();
            output.WriteLine(
                $"{kind}: {events.Tokenize()} tokens; matches: {events.Decode()} without rules, {events.Match()} of events, {events.DecodeAndMatch()} of bodies; "
                + $"bodies that match: {threads.One()} by one thread, {threads.Two()} by two");
            if (events.Decode() != 0 || events.Match() != events.DecodeAndMatch() || threads.One() != threads.Two())
            {
                return Fail(output, "they differ");
            }
        }

        var load = new LoadBenchmarks();
        load.Setup();
        output.WriteLine($"rules: {load.Yaml()} from YAML, {load.Pack()} from a pack, {load.PackCompared()} after a comparison");
        if (load.Yaml() != load.Pack() || load.Yaml() != load.PackCompared())
        {
            return Fail(output, "they differ");
        }

        load.Cleanup();

        IReadOnlyList<RuleFile> files = Workload.RuleFiles();
        foreach (RuleSet ruleSet in new[] { RuleSet.Load(files), RuleSet.Load(RuleVariants.Multiply(files, Times)) })
        {
            var detector = new Detector(ruleSet);
            foreach (string kind in Workload.Kinds)
            {
                (int found, int expected) = Compare(detector, Workload.Read(kind, ComparedBodies));
                output.WriteLine($"{kind}, {ruleSet.Rules.Length} rules, {ComparedBodies} bodies: {found} matches, {expected} by the reference evaluator");
                if (found != expected)
                {
                    return Fail(output, "they differ");
                }
            }
        }

        return true;
    }

    private static (int Found, int Expected) Compare(Detector detector, byte[][] bodies)
    {
        var decoder = new EventDecoder();
        var matcher = new BodyMatcher(decoder, detector);
        (int found, int expected) = (0, 0);
        foreach (byte[] body in bodies)
        {
            foreach (MatchedRecord record in matcher.Match(body).Records)
            {
                found += record.Rules.Length;
            }

            foreach (DecodedEvent decoded in decoder.Decode(body).Events)
            {
                expected += detector.RuleSet.Compiled.Count(rule => decoded.Event.Views.Any(view =>
                    view.LogSources.Any(rule.Rule.LogSource.Covers) && ReferenceEvaluator.Holds(rule.Expression, decoded.Event, view)));
            }
        }

        return (found, expected);
    }

    private static bool Fail(TextWriter output, string reason)
    {
        output.WriteLine($"FAILED: {reason}");
        return false;
    }
}
