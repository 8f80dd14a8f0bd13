using System.Text;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Events that no rule can see are counted, by shape and log source, and described without their values.</summary>
public sealed class UnseenTests
{
    /// <summary>A body, and of each kind of event that no rule can see: number, shape, reason, log source, what it looks like.</summary>
    public static TheoryData<string, string> Bodies => new()
    {
        // Seen: process creation of Windows and anything of category test are what rules are for.
        { """{"category":"test","a":1}""", "" },
        { """{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational"}""", "" },
        { """{"EventID":4688,"Channel":"Security"}""", "" },
        { Defender("DeviceProcessEvents", """{"ActionType":"ProcessCreated"}"""), "" },

        // No log source.
        { """{"foo":"secret","bar":{"x":"secret"}}""", "1 flat NoLogSource '' foo, bar, bar.x" },
        { """[{"foo":1},{"bar":2},{"foo":3}]""", "3 flat NoLogSource '' foo" },
        { Defender("EmailEvents", """{"Subject":"secret"}"""), "1 defender NoLogSource '' category, properties, properties.Subject" },

        // A row that lost the columns that name its actor.
        { Defender("DeviceFileEvents", """{"ActionType":"FileCreated"}"""), "1 defender NoLogSource '' category, properties, properties.ActionType" },

        // A log source that no rule is for.
        { """{"EventID":5,"Channel":"Microsoft-Windows-SENSE/Operational"}""", "1 flat NoRule 'product=windows,service=sense' EventID, Channel" },
        { """{"EventID":5,"Channel":"Contoso"}""", "1 flat NoRule 'product=windows' EventID, Channel" },
        { """{"category":"tset","a":1}""", "1 flat NoRuleForStated '' category, a" },
        { """{"category":"one"}""" + "\n" + """{"product":"other"}""", "2 flat NoRuleForStated '' category" },

        // Left out, as docs/telemetry.md says.
        { Defender("DeviceLogonEvents", """{"ActionType":"LogonSuccess"}"""), "1 defender LeftOut '' category, properties, properties.ActionType" },
        { Defender("DeviceNetworkEvents", """{"ActionType":"DnsConnectionInspected"}"""), "1 defender LeftOut '' category, properties, properties.ActionType" },
        { Defender("DeviceFileEvents", """{"ActionType":"Other"}"""), "1 defender LeftOut '' category, properties, properties.ActionType" },
        { Defender("DeviceRegistryEvents", """{"ActionType":"Other"}"""), "1 defender LeftOut '' category, properties, properties.ActionType" },
        { Defender("DeviceEvents", """{"ActionType":"Other"}"""), "1 defender LeftOut '' category, properties, properties.ActionType" },

        // Several kinds in one body, among events that are seen and records that cannot be read.
        {
            """{"foo":1}""" + "\nnonsense\n" + """{"category":"test"}""" + "\n" + """{"EventID":5,"Channel":"Contoso"}""" + "\n" + """{"foo":2}""",
            "2 flat NoLogSource '' foo | 1 flat NoRule 'product=windows' EventID, Channel"
        },

        // A record that cannot be read is none of the events.
        { """{"Type":"WindowsEvent","EventID":1,"Channel":"c","Provider":"p","EventData":"{broken"}""", "" },

        // Names that nobody should print, too many, and too long.
        { "{\"a\\u001b[2J\\u202e\":1,\"\\u00e9\":2}", "1 flat NoLogSource '' a?[2J?, ?" },
        { "{" + string.Join(',', Enumerable.Range(0, 20).Select(n => $"\"n{n}\":{n}")) + "}", "1 flat NoLogSource '' n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11, n12, n13, n14, n15, …" },
        { $"{{\"{new string('x', 41)}\":1}}", $"1 flat NoLogSource '' {new string('x', 40)}…" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void They_are_counted_by_kind(string body, string unseen) =>
        Assert.Equal(unseen, Describe(Matcher().Match(Encoding.UTF8.GetBytes(body), Token).Unseen));

    [Fact]
    public void What_is_stated_is_shown_to_people_and_no_part_of_the_kind()
    {
        UnseenEvents unseen = Assert.Single(Matcher().Match("""{"category":"proces_creation","product":"w\u0007","service":""}"""u8.ToArray(), Token).Unseen);

        Assert.Equal("product=w?,category=proces_creation", unseen.Stated);
        Assert.Equal(new UnseenKind("flat", UnseenReason.NoRuleForStated, ""), unseen.Kind);
    }

    [Fact]
    public void Each_body_is_counted_by_itself()
    {
        BodyMatcher matcher = Matcher();

        Assert.Equal("2 flat NoLogSource '' a", Describe(matcher.Match("""[{"a":1},{"b":1}]"""u8.ToArray(), Token).Unseen));
        Assert.Equal("", Describe(matcher.Match("""{"category":"test"}"""u8.ToArray(), Token).Unseen));
        Assert.Equal("1 flat NoLogSource '' a", Describe(matcher.Match("""{"c":1}"""u8.ToArray(), Token).Unseen));
    }

    /// <summary>A line that is read twice, since its second reading goes on where the first one failed, counts once.</summary>
    [Theory]
    [InlineData("""{"a":1}{"a":1}""")]
    [InlineData("""[{"a":1},{"a":2},nonsense""")]
    [InlineData("""{"records":[{"a":1},{"a":2},nonsense""")]
    [InlineData("""{"records":[{"a":1},{"a":2}],"records":[{"a":3}]}""")]
    [InlineData("""{"records":[{"a":1},{"a":2}],"b":""")]
    public void What_is_taken_back_is_not_counted(string body)
    {
        BodyMatches matches = Matcher().Match(Encoding.UTF8.GetBytes(body), Token);

        Assert.Equal(matches.Events, matches.Unseen.Sum(unseen => unseen.Count));
    }

    [Fact]
    public void Counting_allocates_nothing_once_a_kind_is_known()
    {
        BodyMatcher matcher = Matcher();
        byte[] body = """[{"a":1},{"EventID":5,"Channel":"Contoso"},{"category":"x"}]"""u8.ToArray();
        for (int i = 0; i < 50; i++)
        {
            matcher.Match(body, Token);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        matcher.Match(body, Token);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Defender(string table, string row) => $$"""{"category":"AdvancedHunting-{{table}}","properties":{{row}}}""";

    private static string Describe(IEnumerable<UnseenEvents> unseen) => string.Join(
        " | ", unseen.Select(one => $"{one.Count} {one.Kind.Shape} {one.Kind.Reason} '{one.Kind.LogSource}' {one.LooksLike}"));

    private static BodyMatcher Matcher() => new(
        new EventDecoder(),
        new Detector(RuleSet.Load(
        [
            new RuleFile("a.yml", Rule("category: test")),
            new RuleFile("b.yml", Rule("product: windows\n  category: process_creation")),
        ])));

    private static string Rule(string logSource) =>
        $"title: t\nlogsource:\n  {logSource}\ndetection:\n  selection:\n    Image: never\n  condition: selection\n";
}
