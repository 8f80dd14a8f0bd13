using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Catalog.Tests;

public sealed class AttackCoverageTests
{
    private static readonly AttackCatalogue Attack = AttackCatalogue.Enterprise;

    /// <summary>
    /// The layer format 4.5 as the Navigator's own description of it tabulates it: what is required, what types values have, and nothing
    /// that it does not name.
    /// </summary>
    private static readonly JsonSchema LayerFormat = JsonSchema.FromText("""
        {
          "$defs": {
            "metadata": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["name", "value"],
                "additionalProperties": false,
                "properties": { "name": { "type": "string" }, "value": { "type": "string" } }
              }
            }
          },
          "type": "object",
          "required": ["name", "domain", "versions"],
          "additionalProperties": false,
          "properties": {
            "name": { "type": "string" },
            "description": { "type": "string" },
            "domain": { "const": "enterprise-attack" },
            "versions": {
              "type": "object",
              "required": ["navigator", "layer", "attack"],
              "additionalProperties": false,
              "properties": {
                "attack": { "type": "string", "pattern": "^[0-9]+$" },
                "navigator": { "type": "string", "pattern": "^(4\\.9|[5-9])" },
                "layer": { "const": "4.5" }
              }
            },
            "layout": {
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "layout": { "enum": ["side", "flat", "mini"] },
                "showID": { "type": "boolean" },
                "showName": { "type": "boolean" },
                "showAggregateScores": { "type": "boolean" },
                "countUnscored": { "type": "boolean" },
                "aggregateFunction": { "enum": ["average", "min", "max", "sum"] },
                "expandedSubtechniques": { "enum": ["none", "all", "annotated"] }
              }
            },
            "techniques": {
              "type": "array",
              "items": {
                "type": "object",
                "required": ["techniqueID"],
                "additionalProperties": false,
                "properties": {
                  "techniqueID": { "type": "string", "pattern": "^T[0-9]{4}(\\.[0-9]{3})?$" },
                  "comment": { "type": "string" },
                  "score": { "type": "number" },
                  "metadata": { "$ref": "#/$defs/metadata" }
                }
              }
            },
            "metadata": { "$ref": "#/$defs/metadata" },
            "gradient": {
              "type": "object",
              "required": ["colors", "minValue", "maxValue"],
              "additionalProperties": false,
              "properties": {
                "colors": { "type": "array", "minItems": 2, "items": { "type": "string", "pattern": "^#[0-9a-fA-F]{6}$" } },
                "minValue": { "const": 0 },
                "maxValue": { "type": "number", "exclusiveMinimum": 0 }
              }
            }
          }
        }
        """);

    [Theory]
    [InlineData("T1059", "b e", 2)]
    [InlineData("T1059.001", "a b", 2)]
    [InlineData("T1003", "", 1)]
    [InlineData("T1003.001", "c", 1)]
    [InlineData("T1560", "d", 1)]
    [InlineData("T1685", "f g", 3)]
    [InlineData("T1685.005", "h", 1)]
    [InlineData("T1064", "i", 1)]
    public void A_technique_has_the_rules_that_name_it(string id, string titles, int withSubTechniques)
    {
        AttackCoverage coverage = Coverage(
            ("a", ["attack.t1059.001"]), ("b", ["attack.t1059", "attack.t1059.001"]), ("c", ["attack.t1003.001"]), ("d", ["attack.t1002"]),
            ("e", ["attack.t1059"]), ("f", ["attack.t1562.001", "attack.t1685"]), ("g", ["attack.t1089"]), ("h", ["attack.t1070.001"]),
            ("i", ["attack.t1064"]));

        CoveredTechnique covered = coverage.Techniques.Single(covered => covered.Technique.Id == id);

        Assert.Equal(titles, string.Join(' ', covered.Rules.Select(rule => rule.Title)));
        Assert.Equal(id == "T1059" ? 3 : withSubTechniques, covered.RulesWithSubTechniques);
    }

    [Fact]
    public void A_tactic_counts_rules_by_their_tags_and_techniques_by_what_they_serve()
    {
        AttackCoverage coverage = Coverage(("a", ["attack.execution", "attack.t1059.001"]), ("b", ["attack.stealth"]), ("c", ["attack.t1047"]));

        CoveredTactic execution = coverage.Tactics.Single(covered => covered.Tactic.ShortName == "execution");
        CoveredTactic stealth = coverage.Tactics.Single(covered => covered.Tactic.ShortName == "stealth");

        // T1059, T1059.001 and T1047.
        Assert.Equal((1, 3), (execution.Rules.Length, execution.Covered));
        Assert.Equal((1, 0), (stealth.Rules.Length, stealth.Covered));
        Assert.Equal((3, 1), (coverage.Rules, coverage.Untagged));
    }

