using CsCheck;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Evidence is what <see cref="PlainEvidence"/> says; what it takes is bounded, and what lies beyond the bound is told.</summary>
public sealed class EvidenceTests
{
    private static readonly LogSource OtherLogSource = new("process_creation", "windows", "other");

    [Fact]
    public void Evidence_is_the_plain_one_however_many_rules_ask() =>
        Gen.Select(MatcherTests.Detection.Array[1, 8], MatcherTests.Event.Array[1, 4]).Sample(
            (detections, events) =>
            {
                RuleSet ruleSet = Load(detections);
                foreach (SigmaEvent? sigmaEvent in events.Select(json => EventText.Parse(json)))
                {
                    foreach ((int rule, RuleMatch? match) in Matches(ruleSet, sigmaEvent, long.MaxValue, int.MaxValue))
                    {
                        Assert.False(match.IsEvidencePartial);
                        Assert.Equal(PlainEvidence.Of(ruleSet.Compiled[rule], sigmaEvent), match.Fields);
                    }
                }
            },
            iter: 1_000);

    [Fact]
    public void Evidence_is_of_the_first_view_that_the_rule_holds_on() =>
        Gen.Select(MatcherTests.Detection.Array[1, 4], MatcherTests.Event, MatcherTests.Event, Gen.Long[0, 4_000]).Sample(
            (detections, json, otherJson, maxWork) =>
            {
                RuleSet ruleSet = Load(detections);
                SigmaEvent sigmaEvent = TwoViews(json, otherJson);
                foreach ((int rule, RuleMatch? match) in Matches(ruleSet, sigmaEvent, maxWork, int.MaxValue))
                {
                    if (!match.IsEvidencePartial)
                    {
                        Assert.Equal(PlainEvidence.Of(ruleSet.Compiled[rule], sigmaEvent), match.Fields);
                    }
                }
            },
            iter: 1_000);

    [Fact]
    public void Beyond_the_work_evidence_lacks_fields_and_says_so_but_has_no_wrong_ones() =>
        Gen.Select(MatcherTests.Detection.Array[1, 8], MatcherTests.Event, Gen.Long[0, 4_000], Gen.Int[0, 3]).Sample(
            (detections, json, maxWork, maxFields) =>
            {
                RuleSet ruleSet = Load(detections);
                SigmaEvent sigmaEvent = EventText.Parse(json);
                foreach ((int rule, RuleMatch? match) in Matches(ruleSet, sigmaEvent, maxWork, maxFields))
                {
                    IReadOnlyList<MatchedField> plain = PlainEvidence.Of(ruleSet.Compiled[rule], sigmaEvent);
                    Assert.True(match.Fields.Length <= maxFields);
                    Assert.Subset(plain.ToHashSet(), match.Fields.ToHashSet());
                    if (!match.IsEvidencePartial)
                    {
                        Assert.Equal(plain, match.Fields);
                    }
                }
            },
            iter: 1_000);

    [Fact]
    public void What_all_of_must_hold_needs_no_test()
    {
        string value = new('a', (int)EventEvidence.MaxWork);
        RuleMatch match = Bounded(
            RuleText.WithDetection("""
                img:
                    Image: cmd.exe
                    CommandLine|contains: [aaaaa, aaaaaa]
                    User|contains|all: [y, z]
                filter:
                    CommandLine|contains: b
                one:
                    - Other|contains: a
                    - Third|contains: a
                condition: img and one and not filter
                """),
            $$"""{"Image":"cmd.exe","CommandLine":"{{value}}","Other":"{{value}}","Third":"{{value}}","User":["x","yz"]}""").Single();
        Assert.True(match.IsEvidencePartial);
        // Which of Other and Third made it hold is not known without a test.
        Assert.Equal([("Image", 7), ("CommandLine", value.Length), ("User", 2)], match.Fields.Select(field => (field.Field, field.Value.Length)));
    }

    /// <summary>The same predicate of a thousand rules is tested once, and a field that is told is not asked for again.</summary>
    [Fact]
    public void Work_does_not_grow_with_the_rules_that_ask_for_the_same()
    {
        string json = $$"""{"F":"{{string.Concat(Enumerable.Range(0, 200).Select(i => $"literal{i:d3} "))}}"}""";
        long Work(int rules)
        {
            RuleSet ruleSet = Load(Enumerable.Repeat("s: {F|contains: [literal000, literal001, literal002]}\nt: {F|contains: absent}\ncondition: s and not t", rules));
            var evidence = new EventEvidence(new Detector(ruleSet), EventText.Parse(json));
            Assert.All(Enumerable.Range(0, rules), rule => Assert.Single(evidence.Of(rule).Fields));
            return evidence.Work;
        }

        Assert.Equal(Work(1), Work(9));
        Assert.True(Work(1) < 2 * (json.Length + (2 * EventEvidence.TestWork)));
    }

