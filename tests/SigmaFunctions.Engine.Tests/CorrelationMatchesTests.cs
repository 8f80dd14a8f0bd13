using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CsCheck;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Grouping, counted values and chains, against what docs/correlation.md says taken word by word.</summary>
public sealed class CorrelationMatchesTests
{
    private static readonly LogSource Test = new("test");

    [Fact]
    public void It_is_what_the_document_says() => Gen.Select(RandomCorrelations.Rules, RandomCorrelations.Event.Array[0, 16]).Sample(
        (text, events) =>
        {
            RuleSet rules = Load(text);
            Assert.Equal(new Plain(rules, events).Detections(), Detect(rules, events, Enumerable.Range(0, events.Length)));
        },
        iter: 2_000);

    /// <summary>Cases in which a reading of the document may go wrong: correlations over the rules above, events, and the names and places of what is detected.</summary>
    [Theory]
    // Of an inner correlation, an event is a correlation, a group and a time, so that one record may be two.
    [InlineData(
        "title: I\nid: 00000000-0000-0000-0000-0000000000c1\nname: i\ncorrelation: {type: event_count, rules: [a], group-by: [g], timespan: 5s, condition: {gte: 1}}"
            + "\n---\ntitle: O\nid: 00000000-0000-0000-0000-0000000000c2\nname: o\ncorrelation: {type: value_count, rules: [i], timespan: 5s, condition: {field: g, gte: 2}}",
        "{\"kind\":\"a\",\"time\":0,\"g\":[\"x\",\"y\"]}",
        "o 2 0 0+0")]
    // A rule that no way needs is used all the same: its matches are instants.
    [InlineData(
        "title: O\nid: 00000000-0000-0000-0000-0000000000c2\nname: o\ncorrelation: {type: temporal, timespan: 5s, condition: a or (a and b)}",
        "{\"kind\":\"a\",\"time\":0}|{\"kind\":\"a\",\"time\":3}|{\"kind\":\"b\",\"time\":6}",
        "o 1 0 0|o 2 2 1+2")]
    // Every element of a list counts, and one list makes as many groups.
    [InlineData(
        "title: O\nid: 00000000-0000-0000-0000-0000000000c2\nname: o\ncorrelation: {type: value_count, rules: [a], timespan: 5s, condition: {field: g, gte: 65}}",
        "{\"kind\":\"a\",\"time\":0,\"g\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64,65,66]}",
        "o 66 0 0")]
    public void The_document_is_read_to_the_letter(string correlations, string events, string detected)
    {
        RuleSet rules = Load($"{RandomCorrelations.Bases}\n---\n{correlations}");
        string[] lines = events.Split('|');
        var detector = new Detector(rules);
        var matches = new CorrelationMatches(rules.CorrelationPlan);
        for (int place = 0; place < lines.Length; place++)
        {
            detector.Match(Parse(lines[place]), matches, TimeOf(Parse(lines[place])), place);
        }

        Assert.Equal(detected, string.Join('|', matches.Detect().Select(one =>
            $"{one.Correlation.Correlation.Name} {one.Value} {one.Place} {string.Join('+', one.Events.Select(e => e.Place))}")));
    }

    /// <summary>The order in which matches come, and how often each comes, change nothing.</summary>
    [Fact]
    public void Order_and_repetition_change_nothing() => Gen.Select(RandomCorrelations.Rules, RandomCorrelations.Event.Array[0, 16], Gen.Int).Sample(
        (text, events, seed) =>
        {
            RuleSet rules = Load(text);
            int[] order = [.. Enumerable.Range(0, events.Length), .. Enumerable.Range(0, events.Length / 2)];
            new Random(seed).Shuffle(order);
            Assert.Equal(Detect(rules, events, Enumerable.Range(0, events.Length)), Detect(rules, events, order));
        },
        iter: 500);

    private static RuleSet Load(string text)
    {
        var rules = RuleSet.Load([new RuleFile("c.yml", text)]);
        Assert.True(rules.Rejected == 0, string.Join('\n', rules.Diagnostics.Select(diagnostic => diagnostic.ToString())) + text);
        return rules;
    }

    private static SigmaEvent Parse(string text) => EventText.Parse(text, Test);

