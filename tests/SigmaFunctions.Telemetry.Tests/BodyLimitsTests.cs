using System.Text;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Framing;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>What is kept of a body, and that the rest is counted as though everything had been kept.</summary>
public sealed class BodyLimitsTests
{
    private const string Rules = """
        title: first
        id: 00000000-0000-0000-0000-000000000000
        logsource: { category: any }
        detection: { s: { a: 1 }, condition: s }
        ---
        title: second
        id: 00000000-0000-0000-0000-000000000001
        logsource: { category: any }
        detection: { s: { b: 1 }, condition: s }
        ---
        title: third
        id: 00000000-0000-0000-0000-000000000002
        logsource: { category: any }
        detection: { s: { c: 1 }, condition: s }
        """;

    private readonly EventDecoder _decoder = new(new("any"));
    private readonly Detector _detector = new(RuleSet.Load([new RuleFile("rules.yml", Rules)]));

    /// <summary>A record a letter or more, by the rules that hold on it; kept matches as <c>record:rules</c>, a surplus match with what follows it.</summary>
    public static TheoryData<string, int, int, string> Kept => new()
    {
        { "a b c", 9, 9, "0:0 1:1 2:2" },
        { "- - -", 0, 0, "" },
        { "a a a a", 2, 9, "0:0 1:0 2:0+1" },
        { "a a a", 2, 9, "0:0 1:0 2:0+0" },
        { "a a", 2, 9, "0:0 1:0" },
        { "a a a a", 0, 9, "0:0+3" },
        { "ab ab b a", 1, 9, "0:0,1 1:0+1,1+1" },
        { "abc abc", 9, 2, "0:0,1,2+1 1:0+0,1+0" },
        { "a b a b a", 9, 2, "0:0 1:1 2:0+1 3:1+0" },
        { "ab c b a b", 9, 1, "0:0,1+2 1:2+0 3:0+0" },
        { "a - x a - x a", 1, 9, "0:0 3:0+1" },
    };

    /// <summary>Bodies of which records are taken back before they are read again as something else.</summary>
    public static TheoryData<string> TakenBack =>
    [
        """[{"a":1},{"a":1},{"b":1}""" + "\n" + """{"a":1}""" + "\n",
        """{"records":[{"a":1},{"b":1},{"a":1}]""" + "\n" + """{"records":[{"a":1},{"b":1}]}""" + "\n" + """{"c":1}""",
        """{"a":1}""" + "\n" + """[{"a":1},{"a":1},{"b":1},""" + "\n" + """{"a":1}""" + "\n" + """{"a":1}""",
        """[{"a":1},{"a":1},{"a":1},{"b":1},{"b":1}x]""",
        """[{"a":1},7,{"a":1},8,{"b":1},{"b":1},9,x""" + "\n" + """{"c":1}""",
    ];

    [Theory, MemberData(nameof(Kept))]
    public void The_first_matches_are_kept_with_one_more_of_each_rule(string records, int perRule, int all, string expected)
    {
        var matcher = new BodyMatcher(_decoder, _detector, new BodyLimits { MatchesPerRule = perRule, Matches = all });
        byte[] body = Encoding.UTF8.GetBytes(string.Join('\n', records.Split(' ').Select(Record)));
        for (int turn = 0; turn < 2; turn++)
        {
            BodyMatches matches = matcher.Match(body, TestContext.Current.CancellationToken);

            Assert.Equal(expected, Show(matches));
        }
    }

