using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Which parts of values made a rule match. In the cases, what is marked stands in angle brackets.</summary>
public sealed class MatchedPartsTests
{
    private const string Id = "11111111-1111-4111-8111-111111111111";

    [Theory]
    [InlineData("CommandLine|contains: ' -enc '", "powershell< -enc >AAA")]
    [InlineData("CommandLine|contains: '-ENC'", "powershell <-enc> AAA")]
    [InlineData("CommandLine|startswith: 'cmd'", "<cmd>.exe /c")]
    [InlineData("CommandLine|endswith: '/c'", "cmd.exe </c>")]
    [InlineData("CommandLine: 'whoami'", "<WhoAmI>")]
    [InlineData("CommandLine: 'a*c?e*z'", "<a>bb<cde>ffff<z>")]
    [InlineData("CommandLine: '*'", "<anything>")]
    [InlineData("CommandLine|contains|all: ['net', 'user']", "<net>.exe <user> /add")]
    [InlineData("CommandLine|contains: ['absent', 'user']", "net.exe <user>")]
    [InlineData("CommandLine|contains: ['abcd', 'cdef']", "x<abcdef>x")]
    [InlineData("CommandLine|windash|contains: ' -f '", "tool< /f >x")]
    [InlineData("CommandLine|re: 'a+b'", "xx<aaab>yy")]
    [InlineData("CommandLine|re|i: 'A{2}'", "x<aa>x")]
    [InlineData("CommandLine|re: 'x*'", "<abc>")]
    [InlineData("CommandLine|wide|base64offset|contains: 'http'", "e <aAB0AHQAcA>==")]
    [InlineData("CommandLine|exists: true", "anything")]
    [InlineData("CommandLine|gt: 5", "<17>")]
    [InlineData("CommandLine|cidr: 10.0.0.0/8", "<10.1.2.3>")]
    public void Each_modifier_marks_what_it_finds(string selection, string marked)
    {
        string value = marked.Replace("<", "", StringComparison.Ordinal).Replace(">", "", StringComparison.Ordinal);
        RuleLookup rules = Rules($"selection:\n    {selection}\ncondition: selection");

        Assert.Equal(marked, Shown(MatchedParts.Of(rules, Id, Event(("CommandLine", value))), value));
        Assert.Equal(marked, Shown(MatchedParts.OfEvidence(rules, Id, [("CommandLine", value)]), value));
    }

    [Theory]
    [InlineData("selection and not filter", "<net> user")]
    [InlineData("selection or filter", "<net> user")]
    [InlineData("1 of *", "<net> user")]
    public void What_does_not_hold_or_stands_under_a_negation_marks_nothing(string condition, string marked) => Assert.Equal(
        marked,
        Shown(
            MatchedParts.Of(
                Rules($"selection:\n    CommandLine|contains: net\nfilter:\n    CommandLine|contains: user\n    Image: absent\ncondition: {condition}"),
                Id,
                Event(("CommandLine", "net user"), ("Image", "x"))),
            "net user"));

    [Fact]
    public void A_keyword_marks_the_value_that_holds_it()
    {
        RuleLookup rules = Rules("keywords:\n    - mimikatz\ncondition: keywords");
        var text = FieldValue.FromText("run Mimikatz now");
        var sigmaEvent = new SigmaEvent([new EventView([EventText.LogSource], new Dictionary<string, FieldValue> { ["Message"] = text })], [FieldValue.FromText("other"), text]);

        MatchedValue found = Assert.Single(MatchedParts.Of(rules, Id, sigmaEvent));

        Assert.Equal(("", "run Mimikatz now", new TextSpan(4, 8)), (found.Field, found.Value, Assert.Single(found.Spans)));
    }

    [Fact]
    public void Of_an_array_the_element_is_marked()
    {
        RuleLookup rules = Rules("selection:\n    Image|endswith: '.exe'\ncondition: selection");
        var fields = new Dictionary<string, FieldValue> { ["Image"] = FieldValue.FromItems([FieldValue.FromText("a.dll"), FieldValue.FromText("b.exe")]) };

        MatchedValue found = Assert.Single(MatchedParts.Of(rules, Id, new SigmaEvent([new EventView([EventText.LogSource], fields)], [])));

        Assert.Equal("b.exe", found.Value);
    }

    [Fact]
    public void Evidence_that_was_cut_is_marked_as_far_as_it_goes()
    {
        RuleLookup rules = Rules("selection:\n    CommandLine|contains: net\n    Image|endswith: '.exe'\ncondition: selection");

        Assert.Equal("<net> user", Shown(MatchedParts.OfEvidence(rules, Id, [("CommandLine", "net user")]), "net user"));
    }

    [Fact]
    public void Nothing_is_marked_of_a_rule_that_does_not_match_or_is_not_there()
    {
        RuleLookup rules = Rules("selection:\n    CommandLine|contains: net\ncondition: selection");

        Assert.Empty(MatchedParts.Of(rules, Id, Event(("CommandLine", "cmd"))));
        Assert.Empty(MatchedParts.Of(rules, "00000000-0000-0000-0000-000000000000", Event(("CommandLine", "net"))));
    }

    [Fact]
    public void What_is_marked_lies_in_the_value_and_holds_what_was_looked_for()
    {
        var random = new Random(11);
        string[] letters = ["a", "b", "A", "ſ", "İ", "\U0001F600", "-", "K"];
        for (int i = 0; i < 3_000; i++)
        {
            string literal = Text(random, letters, 1, 3);
            string value = Text(random, letters, 0, 12);
            RuleLookup rules = Rules($"selection:\n    CommandLine|contains: '{literal}'\ncondition: selection");
            bool contains = value.Contains(literal, StringComparison.OrdinalIgnoreCase);

            ImmutableArray<MatchedValue> found = MatchedParts.Of(rules, Id, Event(("CommandLine", value)));

            Assert.Equal(contains, found.Length == 1);
            foreach (TextSpan span in found.SelectMany(one => one.Spans))
            {
                Assert.Equal(literal, value.Substring(span.Start, span.Length), StringComparer.OrdinalIgnoreCase);
            }
        }
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(2_000, false)]
    public void Beyond_the_bound_of_work_nothing_is_marked(int literals, bool isMarked)
    {
        string value = new string('b', 60_000) + "aa";
        RuleLookup rules = Rules($"selection:\n    CommandLine|contains:\n{string.Concat(Enumerable.Range(0, literals).Select(i => $"      - 'a{i}'\n"))}      - aa\ncondition: selection");

        Assert.Equal(isMarked, !MatchedParts.Of(rules, Id, Event(("CommandLine", value))).IsEmpty);
    }

    private static string Text(Random random, string[] letters, int from, int to) =>
        string.Concat(Enumerable.Range(0, random.Next(from, to + 1)).Select(_ => letters[random.Next(letters.Length)]));

    private static string Shown(ImmutableArray<MatchedValue> values, string value)
    {
        if (values.IsEmpty)
        {
            return value;
        }

        foreach (TextSpan span in Assert.Single(values).Spans.Reverse())
        {
            value = value.Insert(span.End, ">").Insert(span.Start, "<");
        }

        return value;
    }

    private static SigmaEvent Event(params (string Field, string Value)[] fields) => new(
        [new EventView([EventText.LogSource], fields.ToDictionary(field => field.Field, field => FieldValue.FromText(field.Value)))],
        [.. fields.Select(field => FieldValue.FromText(field.Value))]);

    private static RuleLookup Rules(string detection) => new(RuleText.Load(RuleText.WithDetection(detection)));
}
