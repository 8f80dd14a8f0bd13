using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Linting;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What is wrong with correlations and doubtful about them: where it stands and what is told.</summary>
public sealed class CorrelationLintTests
{
    private static string Rule(char digit, string name, string logSource = "{category: test}") =>
        $"title: {name}\nid: {new string(digit, 8)}-1111-4111-8111-111111111111\nname: {name}\nlogsource: {logSource}\ndetection: {{selection: {{F: {name}}}, condition: selection}}\n";

    private static readonly string Rules = string.Join("---\n", Rule('1', "rule_a"), Rule('2', "rule_b"), Rule('3', "rule_c"));

    private static string Correlation(string section, char digit = '9', string name = "many") =>
        $"title: Correlation\nid: {new string(digit, 8)}-9999-4999-8999-999999999999\nname: {name}\ncorrelation:\n{section}\n";

    private static string Section(string type, string rest, string rules = "[rule_a]", string timespan = "5m") =>
        $"  type: {type}\n  rules: {rules}\n  timespan: {timespan}\n  {rest}";

    /// <summary>A section behind four lines of its document, and what is told of it: line, column, code and the begin of the message; none where it is as it should be.</summary>
    public static TheoryData<string, int, int, string, string> Sections => new()
    {
        // Can never hold.
        { Section("event_count", "condition: {lt: 1}"), 8, 15, "SF1301", "The condition can never hold at 'lt: 1': a window ends with an event, so that its value is 1 at least" },
        { Section("event_count", "condition: {lte: 0}"), 8, 15, "SF1301", "The condition can never hold at 'lte: 0': a window" },
        { Section("event_count", "condition: {eq: 0}"), 8, 15, "SF1301", "The condition can never hold at 'eq: 0': a window" },
        { Section("event_count", "condition: {eq: 2.5}"), 8, 15, "SF1301", "The condition can never hold at 'eq: 2.5': the value is a whole number" },
        { Section("event_count", "condition: {gt: 5, lt: 3}"), 8, 22, "SF1301", "The condition can never hold at 'lt: 3': the bounds exclude each other. Correct the number." },
        { Section("event_count", "condition: {gt: 5, lt: 6}"), 8, 22, "SF1301", "The condition can never hold at 'lt: 6': the bounds" },
        { Section("event_count", "condition: {gte: 5, lte: 5, neq: 5}"), 8, 31, "SF1301", "The condition can never hold at 'neq: 5': the bounds" },
        { Section("value_count", "condition: {field: F, lt: 1}"), 8, 25, "SF1301", "The condition can never hold at 'lt: 1': a window" },
        { Section("value_sum", "condition: {field: F, gt: 5, lt: 5}"), 8, 32, "SF1301", "The condition can never hold at 'lt: 5': the bounds" },
        { Section("value_avg", "condition: {field: F, gte: 5, lt: 5}"), 8, 33, "SF1301", "The condition can never hold at 'lt: 5': the bounds" },
        { Section("temporal", "condition: {gte: 3}", "[rule_a, rule_b]"), 8, 15, "SF1301", "The condition can never hold at 'gte: 3': there are 2 rules. Correct the number." },
        { Section("temporal_ordered", "condition: {gt: 2}", "[rule_a, rule_b]"), 8, 15, "SF1301", "The condition can never hold at 'gt: 2': there are 2 rules." },
        { Section("temporal", "condition: rule_a and not rule_a"), 8, 3, "SF1301", "The condition can never hold: it asks of a rule that it matches and that it does not." },
        { Section("temporal_ordered", "condition: rule_a and rule_b and not rule_a", "[rule_a, rule_b]"), 8, 3, "SF1301", "The condition can never hold: it asks" },

        // Holds at every match.
        { Section("event_count", "condition: {gte: 1}"), 8, 15, "SF1302", "The condition holds at every match, so that the correlation tells of one of them in 5m and group" },
        { Section("event_count", "condition: {gt: 0}"), 8, 15, "SF1302", "The condition holds at every match" },
        { Section("event_count", "condition: {neq: 0}"), 8, 15, "SF1302", "The condition holds at every match" },
        { Section("event_count", "condition: {neq: 1.5, gte: 0.5}"), 8, 15, "SF1302", "The condition holds at every match" },
        { Section("temporal", "condition: {gte: 1}", "[rule_a, rule_b]"), 8, 15, "SF1302", "The condition holds at every match" },
        { Section("temporal", "condition: {lte: 2}", "[rule_a, rule_b]"), 8, 15, "SF1302", "The condition holds at every match" },
        { Section("temporal", "generate: false"), 6, 3, "SF1302", "The condition holds at every match" },
        { Section("temporal", "condition: rule_a or rule_b", "[rule_a, rule_b]"), 8, 3, "SF1302", "The condition holds at every match" },
        { Section("temporal", "condition: {gte: 2}", "[rule_a, rule_b]"), 0, 0, "", "" },
        { Section("temporal", "generate: false", "[rule_a, rule_b]"), 0, 0, "", "" },
        { Section("temporal", "condition: rule_a or (rule_b and rule_c)", "[rule_a, rule_b, rule_c]"), 0, 0, "", "" },
        { Section("value_sum", "condition: {field: F, gte: 0}"), 0, 0, "", "" },
        { Section("value_sum", "condition: {field: F, neq: 0}"), 0, 0, "", "" },

        // Upper bounds.
        { Section("event_count", "condition: {eq: 3}"), 8, 15, "SF1303", "'eq: 3' holds while the value is just that, also where it only passes on its way, and not where it jumps over it. If as much or more is meant, write gte." },
        { Section("event_count", "condition: {lt: 5}", timespan: "7d"), 8, 15, "SF1303", "'lt: 5' is judged at each event over the 7d before it, the event itself included, and so holds as well at the first of many." },
        { Section("event_count", "condition: {gte: 3, lte: 5}"), 8, 23, "SF1303", "'lte: 5' is judged" },
        { Section("value_avg", "condition: {field: F, lt: 0.5}"), 8, 25, "SF1303", "'lt: 0.5' is judged" },
        { Section("temporal", "condition: {eq: 1}", "[rule_a, rule_b]"), 8, 15, "SF1303", "'eq: 1' holds while" },
        { Section("temporal", "condition: {eq: 2}", "[rule_a, rule_b]"), 0, 0, "", "" },
        { Section("temporal", "condition: {gte: 2, lte: 2}", "[rule_a, rule_b]"), 0, 0, "", "" },
        { Section("event_count", "condition: {neq: 3}"), 0, 0, "", "" },
        { Section("event_count", "condition: {gt: 1.5}"), 0, 0, "", "" },

        // Decided late.
        { Section("temporal", "condition: rule_a and not rule_b", "[rule_a, rule_b]", "10m"), 8, 29, "SF1305", "That 'rule_b' does not follow is known late: the app tells of it 10m and 2 minutes after the event." },
        { Section("temporal_ordered", "condition: rule_a and not rule_b", "[rule_a, rule_b]", "10m"), 8, 29, "SF1305", "That 'rule_b' does not follow" },
        { Section("temporal_ordered", "condition: rule_a and rule_b and not rule_b", "[rule_a, rule_b]"), 8, 25, "SF1305", "That 'rule_b' does not follow" },
        { Section("temporal_ordered", "condition: not rule_a and rule_b", "[rule_a, rule_b]"), 0, 0, "", "" },

        // Much to keep.
        { Section("event_count", "condition: {gte: 5}", timespan: "8d"), 7, 3, "SF1306", "The app keeps every match of the correlation's rules for three timespans, here for 24 days." },
        { Section("event_count", "condition: {gte: 5}", timespan: "7d"), 0, 0, "", "" },
        { Section("event_count", "condition: {gte: 100001}"), 8, 15, "SF1308", "'gte: 100001': the app keeps as many matches" },
        { Section("event_count", "condition: {gte: 7922816251426433759354395033}"), 8, 15, "SF1308", "'gte: 7922816251426433759354395033': the app" },
        { Section("event_count", "condition: {gte: 100000}"), 0, 0, "", "" },
        { Section("value_sum", "condition: {field: F, gt: 5000000}"), 0, 0, "", "" },

        // Wrong: where it stands.
        { Section("event_count", "condition: {gte: 5, field: F}"), 8, 23, "SF0501", "This type of correlation has no 'field'" },
        { Section("value_count", "condition: {gte: 5}"), 8, 3, "SF0501", "This type of correlation needs a 'field'" },
        { Section("value_sum", "condition: {gte: 5, field: [F, G]}"), 8, 34, "SF0501", "Numbers come from one 'field'." },
        { Section("value_percentile", "condition: {gte: 5, field: F}"), 8, 3, "SF0501", "'percentile' is the rank" },
        { Section("value_median", "condition: {gte: 5, field: F, percentile: 5}"), 8, 33, "SF0501", "'percentile' is the rank" },
        { Section("event_count", "condition: rule_a and not rule_b"), 8, 3, "SF0501", "An expression over rules is for temporal and temporal_ordered." },
        { Section("temporal", "condition: not rule_a"), 8, 14, "SF0501", "The expression is true when nothing happens" },
        { Section("event_count", "condition: {gte: 5}", "[rule_b, rule_b]"), 6, 11, "SF0501", "The correlation refers to 'rule_b' twice." },
        { Section("event_count", "condition: {gte: 5}", "[rule_b, 22222222-1111-4111-8111-111111111111]"), 6, 19, "SF0501", "The correlation refers to '22222222-1111-4111-8111-111111111111' twice." },
        { Section("event_count", "condition: {gte: 5}\n  aliases: {ip: {rule_a: F, rule_b: G}}"), 9, 29, "SF0501", "The alias 'ip' is for the rule 'rule_b', which the correlation does not look at." },
        { Section("event_count", "condition: {gte: 5}\n  aliases: {ip: {11111111-1111-4111-8111-111111111111: F}}"), 0, 0, "", "" },
        { Section("event_count", "condition: {gte: 5}", "[rule_a, rule_d]"), 6, 19, "SF0502", "The correlation refers to 'rule_d', which is no loaded rule or correlation. Did you mean" },
        { Section("event_count", "condition: {gte: 5}", "[rule_a, many]"), 6, 19, "SF0502", "The correlation refers to itself" },
        { "  type: temporal\n  timespan: 5m\n  condition: rule_a and rule_d", 7, 25, "SF0502", "The correlation refers to 'rule_d'" },
    };

