using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>What correlations look at is told of a body without making events: the same as events have.</summary>
public sealed class CorrelatedBodyTests
{
    public static TheoryData<string> Bodies => BodyMatcherTests.Bodies;

    [Theory]
    [MemberData(nameof(Bodies))]
    public void It_is_what_events_have(string body) => AssertSame([Encoding.UTF8.GetBytes(body)]);

    [Theory]
    [InlineData("regression/wire/defender_xdr.ndjson")]
    [InlineData("regression/wire/evtx_json.ndjson")]
    [InlineData("regression/wire/raw_xml.ndjson")]
    [InlineData("regression/wire/la_SecurityEvent.ndjson")]
    [InlineData("regression/wire/winlogbeat_ecs_sysmon_module.ndjson")]
    [InlineData("regression/wire/nxlog_json.ndjson")]
    public void It_is_what_events_have_on_the_wire(string file) =>
        AssertSame([.. Corpus.Wire(file).Select(wire => wire.Body).Where((_, i) => i % 20 == 0)]);

    /// <summary>Matches beyond the limits of a message take no part; rules that are building blocks alone are on no record.</summary>
    [Fact]
    public void Limits_are_those_of_matches()
    {
        Detector detector = Of("low", "gte: 2");
        byte[] body = Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 10).Select(n => $$"""{"category":"any","User":"u{{n}}"}""")));
        BodyMatches matches = new BodyMatcher(new EventDecoder(), detector, new BodyLimits { Correlates = true, MatchesPerRule = 3 }).Match(body, TestContext.Current.CancellationToken);

        Assert.Equal(4, matches.Correlated.Count);
        Assert.Equal(4, matches.Silent);
        Assert.Equal(6, matches.Omitted);
        Assert.Equal(0, matches.Records.Length);
        Assert.Equal(0, new BodyMatcher(new EventDecoder(), detector).Match(body, TestContext.Current.CancellationToken).Correlated.Count);
    }

    /// <summary>No evidence, no second decode, no strings.</summary>
    [Theory]
    [InlineData("""{"category":"any","User":"a","UtcTime":"2026-11-30 00:00:00.123"}""")]
    [InlineData("""[{"category":"any","User":["a",1,null],"UtcTime":"2026-11-30T00:00:00Z"},{"category":"any","User":"b"}]""")]
    public void A_match_that_is_only_counted_allocates_nothing(string body)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var matcher = new BodyMatcher(new EventDecoder(), Of("low", "gte: 2"), new BodyLimits { Correlates = true });
        for (int warm = 0; warm < 3; warm++)
        {
            Assert.NotEqual(0, matcher.Match(bytes, TestContext.Current.CancellationToken).Correlated.Count);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 10; round++)
        {
            matcher.Match(bytes, TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Forms of times that are read without making a text of them, and such that are not, are the same times.</summary>
    [Theory]
    [InlineData("2026-11-30T23:59:59Z", "2026-11-30T23:59:59.0000000+00:00")]
    [InlineData("2026-11-30 23:59:59", "2026-11-30T23:59:59.0000000+00:00")]
    [InlineData("2026-11-30 23:59:59.1", "2026-11-30T23:59:59.1000000+00:00")]
    [InlineData("2026-11-30 23:59:59.1234567 UTC", "2026-11-30T23:59:59.1234567+00:00")]
    [InlineData("2024-02-29T00:00:00.1234567Z", "2024-02-29T00:00:00.1234567+00:00")]
    [InlineData("2026-11-30T23:59:59.123+01:00", "2026-11-30T22:59:59.1230000+00:00")]
    [InlineData("2026-02-29T00:00:00Z", null)]
    [InlineData("2026-13-01T00:00:00Z", null)]
    [InlineData("2026-00-01T00:00:00Z", null)]
    [InlineData("0000-01-01T00:00:00Z", null)]
    [InlineData("2026-01-01T25:00:00Z", null)]
    [InlineData("2026-01-01T00:60:00Z", null)]
    [InlineData("2026-01-01T00:00:61Z", null)]
    [InlineData("2026-01-01Tx0:00:00Z", null)]
    public void Times_are_read(string text, string? time)
    {
        BodyMatches matches = new BodyMatcher(new EventDecoder(), Of("low", "gte: 2"), new BodyLimits { Correlates = true })
            .Match(Encoding.UTF8.GetBytes($$"""{"category":"any","User":"a","UtcTime":"{{text}}"}"""), TestContext.Current.CancellationToken);

        Assert.Equal(time, matches.Correlated[0].Time?.ToString("O"));
    }

    /// <summary>A body that turns out to be something else is read again, and counts once.</summary>
    [Theory]
    [InlineData("""[{"category":"any","User":"a"},{"category":"any","User":"b"}""", 2)]
    [InlineData("{\"category\":\"any\",\"User\":\"a\"}\n{\"category\":\"any\",\"User\":\"b\"}\n{broken", 2)]
    [InlineData("""{"records":[{"category":"any","User":"a"},{"category":"any","User":"b"}]} behind""", 2)]
    public void What_is_read_twice_counts_once(string body, int count)
    {
        BodyMatches matches = new BodyMatcher(new EventDecoder(), Of("low", "gte: 2"), new BodyLimits { Correlates = true })
            .Match(Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken);

        Assert.Equal(count, matches.Correlated.Count);
        Assert.Equal(count, matches.Silent);
        Assert.Equal(count, matches.Events);
    }

    private static Detector Of(string level, string condition) => new(RuleSet.Load([new RuleFile("c.yml",
        $"""
        title: Any
        id: 00000000-0000-0000-0000-000000000001
        name: any
        level: {level}
        logsource: {"{"}category: any{"}"}
        detection: {"{"}sel: {"{"}User|exists: true{"}"}, condition: sel{"}"}
        ---
        title: Many
        id: 00000000-0000-0000-0000-000000000002
        correlation: {"{"}type: event_count, rules: [any], group-by: [User], timespan: 5m, condition: {"{"}{condition}{"}"}{"}"}
        """)]));

    private static void AssertSame(byte[][] bodies)
    {
        var decoder = new EventDecoder(new("any"));
        RuleSet rules = Everything(bodies.SelectMany(body => decoder.Decode(body).Events));
        Assert.Equal(0, rules.Rejected);
        var detector = new Detector(rules);
        var matcher = new BodyMatcher(decoder, detector, new BodyLimits { Correlates = true });
        foreach (byte[] body in bodies)
        {
            Assert.Equal(
                decoder.Decode(body).Events.SelectMany(decoded => Plain(detector, decoded)),
                Told(matcher.Match(body, TestContext.Current.CancellationToken).Correlated));
        }
    }

    private static List<string> Told(CorrelatedBody body)
    {
        var told = new List<string>();
        for (int index = 0; index < body.Count; index++)
        {
            CorrelatedRecord record = body[index];
            for (int match = 0; match < record.Count; match++)
            {
                told.Add(Line(record.Record, record.RuleOf(match), record.Time, record.Host, record.User, record.ValuesOf(match)));
            }
        }

        told.Sort(StringComparer.Ordinal);
        return told;
    }

    private static IEnumerable<string> Plain(Detector detector, DecodedEvent decoded)
    {
        foreach (RuleMatch match in detector.Match(decoded.Event))
        {
            int rule = detector.Rules.IndexOf(match.Rule);
            EventView view = decoded.Event.Views.First(view => view.LogSources.Any(source => source == match.Rule.LogSource)
                && match.Fields.All(field => EventFields.Find(view.Fields, field.Field) is not null));
            yield return Line(
                decoded.Record, rule, decoded.Time, decoded.Host, decoded.User, Captured(view.Fields, detector.RuleSet.CorrelationPlan.FieldsOf(rule)));
        }
    }

    private static string Line(int record, int rule, DateTimeOffset? time, string? host, string? user, ReadOnlySpan<byte> values) =>
        $"{record} {rule:D4} {time:O} {host} {user} {Convert.ToHexString(values)}";

    private static byte[] Captured(IReadOnlyDictionary<string, FieldValue> fields, ImmutableArray<string> names)
    {
        var writer = new CapturedWriter();
        foreach (string name in names)
        {
            Add(EventFields.Find(fields, name));
            writer.EndField();
        }

        return writer.Written.ToArray();

        void Add(FieldValue? value)
        {
            foreach (FieldValue item in value?.Kind == FieldValueKind.Array ? value.Items : [])
            {
                Add(item);
            }

            if (value is not null && CapturedValues.IsKept(value.Kind))
            {
                writer.Add(value.Kind, Encoding.UTF8.GetBytes(value.Text));
            }
        }
    }

    /// <summary>A rule for each log source and field, and a correlation over all of them that asks for every field and path.</summary>
    private static RuleSet Everything(IEnumerable<DecodedEvent> events)
    {
        var rules = new SortedSet<string>(StringComparer.Ordinal);
        var fields = new SortedSet<string>(StringComparer.Ordinal);
        foreach (EventView view in events.SelectMany(decoded => decoded.Event.Views))
        {
            foreach (LogSource source in view.LogSources)
            {
                string logSource = JsonSerializer.Serialize(new SortedDictionary<string, string?>
                {
                    ["category"] = source.Category,
                    ["product"] = source.Product,
                    ["service"] = source.Service,
                }.Where(pair => pair.Value is not null).ToDictionary());
                foreach ((string name, FieldValue value) in view.Fields.Where(field => field.Key.Length > 0 && !field.Key.Contains('|', StringComparison.Ordinal)))
                {
                    rules.Add($"logsource: {logSource}\ndetection: {{s: {{{JsonSerializer.Serialize(name + "|exists")}: true}}, condition: s}}\n");
                    fields.Add(name);
                    fields.UnionWith(value.Properties.Keys.Select(property => $"{name}.{property}"));
                }
            }
        }

        List<string> documents = [.. rules.Select((rule, i) => $"title: Rule\nid: {Id(i)}\n{rule}")];
        documents.Add($"title: All\nid: {Id(99_999)}\ncorrelation: {{type: event_count, rules: [{string.Join(", ", rules.Select((_, i) => Id(i)))}], "
            + $"group-by: [{string.Join(", ", fields.Select(field => JsonSerializer.Serialize(field)))}], timespan: 1m, condition: {{gte: 1}}}}\n");
        return RuleSet.Load(rules.Count == 0 ? [] : [new RuleFile("c.yml", string.Join("---\n", documents))]);
    }

    private static string Id(int number) => $"00000000-0000-0000-0000-{number:D12}";
}