    [Theory]
    [InlineData("one value", """ "F":"{0}" """)]
    [InlineData("many values", """ "F":["{1}"] """)]
    [InlineData("keywords", """ "Own":{"a":["{1}"],"b":"{0}"} """)]
    [InlineData("paths through arrays", """ "o":[{"p":["{1}"]},{2}] """)]
    public void No_event_makes_more_work_than_the_bound(string what, string fields)
    {
        const int Rules = 400;
        string[] literals = [.. Enumerable.Range(0, Rules).Select(i => $"literal{i:d3}")];
        string field = what == "keywords" ? "" : what == "paths through arrays" ? "o.p" : "F";
        RuleSet ruleSet = Load(literals.Select(literal => field.Length == 0
            ? $"s: [{literal}, other{literal}]\ncondition: s"
            : $"s: {{{field}|contains: {literal}}}\nt: {{{field}|contains: other{literal}}}\ncondition: s and not t"));
        string all = string.Join(' ', Enumerable.Repeat(string.Join(' ', literals), 100));
        string json = "{" + fields
            .Replace("{0}", all, StringComparison.Ordinal)
            .Replace("{1}", string.Join("\",\"", Enumerable.Repeat(string.Join("\",\"", literals), 100)), StringComparison.Ordinal)
            .Replace("{2}", string.Join(',', Enumerable.Repeat("{}", 50_000)), StringComparison.Ordinal) + "}";
        SigmaEvent sigmaEvent = EventText.Parse(json);
        var evidence = new EventEvidence(new Detector(ruleSet), sigmaEvent);
        var matches = Enumerable.Range(0, Rules).Select(evidence.Of).ToList();

        Assert.Equal(ruleSet.Rules.Select(rule => rule.Id), matches.Select(match => match.Rule.Id));
        Assert.Contains(matches, match => match.IsEvidencePartial);
        Assert.InRange(evidence.Work, EventEvidence.MaxWork / 2, EventEvidence.MaxWork);
        var again = new EventEvidence(new Detector(ruleSet), sigmaEvent);
        Assert.Equal(matches.Select(match => match.Fields.Length), Enumerable.Range(0, Rules).Select(rule => again.Of(rule).Fields.Length));
        Assert.Equal(evidence.Work, again.Work);
    }

    [Fact]
    public void A_match_has_no_more_fields_than_the_bound()
    {
        string[] literals = [.. Enumerable.Range(0, 5_000).Select(i => $"literal{i:d4}")];
        string rule = RuleText.WithSelection($"F: [{string.Join(", ", literals)}]");
        string Json(int count) => $$"""{"F":["{{string.Join("\",\"", literals.Take(count))}}"]}""";

        RuleMatch all = Bounded(rule, Json(EventEvidence.MaxFields)).Single();
        Assert.Equal((EventEvidence.MaxFields, false), (all.Fields.Length, all.IsEvidencePartial));
        RuleMatch cut = Bounded(rule, Json(EventEvidence.MaxFields + 1)).Single();
        Assert.Equal((EventEvidence.MaxFields, true), (cut.Fields.Length, cut.IsEvidencePartial));
        Assert.Equal(all.Fields, cut.Fields);
        Assert.Equal(5_000, new Detector(RuleText.Load(rule)).Match(EventText.Parse(Json(5_000))).Single().Fields.Length);
    }

    [Fact]
    public void A_rule_that_does_not_hold_has_no_evidence()
    {
        var evidence = new EventEvidence(new Detector(RuleText.Load(RuleText.WithSelection("F: a"))), EventText.Parse("""{"F":"b"}"""));
        Assert.Throws<InvalidOperationException>(() => evidence.Of(0));
    }

    private static RuleSet Load(IEnumerable<string> detections) => RuleSet.Load(detections.Select((detection, i) => new RuleFile(
        $"{i}.yml", RuleText.WithDetection(detection).Replace("id: 111", $"id: {i:d3}", StringComparison.Ordinal))));

    private static IEnumerable<RuleMatch> Bounded(string rule, string json)
    {
        var detector = new Detector(RuleText.Load(rule));
        SigmaEvent sigmaEvent = EventText.Parse(json);
        var evidence = new EventEvidence(detector, sigmaEvent);
        return Enumerable.Range(0, detector.Rules.Length).Select(evidence.Of);
    }

    /// <summary>All rules that hold, with evidence of one event.</summary>
    private static IEnumerable<(int Rule, RuleMatch Match)> Matches(RuleSet ruleSet, SigmaEvent sigmaEvent, long maxWork, int maxFields)
    {
        var evidence = new EventEvidence(ruleSet, sigmaEvent, maxWork, maxFields);
        var holding = new Detector(ruleSet).Match(sigmaEvent).Select(match => match.Rule.Id).ToHashSet();
        for (int rule = 0; rule < ruleSet.Rules.Length; rule++)
        {
            if (holding.Contains(ruleSet.Rules[rule].Id))
            {
                yield return (rule, evidence.Of(rule));
            }
        }
    }

    private static SigmaEvent TwoViews(string json, string otherJson)
    {
        (SigmaEvent? one, SigmaEvent? other) = (EventText.Parse(json), EventText.Parse(otherJson, OtherLogSource));
        return new SigmaEvent([.. one.Views, .. other.Views], one.OwnValues);
    }
}
