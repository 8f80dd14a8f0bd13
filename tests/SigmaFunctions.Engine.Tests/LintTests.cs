using System.Collections.Immutable;
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

    /// <summary>Texts of a rule that YAML reads otherwise than who wrote them: the line and column of the doubt, its code and the begin of its message.</summary>
    public static TheoryData<string, int, int, string, string> Writings => new()
    {
        { "F|contains:\n            -a\n            -b", 7, 13, "SF1111", "YAML joins these lines to one value, '-a -b'. Each value of a list needs a blank behind its '-'." },
        { "F|contains:\n            a\n            b", 7, 13, "SF1111", "YAML joins these lines to one value, 'a b'. Write it on one line, or several values as a list." },
        { "F|contains: 'a\n            b'", 6, 21, "SF1111", "YAML joins these lines to one value, 'a b'." },
        { "F|contains: |\n            a", 6, 21, "SF1111", "This value ends with a line feed, which '|' and '>' keep." },
        { "F|contains: >\n            a", 6, 21, "SF1111", "This value ends with a line feed, which '|' and '>' keep." },
        { "F|contains: |-\n            a\n            b", 0, 0, "", "" },
        { "F|contains: >-\n            a\n            b", 0, 0, "", "" },
        { "F|contains:\n            a # b", 0, 0, "", "" },
        { "F|contains: \u201Ca\u201D", 6, 21, "SF1112", "The quotes around '\u201Ca\u201D' are typographic: to YAML they are part of the text. Write ' or \" instead of \u201C." },
        { "F|contains: [\u2018a\u2019, b]", 6, 22, "SF1112", "The quotes around '\u2018a\u2019' are typographic" },
        { "F|contains: don\u2019t", 0, 0, "", "" },
        { "F|contains:a", 6, 9, "SF1113", "'F|contains:a' is searched for as it stands. If a field is meant, write a blank behind the colon: F|contains: …" },
        { "F|contains:\u00A0a", 6, 9, "SF1113", "'F|contains:\u00A0a' is searched for as it stands." },
        { "'F|contains:a'", 0, 0, "", "" },
        { "lsadump::sam", 0, 0, "", "" },
        { "a|b:c", 0, 0, "", "" },
    };

    [Theory]
    [MemberData(nameof(Writings))]
    public void What_YAML_reads_otherwise_is_doubted(string search, int line, int column, string code, string message)
    {
        ImmutableArray<Diagnostic> told = RuleText.Load($$"""
            title: A
            id: 11111111-1111-4111-8111-111111111111
            logsource: {category: process_creation, product: windows}
            detection:
                selection:
                    {{search}}
                condition: selection
            """).Diagnostics;

        if (code.Length == 0)
        {
            Assert.Empty(told);
            return;
        }

        Diagnostic only = Assert.Single(told);
        Assert.Equal((line, column, code), (only.Line, only.Column, only.Code));
        Assert.StartsWith(message, only.Message, StringComparison.Ordinal);
    }

    /// <summary>A mistake, and the message that says what to write.</summary>
    public static TheoryData<string, string, string> Told => new()
    {
        { "logsource: {categroy: a, product: windows}", "SF1001", "A log source has no 'categroy', so the rule is for more events than it says. Write 'category'." },
        { "logsource: {category: process_creation, product: win}", "SF1001", "Sigma calls the product 'win' 'windows', and no event has it otherwise. Write that." },
        { "logsource: {product: windows, service: process_creation}", "SF1001", "'process_creation' is no service but a category. Write 'category: process_creation'." },
        { "logsource: {product: windows, category: powershell}", "SF1001", "'powershell' is no category but a service. Write 'service: powershell'." },
        { "logsource: {product: zeek, service: dns}", "", "" },
        { "logsource: {product: windows, service: sysmon, definition: a, vendor: b}", "", "" },
        { "logsource: {category: a, product: [windows, linux]}", "SF0102", "'product' is a single text. Write it behind the colon." },
        { "level: med", "SF0107", "The level 'med' is unknown. Did you mean 'medium'?" },
        { "level: info", "SF0107", "The level 'info' is unknown. Did you mean 'informational'?" },
        { "level: '5'", "SF0107", "The level '5' is unknown. There are" },
        { "status: testing", "SF0108", "The status 'testing' is unknown. Did you mean 'test'?" },
        { "date: 2019/01/31", "SF1003", "'2019/01/31' is not a date as Sigma writes it. Write date: 2019-01-31." },
        { "date: 31.01.2019", "SF1003", "'31.01.2019' is not a date as Sigma writes it. Write date: YYYY-MM-DD." },
        { "tags: [attack.T1059.001]", "SF1006", "The tag 'attack.T1059.001' is unknown as it is written. Write 'attack.t1059.001'." },
        { "tags: [T1059]", "SF1006", "The tag 'T1059' is unknown as it is written. Write 'attack.t1059'." },
        { "tags: [mitre.t1059]", "SF1006", "The tag 'mitre.t1059' is unknown as it is written. Write 'attack.t1059'." },
        { "tags: [attack.Initial_Access]", "SF1006", "The tag 'attack.Initial_Access' is unknown as it is written. Write 'attack.initial-access'." },
        { "tags: [attack.executoin]", "SF1006", "The tag 'attack.executoin' is unknown as it is written. Write 'attack.execution'." },
        { "tags: [CVE-2021-44228]", "SF1006", "The tag 'CVE-2021-44228' is unknown as it is written. Write 'cve.2021-44228'." },
        { "tags: [internal.x]", "SF1006", "The tag 'internal.x' is unknown. Use lower case" },
        { "detection:", "SF0201", "'detection' holds nothing, or no map. Write search identifiers and a condition below it, indented." },
        { "detection: {s: {F: a}}", "SF0301", "There is no condition. Add a 'condition' over the search identifiers." },
        { "detection: {s: {F: a}}\ncondition: s", "SF0301", "The condition stands beside 'detection' and not in it. Indent it like the search identifiers." },
        { "detection: {s: {F: a}, Condition: s}", "SF0301", "There is no condition, and 'Condition' is read as a search identifier. Write 'condition'." },
        { "detection: {s: {F: a}, condition: ''}", "SF0301", "The condition is empty. Name search identifiers in it." },
        { "detection: {s: {F: a}, condition: s && s}", "SF0302", "'&&' is no word of a condition. Write 'and'." },
        { "detection: {s: {F: a}, condition: s || s}", "SF0302", "'||' is no word of a condition. Write 'or'." },
        { "detection: {s: {F: a}, condition: '!s'}", "SF0302", "'!' is no word of a condition. Write 'not'." },
        { "detection: {s: {F|in: [a, b]}, condition: s}", "SF0204", "The modifier 'in' is unknown. Leave it out: without it the whole value is compared, and one value of a list is enough." },
        { "detection: {s: {F|like: a}, condition: s}", "SF0204", "The modifier 'like' is unknown. Did you mean 'contains'?" },
        { "correlation: {type: event_cout, rules: a, timespan: 5m, condition: {gte: 1}}", "SF0501", "The type 'event_cout' is unknown. Did you mean 'event_count'?" },
        { "correlation: {type: event_count, rules: a, timespan: 5m, condition: {gte: 1}, group_by: a}", "SF0501", "A correlation has no 'group_by'. Did you mean 'group-by'?" },
        { "filter: {rule: a, s: {F: a}, condition: not s and not rule}", "SF0401", "The filter names no rules. Did you mean 'rules' by 'rule'?" },
    };

    [Theory]
    [MemberData(nameof(Told))]
    public void A_mistake_is_told_with_what_to_write(string lines, string code, string message)
    {
        string rest = string.Join('\n', new[] { "logsource: {category: process_creation, product: windows}", "detection: {selection: {F: a}, condition: selection}" }
            .Where(line => !lines.StartsWith(line[..line.IndexOf(':', StringComparison.Ordinal)], StringComparison.Ordinal)
                && !(lines.StartsWith("correlation", StringComparison.Ordinal) || (lines.StartsWith("filter", StringComparison.Ordinal) && line.StartsWith("detection", StringComparison.Ordinal)))));

        ImmutableArray<Diagnostic> told = RuleText.Load($"title: A\nid: 11111111-1111-4111-8111-111111111111\n{rest}\n{lines}\n").Diagnostics;

        if (code.Length == 0)
        {
            Assert.Empty(told);
            return;
        }

        Diagnostic only = Assert.Single(told);
        Assert.Equal(code, only.Code);
        Assert.StartsWith(message, only.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wildcard_behind_a_path_is_explained_for_double_quotes_too()
    {
        Diagnostic told = Assert.Single(RuleText.Load(Rule(selection: """{F: "C:\\Users\\*"}""")).Diagnostics);

        Assert.EndsWith(@"write '\\*' in single quotes.", told.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_doubt_about_a_global_document_is_told_once()
    {
        ImmutableArray<Diagnostic> told = RuleText.Load("""
            action: global
            title: A
            date: 2019/01/31
            detection: {condition: s}
            ---
            id: 11111111-1111-4111-8111-111111111111
            logsource: {category: a}
            detection: {s: {F: a}}
            ---
            id: 22222222-2222-4222-8222-222222222222
            logsource: {category: b}
            detection: {s: {F: a}}
            """).Diagnostics;

        Assert.Equal("SF1003", Assert.Single(told).Code);
    }

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

    /// <summary>What was meant is looked for behind the first faults of a document alone, among the first words: the work is bounded.</summary>
    [Fact]
    public void A_document_full_of_faults_is_read_in_no_time_with_what_was_meant_by_the_first()
    {
        string identifiers = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"\n    identifier{i:D5}: {{F: a}}"));
        string condition = string.Join(" or ", Enumerable.Range(0, 3_000).Select(i => $"identifer{i:D5}"));

        Diagnostic[] told =
        [
            .. RuleText.Load(Rule(selection: "{F: a}" + identifiers, condition: condition)).Diagnostics.Where(one => one.Code == "SF0303"),
        ];

        Assert.Equal(3_000, told.Length);
        Assert.Equal(100, told.Count(one => one.Message.Contains("Did you mean 'identifier", StringComparison.Ordinal)));
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
