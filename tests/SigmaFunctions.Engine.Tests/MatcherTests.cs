using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RegularExpressions;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;
using SigmaFunctions.Telemetry;

namespace SigmaFunctions.Engine.Tests;

/// <summary>The indexed matcher says what the reference evaluator says; what it takes for granted holds.</summary>
public sealed class MatcherTests
{
    // Pieces that meet in values and patterns: prefixes of each other, letters of uncommon case, symbols with and without case, dashes.
    private static readonly string[] Pieces =
    [
        "a", "aa", "aaaa", "aaaaaaaa", "cmd", "CMD.exe", ".exe", "\\", "\\cmd.exe", "power", "PowerShell", " -e ", "–enc", "::", "K", "k", "ς", "Σ", "ﬁ",
        "😀", "▪️", "Ⓐ", "ⓐ", "é", "É", "𐐀", "𐐨", "1", "4688", "-0", ".50", "0", "\n", " ", "10.0.0.1", "true", "x~1\\", "privilege::debug", "Straße",
    ];

    private static readonly Gen<string> Text = Gen.OneOf(Pieces).Array[0, 5].Select(string.Concat);

    private static readonly Gen<string> Pattern = Gen.OneOf([.. Pieces.Where(piece => piece != "\\"), "*", "?", "\\*", "\\"]).Array[0, 4].Select(string.Concat);

    private static readonly Gen<string> RegexText = Gen.OneOf(
            "a", "cmd", "CMD", "power", "[Cc]", "[^a]", "[a-z]{8}", "a{8,}", ".{12,}", "[^\\s]{9}", ".", ".*", "\\.", "\\\\", "(?:cmd|power)", "(exe)?", "(?i)", "(?s)", "k", "\\s", "\\b", "::", "aaaa", "a+", "a{2,3}", "(?:ab)+", "\\{.*", "[a.]", "(cmd){2}", "c+m+d+", "[^d]*", "shell?", "😀", "é", "^", "$", "|")
        .Array[1, 4].Select(string.Concat);

    private static readonly Gen<string> Scalar = Gen.OneOf(
        Text.Select(text => JsonSerializer.Serialize(text)),
        Gen.OneOf("null", "true", "false", "1", "4688", "4688.0", "-0", "-0.0", "0.50", "[]", "{}", "[null]"));

    internal static readonly Gen<string> Event = Gen.Select(
            Gen.OneOf(Scalar, Gen.OneOf(Scalar.Array[0, 3], Scalar.Array[8, 24]).Select(items => $"[{string.Join(',', items)}]")), Scalar, Scalar, Scalar, Gen.Bool)
        .Select((f, g, inner, own, hasF) => $$$"""{{{{(hasF ? $"\"F\":{f}," : "")}}}"G":{{{g}}},"o":{"p":{{{inner}}}},"H":{{{own}}}}""");

    private static readonly Gen<string> Field = Gen.OneOf("F", "F", "F", "G", "o.p", "Absent");