    [Theory]
    [MemberData(nameof(Sections))]
    public void A_section_is_doubted_where_it_is_wrong(string section, int line, int column, string code, string message)
    {
        IEnumerable<Diagnostic> told = RuleSet.Load([new RuleFile("a.yml", Correlation(section)), new RuleFile("rules.yml", Rules)]).Diagnostics;
        if (code.Length == 0)
        {
            Assert.Empty(told);
            return;
        }

        Diagnostic only = Assert.Single(told);
        Assert.Equal((line, column, code), (only.Line, only.Column, only.Code));
        Assert.StartsWith(message, only.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_other_files_have_too_is_doubted_or_ambiguous()
    {
        string correlation = Correlation(Section("event_count", "condition: {gte: 5}"));
        string[] own = [.. RuleSet.Load([new RuleFile("a.yml", Rule('1', "rule_a") + "---\n" + correlation), new RuleFile("b.yml", Rule('2', "rule_a"))]).Diagnostics
            .Where(item => item.Code != "SF0110").Select(item => item.ToString())];
        string[] elsewhere = [.. RuleSet.Load([new RuleFile("a.yml", correlation), new RuleFile("b.yml", Rule('1', "rule_a")), new RuleFile("c.yml", Rule('2', "rule_a"))]).Diagnostics
            .Where(item => item.Code != "SF0110").Select(item => item.ToString())];

        Assert.Equal(
            ["a.yml(12,11): warning SF1307: The name 'rule_a' means the rule of this file; b.yml(1) has the same. Refer to the rule by its id, or give one of them another name."],
            own);
        Assert.Equal(
            ["a.yml(6,11): error SF0502: The correlation refers to 'rule_a', and 2 rules are named so: b.yml, c.yml. Refer to one by its id."],
            elsewhere);
    }

    /// <summary>A correlation over rules of which one does not run, and what is told of it.</summary>
    [Theory]
    [InlineData("22222222-1111-4111-8111-111111111111: {enabled: false}", "SF0502 The correlation refers to 'rule_b', which is switched off or not selected", "SF0502 The correlation refers to 'many', which is switched off or not selected, or has a rule that is")]
    [InlineData("33333333-1111-4111-8111-111111111111: {enabled: false}")]
    public void One_whose_rule_does_not_run_is_not_evaluated(string overrides, params string[] messages)
    {
        RuleSet all = RuleText.Load(string.Join("---\n", Rules, Correlation(Section("temporal", "generate: false", "[rule_a, rule_b]")), Correlation(Section("event_count", "condition: {gte: 2}", "[many]"), '8', "outer")));

        RuleSet steered = all.With(RuleOverrides.Parse(new RuleFile("o.yml", overrides)));

        Assert.Equal((2, 0), (all.Correlations.Length, all.Rejected));
        Assert.Equal((2 - messages.Length, messages.Length), (steered.Correlations.Length, steered.Rejected));
        Assert.Equal(steered.Correlations.Length, steered.CorrelationPlan.Correlations.Length);
        Assert.All(
            steered.Diagnostics.Select(item => $"{item.Code} {item.Message}").Order(StringComparer.Ordinal).Zip(messages.Order(StringComparer.Ordinal)),
            pair => Assert.StartsWith(pair.Second, pair.First, StringComparison.Ordinal));
        Assert.Equal(messages.Length, steered.Diagnostics.Length);
        Assert.Equal(2, all.With(new RuleSelection { Ids = ["!33333333-1111-4111-8111-111111111111"] }).Correlations.Length);
        Assert.Empty(all.With(new RuleSelection { Ids = ["!22222222-1111-4111-8111-111111111111"] }).Correlations);
    }

    /// <summary>A section over rules of which rule_a's and rule_b's events have known fields, and what is told of fields.</summary>
    public static TheoryData<string, string[]> Fields => new()
    {
        { Section("event_count", "group-by: [User, Computer]\n  condition: {gte: 5}"), [] },
        { Section("event_count", "group-by: [User, ComputerName]\n  condition: {gte: 5}"), ["(8,20) SF1304: No event of category=a has the field 'ComputerName', so that the matches of 'rule_a' take no part. Did you mean 'Computer'? An alias names the field that a rule's events have."] },
        { Section("event_count", "group-by: user\n  condition: {gte: 5}"), ["(8,13) SF1304: No event of category=a has the field 'user'"] },
        { Section("value_count", "group-by: User\n  condition: {gte: 5, field: [User, Target]}"), ["(9,37) SF1304: No event of category=a has the field 'Target'"] },
        { Section("event_count", "group-by: [User, Details.Name]\n  condition: {gte: 5}"), [] },
        { Section("temporal", "group-by: [User]", "[rule_a, rule_b]"), ["(8,14) SF1304: No event of category=b has the field 'User', so that the matches of 'rule_b' take no part."] },
        { Section("temporal", "group-by: [who]\n  aliases: {who: {rule_a: User, rule_b: Account}}", "[rule_a, rule_b]"), [] },
        { Section("temporal", "group-by: [who]\n  aliases: {who: {rule_a: User, rule_b: Acount}}", "[rule_a, rule_b]"), ["(8,14) SF1304: No event of category=b has the field 'Acount', so that the matches of 'rule_b' take no part. Did you mean 'Account'?"] },
        { Section("event_count", "group-by: Whatever\n  condition: {gte: 5}", "[rule_c]"), [] },

        // Of an inner correlation its group, and what the matches have that complete it.
        { Section("event_count", "group-by: [name, User]\n  condition: {gte: 5}", "[inner]"), [] },
        { Section("event_count", "group-by: [Account]\n  condition: {gte: 5}", "[inner]"), ["(8,14) SF1304: No event of what completes it has the field 'Account', so that the matches of 'inner' take no part."] },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_that_events_of_its_rules_do_not_have_is_doubted(string section, string[] messages)
    {
        string folder = Directory.CreateTempSubdirectory("correlation-fields-").FullName;
        try
        {
            string inner = Correlation(Section("event_count", "group-by: name\n  condition: {gte: 5}\n  aliases: {name: {rule_a: User}}"), '8', "inner");
            string path = Path.Combine(folder, "a.yml");
            File.WriteAllText(path, string.Join("---\n", Correlation(section), Rule('1', "rule_a", "{category: a}"), Rule('2', "rule_b", "{category: b}"), Rule('3', "rule_c", "{category: c}"), inner));
            string[] told = [.. RuleSet.LoadPaths([path], events: new KnownFields()).Diagnostics.Where(item => item.Code == "SF1304").Select(item => $"({item.Line},{item.Column}) {item.Code}: {item.Message}")];
            Assert.Equal(messages.Length, told.Length);
            Assert.All(messages.Zip(told), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Every doubt about the examples was read, and is right.</summary>
    [Fact]
    public void Examples_are_doubted_where_it_is_so()
    {
        string path = Corpus.Find("../correlation/examples.jsonl") ?? "";
        Assert.SkipWhen(path.Length == 0, "the examples are absent");
        string[] told =
        [
            .. File.ReadLines(path).Select(line => JsonNode.Parse(line)!).SelectMany(example =>
                RuleSet.Load(example["files"]!.AsObject().Select(file => new RuleFile(file.Key, file.Value!.GetValue<string>()))).Diagnostics
                    .Select(item => $"{example["id"]} {item.Code}")),
        ];
        Assert.Equal(
            [
                "condition-04 SF1303", // eq: 3
                "condition-06 SF1303", // lt: 3
                "numeric-03 SF1303", // eq: 1
                "expression-09 SF1305", // temporal, not
                "expression-12 SF1305", // temporal, not
                "temporal_ordered-24 SF1305", // not after
                "references-04 SF0110", // a name of two files
                "references-04 SF1307",
            ],
            told);
    }

    private sealed class KnownFields : IEventFields
    {
        public IReadOnlySet<string>? Of(LogSource logSource) => logSource.Category switch
        {
            "a" => new HashSet<string> { "F", "User", "Computer", "Details" },
            "b" => new HashSet<string> { "F", "Account" },
            _ => null,
        };

        public bool IsFullPath(LogSource logSource, string field) => false;

        public bool HasCategory(string category, string product) => true;
    }
}