    [Fact]
    public void A_sub_technique_is_no_more_covered_by_a_rule_of_its_parent_than_that_it_is_told()
    {
        AttackCoverage coverage = Coverage(("a", ["attack.t1059"]), ("b", ["attack.t1003.001"]));
        string[] wanted = ["T1059", "T1059.001", "T1003", "T1190"];

        Assert.Equal(
            [("T1059.001", 1), ("T1190", 0)],
            coverage.GapsIn(wanted.Select(id => Attack.FindTechnique(id)!)).Select(gap => (gap.Technique.Id, gap.RulesOfParent)));
    }

    [Fact]
    public void What_names_a_former_tactic_or_a_revoked_technique_counts_where_it_is_now()
    {
        AttackCoverage coverage = Coverage(("a", ["attack.defense-evasion", "attack.t1562.001"]), ("b", ["attack.defense_evasion", "attack.t1027"]));

        Assert.Equal(
            [("Stealth", "b", 1), ("Defense Impairment", "a", 1)],
            coverage.Tactics.Where(covered => covered.Covered > 0).Select(covered => (covered.Tactic.Name, string.Join(' ', covered.Rules.Select(rule => rule.Title)), covered.Covered)));
        Assert.Equal(["T1027", "T1685"], coverage.Techniques.Select(covered => covered.Technique.Id));
        Assert.Empty(coverage.Unknown);
        Assert.Equal((2, 0), (coverage.Rules, coverage.Untagged));
    }

    [Fact]
    public void Retired_tags_are_gathered()
    {
        AttackCoverage coverage = Coverage(
            ("b", ["attack.defense_evasion", "attack.T1562.001"]), ("a", ["attack.defense-evasion", "attack.t1562.001", "attack.t1685"]), ("c", ["attack.t1064"]));

        Assert.Equal(
            [
                "attack.t1064 Deprecated T1064 Scripting >  by c", "attack.t1562.001 Revoked T1562.001 Impair Defenses: Disable or Modify Tools > T1685 Disable or Modify Tools by a b",
                "attack.defense-evasion Renamed Defense Evasion > Stealth, Defense Impairment by a b",
            ],
            coverage.Retired.Select(use => $"{use.Tag.Tag} {use.Tag.State} {use.Tag.Was} > {string.Join(", ", use.Tag.Now)} by {string.Join(' ', use.Rules.Select(rule => rule.Title))}"));
    }

    [Fact]
    public void Unknown_tags_are_gathered()
    {
        UnknownAttackTag unknown = Assert.Single(Coverage(("a", ["attack.t9999"]), ("b", ["attack.T9999", "attack.s0002"])).Unknown);

        Assert.Equal(("attack.t9999", 2), (unknown.Tag, unknown.Rules.Length));
    }

    [Fact]
    public void A_layer_is_of_the_format_and_scores_techniques_in_force_by_their_rules()
    {
        JsonNode layer = Layer(Coverage(("b \"<>\n", ["attack.t1059.001"]), ("a", ["attack.t1059.001", "attack.t1047"]), ("c", ["attack.t1002", "attack.t9999"])));

        Assert.Equal(
            ["T1047 1 a", "T1059.001 2 a\nb \"<>\n", "T1560 1 c"],
            layer["techniques"]!.AsArray().Select(technique => $"{technique!["techniqueID"]} {technique["score"]} {technique["comment"]}"));
        Assert.Equal(2, layer["gradient"]!["maxValue"]!.GetValue<int>());
    }

    [Fact]
    public void A_layer_tells_its_version_and_what_was_retired()
    {
        JsonNode layer = Layer(Coverage(("a", ["attack.defense-evasion", "attack.t1562.001"]), ("b", ["attack.t1089", "attack.t1685", "attack.defense_evasion"]), ("c", ["attack.t1064"])));

        Assert.Equal("19", layer["versions"]!["attack"]!.GetValue<string>());
        Assert.EndsWith(" ATT&CK Enterprise v19.2.", layer["description"]!.GetValue<string>(), StringComparison.Ordinal);
        JsonNode technique = Assert.Single(layer["techniques"]!.AsArray())!;
        Assert.Equal(("T1685", 2, "a\nb"), (technique["techniqueID"]!.GetValue<string>(), technique["score"]!.GetValue<int>(), technique["comment"]!.GetValue<string>()));
        Assert.Equal(
            [
                "revoked: T1089 Disabling Security Tools, replaced by T1685 Disable or Modify Tools; named by 1",
                "revoked: T1562.001 Impair Defenses: Disable or Modify Tools, replaced by T1685 Disable or Modify Tools; named by 1",
            ],
            Metadata(technique));
        Assert.Equal(["deprecated: T1064 Scripting; named by 1", "renamed: Defense Evasion, replaced by Stealth and Defense Impairment; named by 2"], Metadata(layer));
    }

    private static IEnumerable<string> Metadata(JsonNode node) => node["metadata"]!.AsArray().Select(one => $"{one!["name"]}: {one["value"]}");