    [Theory, MemberData(nameof(TakenBack))]
    public void Records_that_are_taken_back_do_not_count(string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        BodyMatches all = new BodyMatcher(_decoder, _detector).Match(bytes, TestContext.Current.CancellationToken);
        for (int perRule = 0; perRule < 4; perRule++)
        {
            for (int total = 0; total < 6; total++)
            {
                var limits = new BodyLimits { MatchesPerRule = perRule, Matches = total };
                BodyMatches matches = new BodyMatcher(_decoder, _detector, limits).Match(bytes, TestContext.Current.CancellationToken);

                AssertCounted(all, matches, limits);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(9)]
    public void The_first_unreadable_records_are_kept_and_all_are_counted(int kept)
    {
        byte[] body = "x\n{\"a\":1}\ny\n{\nz\n"u8.ToArray();
        var limits = new BodyLimits { Undecoded = kept };
        BodyMatches matches = new BodyMatcher(_decoder, _detector, limits).Match(body, TestContext.Current.CancellationToken);
        DecodedBody decoded = _decoder.Decode(body, limits);

        Assert.Equal(4, matches.UndecodedCount);
        Assert.Equal(4, decoded.UndecodedCount);
        Assert.Equal(new[] { 0, 2, 3, 4 }.Take(kept), matches.Undecoded.Select(record => record.Record));
        Assert.Equal(matches.Undecoded.Select(record => record.Offset), decoded.Undecoded.Select(record => record.Offset));
    }

    [Fact]
    public void Of_a_packed_body_no_more_of_the_unreadable_is_copied_than_is_allowed()
    {
        byte[] body = FramingTests.Gzip(Encoding.UTF8.GetBytes("{\"a\":1}\n" + string.Join('\n', Enumerable.Repeat(new string('x', 100), 10))));
        BodyMatches matches = new BodyMatcher(_decoder, _detector, new BodyLimits { UndecodedBytes = 250 }).Match(body, TestContext.Current.CancellationToken);

        Assert.Equal([100, 100, 50, 0, 0, 0, 0, 0, 0, 0], matches.Undecoded.Select(record => record.Original.Length));
        Assert.All(matches.Undecoded, record => Assert.Equal(100, record.Length));
    }

    /// <summary>Whether limits keep and count what they should of all matches.</summary>
    internal static void AssertCounted(BodyMatches all, BodyMatches limited, BodyLimits limits)
    {
        var kept = new List<(int Record, int Rule)>();
        var surplus = new Dictionary<int, SurplusMatch>();
        var perRule = new Dictionary<int, int>();
        int total = 0;
        foreach (MatchedRecord record in all.Records)
        {
            foreach (int rule in record.Rules)
            {
                int before = perRule.GetValueOrDefault(rule);
                if (before < limits.MatchesPerRule && total < limits.Matches)
                {
                    (perRule[rule], total) = (before + 1, total + 1);
                    kept.Add((record.Record, rule));
                }
                else if (surplus.TryGetValue(rule, out SurplusMatch first))
                {
                    surplus[rule] = first with { Omitted = first.Omitted + 1 };
                }
                else
                {
                    surplus.Add(rule, new SurplusMatch(record.Record, rule, 0));
                    kept.Add((record.Record, rule));
                }
            }
        }

        Assert.Equal(all.Events, limited.Events);
        Assert.Equal(kept, PairsOf(limited));
        Assert.Equal(surplus.Values.OrderBy(match => match.Record).ThenBy(match => match.Rule), limited.Surplus.ToArray());
        Assert.Equal(surplus.Values.Sum(match => match.Omitted), limited.Omitted);
    }

    private static List<(int Record, int Rule)> PairsOf(BodyMatches matches)
    {
        var pairs = new List<(int, int)>();
        foreach (MatchedRecord record in matches.Records)
        {
            foreach (int rule in record.Rules)
            {
                pairs.Add((record.Record, rule));
            }
        }

        return pairs;
    }

    private static string Record(string rules) =>
        rules == "x" ? "NOT JSON" : "{" + string.Join(',', rules.Where(char.IsAsciiLetter).Select(rule => $"\"{rule}\":1")) + "}";

    private static string Show(BodyMatches matches)
    {
        var shown = new List<string>();
        foreach (MatchedRecord record in matches.Records)
        {
            var rules = new List<string>();
            foreach (int rule in record.Rules)
            {
                rules.Add(record.IsSurplus(rule, out int omitted) ? $"{rule}+{omitted}" : $"{rule}");
            }

            shown.Add($"{record.Record}:{string.Join(',', rules)}");
        }

        return string.Join(' ', shown);
    }
}
