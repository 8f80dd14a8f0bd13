using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Files, documents, collections, metadata and what is said about them.</summary>
public sealed class DocumentTests
{
    private const string Minimal = """
        title: A
        id: 11111111-1111-4111-8111-111111111111
        logsource: {category: process_creation}
        detection:
            selection: {F: a}
            condition: selection
        """;

    [Fact]
    public void All_metadata_is_kept()
    {
        SigmaRule rule = RuleText.Load("""
            title: Title
            id: 11111111-1111-4111-8111-111111111111
            name: a_name
            related:
                - id: 22222222-2222-4222-8222-222222222222
                  type: derived
            status: test
            description: |
                Two
                lines
            license: MIT
            author: Somebody
            references: [https://example.org/a, https://example.org/b]
            date: 2025-01-02
            modified: 2025/01/03
            fields: [Image]
            falsepositives: Unlikely
            level: high
            tags: [attack.t1059]
            scope: [server]
            taxonomy: sigma
            logsource: {category: process_creation, product: windows, service: sysmon, definition: any}
            detection: {selection: {F: a}, condition: selection}
            custom: {key: [1, 'two']}
            """).Rules.Single();

        Assert.Equal(("Title", "11111111-1111-4111-8111-111111111111", "a_name"), (rule.Title, rule.Id, rule.Name));
        Assert.Equal([new RelatedRule("22222222-2222-4222-8222-222222222222", "derived")], rule.Related);
        Assert.Equal(("test", "high", "Two\nlines\n"), (rule.Status, rule.Level, rule.Description));
        Assert.Equal(("MIT", "Somebody", "2025-01-02", "2025/01/03", "sigma"), (rule.License, rule.Author, rule.Date, rule.Modified, rule.Taxonomy));
        Assert.Equal(["https://example.org/a", "https://example.org/b"], rule.References);
        Assert.Equal(["Image"], rule.Fields);
        Assert.Equal(["Unlikely"], rule.FalsePositives);
        Assert.Equal(["attack.t1059"], rule.Tags);
        Assert.Equal(["server"], rule.Scope);
        Assert.Equal("product=windows,category=process_creation,service=sysmon", rule.LogSource.ToString());
        Assert.Equal("{key: [1, \"two\"]}", rule.CustomAttributes["custom"]);
        Assert.Equal(("rule.yml", 1), (rule.File, rule.Line));
    }

