using System.Globalization;
using System.Text;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Events are counted by where they come from, and which of the fields that rules look at they have.</summary>
public sealed class SourceTallyTests
{
    private const string Sysmon = "Microsoft-Windows-Sysmon/Operational";

    /// <summary>A body, and of each source: number, shape, channel, provider, tenant; of each view the number and how many have each field.</summary>
    public static TheoryData<string, string> Bodies => new()
    {
        // A Windows event is of its channel and provider, whatever it came in.
        {
            $$"""{"EventID":1,"Channel":"{{Sysmon}}","Provider_Name":"Microsoft-Windows-Sysmon","Image":"x","CommandLine":""}""",
            $"1 flat '{Sysmon}' 'Microsoft-Windows-Sysmon' '' [1: 0 1]"
        },
        {
            """{"Event":{"System":{"EventID":4688,"Channel":"Security","Provider":{"#attributes":{"Name":"P"}}},"EventData":{"NewProcessName":"x"}}}""",
            "1 evtx 'Security' 'P' '' [1: 0 1]"
        },
        { """<Event><System><Provider Name="P"/><EventID>4688</EventID><Channel>Security</Channel></System></Event>""", "1 xml 'Security' 'P' '' [1: 0 0]" },
        {
            """{"EventID":4688,"Channel":"Security","SourceName":"P","EventReceivedTime":"now","NewProcessName":"x","CommandLine":"y"}""",
            "1 nxlog 'Security' 'P' '' [1: 1 1]"
        },
        { """{"EventID":4688,"Channel":"Security","ProviderName":"P","StringInserts":["a"]}""", "1 fluentbit 'Security' 'P' '' [1: 0 0]" },
        { """{"winlog":{"channel":"Security","provider_name":"P","event_id":"4688","event_data":{"CommandLine":"y"}}}""", "1 winlogbeat 'Security' 'P' '' [1: 1 0]" },

        // A row of Log Analytics is too, and of a workspace.
        {
            """{"Type":"SecurityEvent","TenantId":"w","EventID":4688,"Channel":"Security","EventSourceName":"P"}""",
            "1 log-analytics 'Security' 'P' 'w' [1: 0 0]"
        },

        // A row of Defender is of its table and tenant; as a row of a workspace, of that.
        { Defender("DeviceProcessEvents", """{"ActionType":"ProcessCreated","FolderPath":"c:\\x","FileName":"x"}"""), "1 defender 'DeviceProcessEvents' '' 't' [1: 0 1]" },
        { """{"Type":"DeviceLogonEvents","TenantId":"w","DeviceId":"d"}""", "1 defender 'DeviceLogonEvents' '' 'w'" },

        // What else there is says what it is, or nothing.
        { """{"category":"test","product":"p","tenantId":"t","Image":[null,"","x"]}""", "1 flat 'test' 'p' 't' [1: 0 1]" },
        { """{"category":"test","service":"s","Image":[null,""],"CommandLine":{}}""", "1 flat 's' '' '' [1: 1 0]" },
        { """{"foo":1}""", "1 flat '' '' ''" },

        // Several of them, and records that cannot be read.
        {
            """{"foo":1}""" + "\nnonsense\n" + """{"category":"test","Image":"a"}""" + "\n" + """{"foo":2}""" + "\n" + """{"category":"test","Image":"","CommandLine":"c"}""",
            "2 flat '' '' '' | 2 flat 'test' '' '' [2: 1 1]"
        },
        { """{"Type":"WindowsEvent","EventID":1,"Channel":"c","Provider":"p","EventData":"{broken"}""", "" },

        // Of a name that repeats, the last counts.
        { """{"category":"test","Image":"","Image":"a","CommandLine":"a","CommandLine":""}""", "1 flat 'test' '' '' [1: 0 1]" },

        // Text that nobody should print, or that is too long.
        { """{"EventID":5,"Channel":"a\u001b[2J\u202e"}""", "1 flat 'a?[2J?' '' ''" },
        { $$"""{"EventID":5,"Channel":"{{new string('x', 200)}}"}""", $"1 flat '{new string('x', 128)}' '' ''" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void They_are_counted_with_the_fields_that_rules_look_at(string body, string sources) =>
        Assert.Equal(sources, Describe(Matcher().Match(Encoding.UTF8.GetBytes(body), Token)));

    [Fact]
    public void Each_body_is_counted_by_itself()
    {
        BodyMatcher matcher = Matcher();

        Assert.Equal("2 flat 'test' '' '' [2: 1 1]", Describe(matcher.Match("""[{"category":"test","Image":1},{"category":"test","CommandLine":1}]"""u8.ToArray(), Token)));
        Assert.Equal("1 flat '' '' ''", Describe(matcher.Match("""{"c":1}"""u8.ToArray(), Token)));
        Assert.Equal("1 flat 'test' '' '' [1: 0 0]", Describe(matcher.Match("""{"category":"test"}"""u8.ToArray(), Token)));
    }

    /// <summary>A line that is read twice, since its second reading goes on where the first one failed, counts once.</summary>
    [Theory]
    [InlineData("""{"category":"test","Image":1}{"category":"test","Image":1}nonsense""", "2 flat 'test' '' '' [2: 0 2]")]
    [InlineData("""[{"category":"test","Image":1},{"category":"test"},nonsense""", "2 flat 'test' '' '' [2: 0 1]")]
    [InlineData("""{"records":[{"category":"test","Image":1},{"category":"test"},nonsense""", "2 flat 'test' '' '' [2: 0 1]")]
    [InlineData("""{"records":[{"category":"test","Image":1}],"records":[{"category":"test"}]}""", "2 flat 'test' '' '' [2: 0 1]")]
    public void What_is_taken_back_is_not_counted(string body, string sources)
    {
        BodyMatches matches = Matcher().Match(Encoding.UTF8.GetBytes(body), Token);

        Assert.Equal(sources, Describe(matches));
        Assert.Equal(matches.Events, matches.Sources.Sum(source => source.Events));
    }

    [Fact]
    public void A_view_counts_once_where_its_record_is_written_again_for_names_that_were_learnt()
    {
        BodyMatcher matcher = Matcher(("a.yml", "product: windows\n  service: security"), ("b.yml", "product: windows\n  category: process_creation\n  definition: Learnt"));
        matcher.Match("""{"EventID":4624,"Channel":"Security"}"""u8.ToArray(), Token);

        Assert.Equal(
            "1 flat 'Security' '' '' [1: 1 0] [1: 1 0 1]",
            Describe(matcher.Match("""{"EventID":4688,"Channel":"Security","CommandLine":"y","Learnt":1}"""u8.ToArray(), Token)));
    }

    [Fact]
    public void Sources_of_a_body_beyond_a_number_are_one_and_take_no_place_from_those_of_the_next()
    {
        BodyMatcher matcher = Matcher();
        matcher.Match(Encoding.UTF8.GetBytes(Channel(7)), Token);

        BodyMatches matches = matcher.Match(Encoding.UTF8.GetBytes(string.Join('\n', Enumerable.Range(0, 600).Select(Channel))), Token);

        Assert.Equal(512, matches.Sources.Count);
        Assert.Equal(600, matches.Sources.Sum(source => source.Events));
        Assert.Equal(89, matches.Sources.Single(source => source.Source == EventSource.Other).Events);
        Assert.Equal("1 flat 'c7' '' ''", Describe(matcher.Match(Encoding.UTF8.GetBytes(Channel(7)), Token)));
        Assert.Equal("1 flat 'c599' '' ''", Describe(matcher.Match(Encoding.UTF8.GetBytes(Channel(599)), Token)));
    }

    [Fact]
    public void Views_of_a_body_beyond_a_number_are_not_counted_and_those_of_the_next_are()
    {
        BodyMatcher matcher = Matcher([.. Enumerable.Range(0, 3).Select(n => ($"{n}.yml", $"category: c{n}"))]);
        string[] records = [.. Enumerable.Range(0, 400).SelectMany(n => Enumerable.Range(0, 3).Select(category => Record(n, category)))];

        BodyMatches matches = matcher.Match(Encoding.UTF8.GetBytes(string.Join('\n', records)), Token);

        Assert.Equal((400, 1_024), (matches.Sources.Count, matches.Sources.Sum(source => source.Views.Count)));
        Assert.Equal("1 flat 's399' '' '' [1: 0 1]", Describe(matcher.Match(Encoding.UTF8.GetBytes(records[^1]), Token)));

        static string Record(int source, int category) =>
            string.Create(CultureInfo.InvariantCulture, $$"""{"category":"c{{category}}","service":"s{{source}}","Image":"x"}""");
    }

    [Fact]
    public void Counting_allocates_nothing_once_a_source_is_known()
    {
        BodyMatcher matcher = Matcher();
        byte[] body = Encoding.UTF8.GetBytes(
            $$"""[{"a":1},{"EventID":1,"Channel":"{{Sysmon}}","Image":"a"},{"category":"test","Image":""},{"EventID":4688,"Channel":"Security","CommandLine":"y"}]""");
        for (int i = 0; i < 50; i++)
        {
            matcher.Match(body, Token);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        matcher.Match(body, Token);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Defender(string table, string row) => $$"""{"category":"AdvancedHunting-{{table}}","tenantId":"t","properties":{{row}}}""";

    private static string Channel(int number) => string.Create(CultureInfo.InvariantCulture, $$"""{"EventID":5,"Channel":"c{{number}}"}""");

    private static string Describe(BodyMatches matches) => string.Join(
        " | ",
        matches.Sources.Select(one => string.Join(
            ' ',
            [
                $"{one.Events} {one.Source.Shape} '{one.Source.Channel}' '{one.Source.Provider}' '{one.Source.Tenant}'",
                .. one.Views.Select(view => $"[{view.Events}: {string.Join(' ', view.Present.ToArray())}]"),
            ])));

    private static BodyMatcher Matcher() => Matcher(("a.yml", "category: test"), ("b.yml", "product: windows\n  category: process_creation"));

    private static BodyMatcher Matcher(params (string Name, string LogSource)[] rules) => new(
        new EventDecoder(), new Detector(RuleSet.Load([.. rules.Select(rule => new RuleFile(rule.Name, Rule(rule.LogSource)))])));

    // The fields are CommandLine and Image, in this order, and one that no shape knows where the log source says so.
    private static string Rule(string logSource) =>
        $"title: t\nlogsource:\n  {logSource}\ndetection:\n  selection:\n    Image: never\n    CommandLine: never\n"
        + (logSource.Contains("Learnt", StringComparison.Ordinal) ? "    Learnt: never\n" : "")
        + "  condition: selection\n";
}
