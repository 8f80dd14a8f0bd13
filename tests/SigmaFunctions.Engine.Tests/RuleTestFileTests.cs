using System.Globalization;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Testing;

namespace SigmaFunctions.Engine.Tests;

public sealed class RuleTestFileTests
{
    private const string Good = "tests:\n  - {name: n, event: {A: 1}, match: true}\n";

    [Fact]
    public void Cases_are_read_with_their_places()
    {
        RuleTestFile file = Parse("""
            tests:
                - name: first
                  event: {A: x}
                  match: true
                - name: second
                  rule: 11111111-1111-4111-8111-111111111111
                  event: {}
                  match: false
            """);

        Assert.Empty(file.Diagnostics);
        Assert.Equal(
            [("first", true, null, 2, 7), ("second", false, "11111111-1111-4111-8111-111111111111", 5, 7)],
            file.Cases.Cast<EventTestCase>().Select(test => (test.Name, test.Match, test.Rule, test.Line, test.Column)));
    }

    [Theory]
    [InlineData("text", FieldValueKind.Text, "text")]
    [InlineData("'12'", FieldValueKind.Text, "12")]
    [InlineData("12", FieldValueKind.Number, "12")]
    [InlineData("-1.50", FieldValueKind.Number, "-1.50")]
    [InlineData("007", FieldValueKind.Text, "007")]
    [InlineData("1e3", FieldValueKind.Text, "1e3")]
    [InlineData("true", FieldValueKind.Boolean, "true")]
    [InlineData("False", FieldValueKind.Boolean, "false")]
    [InlineData("'true'", FieldValueKind.Text, "true")]
    [InlineData("", FieldValueKind.Null, "")]
    [InlineData("null", FieldValueKind.Null, "")]
    [InlineData("~", FieldValueKind.Null, "")]
    [InlineData("''", FieldValueKind.Text, "")]
    [InlineData("[a, 1]", FieldValueKind.Array, "")]
    [InlineData("{b: c}", FieldValueKind.Object, "")]
    public void A_value_is(string yaml, FieldValueKind kind, string text)
    {
        FieldValue value = Assert.IsType<EventTestCase>(Assert.Single(Parse($"tests:\n  - name: n\n    match: true\n    event:\n      A: {yaml}\n").Cases)).Fields["A"];

        Assert.Equal((kind, text), (value.Kind, value.Text));
    }

    [Theory]
    [InlineData("{event: {}}", "0")]
    [InlineData("{at: 90s, event: {}}, {event: {}}", "90 90")]
    [InlineData("{at: 1m30s, event: {}}, {at: +1s, event: {}}, {at: 5s, event: {}}", "90 91 5")]
    [InlineData("{at: 1d2h3m4.5s, event: {}}", "93784.5")]
    [InlineData("{at: 0.0000001s, event: {}}", "0.0000001")]
    [InlineData("{at: 1s, repeat: 3 every 10s, event: {}}, {at: +1s, event: {}}", "1 11 21 22")]
    [InlineData("{at: +1s, repeat: 2, event: {}}", "1 1")]
    public void Events_of_a_stream_are_at(string events, string seconds)
    {
        StreamTestCase test = Assert.IsType<StreamTestCase>(Assert.Single(Parse($"tests:\n  - {{name: n, events: [{events}], match: true}}").Cases));

        Assert.Equal(seconds, string.Join(' ', test.Events.Select(one => ((decimal)one.Ticks / TimeSpan.TicksPerSecond).ToString("0.#######", CultureInfo.InvariantCulture))));
    }

    [Theory]
    [InlineData("repeat: 2, ", "u1 u2")]
    [InlineData("", "u{n} ")]
    public void A_number_stands_for_n_where_an_event_repeats(string repeat, string expected)
    {
        StreamTestCase test = Assert.IsType<StreamTestCase>(Assert.Single(Parse($"tests:\n  - {{name: n, events: [{{{repeat}event: {{A: ['u{{n}}', 4], B: {{C: 'u{{n}}'}}}}}}], match: true}}").Cases));

        Assert.Equal(expected, $"{test.Events[0].Fields["A"].Items[0].Text} {test.Events.ElementAtOrDefault(1)?.Fields["B"].Properties["C"].Text}");
    }

