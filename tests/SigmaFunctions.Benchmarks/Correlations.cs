using System.Globalization;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Benchmarks;

/// <summary>What correlations cost an event: the same events with and without them, by turns.</summary>
internal static class Correlations
{
    private const string Rules = """
        title: Any process
        id: 00000001-aaaa-4aaa-8aaa-000000000001
        name: any_process
        status: test
        logsource: {category: process_creation, product: windows}
        detection: {sel: {Image|contains: 'IMAGE'}, condition: sel}
        """;

    private const string Correlation = """

        ---
        title: Many processes
        id: c0000001-cccc-4ccc-8ccc-cccccccccccc
        status: test
        correlation:
          type: event_count
          rules: [any_process]
          group-by: [Computer, User]
          timespan: 5m
          condition: {gte: 1000000}
        """;

    /// <summary>Measures every kind of events, then how the cost grows with the matches.</summary>
    /// <param name="output">Tables in Markdown are written here.</param>
    public static void Run(TextWriter output)
    {
        output.WriteLine("| events | none | that match nothing | of none | match every event, counted | of these without | more |");
        output.WriteLine("|---|---|---|---|---|---|---|");
        foreach (string kind in Workload.Kinds)
        {
            var none = new Pass(kind, Rules.Replace("IMAGE", ":no:", StringComparison.Ordinal));
            var idle = new Pass(kind, (Rules + Correlation).Replace("IMAGE", ":no:", StringComparison.Ordinal));
            var matched = new Pass(kind, Rules.Replace("IMAGE", @"\", StringComparison.Ordinal));
            var counted = new Pass(kind, (Rules + Correlation).Replace("IMAGE", @"\", StringComparison.Ordinal));
            double[] best = Ratios.Best([none.Run, idle.Run, matched.Run, counted.Run]);
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {kind} ({100.0 * counted.Matches / Workload.Bodies:F0} % match) | {best[0]:F2} us | {best[1]:F2} us | {best[1] / best[0]:F2} | {best[3]:F2} us | {best[2]:F2} us | {best[3] - best[2]:F2} us |"));
        }

        output.WriteLine();
        output.WriteLine("| value_count, one group, values all different | a match | of the first |");
        output.WriteLine("|---|---|---|");
        int[] sizes = [1_000, 10_000, 100_000, 1_000_000];
        RuleSet rules = Load((Rules + Correlation).Replace("event_count", "value_count", StringComparison.Ordinal)
            .Replace("gte: 1000000", "field: Image, gte: 2000000", StringComparison.Ordinal).Replace("[Computer, User]", "[Computer]", StringComparison.Ordinal));
        byte[][] values = [.. Enumerable.Range(0, sizes[^1]).Select(i => Captured($"c{i}.exe"))];
        double[] times = [.. sizes.Select(size => Ratios.Best([() => Detect(rules, values.AsSpan(0, size))], rounds: size > 100_000 ? 3 : 10)[0] * Workload.Bodies / size)];
        for (int i = 0; i < sizes.Length; i++)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {sizes[i]:N0} | {times[i]:F2} us | {times[i] / times[0]:F2} |"));
        }
    }

    private static RuleSet Load(string text) => RuleSet.Load([new RuleFile("c.yml", text)]);

    private static byte[] Captured(string image)
    {
        var writer = new CapturedWriter();
        writer.Add(Engine.Events.FieldValueKind.Text, "host"u8);
        writer.EndField();
        writer.Add(Engine.Events.FieldValueKind.Text, System.Text.Encoding.UTF8.GetBytes(image));
        writer.EndField();
        return writer.Written.ToArray();
    }

    private static int Detect(RuleSet rules, ReadOnlySpan<byte[]> values)
    {
        var matches = new CorrelationMatches(rules.CorrelationPlan);
        for (int i = 0; i < values.Length; i++)
        {
            matches.Add(0, i, i, values[i]);
        }

        return matches.Detect().Length;
    }

    /// <summary>All events once, and what is detected in them.</summary>
    private sealed class Pass(string kind, string rules)
    {
        private readonly byte[][] _bodies = Workload.Read(kind, Workload.Bodies);
        private readonly BodyMatcher _matcher = new(
            new EventDecoder(), new Detector(RuleSet.Load([.. Workload.RuleFiles(), new RuleFile("c.yml", rules)])), new BodyLimits { Correlates = true });

        public int Matches { get; private set; }

        public int Run()
        {
            var matches = new CorrelationMatches(_matcher.Detector.RuleSet.CorrelationPlan);
            for (int body = 0; body < _bodies.Length; body++)
            {
                CorrelatedBody correlated = _matcher.Match(_bodies[body]).Correlated;
                for (int index = 0; index < correlated.Count; index++)
                {
                    CorrelatedRecord record = correlated[index];
                    for (int match = 0; match < record.Count; match++)
                    {
                        matches.Add(record.RuleOf(match), record.Time?.UtcTicks ?? 0, body, record.ValuesOf(match));
                    }
                }
            }

            Matches = matches.Count;
            return matches.Detect().Length;
        }
    }
}
