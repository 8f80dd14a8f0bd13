using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Json.Schema;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Tests;

/// <summary>The files of a site.</summary>
public sealed class SiteTests : IDisposable
{
    private readonly RuleFolder _rules = new();

    public void Dispose() => _rules.Dispose();

    [Fact]
    public void The_page_of_a_rule_is_as_it_was() => Golden("rule.html", SmallSet().Write($"rules/{RuleFolder.Id(1)}.html"));

    [Fact]
    public void The_page_of_a_correlation_is_as_it_was() => Golden("correlation.html", SmallSet().Write($"rules/{RuleFolder.Id(100)}.html"));

    [Fact]
    public void The_search_index_is_as_it_was() => Golden("search-index.js", SmallSet().Write("assets/search-index.js"));

    [Fact]
    public void Json_is_of_its_schema()
    {
        using var json = JsonDocument.Parse(SmallSet().Write("catalog.json", new SiteOptions { BaseUrl = new Uri("https://rules.contoso.example/all") }));

        EvaluationResults results = JsonSchema.FromFile(Path.Combine(AppContext.BaseDirectory, "catalog.schema.json"))
            .Evaluate(json.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });

        Assert.True(results.IsValid, string.Join('\n', (results.Details ?? []).Where(one => one.Errors is not null).Select(one => $"{one.InstanceLocation}: {string.Join("; ", one.Errors!.Values)}")));
        Assert.Equal(
            """[{"tag":"attack.defense_evasion","name":"Defense Evasion","state":"renamed","replacedBy":["stealth","defense-impairment"]},{"tag":"attack.t1562.001","name":"Impair Defenses: Disable or Modify Tools","state":"revoked","replacedBy":["T1685"]}]""",
            json.RootElement.GetProperty("rules")[0].GetProperty("retiredTags").GetRawText());
        Assert.Equal("""["defense-impairment","credential-access"]""", json.RootElement.GetProperty("rules")[0].GetProperty("tactics").GetRawText());
        Assert.Equal($"https://rules.contoso.example/all/rules/{RuleFolder.Id(1)}.html", json.RootElement.GetProperty("rules")[0].GetProperty("page").GetString());
    }

    [Fact]
    public void Retired_names_are_told_and_their_rules_count_where_the_techniques_are_now()
    {
        _rules.Rule(1, "s: {a: x}\ncondition: s", "tags: [attack.defense-evasion, attack.t1070.001]")
            .Rule(2, "s: {a: y}\ncondition: s", "tags: [attack.defense_evasion, attack.t1685, attack.t1064]");

        string matrix = _rules.Write("attack.html");

        Assert.Matches("<h2>Stealth</h2><p class=\"none\">0 of 30 techniques</p>", matrix);
        Assert.Matches("<h2>Defense Impairment</h2><p class=\"none\">1 of 18 techniques</p>", matrix);
        Assert.Contains("href=\"techniques/T1685.html\" data-counts=\"2,", matrix, StringComparison.Ordinal);
        Assert.DoesNotContain("href=\"techniques/T1064.html\"", matrix, StringComparison.Ordinal);
        Assert.Equal(
            [
                "T1064 Scripting deprecated 1 rule",
                "T1070.001 Indicator Removal: Clear Windows Event Logs revoked replaced by T1685.005 Disable or Modify Tools: Clear Windows Event Logs 1 rule",
                "Defense Evasion renamed replaced by Stealth and Defense Impairment 2 rules",
            ],
            Regex.Matches(matrix[matrix.IndexOf("<section id=\"retired\">", StringComparison.Ordinal)..], "<li>(.*?)</summary>")
                .Select(item => Regex.Replace(item.Groups[1].Value, "<[^>]*>", "")));
        Assert.Contains(" · 1 rule · deprecated</p>", File.ReadAllText(Path.Combine(_rules.Site, "techniques", "T1064.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void Names_in_force_alone_are_not_called_retired()
    {
        _rules.Rule(1, "s: {a: x}\ncondition: s", "tags: [attack.stealth, attack.t1027]");

        Assert.DoesNotContain("retired", _rules.Write("attack.html"), StringComparison.Ordinal);
        Assert.DoesNotContain("retired", File.ReadAllText(Path.Combine(_rules.Site, "rules", $"{RuleFolder.Id(1)}.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_site_that_is_part_of_another_leads_back_and_one_that_stands_alone_does_not()
    {
        string page = $"rules/{RuleFolder.Id(1)}.html";
        const string Back = "<li><a href=\"/\">Live</a></li>";

        Assert.Contains(Back, SmallSet().Write(page, new SiteOptions { PartOf = new ParentSite("The whole", "/", "Live"), Remark = "One is off." }), StringComparison.Ordinal);
        Assert.Contains("<a class=\"wordmark\" href=\"/\">The whole</a>", File.ReadAllText(Path.Combine(_rules.Site, page)), StringComparison.Ordinal);
        Assert.Contains(" One is off.</p>", File.ReadAllText(Path.Combine(_rules.Site, "index.html")), StringComparison.Ordinal);
        Assert.DoesNotContain(Back, SmallSet().Write(page), StringComparison.Ordinal);
    }

    [Fact]
    public void The_search_page_has_the_levels_of_the_engine_in_their_order() =>
        Assert.Contains($"const levels = ['{string.Join("', '", RuleLevels.Names)}'];", SmallSet().Write("assets/search.js"), StringComparison.Ordinal);

    [Fact]
    public void A_level_counts_in_any_letter_case_and_one_that_is_unknown_as_none()
    {
        for (int i = 1; i <= 4; i++)
        {
            string level = i switch { 1 => "high", 2 => "HIGH", 3 => "weird", _ => "1" };
            _rules.File($"rules/{i}.yml", $"title: Rule {i}\nid: {RuleFolder.Id(i)}\nlevel: '{level}'\nlogsource: {{category: test}}\ndetection: {{s: {{a: {i}}}, condition: s}}\n");
        }

        string home = _rules.Write("index.html");

        Assert.Matches("#level=high\"><span class=\"name\">high</span><svg class=\"bar l3\".*?<b>2</b>", home);
        Assert.Matches("#level=none\"><span class=\"name\">none</span><svg class=\"bar ln\".*?<b>2</b>", home);
        Assert.Contains("<span class=\"level l3\">HIGH</span>", File.ReadAllText(Path.Combine(_rules.Site, "rules", $"{RuleFolder.Id(2)}.html")), StringComparison.Ordinal);
        Assert.Contains("<span class=\"level ln\">weird</span>", File.ReadAllText(Path.Combine(_rules.Site, "rules", $"{RuleFolder.Id(3)}.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void Equal_rules_make_equal_files()
    {
        SmallSet();
        string other = Path.Combine(_rules.Site, "..", "other");
        SiteSize first = SiteWriter.Write(_rules.Read(), _rules.Site);
        SiteSize second = SiteWriter.Write(_rules.Read(), other);

        Assert.Equal(first, second);
        Assert.Equal(first.Files, Files(_rules.Site).Length);
        Assert.All(Files(_rules.Site), file => Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(other, Path.GetRelativePath(_rules.Site, file)))));
    }

    [Fact]
    public void Pages_of_rules_that_are_gone_go_too()
    {
        _rules.Rule(1, "s: {a: x}\ncondition: s").Rule(2, "s: {a: x}\ncondition: s", source: "more");
        SiteWriter.Write(_rules.Read("rules", "more"), _rules.Site);
        SiteWriter.Write(_rules.Read("rules"), _rules.Site);

        Assert.Equal([$"{RuleFolder.Id(1)}.html"], Directory.GetFiles(Path.Combine(_rules.Site, "rules")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_folder_that_holds_something_else_is_left_alone()
    {
        _rules.Rule(1, "s: {a: x}\ncondition: s").File("site/thesis.txt", "years of work");

        IOException error = Assert.Throws<IOException>(() => SiteWriter.Write(_rules.Read(), _rules.Site));

        Assert.Contains("something other than a catalogue", error.Message, StringComparison.Ordinal);
        Assert.Single(Files(_rules.Site));
    }

    [Fact]
    public void Markup_in_rules_is_text_everywhere()
    {
        const string Evil = "</script><img src=x onerror=alert(1)>'\"&";
        string yaml = Evil.Replace("'", "''", StringComparison.Ordinal);
        _rules.File(
            "rules/evil.yml",
            $"""
            title: '{yaml}'
            name: '{yaml}'
            id: '{yaml}'
            status: '{yaml}'
            level: '{yaml}'
            description: '{yaml}'
            author: '{yaml}'
            date: '{yaml}'
            references: ['{yaml}', 'javascript:alert(1)', 'https://a.example/"onmouseover="alert(1)']
            falsepositives: ['{yaml}']
            tags: ['{yaml}', 'attack.{yaml}']
            related:
                - id: '{yaml}'
                  type: '{yaml}'
            license: '{yaml}'
            logsource:
                product: '{yaml}'
                category: '{yaml}'
            detection:
                '{yaml}':
                    '{yaml}': '{yaml}'
                other:
                    '{yaml}|re': '{yaml}'
                condition: 1 of them
            ---
            title: '{yaml}'
            id: '{yaml}2'
            name: '{yaml}2'
            status: '{yaml}'
            description: '{yaml}'
            author: '{yaml}'
            date: '{yaml}'
            license: '{yaml}'
            references: ['{yaml}', 'javascript:alert(1)']
            falsepositives: ['{yaml}']
            tags: ['{yaml}']
            correlation:
                type: value_count
                rules: ['{yaml}']
                group-by: ['{yaml}']
                aliases:
                    '{yaml}':
                        '{yaml}': '{yaml}x'
                timespan: 1m
                condition:
                    field: '{yaml}'
                    gte: 2
            """);
        SiteWriter.Write(_rules.Read(), _rules.Site, new SiteOptions { Title = Evil });
        Assert.Single(_rules.Read().Correlations);

        foreach (string file in Files(_rules.Site).Where(file => !file.EndsWith(".json", StringComparison.Ordinal) && !file.EndsWith(".svg", StringComparison.Ordinal)))
        {
            string text = File.ReadAllText(file);
            Assert.DoesNotContain("<img", text, StringComparison.Ordinal);
            Assert.DoesNotContain("\"onmouseover", text, StringComparison.Ordinal);
            Assert.DoesNotContain("href=\"javascript", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_link_leads_somewhere()
    {
        SmallSet();
        SiteWriter.Write(_rules.Read(), _rules.Site);

        Assert.All(Files(_rules.Site).Where(file => file.EndsWith(".html", StringComparison.Ordinal)), file => LinkCheck.AssertLinksLead(file));
    }

    private RuleFolder SmallSet() => _rules
        .File(
            "rules/windows/tool.yml",
            $"""
            title: Tool Reads <Secrets>
            id: {RuleFolder.Id(1)}
            name: tool
            related:
                - id: {RuleFolder.Id(2)}
                  type: derived
            status: test
            description: |
                Finds a tool that reads secrets.
                It is made up.
            references:
                - https://tools.example/secrets
                - a talk
            author: Nobody
            date: 2025-01-02
            modified: 2025-03-04
            tags:
                - attack.credential-access
                - attack.t1003.001
                - attack.defense_evasion
                - attack.t1562.001
                - cve.2025-0001
            logsource:
                category: process_creation
                product: windows
            detection:
                selection:
                    Image|endswith: '\tool.exe'
                    CommandLine|contains:
                        - ' -read '
                        - '<all>'
                # those that may
                filter_main_admin:
                    User|re: '^adm_\d+$'
                    Imphash: 0123456789abcdef0123456789abcdef
                condition: selection and not 1 of filter_main_*
            falsepositives:
                - Administrators
            level: high
            """)
        .Rule(2, "selection:\n    Image|endswith: '\\TOOL.exe'\n    '|all': x\ncondition: selection".Replace("\n    '|all': x", "", StringComparison.Ordinal))
        .File(
            "rules/correlation.yml",
            $"""
            title: Tool Runs Often
            id: {RuleFolder.Id(100)}
            level: critical
            tags:
                - attack.t1110.003
            correlation:
                type: event_count
                rules:
                    - tool
                group-by:
                    - Computer
                timespan: 1h
                condition:
                    gte: 5
            """);

    /// <summary>Compares with a file of the folder Golden; with UPDATE_GOLDEN set, writes it.</summary>
    private static void Golden(string name, string text)
    {
        string folder = typeof(SiteTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(one => one.Key == "GoldenFolder").Value!;
        string path = Path.Combine(folder, name);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") is { Length: > 0 })
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(path, text);
        }

        Assert.Equal(File.ReadAllText(path), text);
    }

    private static string[] Files(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories);
}
