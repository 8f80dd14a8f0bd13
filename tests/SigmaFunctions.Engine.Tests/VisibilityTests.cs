using CsCheck;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What rules can do on events that have only some fields.</summary>
public sealed class VisibilityTests
{
    /// <summary>Events have these and nothing else; hashes are never IMPHASHes.</summary>
    private static readonly FieldScope Scope =
        new(["Image", "CommandLine", "Extra", "Hashes"], [new MissingPart("Hashes", "IMPHASH=", "Hashes (IMPHASH)")]);

    /// <summary>Searches <c>a</c>, <c>b</c> and a condition; verdict, effects, missing fields, needed fields.</summary>
    public static TheoryData<string, string, string, string, string, string, string> Cases => new()
    {
        // What is carried may hold or not.
        { "Image: x", "CommandLine: y", "a and b", "Full", "None", "", "" },
        { "Image: x", "CommandLine: y", "a and not b", "Full", "None", "", "" },
        { "Image: null", "CommandLine|exists: false", "a and b", "Full", "None", "", "" },
        { "Image: x", "['keyword']", "a or b", "Full", "None", "", "" },
        { "['keyword']", "CurrentDirectory: y", "a or b", "Weakened", "Narrows", "CurrentDirectory", "" },

        // One absent field in a conjunction is enough, in a disjunction it takes all.
        { "Image: x", "CurrentDirectory: y", "a and b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "Image: x", "CurrentDirectory: y", "a or b", "Weakened", "Narrows", "CurrentDirectory", "" },
        { "CallTrace: x", "CurrentDirectory: y", "a or b", "Blind", "None", "CallTrace CurrentDirectory", "CallTrace CurrentDirectory" },
        { "{Image: x, CurrentDirectory: y}", "CommandLine: y", "a and b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "[{Image: x}, {CurrentDirectory: y}]", "CommandLine: y", "a and b", "Weakened", "Narrows", "CurrentDirectory", "" },
        { "Image: x", "{CurrentDirectory: [y, z]}", "all of them", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "Image: x", "{CurrentDirectory: [y, z]}", "1 of them", "Weakened", "Narrows", "CurrentDirectory", "" },

        // Only what decides is needed.
        { "CurrentDirectory: x", "[{Image: x}, {CallTrace: y}]", "a and b", "Blind", "None", "CallTrace CurrentDirectory", "CurrentDirectory" },
        { "CurrentDirectory: x", "CallTrace: y", "a and not b", "Blind", "None", "CallTrace CurrentDirectory", "CurrentDirectory" },

        // A filter that never holds leaves nothing out.
        { "Image: x", "CurrentDirectory: y", "a and not b", "Weakened", "Widens", "CurrentDirectory", "" },
        { "Image: x", "{CommandLine: y, CurrentDirectory: z}", "a and not b", "Weakened", "Widens", "CurrentDirectory", "" },
        { "Image: x", "CurrentDirectory|neq: y", "a and b", "Weakened", "Widens", "CurrentDirectory", "" },
        { "Image: x", "CurrentDirectory|neq: y", "a and not b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "[{Image: x}, {CallTrace: x}]", "CurrentDirectory: y", "a and not b", "Weakened", "Narrows, Widens", "CallTrace CurrentDirectory", "" },
        { "Image: x", "CurrentDirectory: y", "a and b or not b and a", "Weakened", "Narrows, Widens", "CurrentDirectory", "" },

        // To be absent is what these ask for.
        { "Image: x", "CurrentDirectory: null", "a and b", "Weakened", "Widens", "CurrentDirectory", "" },
        { "Image: x", "CurrentDirectory: null", "a and not b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "Image: x", "CurrentDirectory|exists: false", "a and not b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "Image: x", "CurrentDirectory|exists: true", "a and b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "Image: x", "CurrentDirectory: [null, y]", "a and b", "Weakened", "Narrows, Widens", "CurrentDirectory", "" },

        // Every kind of test is false on an absent field.
        { "CurrentDirectory|re: x", "Image: x", "a and b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "CurrentDirectory: ''", "Image: x", "a and b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "CurrentDirectory: '*'", "Image: x", "a and b", "Blind", "None", "CurrentDirectory", "CurrentDirectory" },
        { "Id: 4", "Image: x", "a and b", "Blind", "None", "Id", "Id" },
        { "Id|lt: 4", "Image: x", "a and b", "Blind", "None", "Id", "Id" },
        { "Ip|cidr: 10.0.0.0/8", "Image: x", "a and b", "Blind", "None", "Ip", "Ip" },
        { "Time|hour: 4", "Image: x", "a and b", "Blind", "None", "Time", "Time" },

        // A comparison needs both fields.
        { "Image|fieldref: CommandLine", "Image: x", "a and b", "Full", "None", "", "" },
        { "Image|fieldref: ParentImage", "Image: x", "a and b", "Blind", "None", "ParentImage", "ParentImage" },
        { "Id|fieldref: Image", "Image: x", "a and b", "Blind", "None", "Id", "Id" },
        { "Id|fieldref: ParentImage", "Image: x", "a and b", "Blind", "None", "Id ParentImage", "Id ParentImage" },

        // What is in an object that is carried may be there.
        { "Extra.Command: x", "Image: x", "a and b", "Full", "None", "", "" },
        { "Other.Command: x", "Image: x", "a and b", "Blind", "None", "Other.Command", "Other.Command" },
        { "image: x", "Image: x", "a and b", "Blind", "None", "image", "image" },

        // A field that is there never holds some things.
        { "Hashes|contains: 'MD5=1'", "Image: x", "a and b", "Full", "None", "", "" },
        { "Hashes|contains: 'IMPHASH=1'", "Image: x", "a and b", "Blind", "None", "Hashes (IMPHASH)", "Hashes (IMPHASH)" },
        { "Hashes|contains: 'imphash=1'", "Image: x", "a and b", "Blind", "None", "Hashes (IMPHASH)", "Hashes (IMPHASH)" },
        { "Hashes: '*MD5=1*IMPHASH=1*'", "Image: x", "a and b", "Blind", "None", "Hashes (IMPHASH)", "Hashes (IMPHASH)" },
        { "Hashes|contains: ['IMPHASH=1', 'MD5=1']", "Image: x", "a and b", "Weakened", "Narrows", "Hashes (IMPHASH)", "" },
        { "Image|contains: 'IMPHASH=1'", "Image: x", "a and b", "Full", "None", "", "" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_rule_sees_as_far_as_its_fields_come(
        string a, string b, string condition, string verdict, string effects, string missing, string needed)
    {
        RuleSet rules = Load(a, b, condition);
        RuleVisibility visibility = VisibilityAnalyzer.Analyze(rules, 0, Scope);
        RuleVisibility onAnyFields = VisibilityAnalyzer.Analyze(rules, 0, FieldScope.Open);

        Assert.Equal(
            (verdict, effects, missing, needed),
            (visibility.Verdict.ToString(), visibility.Effects.ToString(), string.Join(' ', visibility.Missing), string.Join(' ', visibility.Needed)));
        Assert.Equal((VisibilityVerdict.Full, 0, 0), (onAnyFields.Verdict, onAnyFields.Missing.Length, onAnyFields.Identifiers.Length));
    }

    /// <summary>Searches, condition; for each that looks at a missing field: name, what is left of it, what that makes of the rule, fields.</summary>
    [Theory]
    [InlineData("Image: x", "CurrentDirectory: y", "a and not b", "b Never Widens CurrentDirectory")]
    [InlineData("Image: x", "[{CommandLine: x}, {CurrentDirectory: y, CallTrace: z}]", "a and not b", "b Possibly Widens CallTrace,CurrentDirectory")]
    [InlineData("Image: x", "CurrentDirectory: null", "a and b", "b Always Widens CurrentDirectory")]
    [InlineData("CallTrace: x", "CurrentDirectory: y", "a and b", "a Never Narrows CallTrace; b Never Narrows CurrentDirectory")]
    [InlineData("Image: x", "CurrentDirectory: y", "a and b or a and not b", "b Never Narrows, Widens CurrentDirectory")]
    public void The_identifiers_that_lose_something_are_told(string a, string b, string condition, string expected) => Assert.Equal(
        expected,
        string.Join("; ", Analyze(a, b, condition).Identifiers
            .Select(one => $"{one.Name} {one.Outcome} {one.Effects} {string.Join(',', one.Missing)}")));

    [Fact]
    public void A_filter_counts_as_part_of_the_rule()
    {
        const string Filter = """
            ---
            title: A filter
            id: 22222222-2222-4222-8222-222222222222
            logsource: {category: process_creation}
            filter:
                rules: [11111111-1111-4111-8111-111111111111]
                known: {CurrentDirectory: y}
                condition: known
            """;
        RuleSet rules = RuleText.Load(RuleText.WithSelection("Image: x") + Filter);

        RuleVisibility visibility = VisibilityAnalyzer.Analyze(rules, 0, Scope);

        Assert.Equal((VisibilityVerdict.Blind, "known"), (visibility.Verdict, Assert.Single(visibility.Identifiers).Name));
        Assert.Equal(["CurrentDirectory", "Image"], VisibilityAnalyzer.FieldsOf(rules, 0));
    }

    [Theory]
    [InlineData("Image: x", "CommandLine: y", "a and not b", "CommandLine Image")]
    [InlineData("Image|fieldref: ParentImage", "['keyword']", "a and b", "Image ParentImage")]
    [InlineData("{Image: x, Extra.A: null}", "Image: y", "a or b or a", "Extra.A Image")]
    public void The_fields_of_a_rule_are_those_that_it_looks_at(string a, string b, string condition, string fields) =>
        Assert.Equal(fields, string.Join(' ', VisibilityAnalyzer.FieldsOf(Load(a, b, condition), 0)));

    /// <summary>Two kinds of events, a field: whether they carry it together.</summary>
    [Theory]
    [InlineData("A B", "B C", "A", true)]
    [InlineData("A B", "B C", "C", true)]
    [InlineData("A B", "B C", "D", false)]
    public void Kinds_of_events_carry_together_what_one_carries(string one, string other, string field, bool carried) =>
        Assert.Equal(carried, FieldScope.Union([new FieldScope(one.Split(' ')), new FieldScope(other.Split(' '))]).Carries(field));

    /// <summary>Whether the hashes of two kinds of events are never IMPHASHes, whether there is a kind of any fields.</summary>
    [Theory]
    [InlineData(true, true, false, VisibilityVerdict.Blind)]
    [InlineData(true, false, false, VisibilityVerdict.Full)]
    [InlineData(true, true, true, VisibilityVerdict.Full)]
    public void Kinds_of_events_lack_together_what_each_lacks(bool first, bool second, bool isOpen, VisibilityVerdict verdict)
    {
        MissingPart[] part = [new("Hashes", "IMPHASH=", "Hashes (IMPHASH)")];
        List<FieldScope> scopes = [new(["Hashes"], first ? part : []), new(["Hashes"], second ? part : []), new(["Image"])];
        if (isOpen)
        {
            scopes.Add(FieldScope.Open);
        }

        RuleSet rules = RuleText.Load(RuleText.WithSelection("Hashes|contains: 'IMPHASH=1'"));

        Assert.Equal(verdict, VisibilityAnalyzer.Analyze(rules, 0, FieldScope.Union(scopes)).Verdict);
    }

    private static readonly Gen<string> Value = Gen.OneOf("null", "\"\"", "\"a\"", "\"b\"", "\"ab\"", "1", "true", "[]", "[\"a\",null]", "{\"A\":\"a\"}");

    private static readonly Gen<string> Item = Gen.Select(
        Gen.OneOf("F", "G", "G.A", "X", "Y", "X.A"),
        Gen.OneOf(": a", ": null", ": ''", ": '*'", ": [a, null]", "|contains: a", "|re: a", "|exists: true", "|exists: false", "|neq: a", "|lt: 2", "|fieldref: F", "|fieldref: Y"))
        .Select((field, test) => field + test);

    private static readonly Gen<string> Search = Gen.OneOf(
        Item, Gen.Select(Item, Item).Select((one, other) => $"[{{{one}}}, {{{other}}}]"), Gen.Const("['a']"));

    private static readonly Gen<string> Condition = Gen.OneOf(
        "a and b", "a or b", "a and not b", "not a and not b", "not (a or b)", "not (a and b)", "(a or b) and not (a and b)", "not not a", "1 of them", "all of them", "a and (b or not a)");

    /// <summary>On any event without the missing fields, the reference evaluator agrees.</summary>
    [Fact]
    public void What_is_said_never_to_hold_never_holds()
    {
        var scope = new FieldScope(["F", "G"]);
        int blind = 0;
        int decided = 0;
        Gen.Select(Search, Search, Condition, Value, Value).Sample(
            (a, b, condition, f, g) =>
            {
                RuleSet rules = Load(a, b, condition);
                RuleVisibility visibility = VisibilityAnalyzer.Analyze(rules, 0, scope);
                SigmaEvent sigmaEvent = EventText.Parse($$"""{"F":{{f}},"G":{{g}}}""");
                EventView view = sigmaEvent.Views[0];
                bool holds = ReferenceEvaluator.Holds(rules.Compiled[0].Expression, sigmaEvent, view);
                if (visibility.Verdict == VisibilityVerdict.Blind)
                {
                    blind++;
                    if (holds || visibility.Needed.IsEmpty)
                    {
                        return false;
                    }
                }

                foreach (IdentifierVisibility? identifier in visibility.Identifiers.Where(one => one.Outcome != Outcome.Possibly))
                {
                    decided++;
                    Expression expression = rules.Compiled[0].Identifiers.Single(one => one.Name == identifier.Name).Expression;
                    if (ReferenceEvaluator.Holds(expression, sigmaEvent, view) != (identifier.Outcome == Outcome.Always))
                    {
                        return false;
                    }
                }

                return true;
            },
            iter: 20_000,
            threads: 1);
        Assert.True(blind > 1_000 && decided > 1_000, $"Too few cases: {blind} blind rules, {decided} decided identifiers.");
    }

    /// <summary>With every field that is needed a rule is not blind any more; without one of them it is.</summary>
    [Fact]
    public void A_blind_rule_needs_what_it_is_said_to_need() =>
        Gen.Select(Search, Search, Condition).Sample(
            (a, b, condition) =>
            {
                RuleSet rules = Load(a, b, condition);
                RuleVisibility visibility = VisibilityAnalyzer.Analyze(rules, 0, new FieldScope(["F", "G"]));
                return visibility.Verdict != VisibilityVerdict.Blind
                    || (visibility.Needed.All(visibility.Missing.Contains)
                        && VisibilityAnalyzer.Analyze(rules, 0, new FieldScope(["F", "G", .. visibility.Needed])).Verdict != VisibilityVerdict.Blind);
            },
            iter: 5_000,
            threads: 1);

    [Fact]
    public void A_census_tells_what_arrives_unused_and_what_is_used_and_never_arrives()
    {
        RuleSet rules = RuleText.Load(RuleText.WithDetection(
            "s: [{A: 1}, {B.C: 1}, {B.D: 1}, {N: null}, {P.Q|fieldref: R}]\ncondition: s")
            + "---\n" + RuleText.WithSelection("A: 2").Replace("1111", "2222", StringComparison.Ordinal)
            + "---\n" + RuleText.WithSelection("A: 3").Replace("1111", "3333", StringComparison.Ordinal).Replace("windows", "linux", StringComparison.Ordinal));
        var census = new FieldCensus(rules);
        var logSources = LogSourceSet.Create(new LogSource("process_creation", "windows"), new LogSource("other", "windows"));
        foreach (string json in (string[])["""{"A":1,"B":{"C":2},"N":null,"X":1,"Y":1}""", """{"A":1,"B":{"C":null},"X":1,"Z":null}"""])
        {
            SigmaEvent sigmaEvent = EventText.Parse(json);
            census.Add(sigmaEvent with { Views = [sigmaEvent.Views[0] with { LogSources = logSources }] });
        }

        LogSourceFields result = Assert.Single(census.ToResult());

        Assert.Equal((logSources, 2L, 2, 1), (result.LogSources, result.Events, result.Rules, census.RulesWithoutEvents));
        Assert.Equal(["X 2", "Y 1"], result.Unused.Select(field => $"{field.Field} {field.Count}"));
        Assert.Equal(["B.D 1", "N 1", "P.Q 1", "R 1"], result.NeverArrived.Select(field => $"{field.Field} {field.Count}"));
    }

    private static RuleVisibility Analyze(string a, string b, string condition) => VisibilityAnalyzer.Analyze(Load(a, b, condition), 0, Scope);

    private static RuleSet Load(string a, string b, string condition)
    {
        RuleSet rules = RuleText.Load(RuleText.WithDetection($"a: {Flow(a)}\nb: {Flow(b)}\ncondition: {condition}"));
        Assert.Equal((1, 0), (rules.Rules.Length, rules.Rejected));
        return rules;
    }

    private static string Flow(string search) => search[0] is '{' or '[' ? search : $"{{{search}}}";
}