    public static TheoryData<string, string, int, int> Faults => new()
    {
        { "title: A\ntitle: B", "SF0002", 2, 1 },
        { "- a\n- b", "SF0004", 1, 1 },
        { "version: '3'\nservices: {web: {image: nginx}}", "SF0004", 1, 1 },
        { "name: CI\non: [push]\njobs: {}", "SF0004", 1, 1 },
        { "title: [", "SF0001", 2, 1 },
        { "title: 'a", "SF0001", 1, 8 },
        { "a: *unknown", "SF0001", 1, 4 },
        { "? {a: b}\n: c", "SF0001", 1, 3 },
        { Minimal.Replace("title: A\n", "", StringComparison.Ordinal), "SF0101", 1, 1 },
        { Minimal.Replace("title: A", "title: ' '", StringComparison.Ordinal), "SF0101", 1, 1 },
        { Minimal.Replace("title: A", "title: [A]", StringComparison.Ordinal), "SF0102", 1, 8 },
        { Minimal.Replace("{category: process_creation}", "{definition: x}", StringComparison.Ordinal), "SF0103", 3, 12 },
        { Minimal.Replace("logsource:", "log:", StringComparison.Ordinal), "SF0103", 1, 1 },
        { Minimal.Replace("condition: selection", "other: {F: a}", StringComparison.Ordinal), "SF0301", 5, 5 },
        { Minimal.Replace("condition: selection", "condition: selection and nothing", StringComparison.Ordinal), "SF0303", 6, 30 },
        { Minimal.Replace("{F: a}", "{'F|bad': a}", StringComparison.Ordinal), "SF0204", 5, 20 },
        { Minimal.Replace("{F: a}", "{F|re: '('}", StringComparison.Ordinal), "SF0206", 5, 23 },
        { "action: other\n" + Minimal, "SF0005", 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_reported_where_it_stands(string text, string code, int line, int column)
    {
        RuleSet ruleSet = RuleText.Load(text);
        Assert.Contains(
            (code, line, column),
            ruleSet.Diagnostics.Where(item => item.Severity == DiagnosticSeverity.Error).Select(item => (item.Code, item.Line, item.Column)));
        Assert.Empty(ruleSet.Rules);
        Assert.Equal(1, ruleSet.Rejected);
    }

    public static TheoryData<string, string> Warnings => new()
    {
        { Minimal.Replace("id: 11111111-1111-4111-8111-111111111111\n", "", StringComparison.Ordinal), "SF0105" },
        { Minimal.Replace("11111111-1111-4111-8111-111111111111", "my-rule", StringComparison.Ordinal), "SF0106" },
        { Minimal + "\nlevel: severe", "SF0107" },
        { Minimal + "\nstatus: new", "SF0108" },
        { Minimal.Replace("process_creation", "Process_Creation", StringComparison.Ordinal), "SF0109" },
        { Minimal.Replace("condition: selection", "other: {F: a}\n    condition: selection", StringComparison.Ordinal), "SF0305" },
        { Minimal.Replace("condition: selection", "condition: selection\n    timeframe: last 2 hours", StringComparison.Ordinal), "SF0306" },
        { Minimal + "\nrelated: [x]", "SF0111" },
        { Minimal + "\nauthor: [Ann, Bob]", "SF0111" },
        { Minimal + "\nfalsepositives: {likely: admins}", "SF0111" },
    };

    [Theory]
    [MemberData(nameof(Warnings))]
    public void A_doubt_is_reported_and_the_rule_loads(string text, string code)
    {
        RuleSet ruleSet = RuleText.Load(text);
        Assert.Equal([code], ruleSet.Diagnostics.Select(diagnostic => diagnostic.Code));
        Assert.Single(ruleSet.Rules);
    }

    [Fact]
    public void Metadata_of_another_shape_is_kept_as_it_is_written()
    {
        RuleSet ruleSet = RuleText.Load(Minimal + """

            references:
                - https://example.org/a
                - Internal: see the wiki
                - [a, b]
            description: {short: a, long: b}
            related:
            """);

        SigmaRule rule = Assert.Single(ruleSet.Rules);
        Assert.Equal(["https://example.org/a", "Internal: see the wiki", "[a, b]"], rule.References);
        Assert.Equal("{short: a, long: b}", rule.Description);
        Assert.Empty(rule.Related);
        Assert.Equal(["9 SF0111", "10 SF0111", "11 SF0111"], ruleSet.Diagnostics.Select(item => $"{item.Line} {item.Code}"));
    }

    /// <summary>One id in two cases is one id: the first document keeps it.</summary>
    [Fact]
    public void A_UUID_is_taken_in_whatever_case()
    {
        var ruleSet = RuleSet.Load(
        [
            new RuleFile("a.yml", Minimal.Replace("11111111-1111", "abcdef01-1111", StringComparison.Ordinal)),
            new RuleFile("b.yml", Minimal.Replace("11111111-1111", "ABCDEF01-1111", StringComparison.Ordinal)),
            new RuleFile("c.yml", Minimal.Replace("11111111-1111-4111-8111-111111111111", "mine", StringComparison.Ordinal)),
            new RuleFile("d.yml", Minimal.Replace("11111111-1111-4111-8111-111111111111", "Mine", StringComparison.Ordinal)),
        ]);

        Assert.Equal(["a.yml", "c.yml", "d.yml"], ruleSet.Rules.Select(rule => rule.File).Order(StringComparer.Ordinal));
        Diagnostic taken = Assert.Single(ruleSet.Diagnostics, item => item.Severity == DiagnosticSeverity.Error);
        Assert.Equal(("SF0104", "b.yml", 2), (taken.Code, taken.File, taken.Line));
        Assert.Contains("already taken by a.yml(1)", taken.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_fault_of_a_rule_is_reported_at_once()
    {
        RuleSet ruleSet = RuleText.Load("""
            id: x
            logsource: {}
            detection:
                a: {F|foo: 1, G|cidr: 1, H|gt: x}
                b: {}
                c: [{I: {}}]
                condition: a and d and (
            """);
        Assert.Equal(
            ["1 SF0101", "1 SF0106", "2 SF0103", "4 SF0204", "4 SF0207", "4 SF0203", "5 SF0202", "6 SF0203", "7 SF0302"],
            ruleSet.Diagnostics.Select(item => $"{item.Line} {item.Code}"));
    }

    [Fact]
    public void A_broken_document_does_not_stop_the_others()
    {
        var ruleSet = RuleSet.Load(
        [
            new RuleFile("a.yml", "title: [\n"),
            new RuleFile("b.yml", Minimal + "\n---\n- no map\n---\n" + Minimal.Replace("1111", "2222", StringComparison.Ordinal)),
            new RuleFile("c.yml", Minimal),
        ]);
        Assert.Equal(["11111111-1111-4111-8111-111111111111", "22222222-2222-4111-8111-222222222222"], ruleSet.Rules.Select(rule => rule.Id));
        Assert.Equal(
            ["a.yml SF0001", "b.yml SF0004", "c.yml SF0104"],
            ruleSet.Diagnostics.Select(diagnostic => $"{diagnostic.File} {diagnostic.Code}"));
        Assert.Equal(3, ruleSet.Rejected);
    }

    /// <summary>YAML 1.2 breaks lines at line feed and carriage return only.</summary>
    [Theory]
    [InlineData("\u0085")]
    [InlineData("\u2028")]
    [InlineData("\u2029")]
    public void Other_line_separators_are_characters_of_a_value(string separator)
    {
        string rule = RuleText.WithSelection($"F: 'a{separator}b'") + $"# plain {separator} comment\n";
        Assert.True(RuleText.Matches(rule, System.Text.Json.JsonSerializer.Serialize(new Dictionary<string, string> { ["F"] = $"a{separator}b" })));
    }

    [Fact]
    public void What_a_reset_holds_is_passed_over_loudly()
    {
        RuleSet ruleSet = RuleText.Load(Minimal + "\n---\naction: reset\n" + Minimal);
        Assert.Equal(["SF0007"], ruleSet.Diagnostics.Select(item => item.Code));
        Assert.Equal((1, 0), (ruleSet.Rules.Length, ruleSet.Rejected));
    }

    [Fact]
    public void A_file_that_is_no_text_is_told()
    {
        Diagnostic diagnostic = RuleText.Load("title: A\nid: \0\0").Diagnostics.Single();
        Assert.Equal(("SF0001", 2, 5), (diagnostic.Code, diagnostic.Line, diagnostic.Column));
    }

    [Fact]
    public void Empty_files_and_documents_hold_no_rule()
    {
        var ruleSet = RuleSet.Load([new RuleFile("a.yml", ""), new RuleFile("b.yml", "# nothing\n---\n---\n")]);
        Assert.Equal((0, 0, 0), (ruleSet.Rules.Length, ruleSet.Diagnostics.Length, ruleSet.Rejected));
    }

    [Fact]
    public void Documents_before_a_syntax_error_are_kept() =>
        Assert.Single(RuleText.Load(Minimal + "\n---\ntitle: [\n").Rules);

    [Fact]
    public void Anchors_and_merge_keys_work()
    {
        const string text = """
            title: A
            id: 11111111-1111-4111-8111-111111111111
            logsource: {category: process_creation}
            detection:
                base: &base {F: a, G: b}
                selection:
                    <<: *base
                    G: c
                list: {H: &values [x, y]}
                other: {I: *values}
                condition: selection or other
            """;
        Assert.True(RuleText.Matches(text, """{"F":"a","G":"c"}"""));
        Assert.False(RuleText.Matches(text, """{"F":"a","G":"b"}"""));
        Assert.True(RuleText.Matches(text, """{"I":"y"}"""));
    }

    [Fact]
    public void A_collection_lays_its_global_document_over_the_others()
    {
        RuleSet ruleSet = RuleText.Load("""
            action: global
            title: Global
            logsource: {category: process_creation, product: windows}
            detection: {condition: selection}
            ---
            id: 11111111-1111-4111-8111-111111111111
            title: Local
            detection: {selection: {F: a}}
            ---
            action: repeat
            id: 22222222-2222-4222-8222-222222222222
            detection: {selection: {G: b}}
            ---
            action: reset
            ---
            title: Alone
            id: 33333333-3333-4333-8333-333333333333
            logsource: {category: process_creation}
            detection: {selection: {H: c}, condition: selection}
            """);
        Assert.Empty(ruleSet.Diagnostics);
        Assert.Equal(["Global", "Global", "Alone"], ruleSet.Rules.Select(rule => rule.Title));
        var detector = new Detector(ruleSet);
        Assert.Equal(["1", "2"], Ids(detector, """{"F":"a","G":"b"}"""));
        Assert.Equal(["1"], Ids(detector, """{"F":"a"}"""));
        Assert.Empty(Ids(detector, """{"G":"b"}"""));
        Assert.Equal(["3"], Ids(detector, """{"H":"c"}"""));

        static IEnumerable<string> Ids(Detector detector, string json) =>
            detector.Match(EventText.Parse(json)).Select(match => match.Rule.Id[..1]);
    }

    [Fact]
    public void A_missing_id_is_made_from_the_content()
    {
        string text = Minimal.Replace("id: 11111111-1111-4111-8111-111111111111\n", "", StringComparison.Ordinal);
        string id = RuleText.Load(text).Rules.Single().Id;
        Assert.Equal(id, RuleText.Load("# a comment\n" + text).Rules.Single().Id);
        Assert.NotEqual(id, RuleText.Load(text.Replace("F: a", "F: b", StringComparison.Ordinal)).Rules.Single().Id);
        Assert.True(Guid.TryParseExact(id, "D", out _));
    }

    [Fact]
    public void The_revision_depends_on_content_only()
    {
        RuleFile a = new("a.yml", Minimal), b = new("b.yml", Minimal.Replace("1111", "2222", StringComparison.Ordinal));
        string revision = RuleSet.Load([a, b]).Revision;
        Assert.Matches("^[0-9a-f]{16}$", revision);
        Assert.Equal(revision, RuleSet.Load([b with { Path = "x.yml" }, a]).Revision);
        Assert.NotEqual(revision, RuleSet.Load([a]).Revision);
    }

    [Fact]
    public void Aliases_cannot_multiply_without_bound()
    {
        string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + string.Concat(
            Enumerable.Range(1, 9).Select(i => $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Equal("SF0003", RuleText.Load(bomb).Diagnostics.Single().Code);
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{a: ", "}")]
    public void Depth_is_bounded(string open, string close)
    {
        string deep = "a: " + string.Concat(Enumerable.Repeat(open, 10_000)) + "x" + string.Concat(Enumerable.Repeat(close, 10_000));
        Assert.Contains(RuleText.Load(deep).Diagnostics, diagnostic => diagnostic.Code == "SF0003");
    }

    [Theory]
    [InlineData("(", "selection", ")", "SF0003")]
    [InlineData("not ", "selection", "", "SF0003")]
    public void The_depth_of_a_condition_is_bounded(string open, string inner, string close, string code)
    {
        string condition = string.Concat(Enumerable.Repeat(open, 10_000)) + inner + string.Concat(Enumerable.Repeat(close, 10_000));
        RuleSet ruleSet = RuleText.Load(Minimal.Replace("condition: selection", $"condition: {condition}", StringComparison.Ordinal));
        Assert.Contains(ruleSet.Diagnostics, diagnostic => diagnostic.Code == code);
    }

    [Fact]
    public void A_long_flat_condition_is_no_trouble()
    {
        string condition = string.Join(" or ", Enumerable.Repeat("selection", 5_000));
        Assert.True(RuleText.Matches(Minimal.Replace("condition: selection", $"condition: {condition}", StringComparison.Ordinal), """{"F":"a"}"""));
    }

    [Fact]
    public void Folders_are_read_whole_except_for_tests_of_rules()
    {
        string folder = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "sub"));
            File.WriteAllText(Path.Combine(folder, "sub", "a.yml"), Minimal);
            File.WriteAllText(Path.Combine(folder, "b.yaml"), Minimal.Replace("1111", "2222", StringComparison.Ordinal));
            File.WriteAllText(Path.Combine(folder, "a.test.yml"), "tests: []");
            File.WriteAllText(Path.Combine(folder, "notes.txt"), "no rule");
            Assert.Equal(2, RuleSet.LoadPaths([folder, Path.Combine(folder, "b.yaml")]).Rules.Length);
            Assert.Empty(RuleSet.LoadPaths([folder]).Diagnostics);
            Assert.Throws<FileNotFoundException>(() => RuleSet.LoadPaths([Path.Combine(folder, "none")]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
