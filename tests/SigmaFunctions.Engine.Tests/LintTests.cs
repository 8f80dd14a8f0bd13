using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
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
        { "Level: high", "SF1001" },
        { "severity: high", "SF1001" },
        { "{level: high, severity: 7}", null },
        { "false_positives: [x]", "SF1001" },
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
    [InlineData("{category: process_create, product: windows}", "SF1001")]
    [InlineData("{category: file_craeted, product: acme}", null)]
    [InlineData("{product: window}", "SF1001")]
    [InlineData("{product: windows, service: sysmno}", "SF1001")]
    [InlineData("{product: windows, service: powershell-clasic}", "SF1001")]
    [InlineData("{product: aws, service: cloudtrial}", null)]
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
    [InlineData("{F: \"\\net.exe\"}", "SF1107")]
    [InlineData("{F|endswith: [\"\\reg.exe\", x]}", "SF1107")]
    [InlineData("{F|re: \"\\bcmd\"}", "SF1107")]
    [InlineData("{F: \"\\apps\"}", "SF1107")]
    [InlineData("{F: \"\\temp\"}", "SF1107")]
    [InlineData("{F: \"\\vssadmin\"}", "SF1107")]
    [InlineData("{F: \"\\fsutil\"}", "SF1107")]
    [InlineData("{F: \"\\esentutl\"}", "SF1107")]
    [InlineData("{F: \"\\0day\"}", "SF1107")]
    [InlineData("{F: \"C:\\NTDS\"}", "SF1107")]
    [InlineData("{F: \"\\_x\"}", "SF1107")]
    [InlineData("{F: \"\\Local\"}", "SF1107")]
    [InlineData("{F: \"\\Public\"}", "SF1107")]
    [InlineData("{F: \"a\\n\"}", null)]
    [InlineData("{F: \"\\\\net.exe\"}", null)]
    [InlineData("{F: '\\net.exe'}", null)]
    [InlineData("{F|re: 'a{,3}'}", "SF1108")]
    [InlineData("{F|re: 'a\\{,3}'}", null)]
    [InlineData("{F|re: 'a{0,3}'}", null)]
    [InlineData("{F: 'a{,3}'}", null)]
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

    [Theory]
    [InlineData("level: High", "SF0107", "The level 'High' is unknown as it is written. Write 'high'.")]
    [InlineData("level: hihg", "SF0107", "The level 'hihg' is unknown. Did you mean 'high'? There are critical, high, informational, low, medium.")]
    [InlineData("level: 7", "SF0107", "The level '7' is unknown. There are critical, high, informational, low, medium.")]
    [InlineData("status: Test", "SF0108", "The status 'Test' is unknown as it is written. Write 'test'.")]
    [InlineData("severity: high", "SF1001", "The attribute 'severity' means nothing to Sigma, which calls it 'level'. Write that.")]
    [InlineData("Level: high", "SF1001", "The attribute 'Level' looks like a slip of 'level', and means nothing as it is. Correct it.")]
    public void What_was_meant_is_told(string attribute, string code, string message)
    {
        Diagnostic told = Assert.Single(RuleText.Load(Rule(attributes: attribute)).Diagnostics);
        Assert.Equal((code, 4, message), (told.Code, told.Line, told.Message));
    }

    [Theory]
    [InlineData("contain", "Did you mean 'contains'?")]
    [InlineData("Contains", "Did you mean 'contains'?")]
    [InlineData("starswith", "Did you mean 'startswith'?")]
    [InlineData("endwsith", "Did you mean 'endswith'?")]
    [InlineData("regex", "Did you mean 're'?")]
    [InlineData("base64offest", "Did you mean 'base64offset'?")]
    [InlineData("utf17", "Did you mean 'utf16'?")]
    [InlineData("nothinglikeit", null)]
    public void A_modifier_that_was_meant_is_named(string modifier, string? suggestion)
    {
        Diagnostic told = Assert.Single(RuleText.Load(Rule(selection: $"{{F|{modifier}: a}}")).Diagnostics);
        Assert.Equal(
            $"The modifier '{modifier}' is unknown.{(suggestion is null ? "" : " " + suggestion)} docs/rule-language.md and the Sigma specification list them.", told.Message);
    }

    [Fact]
    public void A_search_identifier_that_was_meant_is_named() =>
        Assert.Contains("Did you mean 'selection'?", RuleText.Load(Rule(condition: "selecton")).Diagnostics.Single(one => one.Code == "SF0303").Message, StringComparison.Ordinal);

    [Fact]
    public void An_escape_in_a_path_is_told_with_what_to_write()
    {
        Diagnostic told = Assert.Single(RuleText.Load(Rule(selection: "{F|endswith: \"\\net.exe\"}")).Diagnostics);
        Assert.Equal(
            (@"In double quotes '\n' is a line feed, and this value holds one. If a backslash is meant, use single quotes, which keep it: '\net.exe'.", 6, 29),
            (told.Message, told.Line, told.Column));
    }

    /// <summary>Bytes of another encoding become U+FFFD, which no event holds where the rule has it.</summary>
    [Fact]
    public void Characters_that_were_lost_are_told()
    {
        byte[] text = System.Text.Encoding.Latin1.GetBytes(Rule(selection: "{F: 'é', G: b}"));
        var ruleSet = RuleSet.Load([RuleFile.Decode("latin.yml", text)]);

        Diagnostic told = Assert.Single(ruleSet.Diagnostics);
        Assert.Equal(("SF0009", DiagnosticSeverity.Warning, 6, 20), (told.Code, told.Severity, told.Line, told.Column));
        Assert.Single(ruleSet.Rules);
    }

    [Theory]
    [InlineData("!evil value", "'!evil' is a tag to YAML")]
    [InlineData("&evil", "'&evil' is an anchor to YAML")]
    [InlineData("!!str 1", null)]
    [InlineData("&a b", null)]
    public void What_YAML_takes_out_of_a_value_is_told(string value, string? message)
    {
        IEnumerable<string> told = RuleText.Load(Rule(selection: $"{{F: {value}}}")).Diagnostics.Where(one => one.Code == "SF0008").Select(one => one.Message);
        Assert.Equal(message is null ? [] : [message], told.Select(text => text[..message!.Length]));
    }

    private static void Check(string rule, string? code)
    {
        RuleSet ruleSet = RuleText.Load(rule);
        string[] lints = [.. ruleSet.Diagnostics.Select(diagnostic => diagnostic.Code).Where(found => found.StartsWith("SF1", StringComparison.Ordinal)).Distinct()];
        Assert.Equal(code is null ? [] : [code], lints);
        Assert.Single(ruleSet.Rules);
    }
}
