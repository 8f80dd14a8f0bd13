using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Doubts that are raised about rules that work, and those that are not.</summary>
public sealed class LintTests
{
    private static string Rule(string attributes = "", string logSource = "{category: process_creation, product: windows}", string selection = "{F: a}", string condition = "selection") => $$"""
        title: A
        id: 11111111-1111-4111-8111-111111111111
        logsource: {{logSource}}
        {{attributes}}
        detection:
            selection: {{selection}}
            condition: {{condition}}
        """;

    public static TheoryData<string, string?> Attributes => new()
    {
        { "falsepositive: [x]", "SF1001" },
        { "reference: [x]", "SF1001" },
        { "my_attribute: x", null },
        { "date: 2025-13-01", "SF1003" },
        { "date: 2025/01/01", "SF1003" },
        { "date: 2025-01-01", null },
        { "modified: yesterday", "SF1003" },
        { "{date: 2025-01-02, modified: 2025-01-01}", "SF1004" },
        { "{date: 2025-01-01, modified: 2025-01-02}", null },
        { "tags: [attack.t1059, attack.t1059]", "SF1005" },
        { "tags: [attack.execution, attack.t1059.001, attack.g0016, attack.s0002, cve.2021-44228, cve.2021.44228, car.2013-05-009, detection.emerging-threats, tlp.red, stp.1k]", null },
        { "tags: [attack.stealth, attack.defense-impairment, attack.command-and-control, attack.t1685.005, attack.t9999]", null },
        { "tags: [attack.defense-evasion]", "SF1020" },
        { "tags: [attack.defense_evasion]", "SF1020" },
        { "tags: [attack.command_and_control]", "SF1020" },
        { "tags: [attack.t1562.001]", "SF1020" },
        { "tags: [attack.t1064]", null },
        { "tags: [attack.T1562.001]", "SF1006" },
        { "tags: [attack.Command_and_control]", "SF1006" },
        { "tags: [attack.no_tactic]", "SF1006" },
        { "tags: [d3fend.credential_access]", null },
        { "tags: [attack.T1059]", "SF1006" },
        { "tags: [attack.t105]", "SF1006" },
        { "tags: [attack.defence-evasion]", "SF1006" },
        { "tags: [attack]", "SF1006" },
        { "tags: [internal.x]", "SF1006" },
        { "tags: [cve.44228]", "SF1006" },
        { "related: [{id: 22222222-2222-4222-8222-222222222222, type: cousin}]", "SF1007" },
        { "related: [{id: 22222222-2222-4222-8222-222222222222, type: derived}]", null },
    };

    [Theory]
    [MemberData(nameof(Attributes))]
    public void Attribute(string attribute, string? code)
    {
        if (attribute.StartsWith('{'))
        {
            attribute = string.Join('\n', attribute.Trim('{', '}').Split(", "));
        }

        Check(Rule(attributes: attribute), code);
    }

    [Theory]
    [InlineData("attack.defense_evasion", "The tag 'attack.defense_evasion' names what ATT&CK replaced. Write attack.stealth or attack.defense-impairment.")]
    [InlineData("attack.t1070.001", "The tag 'attack.t1070.001' names what ATT&CK replaced. Write attack.t1685.005.")]
    [InlineData("attack.t1089", "The tag 'attack.t1089' names what ATT&CK replaced. Write attack.t1685.")]
    [InlineData("attack.lateral_movement", "The tag 'attack.lateral_movement' is an older spelling. Write attack.lateral-movement.")]
    public void What_a_tag_is_now_is_told(string tag, string message)
    {
        Diagnostic told = Assert.Single(RuleText.Load(Rule(attributes: $"tags: [attack.t1059, {tag}]")).Diagnostics);

        Assert.Equal((DiagnosticSeverity.Info, 4, 22, message), (told.Severity, told.Line, told.Column, told.Message));
    }

    [Fact]
    public void Title() => Check(Rule().Replace("title: A", "title: " + new string('x', 257), StringComparison.Ordinal), "SF1002");

    [Theory]
    [InlineData("{category: proces_creation}", "SF1001")]
    [InlineData("{category: process_creatoin, product: windows}", "SF1001")]
    [InlineData("{product: window}", "SF1001")]
    [InlineData("{category: my_own_category, product: my_product, service: sysmn}", null)]
    public void LogSource(string logSource, string? code) => Check(Rule(logSource: logSource), code);

    [Theory]
    [InlineData("{'F ': a}", "SF1101")]
    [InlineData("{F: [a, b, A]}", "SF1102")]
    [InlineData("{F|cased: [a, A]}", null)]
    [InlineData("{F|re: [a, A]}", null)]
    [InlineData("{F|base64: [a, A]}", null)]
    [InlineData("{F: 'C:\\Users\\*'}", "SF1103")]
    [InlineData("{F|contains: '\\Windows\\Temp\\*'}", "SF1103")]
    [InlineData("{F: 'C:\\Users\\\\*'}", null)]
    [InlineData("{F|contains: 'select \\*'}", null)]
    [InlineData("{F|contains: '\\*avira\\*'}", null)]
    [InlineData("{F|re: 'C:\\\\Users\\\\\\*'}", null)]
    [InlineData("{F: 'cmd.*exe'}", "SF1104")]
    [InlineData("{F: '[a-z]+x'}", "SF1104")]
    [InlineData("{F: 'x\\d+'}", "SF1104")]
    [InlineData("{F|re: 'cmd.*exe'}", null)]
    [InlineData("{F: 'file.*'}", null)]
    [InlineData("{F|contains: ''}", "SF1105")]
    [InlineData("['']", "SF1105")]
    [InlineData("{F: ''}", null)]
    [InlineData("{F|hour: 24}", "SF1106")]
    [InlineData("{F|month: 0}", "SF1106")]
    [InlineData("{F|hour|lt: 24}", null)]
    [InlineData("{F|hour: 23}", null)]
    public void Value(string selection, string? code) => Check(Rule(selection: selection), code);

    [Theory]
    [InlineData("filter", "SF1201")]
    [InlineData("selection and filter", "SF1201")]
    [InlineData("selection and 1 of filter*", "SF1201")]
    [InlineData("1 of them", "SF1201")]
    [InlineData("not not filter and selection", "SF1201")]
    [InlineData("selection and not filter", null)]
    [InlineData("selection and not 1 of filter*", null)]
    [InlineData("not (selection and filter)", null)]
    public void Condition(string condition, string? code) =>
        Check(Rule(selection: "{F: a}\n    filter: {F: b}", condition: condition), code);

    private static void Check(string rule, string? code)
    {
        RuleSet ruleSet = RuleText.Load(rule);
        string[] lints = [.. ruleSet.Diagnostics.Select(diagnostic => diagnostic.Code).Where(found => found.StartsWith("SF1", StringComparison.Ordinal)).Distinct()];
        Assert.Equal(code is null ? [] : [code], lints);
        Assert.Single(ruleSet.Rules);
    }
}
