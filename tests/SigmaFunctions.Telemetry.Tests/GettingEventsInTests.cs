using System.Text;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Mappings;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>The bodies of docs/getting-events-in.md are read as the page says, and rules match them.</summary>
public sealed partial class GettingEventsInTests
{
    private const string Certutil = "Certutil Fetches A Remote File";
    private const string PipedDownload = "Download Piped Into An Interpreter";

    private static readonly string Page = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "getting-events-in.md")).ReplaceLineEndings("\n");

    private static readonly Lazy<RuleSet> BundledRules = new(() => RuleSet.LoadPaths([Path.Combine(AppContext.BaseDirectory, "rules")]));

    /// <summary>Body and the bundled rule that is for what happens in it.</summary>
    public static TheoryData<string, string> Bodies => new()
    {
        { "defender", Certutil },
        { "event", Certutil },
        { "windows-event", Certutil },
        { "security", Certutil },
        { "winlogbeat", Certutil },
        { "fluent-bit", Certutil },
        { "nxlog", Certutil },
        { "syslog", PipedDownload },
        { "sysmon-linux", PipedDownload },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_is_read_as_the_table_says(string name, string rule)
    {
        string[] row = Row(name);
        DecodedEvent decoded = Decoded.One(Block($"json body={name}"));
        EventView view = decoded.View("process_creation", rule == PipedDownload ? "linux" : "windows");

        Assert.Equal(decoded.Shape, Assert.Single(Quoted(row[2])));
        Assert.Equal(Quoted(row[3]).Order(StringComparer.Ordinal), decoded.LogSources());
        Assert.Equal(Quoted(row[4]), ListedFields().Where(field => view.Field(field) is "absent" or "null" or "" or "-"));
        Assert.Equal(DateTimeOffset.Parse("2026-11-30T09:14:03.552Z", null).ToUnixTimeMilliseconds(), decoded.Time!.Value.ToUnixTimeMilliseconds());
        Assert.Equal(rule == PipedDownload ? "web-03" : "ws-17.contoso.example", decoded.Host);
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_matches_the_bundled_rule_for_what_happens_in_it(string name, string rule) =>
        Assert.Contains(rule, Titles(BundledRules.Value, new EventDecoder(), Block($"json body={name}")));

    [Fact]
    public void Every_body_of_the_page_is_tried()
    {
        IEnumerable<string> shown = BodyName().Matches(Page).Select(match => match.Groups["name"].Value);

        Assert.Equal(Bodies.Select(row => row.Data.Item1).Append("auditd").Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_mapping_of_the_page_gives_auditd_its_log_source()
    {
        string body = Block("json body=auditd");
        var mappings = MappingSet.Load([new RuleFile("auditd.yml", Block("yaml mapping=auditd"))]);
        var decoder = new EventDecoder(mappings: mappings.Mappings);
        DecodedEvent decoded = Assert.Single(decoder.Decode(Encoding.UTF8.GetBytes(body)).Events);
        var rules = RuleSet.Load([new RuleFile("rule.yml",
            """
            title: A script is fetched
            id: 00000000-0000-0000-0000-000000000001
            logsource: {product: linux, service: auditd}
            detection:
                selection:
                    type: EXECVE
                    a0: curl
                    a2|startswith: http
                condition: selection
            """)]);

        Assert.Empty(mappings.Diagnostics);
        Assert.Equal(["product=linux,service=auditd"], decoded.LogSources());
        Assert.Equal(("auditd", "web-03"), (decoded.Shape, decoded.Host));
        Assert.Equal(DateTimeOffset.Parse("2026-11-30T09:14:03.552Z", null), decoded.Time);
        Assert.Equal(["A script is fetched"], Titles(rules, decoder, body));
        Assert.Empty(Decoded.One(body).LogSources());
    }

    private static string[] Titles(RuleSet rules, EventDecoder decoder, string body)
    {
        var detector = new Detector(rules);
        BodyMatches matches = new BodyMatcher(decoder, detector).Match(Encoding.UTF8.GetBytes(body), TestContext.Current.CancellationToken);
        return [.. matches.Records[0].Rules.ToArray().Select(rule => detector.Rules[rule].Title)];
    }

    /// <summary>What a fenced block holds, without the indentation of the list that it is in.</summary>
    private static string Block(string info)
    {
        Match block = Assert.Single(Regex.Matches(Page, $"^(?<indent> *)```{Regex.Escape(info)}\n(?<text>.*?)\n *```$", RegexOptions.Multiline | RegexOptions.Singleline));
        return block.Groups["text"].Value.Replace("\n" + block.Groups["indent"].Value, "\n", StringComparison.Ordinal)[block.Groups["indent"].Length..];
    }

    /// <summary>The cells of the body's row of the table; the first is what is before the row.</summary>
    private static string[] Row(string name) =>
        Assert.Single(Section().Split('\n').Select(line => line.Split('|')), cells => cells.Length > 1 && cells[1].Trim() == $"`{name}`");

    /// <summary>The fields that the page lists before its table, in its order.</summary>
    private static string[] ListedFields() => Quoted(Section()[..Section().IndexOf("Of these", StringComparison.Ordinal)]);

    private static string Section() => Page[Page.IndexOf("## What rules see", StringComparison.Ordinal)..Page.IndexOf("## Check what arrives", StringComparison.Ordinal)];

    private static string[] Quoted(string text) => [.. Code().Matches(text).Select(match => match.Groups["text"].Value)];

    [GeneratedRegex("`(?<text>[^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex("```json body=(?<name>.+)$", RegexOptions.Multiline)]
    private static partial Regex BodyName();
}