    private static long TimeOf(SigmaEvent sigmaEvent) =>
        long.Parse(sigmaEvent.Views[0].Fields["time"].Text, CultureInfo.InvariantCulture) * TimeSpan.TicksPerSecond;

    private static List<string> Detect(RuleSet rules, string[] events, IEnumerable<int> order)
    {
        var detector = new Detector(rules);
        var matches = new CorrelationMatches(rules.CorrelationPlan);
        foreach (int place in order)
        {
            SigmaEvent sigmaEvent = Parse(events[place]);
            detector.Match(sigmaEvent, matches, TimeOf(sigmaEvent), place);
        }

        return [.. matches.Detect().Select(one => Line(
            one.Correlation.Correlation.Name!, one.Group, one.Value, one.First, one.Last, one.Place, one.Events.Select(e => (e.Place, e.Rule)))).Order(StringComparer.Ordinal)];
    }

    private static string Line(
        string name, IEnumerable<string> group, Rational value, long first, long last, int place, IEnumerable<(int, string)> events) =>
        $"{name} {JsonSerializer.Serialize(group)} {value} {first} {last} {place} {string.Join(' ', events)}";

    /// <summary>The document's words as code, without a thought for cost.</summary>
    private sealed class Plain
    {
        private readonly CorrelationPlan _plan;
        private readonly List<Occurrence>[] _byRule;
        private readonly List<string> _told = [];

        public Plain(RuleSet rules, string[] events)
        {
            _plan = rules.CorrelationPlan;
            _byRule = [.. rules.Rules.Select(_ => new List<Occurrence>())];
            for (int place = 0; place < events.Length; place++)
            {
                SigmaEvent sigmaEvent = Parse(events[place]);
                foreach (RuleMatch match in new Detector(rules).Match(sigmaEvent))
                {
                    _byRule[rules.Rules.IndexOf(match.Rule)].Add(new Occurrence(
                        place, TimeOf(sigmaEvent), "", field => EventFields.Find(sigmaEvent.Views[0].Fields, field), false));
                }
            }
        }

        /// <summary>A match of a rule or of an inner correlation.</summary>
        private sealed record Occurrence(int Place, long Time, string Identity, Func<string, FieldValue?> Field, bool IsFiring);

        private sealed record Member(Occurrence Of, int Rule, ImmutableArray<string> Texts, ImmutableArray<string> Values, ImmutableArray<Rational> Numbers);

        public List<string> Detections()
        {
            var outcomes = new List<List<Occurrence>>();
            foreach (CompiledCorrelation correlation in _plan.Correlations)
            {
                outcomes.Add(Evaluate(correlation, outcomes));
            }

            _told.Sort(StringComparer.Ordinal);
            return _told;
        }