    [Theory]
    [InlineData("match: true", null, 0)]
    [InlineData("match: false", 0, 0)]
    [InlineData("detections: 3", 3, 0)]
    [InlineData("detections: []", 0, 0)]
    [InlineData("detections: [{value: 1}, {last: 1s}]", 2, 2)]
    public void Of_a_stream_is_expected(string expected, int? count, int each)
    {
        StreamTestCase test = Assert.IsType<StreamTestCase>(Assert.Single(Parse($"tests:\n  - {{name: n, events: [{{event: {{}}}}], {expected}}}").Cases));

        Assert.Equal((count, each), (test.Expected.Count, test.Expected.Each.Length));
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "0.0000001s")]
    [InlineData(15_000_000, "1.5s")]
    [InlineData(600_000_000, "1m")]
    [InlineData(937_845_000_000, "1d2h3m4.5s")]
    public void A_time_is_written_as_it_is_read(long ticks, string text)
    {
        Assert.Equal(text, StreamTime.TextOf(ticks));
        Assert.True(StreamTime.TryParse(text, out long read));
        Assert.Equal(ticks, read);
    }

    [Theory]
    [InlineData("events: [], match: true", "t.test.yml(2,23): error SF0801: 'events' is a list")]
    [InlineData("events: [a], match: true", "t.test.yml(2,24): error SF0801: An event of 'events' is a map")]
    [InlineData("events: [{at: 1s}], match: true", "t.test.yml(2,24): error SF0801: An event of 'events' is a map")]
    [InlineData("events: [{after: 1s, event: {}}], match: true", "t.test.yml(2,25): error SF0801: The key 'after' is unknown. Use at, repeat, event")]
    [InlineData("events: [{at: 90, event: {}}], match: true", "t.test.yml(2,29): error SF0801: 'at' is a time")]
    [InlineData("events: [{at: -1s, event: {}}], match: true", "t.test.yml(2,29): error SF0801: 'at' is a time")]
    [InlineData("events: [{at: 1s1m, event: {}}], match: true", "t.test.yml(2,29): error SF0801: 'at' is a time")]
    [InlineData("events: [{at: 0.5m, event: {}}], match: true", "t.test.yml(2,29): error SF0801: 'at' is a time")]
    [InlineData("events: [{at: 0.00000001s, event: {}}], match: true", "t.test.yml(2,29): error SF0801: 'at' is a time")]
    [InlineData("events: [{at: 100001d, event: {}}], match: true", "t.test.yml(2,29): error SF0801: 'at' is a time")]
    [InlineData("events: [{at: 100000d, event: {}}, {at: +1s, event: {}}], match: true", "t.test.yml(2,55): error SF0801: 'at' is a time")]
    [InlineData("events: [{at: 99999999999999999999999999999d, event: {}}], match: true", "t.test.yml(2,29): error SF0801: 'at' is a time")]
    [InlineData("events: [{repeat: 0, event: {}}], match: true", "t.test.yml(2,33): error SF0801: 'repeat' is how many times")]
    [InlineData("events: [{repeat: 2 in 5s, event: {}}], match: true", "t.test.yml(2,33): error SF0801: 'repeat' is how many times")]
    [InlineData("events: [{repeat: 2 every 5, event: {}}], match: true", "t.test.yml(2,33): error SF0801: 'repeat' is how many times")]
    [InlineData("events: [{repeat: 100001, event: {}}], match: true", "t.test.yml(2,33): error SF0801: The stream has more than 100000 events")]
    [InlineData("events: [{repeat: 100000, event: {a: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}}], match: true", "t.test.yml(2,33): error SF0801: The stream has more than")]
    [InlineData("events: [{repeat: 3 every 50001d, event: {}}], match: true", "t.test.yml(2,33): error SF0801: The stream is longer")]
    [InlineData("events: [{event: {}}]", "t.test.yml(2,5): error SF0801: Neither 'match' nor 'detections'")]
    [InlineData("events: [{event: {}}], match: no", "t.test.yml(2,45): error SF0801: Neither 'match' nor 'detections'")]
    [InlineData("events: [{event: {}}], match: true, detections: 1", "t.test.yml(2,45): error SF0801: 'detections' says more")]
    [InlineData("detections: 1", "t.test.yml(2,5): error SF0801: 'events' is a list")]
    [InlineData("events: [{event: {}}], detections: none", "t.test.yml(2,50): error SF0801: 'detections' is how many")]
    [InlineData("events: [{event: {}}], detections: '1'", "t.test.yml(2,50): error SF0801: 'detections' is how many")]
    [InlineData("events: [{event: {}}], detections: [{}]", "t.test.yml(2,51): error SF0801: A detection is a map with some of group, value")]
    [InlineData("events: [{event: {}}], detections: [{count: 1}]", "t.test.yml(2,52): error SF0801: The key 'count' is unknown")]
    [InlineData("events: [{event: {}}], detections: [{group: a}]", "t.test.yml(2,59): error SF0801: 'group' is a map")]
    [InlineData("events: [{event: {}}], detections: [{group: {a: [b]}}]", "t.test.yml(2,59): error SF0801: 'group' is a map")]
    [InlineData("events: [{event: {}}], detections: [{value: '1'}]", "t.test.yml(2,59): error SF0801: 'value' is a number")]
    [InlineData("events: [{event: {}}], detections: [{value: many}]", "t.test.yml(2,59): error SF0801: 'value' is a number")]
    [InlineData("events: [{event: {}}], detections: [{first: +1s}]", "t.test.yml(2,59): error SF0801: 'first' is a time")]
    [InlineData("events: [{event: {}}], detections: [{last: 1}]", "t.test.yml(2,58): error SF0801: 'last' is a time")]
    [InlineData("events: [{event: {}}], detections: [{events: 1.5}]", "t.test.yml(2,60): error SF0801: 'events' is the number")]
    [InlineData("events: [{event: {}}], event: {}, match: true", "t.test.yml(2,38): error SF0801: The key 'event' is unknown")]
    public void What_is_wrong_with_a_stream_is_told_and_but_for_unknown_keys_it_is_left_out(string rest, string expected)
    {
        RuleTestFile file = Parse($"tests:\n  - {{name: n, {rest}}}");

        Assert.Contains(file.Diagnostics, diagnostic => diagnostic.ToString().StartsWith(expected, StringComparison.Ordinal));
        Assert.Equal(expected.Contains("unknown", StringComparison.Ordinal) ? 1 : 0, file.Cases.Length);
    }

    [Theory]
    [InlineData("", "t.test.yml(1,1): error SF0801: ")]
    [InlineData("- a", "t.test.yml(1,1): error SF0801: A test file is a map")]
    [InlineData("tests: []", "t.test.yml(1,8): error SF0801: 'tests' is a list of cases")]
    [InlineData("cases: []", "t.test.yml(1,1): error SF0801: The key 'cases' is unknown")]
    [InlineData("tests:\n  - a", "t.test.yml(2,5): error SF0801: A case is a map")]
    [InlineData("tests:\n  - {name: n, event: {}, match: yes}", "t.test.yml(2,33): error SF0801: 'match' is true or false")]
    [InlineData("tests:\n  - {name: n, event: {}}", "t.test.yml(2,5): error SF0801: 'match' is true or false")]
    [InlineData("tests:\n  - {name: n, event: x, match: true}", "t.test.yml(2,22): error SF0801: 'event' is a map")]
    [InlineData("tests:\n  - {event: {}, match: true}", "t.test.yml(2,5): error SF0801: 'name' is a text")]
    [InlineData("tests:\n  - {name: n, event: {}, match: true, rule: [a]}", "t.test.yml(2,45): error SF0801: 'rule' is a text")]
    [InlineData("tests:\n  - {name: n, event: {}, match: true, also: 1}", "t.test.yml(2,39): error SF0801: The key 'also' is unknown")]
    [InlineData("tests:\n  - {name: n, event: {A: 1, A: 2}, match: true}", "t.test.yml(2,29): error SF0002: ")]
    [InlineData(Good + "---\n" + Good, "t.test.yml(4,1): error SF0801: A test file is one document")]
    [InlineData("tests:\n  - {name: n, event: {}, match: true}\n  - {name: n, event: {}, match: true}", "t.test.yml(3,12): error SF0801: Another case")]
    [InlineData("tests: [", "t.test.yml(2,1): error SF0001: ")]
    public void What_is_wrong_is_told_with_its_place(string text, string expected) =>
        Assert.Contains(Parse(text).Diagnostics, diagnostic => diagnostic.ToString().StartsWith(expected, StringComparison.Ordinal));

    [Fact]
    public void What_is_wrong_with_one_case_does_not_stop_the_others() =>
        Assert.Equal(["good"], Parse("tests:\n  - {name: bad, event: {}}\n  - {name: good, event: {}, match: true}").Cases.Select(test => test.Name));

    private static RuleTestFile Parse(string text) => RuleTestFile.Parse(new RuleFile("t.test.yml", text));
}