    private static readonly Gen<string> Item = Gen.OneOf(
        Gen.Select(
            Field,
            Gen.OneOf("", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|endswith|cased", "|windash|contains", "|neq", "|contains|neq"),
            Gen.OneOf("", "", "|all"),
            Pattern.Array[1, 4],
            (field, modifiers, all, values) => $"{field}{modifiers}{(values.Length > 1 ? all : "")}: [{string.Join(", ", values.Select(Quote))}]"),
        Gen.Select(Field, Gen.OneOf("re", "re|i", "re|s", "re|m", "re|neq"), RegexText.Where(IsRegex), (field, modifier, regex) => $"{field}|{modifier}: {Quote(regex)}"),
        Gen.Select(
            Field,
            Gen.OneOf(": null", ": ''", ": 4688", ": '4688'", ": 0", ": 0.5", "|exists: true", "|exists: false", "|gt: 1", "|lte: 4688", "|cidr: 10.0.0.0/8", "|fieldref: G", "|fieldref|contains: F", "|fieldref|endswith|neq: o.p", ": '*'", ": '?*'", ": true"),
            (field, rest) => field + rest));

    private static readonly Gen<string> Search = Gen.OneOf(
        Item.Array[1, 3].Select(items => "{" + string.Join(", ", items.DistinctBy(item => item[..item.IndexOf(':', StringComparison.Ordinal)])) + "}"),
        Item.Array[2, 3].Select(items => "[" + string.Join(", ", items.Select(item => $"{{{item}}}")) + "]"),
        Pattern.Where(text => text.Length > 0).Array[1, 3].Select(values => "[" + string.Join(", ", values.Select(Quote)) + "]"));

    internal static readonly Gen<string> Detection = Gen.Select(
        Search,
        Search,
        Search,
        Gen.OneOf("a", "a and b", "a or b", "a and not b", "not a", "not (a and b)", "not (a or b) and c", "1 of them", "a and (b or not c)", "a and not 1 of b*", "all of them", "(a or b) and (a or c)"),
        (a, b, c, condition) => $"a: {a}\nb: {b}\nc: {c}\ncondition: {condition}");

    // What rules state, and what a view is of: some see the same views, as groups of their own, and some do not.
    private static readonly string[] RuleLogSources =
        ["category: process_creation, product: windows", "product: windows, service: sysmon", "product: windows", "category: process_creation", "service: security"];

    private static readonly LogSourceSet[] ViewLogSources =
    [
        [EventText.LogSource],
        [new LogSource("process_creation", "windows")],
        [new LogSource("process_creation", "windows"), new LogSource(null, "windows", "security")],
        [new LogSource(null, "windows", "sysmon")],
    ];

    [Fact]
    public void The_matcher_agrees_with_the_reference_evaluator() =>
        Gen.Select(Detection.Array[1, 8], Event.Array[1, 4]).Sample(
            (detections, events) =>
            {
                var ruleSet = RuleSet.Load(detections.Select((detection, i) => new RuleFile(
                    $"{i}.yml", RuleText.WithDetection(detection).Replace("id: 1", $"id: {i}", StringComparison.Ordinal))));
                var detector = new Detector(ruleSet);
                foreach (string json in events)
                {
                    SigmaEvent sigmaEvent = EventText.Parse(json);
                    Assert.Equal(Reference(ruleSet, sigmaEvent), detector.Match(sigmaEvent).Select(match => match.Rule.Id));
                }
            },
            iter: 2_000);

    [Fact]
    public void The_matcher_agrees_with_the_reference_evaluator_on_rules_of_several_log_sources()
    {
        int ofSeveral = 0;
        Gen.Select(
            Gen.Select(Gen.OneOf(RuleLogSources), Detection).Array[2, 8],
            Gen.Select(Gen.Select(Gen.OneOf(ViewLogSources), Event).Array[1, 3], Event).Array[1, 4]).Sample(
            (rules, events) =>
            {
                var ruleSet = RuleSet.Load(rules.Select((rule, i) => new RuleFile(
                    $"{i}.yml",
                    $"title: A rule\nid: {i}1111111-1111-4111-8111-111111111111\nlogsource: {{{rule.Item1}}}\ndetection:\n    {rule.Item2.ReplaceLineEndings("\n    ")}\n")));
                var detector = new Detector(ruleSet);
                foreach (((LogSourceSet LogSources, string Json)[] views, string own) in events)
                {
                    var sigmaEvent = new SigmaEvent(
                        [.. views.Select(view => new EventView(view.LogSources, EventText.Parse(view.Json).Views[0].Fields))], EventText.Parse(own).OwnValues);
                    Assert.Equal(Reference(ruleSet, sigmaEvent), detector.Match(sigmaEvent).Select(match => match.Rule.Id));
                    Interlocked.Add(ref ofSeveral, views.Count(view => detector.RouteOf(view.LogSources).Groups.Length > 1));
                }
            },
            iter: 500);
        Assert.InRange(ofSeveral, 500, int.MaxValue);
    }

    /// <summary>Rules that are all evaluated, by tests that no index answers: common literals, short ones, several in a row, with case.</summary>
    [Theory]
    [InlineData("contains", "c:\\windows\\system32\\")]
    [InlineData("contains", "▪")]
    [InlineData("startswith", ".exe")]
    [InlineData("contains|cased", "Absent")]
    [InlineData("contains", "exe*absent*dll")]
    [InlineData("re", "exe[0-9]dll")]
    public void An_array_costs_a_predicate_no_more_tests_than_values_that_may_satisfy_it(string modifiers, string literal)
    {
        const int Values = 50_000;
        var detector = new Detector(RuleText.Load(RuleText.WithDetection($"s: {{F|{modifiers}: '{literal}', G: wake}}\ncondition: s")));
        var matcher = new EventMatcher(detector);
        long Tests(params string[] values)
        {
            long before = matcher.ValueTests;
            Route route = detector.RouteOf([EventText.LogSource]);
            (Slot f, Slot g) = (new Slot(route.Fields.IndexOf("F")), new Slot(route.Fields.IndexOf("G")));
            matcher.BeginEvent();
            ViewWriter view = matcher.BeginView(route);
            view.Set(g);
            view.Add(g, FieldValueKind.Text, "wake"u8);
            view.Set(f);
            foreach (string value in values)
            {
                view.Add(f, FieldValueKind.Text, Encoding.UTF8.GetBytes(value));
            }

            view.End();
            Assert.Equal(0, matcher.EndEvent().Length);
            return matcher.ValueTests - before;
        }

        foreach (string filling in new[] { "", "a", "xe", "\u00ff\u00ff", "\u25ab", "bsent.ex" })
        {
            Assert.InRange(Tests([.. Enumerable.Repeat(filling, Values)]), 0, 4);
        }

        string[] mixed = [.. Enumerable.Repeat("a", Values), "exe", "dll", "absent", "ABSENT", .. Enumerable.Repeat("a", Values)];
        Assert.InRange(Tests(mixed), 0, 8);
    }

    [Fact]
    public void A_view_is_ended_once_and_before_the_next_begins()
    {
        var detector = new Detector(RuleText.Load(RuleText.WithSelection("F: a")));
        Route route = detector.RouteOf([EventText.LogSource]);
        var matcher = new EventMatcher(detector);
        matcher.BeginEvent();
        ViewWriter view = matcher.BeginView(route);
        view.Set(new Slot(0));
        view.Add(new Slot(0), FieldValueKind.Text, "a"u8);
        Assert.Throws<InvalidOperationException>(() => matcher.BeginView(route).End());
        Assert.Throws<InvalidOperationException>(() => matcher.EndEvent().Length);
        view.End();
        Assert.Throws<InvalidOperationException>(() => new ViewWriter(matcher).End());
        Assert.Equal([0], matcher.EndEvent());

        // An event that was left half written is forgotten.
        matcher.BeginEvent();
        view = matcher.BeginView(route);
        view.Set(new Slot(0));
        view.Add(new Slot(0), FieldValueKind.Text, "a");
        matcher.BeginEvent();
        matcher.BeginView(route).End();
        Assert.Equal([], matcher.EndEvent());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(63)]
    [InlineData(100_000)]
    [InlineData(1_500_000)]
    public void Values_of_any_length_are_searched_to_their_ends(int length)
    {
        string filling = new('z', length);
        string[] rules = ["F|startswith: 'begin'", "F|endswith: 'ending'", "F|contains: 'middle'", "F|re: 'begin[z]*middle'", "F|contains: 'zzzzz'", "F: 'beginmiddleending'", "F|contains: 'dinge'"];
        var ruleSet = RuleSet.Load(rules.Select((rule, i) => new RuleFile(
            $"{i}.yml", RuleText.WithSelection(rule).Replace("id: 1", $"id: {i}", StringComparison.Ordinal))));
        var detector = new Detector(ruleSet);
        foreach (string value in new[] { $"begin{filling}middle{filling}ending", filling, $"{filling}ending", $"BEGIN{filling}" })
        {
            SigmaEvent sigmaEvent = EventText.Parse($$"""{"F":"{{value}}"}""");
            Assert.Equal(Reference(ruleSet, sigmaEvent), detector.Match(sigmaEvent).Select(match => match.Rule.Id));
        }
    }

    [Theory]
    [InlineData("abcd")]
    [InlineData("abcde")]
    [InlineData("abcdef")]
    [InlineData("abcdefg")]
    [InlineData("abcdefghijklmnop")]
    [InlineData("abcdefghijklmnop", "qrstu")]
    public void A_literal_is_found_wherever_it_stands_in_a_value(params string[] literals)
    {
        var detector = new Detector(RuleSet.Load(literals.Select((literal, i) => new RuleFile(
            $"{i}.yml", RuleText.WithSelection($"F|contains: '{literal}'").Replace("id: 1", $"id: {i}", StringComparison.Ordinal)))));
        for (int before = 0; before < 1_100; before++)
        {
            for (int after = 0; after < 2; after++)
            {
                Assert.Equal(
                    ["0"],
                    detector.Match(EventText.Parse($$"""{"F":"{{new string('z', before)}}{{literals[0]}}{{new string('z', after)}}"}""")).Select(match => match.Rule.Id[..1]));
            }
        }
    }

    [Fact]
    public void An_ending_is_found_whatever_its_length_and_that_of_the_value()
    {
        const string Value = "abcdefghijklmnopqrstuvwxyz";
        var ruleSet = RuleSet.Load(Enumerable.Range(1, Value.Length).Select(length => new RuleFile(
            $"{length}.yml", RuleText.WithSelection($"F|endswith: '{Value[^length..]}'").Replace("id: 11", $"id: {length:d2}", StringComparison.Ordinal))));
        var detector = new Detector(ruleSet);
        for (int length = 0; length <= Value.Length; length++)
        {
            SigmaEvent sigmaEvent = EventText.Parse($$"""{"F":"{{Value[^length..]}}"}""");
            string[] expected = [.. Enumerable.Range(1, length).Select(ending => $"{ending:d2}")];
            Assert.Equal(expected, detector.Match(sigmaEvent).Select(match => match.Rule.Id[..2]));
        }
    }

    /// <summary>Beginnings that share their first bytes are looked for at different places of the value.</summary>
    [Fact]
    public void A_beginning_is_found_whatever_its_length_and_that_of_the_value()
    {
        const string Value = "abcdefghijklmnopqrstuvwxyz";
        var ruleSet = RuleSet.Load(Enumerable.Range(1, Value.Length).Select(length => new RuleFile(
            $"{length}.yml", RuleText.WithSelection($"F|startswith: '{Value[..length]}'").Replace("id: 11", $"id: {length:d2}", StringComparison.Ordinal))));
        var detector = new Detector(ruleSet);
        for (int length = 0; length <= Value.Length; length++)
        {
            string[] expected = [.. Enumerable.Range(1, length).Select(beginning => $"{beginning:d2}")];
            Assert.Equal(expected, detector.Match(EventText.Parse($$"""{"F":"{{Value[..length]}}"}""")).Select(match => match.Rule.Id[..2]));
            Assert.Empty(detector.Match(EventText.Parse($$"""{"F":"-{{Value[..length]}}"}""")));
        }
    }

    /// <summary>A matcher's buffers keep what longer values held, behind the end of the next one.</summary>
    [Theory]
    [InlineData("F|contains: 'mimikatz'")]
    [InlineData("F|startswith: 'mimikatz'")]
    [InlineData("F|endswith: 'mimikatz'")]
    [InlineData("F: 'mimikatz'")]
    [InlineData("F|contains|cased: 'mimikatz'")]
    [InlineData("F: 'mimi*katz'")]
    [InlineData("F|re: 'mimikatz'")]
    [InlineData("F: 12345678")]
    [InlineData("[mimikatz]")]
    public void What_a_longer_value_held_before_is_not_found_behind_the_end(string selection)
    {
        string value = selection.Contains("1234", StringComparison.Ordinal) ? "12345678" : "mimikatz";
        var detector = new Detector(RuleText.Load(RuleText.WithSelection(selection)));
        for (int length = value.Length; length >= 0; length--)
        {
            Assert.Equal(length == value.Length, detector.Match(EventText.Parse($$"""{"F":"{{value[..length]}}"}""")).Length == 1);
        }
    }

    /// <summary>What is looked for in the bytes of a body is found up to its last byte, and what a longer body held before is not.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(200)]
    public void A_keyword_is_found_wherever_it_stands_in_a_body(int others)
    {
        string keywords = string.Join(", ", Enumerable.Range(0, others).Select(i => $"other{i:D3}").Append("mimikatz"));
        var detector = new Detector(RuleText.Load(RuleText.WithSelection($"[{keywords}]")));
        var matcher = new EventMatcher(detector);
        KeywordFilter filter = detector.RouteOf([EventText.LogSource]).Keywords!;
        foreach (int length in Enumerable.Range(0, 1_100).Append(100_000).Reverse())
        {
            byte[] body = Encoding.ASCII.GetBytes(new string('z', length) + "Mimikatz");
            Assert.True(filter.MayStandIn(body, matcher));
            Assert.False(filter.MayStandIn(body.AsSpan(0, body.Length - 1), matcher));
            Assert.False(filter.MayStandIn(body.AsSpan(length + 1), matcher));
        }
    }

    /// <summary>
    /// What a large event makes a matcher's buffers grow to is given back when the next begins, and what usual ones do is kept: the same
    /// again takes as much memory again, or none.
    /// </summary>
    [Theory]
    [InlineData(1, 500_000, false)]
    [InlineData(1, 3_000_000, true)]
    [InlineData(20_000, 1, false)]
    [InlineData(150_000, 1, true)]
    public void A_matcher_gives_back_what_a_large_event_took(int values, int length, bool isGivenBack)
    {
        var detector = new Detector(RuleText.Load(RuleText.WithSelection($"[{string.Join(", ", Enumerable.Range(0, 100).Select(i => $"keyword{i:D3}"))}]")));
        Route route = detector.RouteOf([EventText.LogSource]);
        var matcher = new EventMatcher(detector);
        byte[] text = Encoding.ASCII.GetBytes(new string('z', length));
        long Taken(bool asBody)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            matcher.BeginEvent();
            if (asBody)
            {
                Assert.False(route.Keywords!.MayStandIn(text, matcher));
            }
            else
            {
                ViewWriter view = matcher.BeginView(route);
                view.Set(route.OwnValuesSlot);
                for (int i = 0; i < values; i++)
                {
                    view.Add(route.OwnValuesSlot, FieldValueKind.Text, text);
                }

                view.End();
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        foreach (bool asBody in values == 1 ? new[] { false, true } : [false])
        {
            long first = Taken(asBody);
            long again = Taken(asBody);
            Assert.InRange(first, (long)values * length, long.MaxValue);
            Assert.InRange(again, isGivenBack ? (long)values * length : 0, isGivenBack ? long.MaxValue : 10_000);
        }
    }

    [Fact]
    public void Characters_that_are_compared_as_bytes_equal_no_others()
    {
        var classes = new Dictionary<string, List<Rune>>(StringComparer.OrdinalIgnoreCase);
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (!Rune.TryCreate(value, out Rune rune))
            {
                continue;
            }

            if (!classes.TryGetValue(rune.ToString(), out List<Rune>? equal))
            {
                classes.Add(rune.ToString(), equal = []);
            }

            equal.Add(rune);
        }

        foreach (List<Rune>? equal in classes.Values.Where(equal => equal.Count > 1))
        {
            Assert.DoesNotContain(equal, rune => FoldedText.IsExact(rune.ToString()) && !(rune.IsAscii && equal.TrueForAll(other => other.IsAscii)));
        }
    }

    [Fact]
    public void What_a_regular_expression_needs_stands_in_every_text_it_is_found_in() =>
        Gen.Select(RegexText.Where(IsRegex), Gen.OneOf(RegexOptions.None, RegexOptions.IgnoreCase, RegexOptions.Singleline), Text).Sample(
            (pattern, options, text) =>
            {
                bool isFound = Regex.IsMatch(text, pattern, options | RegexOptions.CultureInvariant);
                foreach (int minLiteral in new[] { 1, 4 })
                {
                    var needs = RegexNeeds.Of(pattern, options, minLiteral);
                    bool isAscii = Ascii.IsValid(text);
                    bool mayBeFound = text.Length >= needs.MinLength
                        && (needs.Literals is null || (needs.IgnoresCase && !isAscii)
                            || needs.Literals.Any(literal => text.Contains(literal, StringComparison.OrdinalIgnoreCase)))
                        && (needs.Outline is null || !isAscii || needs.Outline.StandsIn(Encoding.UTF8.GetBytes(text)));
                    Assert.True(mayBeFound || !isFound, $"'{pattern}' ({options}) is found in '{text}'.");
                    if (isAscii && needs.Outline is { } outline && outline.Decides(Encoding.UTF8.GetBytes(text)))
                    {
                        Assert.Equal(isFound, outline.StandsIn(Encoding.UTF8.GetBytes(text)));
                    }
                }
            },
            iter: 10_000);

    [Theory]
    [InlineData("mordor/process_creation.ndjson", 8)]
    [InlineData("mordor/mixed.ndjson.gz", 40)]
    [InlineData("defender/process_events.records.ndjson", 4)]
    public void All_rules_agree_with_the_reference_evaluator_on_real_events(string file, int step)
    {
        var ruleSet = RuleSet.LoadPaths([Corpus.Require("sigmahq/rules"), Corpus.Require("sigmahq/rules-emerging-threats"), Corpus.Require("sigmahq/rules-threat-hunting")]);
        var detector = new Detector(ruleSet);
        var decoder = new EventDecoder();
        int matches = 0;
        foreach (SigmaEvent? sigmaEvent in Corpus.Lines(Corpus.Require(file)).Where((_, i) => i % step == 0).SelectMany(line => decoder.Decode(line).Events).Select(decoded => decoded.Event))
        {
            var expected = Reference(ruleSet, sigmaEvent).ToList();
            Assert.Equal(expected, detector.Match(sigmaEvent).Select(match => match.Rule.Id));
            matches += expected.Count;
        }

        Assert.NotEqual(0, matches);
    }

    [Theory]
    [InlineData("re|s", ".{12,}", "123456\\n7890123", true)]
    [InlineData("re", "(?s).{12,}", "123456\\n7890123", true)]
    [InlineData("re", ".{12,}", "123456\\n7890123", false)]
    [InlineData("re", ".{12,}", "123456789012", true)]
    [InlineData("re", "[0-9]{12,}", "12345678901x", false)]
    [InlineData("re|i", "[a-f]{8}", "ABCDEFAB", true)]
    [InlineData("re|i", "k", "\u212A", true)]
    [InlineData("re", "(?i)k", "\u212A", true)]
    [InlineData("re|i", "[0-9]k", "1\u212A", true)]
    [InlineData("re|i", "kind of", "\u212Aind of", true)]
    [InlineData("re", "(?i)kind of", "\u212Aind of", true)]
    [InlineData("re", "x(?:cmd|power)?y", "xy", true)]
    [InlineData("re", "abcd{0}e", "abce", true)]
    [InlineData("re", "cmd\\.exe|pwsh", "pwsh", true)]
    [InlineData("re", "a[^x]*b", "a x b", false)]
    [InlineData("re", "a[^x]*b", "a y b", true)]
    [InlineData("re", "a.*b", "a\\nb", false)]
    [InlineData("re", "a[\\s\\S]*b", "a\\nb", true)]
    [InlineData("re", "a.*b[\\s\\S]*c", "a b\\nc", true)]
    [InlineData("re", "ab+c", "abc", true)]
    [InlineData("re", "(?:ab){2,}c", "ababc", true)]
    public void Regular_expressions_are_not_passed_over(string modifiers, string regex, string value, bool expected) =>
        Assert.Equal(
            expected, RuleText.Matches(RuleText.WithSelection($"F|{modifiers}: '{regex}'"), $$"""{"F":"{{value}}"}"""));

    /// <summary>Of arrays on both sides of a reference the first hundred elements are compared, no fewer and no more.</summary>
    [Theory]
    [InlineData(100, 1, true)]
    [InlineData(101, 1, false)]
    [InlineData(1, 100, true)]
    [InlineData(1, 101, false)]
    [InlineData(100, 100, true)]
    [InlineData(101, 100, false)]
    [InlineData(100, 101, false)]
    public void A_reference_compares_the_first_hundred_elements_of_either_side(int left, int right, bool expected)
    {
        string Elements(char filling, int last) => string.Join(',', Enumerable.Repeat($"\"{filling}\"", last - 1).Append("\"same\""));
        string json = $$"""{"F":[{{Elements('f', left)}}],"G":[{{Elements('g', right)}}]}""";

        foreach (string modifiers in new[] { "fieldref", "fieldref|cased", "fieldref|endswith" })
        {
            Assert.Equal(expected, RuleText.Matches(RuleText.WithSelection($"F|{modifiers}: G"), json));
        }
    }

    /// <summary>A text of an event is looked for in another up to a length; long ones are looked for in another way, and mean the same.</summary>
    [Theory]
    [InlineData("", "abc", 2_730, true)]
    [InlineData("xy", "abc", 2_730, true)]
    [InlineData("xyz", "abc", 2_731, false)]
    [InlineData("", "abc", 30, true)]
    [InlineData("xyz", "abc", 30, true)]
    public void A_reference_looks_for_texts_up_to_a_length(string before, string repeated, int times, bool expected)
    {
        string sought = "12" + string.Concat(Enumerable.Repeat(repeated, times));
        string Event(string f) => $$"""{"F":"{{f}}","G":"{{sought}}"}""";
        Assert.Equal(expected, RuleText.Matches(RuleText.WithSelection("F|fieldref|contains: G"), Event($"{before}{sought}x")));
        Assert.Equal(expected, RuleText.Matches(RuleText.WithSelection("F|fieldref|contains: G"), Event($"{before}{sought.ToUpperInvariant()}")));
        Assert.Equal(expected, RuleText.Matches(RuleText.WithSelection("F|fieldref|contains|cased: G"), Event($"{before}{sought}x")));
        Assert.False(RuleText.Matches(RuleText.WithSelection("F|fieldref|contains|cased: G"), Event($"{before}{sought.ToUpperInvariant()}")));
        Assert.False(RuleText.Matches(RuleText.WithSelection("F|fieldref|contains: G"), Event($"{before}{sought[..^1]}")));
    }

    /// <summary>Of an array all elements count, in whatever way each is tested; references alone look at the first ones only.</summary>
    [Theory]
    [InlineData("gt: 5", "1", "7")]
    [InlineData("cidr: 10.0.0.0/8", "11.0.0.1", "10.0.0.1")]
    [InlineData("re: '[0-9][a-c]'", "0 a", "0a")]
    [InlineData("contains: 'ax'", "a x", "xax")]
    [InlineData("contains|cased: 'AX'", "ax", "AX")]
    [InlineData("contains|cased: 'Absent'", "absent", "is Absent")]
    [InlineData("contains: 'ab?de'", "abde", "abcde")]
    [InlineData("minute: 5", "2026-11-25T03:04:00Z", "2026-11-25T03:05:00Z")]
    public void An_element_behind_hundreds_of_others_is_found(string test, string other, string sought)
    {
        string rule = RuleText.WithSelection($"F|{test}");
        string Event(string last) => $$"""{"F":[{{string.Concat(Enumerable.Repeat($"\"{other}\",", 300))}}"{{last}}"]}""";
        Assert.True(RuleText.Matches(rule, Event(sought)));
        Assert.False(RuleText.Matches(rule, Event(other)));
    }

    /// <summary>Many values of a field are searched as one text only where none of another field stand between them.</summary>
    [Theory]
    [InlineData("a x", "ax", false)]
    [InlineData("ax", "a x", true)]
    public void Values_that_are_written_by_turns_are_those_of_their_own_fields(string valueOfF, string valueOfG, bool expected)
    {
        var detector = new Detector(RuleText.Load(RuleText.WithDetection("s: {F|contains: 'ax'}\nt: {G: none}\ncondition: s or t")));
        Route route = detector.RouteOf([EventText.LogSource]);
        (Slot f, Slot g) = (new Slot(route.Fields.IndexOf("F")), new Slot(route.Fields.IndexOf("G")));
        var matcher = new EventMatcher(detector);
        matcher.BeginEvent();
        ViewWriter view = matcher.BeginView(route);
        view.Set(f);
        view.Set(g);
        for (int i = 0; i < 20; i++)
        {
            view.Add(f, FieldValueKind.Text, i < 19 ? "a x" : valueOfF);
            view.Add(g, FieldValueKind.Text, valueOfG);
        }

        view.End();
        Assert.Equal(expected ? 1 : 0, matcher.EndEvent().Length);
    }

    /// <summary>The search for a piece with case goes over to another way after many places that begin like it.</summary>
    [Theory]
    [InlineData("q")]
    [InlineData("a")]
    [InlineData("Q")]
    public void A_piece_is_found_behind_many_places_that_begin_like_it(string filling)
    {
        string rule = RuleText.WithSelection("F: '*qa?*end'");
        string before = string.Concat(Enumerable.Repeat(filling, 2_000));
        Assert.True(RuleText.Matches(rule, $$"""{"F":"{{before}}qA!end"}"""));
        Assert.True(RuleText.Matches(rule, $$"""{"F":"{{before}}-qa!!end"}"""));
        Assert.False(RuleText.Matches(rule, $$"""{"F":"{{before}}qaend"}"""));
        Assert.False(RuleText.Matches(rule, $$"""{"F":"{{before}}-q!!end"}"""));
    }

    [Theory]
    [InlineData("""{"a":"mimikatz"}""", true)]
    [InlineData("""{"a":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxMIMIKATZ"}""", true)]
    [InlineData("""{"a":"mimi\u006batz"}""", true)]
    [InlineData("""{"a":"\u004Dimikatz and more of it"}""", true)]
    [InlineData("""{"a":["x",{"b":"run mimikatz now"}]}""", true)]
    [InlineData("""{"a":"c:\\mimikatz\n"}""", true)]
    [InlineData("""{"mimikatz":"a"}""", false)]
    [InlineData("""{"a":"mimi","b":"katz"}""", false)]
    [InlineData("""{"a":"mimi\nkatz \u003e x"}""", false)]
    [InlineData("""{"a":"mimi\u212Aatz"}""", false)]
    public void Keywords_are_found_however_the_body_writes_them(string body, bool expected)
    {
        // Few keywords are looked for in another way than many.
        foreach (int others in new[] { 0, 200 })
        {
            string keywords = string.Join(", ", Enumerable.Range(0, others).Select(i => $"other{i:D3}").Concat(["mimikatz", "'sekurlsa::'"]));
            var detector = new Detector(RuleText.Load(RuleText.WithSelection($"[{keywords}]")));
            var matcher = new BodyMatcher(new EventDecoder(EventText.LogSource), detector);
            Assert.Equal(expected, matcher.Match(Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken).Records.Length == 1);
        }
    }

    /// <summary>Of a keyword that JSON may write in several ways, those characters alone are looked for that it writes in one.</summary>
    [Theory]
    [InlineData("say \"mimikatz\" now", """{"a":"say \"mimikatz\" now"}""")]
    [InlineData("c:\\tools\\mimikatz", """{"a":"C:\\tools\\mimikatz"}""")]
    [InlineData("<b>mimikatz", """{"a":"\u003cb\u003Emimikatz"}""")]
    [InlineData("étude mimikatz", """{"a":"étude mimikatz"}""")]
    [InlineData("étude mimikatz", """{"a":"\u00c9tude mimikatz"}""")]
    [InlineData("mimi/katz", """{"a":"mimi\/katz"}""")]
    [InlineData("a+b", """{"a":"a\u002Bb"}""")]
    [InlineData("a/b/c/mimi", """{"a":"a/b/c/mimi"}""")]
    [InlineData("mimi*ka?z", """{"a":"mimi and katz"}""")]
    public void A_keyword_is_found_whatever_characters_it_has(string keyword, string body)
    {
        var detector = new Detector(RuleText.Load(RuleText.WithSelection($"['{keyword}']")));
        var matcher = new BodyMatcher(new EventDecoder(EventText.LogSource), detector);
        Assert.Equal(1, matcher.Match(Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken).Records.Length);
        Assert.Equal(0, matcher.Match(Encoding.UTF8.GetBytes(body.Replace("a", "x", StringComparison.Ordinal)), TestContext.Current.CancellationToken).Records.Length);
    }

    /// <summary>What a body escapes may be a character of a keyword, or the begin of an escape in JSON within JSON.</summary>
    [Theory]
    [InlineData("""{"a":"\u006dimikatz"}""", true)]
    [InlineData("""{"a":"\u000a\u006Dimikatz"}""", true)]
    [InlineData("""{"a":"\u005cu006dimikatz"}""", true)]
    [InlineData("""{"a":"\u00zzmimikatz"}""", true)]
    [InlineData("""{"a":"\u00""", true)]
    [InlineData("""{"a":"\u000amimi\u0022"}""", false)]
    [InlineData("""{"a":"\u012e mimi"}""", false)]
    [InlineData("""{"a":"mimi"}""", false)]
    public void A_body_whose_escapes_may_hide_a_keyword_is_read(string body, bool expected)
    {
        foreach (int others in new[] { 0, 95, 96, 200 })
        {
            string keywords = string.Join(", ", Enumerable.Range(0, others).Select(i => $"other{i:D3}").Append("mimikatz"));
            var detector = new Detector(RuleText.Load(RuleText.WithSelection($"[{keywords}]")));
            Assert.Equal(expected, detector.RouteOf([EventText.LogSource]).Keywords!.MayStandIn(Encoding.UTF8.GetBytes(body), new EventMatcher(detector)));
        }
    }

    /// <summary>Own values are written for a view if any of its groups has keywords, and there is room for the largest of its groups.</summary>
    [Fact]
    public void Groups_of_one_view_may_be_of_any_size_and_have_keywords_or_not()
    {
        static RuleFile Rule(int id, string logSource, string selection) =>
            new($"{id}.yml", $"title: A rule\nid: '{id}'\nlogsource: {{{logSource}}}\ndetection: {{s: {selection}, condition: s}}\n");
        var ruleSet = RuleSet.Load(
        [
            Rule(1, "category: process_creation", "{F: a}"),
            Rule(2, "product: windows", "{F: a, G: b}"),
            Rule(3, "product: windows", "[keyword]"),
            Rule(4, "product: windows", "{H: a}"),
            Rule(5, "service: sysmon", "{G: b}"),
        ]);
        var detector = new Detector(ruleSet);
        Assert.Equal(["1", "2", "3", "5"], detector.Match(EventText.Parse("""{"F":"a","G":"b","H":"a keyword"}""")).Select(match => match.Rule.Id));
        Assert.Equal(["4"], detector.Match(EventText.Parse("""{"H":"a"}""")).Select(match => match.Rule.Id));
    }

    private static IEnumerable<string> Reference(RuleSet ruleSet, SigmaEvent sigmaEvent) => ruleSet.Compiled
        .Where(rule => sigmaEvent.Views.Any(view =>
            view.LogSources.Any(rule.Rule.LogSource.Covers) && ReferenceEvaluator.Holds(rule.Expression, sigmaEvent, view)))
        .Select(rule => rule.Rule.Id);

    private static bool IsRegex(string pattern)
    {
        try
        {
            _ = new Regex(pattern, RegexOptions.NonBacktracking);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string Quote(string text) => JsonSerializer.Serialize(text);
}
