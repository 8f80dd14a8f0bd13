using System.Globalization;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>
/// Damaged rules load or are rejected, with a place and a reason, and what loads can be matched: nothing throws. The seeds are fixed;
/// <c>SIGMA_FUZZ=N</c> runs N times as many.
/// </summary>
public sealed class FuzzTests
{
    private const int RulesPerSeed = 250;

    private static readonly int Factor =
        int.TryParse(Environment.GetEnvironmentVariable("SIGMA_FUZZ"), NumberStyles.None, CultureInfo.InvariantCulture, out int factor) ? factor : 1;

    private static readonly string[] Rules =
    [
        RuleText.WithDetection("""
            selection_a:
                F|endswith:
                    - '\a.exe'
                    - '*b?c'
                G|contains|all: [' -e ', "x\ty"]
            selection_b:
                - F|re|i: '^a(b|c){1,3}[d-f]+$'
                - G|cidr: [10.0.0.0/8, fe80::/10]
                - H: [1, -2.5, null, true, 'x']
            filter:
                F|base64offset|contains: 'http://'
                G|windash|contains: ' -a /b'
                H|wide|base64: abc
            keywords: [alpha, 'be*ta', 445]
            '|all': [x, y]
            condition: (1 of selection_* or keywords) and not all of filter*
            """),
        RuleText.WithDetection("""
            base: &base {F|gt: 5, G|hour|lte: 20, H|fieldref|startswith: F}
            selection:
                <<: *base
                a.b.c|exists: true
                F|expand: '%admins%'
            condition: [base, selection and not base]
            """),
        """
        action: global
        title: T
        logsource: {category: process_creation}
        ---
        id: 11111111-1111-4111-8111-111111111111
        detection: {s: {F: a}, condition: s}
        ---
        action: repeat
        name: again
        ---
        title: F
        logsource: {category: process_creation}
        filter: {rules: any, s: {F: b}, condition: not s}
        ---
        title: C
        correlation: {type: value_count, rules: [again], group-by: [F], timespan: 5m, condition: {field: G, gte: 3}}
        """,
    ];

    private static readonly string[] Tokens =
    [
        "|", ":", "'", "\"", "\n", "\n    ", "- ", "[", "]", "{", "}", "&a ", "*a", "*", "?", "\\", "%", "(", ")", "not ", " and ", " of ", "them", "1", "|re",
        "|all", "|cidr", "|base64", "|contains", "|neq", "null", "---\n", "!!str ", "<<: ", "\0", "\uFEFF", "\uD800", "😀", "\t", "#", "|\n", ">", "{1000}", "+)+", "\r",
    ];

    private static readonly string[] Events =
    [
        "{}", """{"F":"C:\\a.exe","G":" -e x\ty","H":1}""", """{"F":["abbd",null,{"x":1}],"G":"10.1.2.3","H":"x","a":{"b":{"c":2}}}""",
        """{"F":"2025-01-01 10:00:00","G":"2025-01-01T10:00:00Z","H":"alpha"}""", """{"F":"","G":"\uD83D\uDE00","H":-2.5}""",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Damaged_rules_do_no_harm(int seed)
    {
        var placeholders = new PlaceholderSet([new("admins", ["root", "a*"])]);
        var random = new Random(seed);
        var events = Events.Select(json => EventText.Parse(json)).ToList();
        for (int i = 0; i < RulesPerSeed * Factor; i++)
        {
            string text = Damage(Rules[random.Next(Rules.Length)], random);
            RuleSet ruleSet = RuleText.Load(text, placeholders);
            Assert.All(ruleSet.Diagnostics, item => Assert.True(item is { Line: >= 1, Column: >= 1, Message.Length: > 10 }, text));
            Assert.True(ruleSet.Rejected > 0 == ruleSet.Diagnostics.Any(item => item.Severity == DiagnosticSeverity.Error), text);
            var detector = new Detector(ruleSet);
            foreach (SigmaEvent? sigmaEvent in events)
            {
                detector.Match(sigmaEvent);
            }
        }
    }

    private static string Damage(string text, Random random)
    {
        for (int times = random.Next(1, 6); times > 0 && text.Length > 0; times--)
        {
            int at = random.Next(text.Length);
            int length = random.Next(Math.Min(12, text.Length - at) + 1);
            text = random.Next(4) switch
            {
                0 => text.Remove(at, length),
                1 => text.Insert(at, Tokens[random.Next(Tokens.Length)]),
                2 => text.Insert(random.Next(text.Length), text.Substring(at, length)),
                _ => text.Remove(at, 1).Insert(at, Tokens[random.Next(Tokens.Length)]),
            };
        }

        return text;
    }
}