        private List<Occurrence> Evaluate(CompiledCorrelation correlation, List<List<Occurrence>> outcomes)
        {
            bool countsDetections = correlation.Logic.Type is not (CorrelationType.Temporal or CorrelationType.TemporalOrdered or CorrelationType.ValueCount);
            List<Member> members = [];
            for (int rule = 0; rule < correlation.Parts.Length; rule++)
            {
                CorrelationPart part = correlation.Parts[rule];
                IEnumerable<Occurrence> of = part.Correlation is { } inner
                    ? outcomes[inner].Where(one => one.IsFiring || !countsDetections).OrderBy(one => one.Place).ThenBy(one => one.Identity, StringComparer.Ordinal)
                    : _byRule[part.Rule!.Value];
                foreach (Occurrence one in of)
                {
                    foreach (ImmutableArray<string> texts in Ways(part.GroupBy.Select(field => Texts(one.Field(field)))))
                    {
                        members.Add(new Member(
                            one,
                            rule,
                            texts,
                            [.. Ways(part.Fields.Select(field => Texts(one.Field(field)))).Select(Key).Distinct()],
                            [.. part.Fields.SelectMany(field => Numbers(one.Field(field)))]));
                    }
                }
            }

            var found = new List<Occurrence>();
            foreach (IGrouping<string, Member> group in members.GroupBy(member => Key(member.Texts)))
            {
                List<(int, string)> identities =
                [
                    .. members.GroupBy(member => Identity(member.Of, correlation)).OrderBy(one => one.Key.Item1).ThenBy(one => one.Min(member => member.Rule))
                        .ThenBy(one => one.Key.Item2, StringComparer.Ordinal).Select(one => one.Key),
                ];
                List<string> values = [.. group.SelectMany(member => member.Values).Distinct()];
                ImmutableArray<GroupMatch> matches =
                [
                    .. group.Select((member, source) => new GroupMatch(
                        member.Of.Time,
                        identities.IndexOf(Identity(member.Of, correlation)),
                        member.Rule,
                        source,
                        [.. correlation.Logic.Type == CorrelationType.ValueCount ? member.Values.Select(value => values.IndexOf(value)) : []],
                        [.. correlation.Logic.Type == CorrelationType.ValueCount ? [] : member.Numbers])).DistinctBy(match => (match.Event, match.Rule)),
                ];
                HashSet<long> firings = [.. PlainGroupEvaluation.Firings(correlation.Logic, matches)];
                foreach ((long time, Rational value, bool holds) in PlainGroupEvaluation.Instants(correlation.Logic, matches).Where(instant => instant.Holds))
                {
                    List<GroupMatch> window =
                    [
                        .. PlainGroupEvaluation.Parts(correlation.Logic, matches).Where(match => match.Time <= time && match.Time >= time - correlation.Logic.Span)
                            .OrderBy(match => match.Time).ThenBy(match => match.Event).ThenBy(match => match.Rule),
                    ];
                    List<Member> by = [.. window.Select(match => group.ElementAt(match.Source))];
                    Member completing = by[^1];
                    found.Add(new Occurrence(
                        completing.Of.Place,
                        time,
                        $"{correlation.Correlation.Id}\n{HexKey(completing.Texts)}\n{time:D19}",
                        field => correlation.Correlation.GroupBy.IndexOf(field) is >= 0 and int at ? FieldValue.FromText(completing.Texts[at]) : completing.Of.Field(field),
                        firings.Contains(time)));
                    Assert.True(holds);
                    if (firings.Contains(time) && !correlation.IsSilent)
                    {
                        _told.Add(Line(
                            correlation.Correlation.Name!, completing.Texts, value, window[0].Time, time, completing.Of.Place,
                            by.Select(member => (member.Of.Place, correlation.Parts[member.Rule].Id))));
                    }
                }
            }

            return found;
        }

        private static (int, string) Identity(Occurrence one, CompiledCorrelation of) => (one.Place, of.Logic.IsTemporal ? "" : one.Identity);

        private static string Key(ImmutableArray<string> texts) => string.Concat(texts.Select(text => $"{text.Length}:{text.ToUpperInvariant()}"));

        // Only its order counts, and that it is the same for equal groups.
        private static string HexKey(ImmutableArray<string> texts) => Convert.ToHexString(
            [.. texts.Select(text => System.Text.Encoding.UTF8.GetBytes(text.ToUpperInvariant())).SelectMany(bytes => (byte[])[(byte)bytes.Length, .. bytes])]);

        private static IEnumerable<ImmutableArray<string>> Ways(IEnumerable<List<string>> fields) =>
            fields.Aggregate((IEnumerable<ImmutableArray<string>>)[[]], (ways, texts) => [.. ways.SelectMany(_ => texts, (way, text) => way.Add(text))]);

        private static List<string> Texts(FieldValue? value) =>
        [
            .. Leaves(value).Select(leaf => leaf.Kind == FieldValueKind.Number && Rational.TryParse(leaf.Text, true, out Rational number) ? number.ToString() : leaf.Text)
                .DistinctBy(text => text, StringComparer.OrdinalIgnoreCase),
        ];

        private static IEnumerable<Rational> Numbers(FieldValue? value)
        {
            foreach (FieldValue leaf in Leaves(value))
            {
                if (Rational.TryParse(leaf.Text, leaf.Kind == FieldValueKind.Number, out Rational number))
                {
                    yield return number;
                }
            }
        }

        private static IEnumerable<FieldValue> Leaves(FieldValue? value) => value?.Kind switch
        {
            null or FieldValueKind.Null or FieldValueKind.Object => [],
            FieldValueKind.Array => value.Items.SelectMany(Leaves),
            _ => [value],
        };
    }
}