    [Fact]
    public void Correlations_cover_techniques_and_count_in_a_layer()
    {
        var coverage = AttackCoverage.Of(
            RuleSet.Load(
            [
                new RuleFile("a.yml", """
                    title: a
                    id: 11111111-1111-4111-8111-111111111111
                    tags: [attack.t1047]
                    logsource: {category: test}
                    detection: {s: {F: a}, condition: s}
                    """),
                new RuleFile("c.yml", """
                    title: often
                    id: 22222222-2222-4222-8222-222222222222
                    tags: [attack.t1047, attack.t1110.003, attack.t9999]
                    correlation: {type: event_count, rules: [11111111-1111-4111-8111-111111111111], timespan: 1h, condition: {gte: 5}}
                    """),
            ]),
            Attack);

        Assert.Equal((1, 0, 1, 0, 2), (coverage.Rules, coverage.Untagged, coverage.Correlations, coverage.UntaggedCorrelations, coverage.ByCorrelationsAlone));
        Assert.True(coverage.Covers(Attack.FindTechnique("T1110")!));
        Assert.Equal("often", Assert.Single(Assert.Single(coverage.Unknown).Rules).Title);
        Assert.Equal(
            ["T1047 2 a\noften (correlation)", "T1110.003 1 often (correlation)"],
            Layer(coverage)["techniques"]!.AsArray().Select(technique => $"{technique!["techniqueID"]} {technique["score"]} {technique["comment"]}"));
    }

    [Fact]
    public void Building_blocks_cover_nothing()
    {
        var coverage = AttackCoverage.Of(
            RuleSet.Load(
            [
                new RuleFile("r.yml", """
                    title: block
                    name: block
                    tags: [attack.t1047]
                    logsource: {category: test}
                    detection: {s: {F: a}, condition: s}
                    ---
                    title: inner
                    name: inner
                    tags: [attack.t1059]
                    correlation: {type: event_count, rules: [block], timespan: 1h, condition: {gte: 5}}
                    ---
                    title: outer
                    tags: [attack.t1110.003]
                    correlation: {type: event_count, rules: [inner], timespan: 1h, condition: {gte: 2}}
                    """),
            ]),
            Attack);

        Assert.Equal((0, 0, 1, 0), (coverage.Rules, coverage.Untagged, coverage.Correlations, coverage.UntaggedCorrelations));
        Assert.Equal(["T1110", "T1110.003"], coverage.Techniques.Select(covered => covered.Technique.Id));
    }

    /// <summary>What the format forbids is found: the schema of these tests bites.</summary>
    [Theory]
    [InlineData("\"layer\": \"4.5\"", "\"layer\": \"4.4\"")]
    [InlineData("\"domain\": \"enterprise-attack\"", "\"domain\": \"enterprise\"")]
    [InlineData("\"aggregateFunction\": \"sum\"", "\"aggregateFunction\": \"total\"")]
    [InlineData("\"expandedSubtechniques\": \"annotated\"", "\"expandedSubtechniques\": true")]
    [InlineData("\"techniqueID\": \"T1047\"", "\"techniqueId\": \"T1047\"")]
    [InlineData("\"name\": \"A layer\"", "\"title\": \"A layer\"")]
    [InlineData("\"name\": \"renamed\"", "\"key\": \"renamed\"")]
    [InlineData("\"#e8f1fa\",", "")]
    public void A_layer_that_breaks_the_format_is_told_from_one_that_keeps_it(string before, string after)
    {
        string text = Text(Coverage(("a", ["attack.t1047", "attack.defense-evasion"])));
        Assert.Contains(before, text, StringComparison.Ordinal);

        using var broken = JsonDocument.Parse(text.Replace(before, after, StringComparison.Ordinal));

        Assert.False(LayerFormat.Evaluate(broken.RootElement).IsValid);
    }

    [Fact]
    public void A_layer_of_no_technique_is_of_the_format_too() => Assert.Empty(Layer(Coverage(("a", [])))["techniques"]!.AsArray());

    [Fact]
    public void A_layer_of_SigmaHQs_rules_is_of_the_format() =>
        Assert.True(Layer(AttackCoverage.Of(RuleSet.LoadPaths([Corpus.Require("sigmahq")]), Attack))["techniques"]!.AsArray().Count > 300);

    private static AttackCoverage Coverage(params (string Title, string[] Tags)[] rules) => AttackCoverage.Of(
        rules.Select((rule, index) => new SigmaRule
        {
            Id = $"{index}",
            Title = rule.Title,
            Tags = [.. rule.Tags],
            LogSource = new Engine.Events.LogSource(),
            File = "r.yml",
            Line = 1,
        }),
        [],
        Attack);

    private static string Text(AttackCoverage coverage)
    {
        using var stream = new MemoryStream();
        NavigatorLayer.Write(stream, coverage, "A layer");
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonNode Layer(AttackCoverage coverage)
    {
        string text = Text(coverage);
        using var document = JsonDocument.Parse(text);
        EvaluationResults result = LayerFormat.Evaluate(document.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(result.IsValid, JsonSerializer.Serialize(result));
        return JsonNode.Parse(text)!;
    }
}
