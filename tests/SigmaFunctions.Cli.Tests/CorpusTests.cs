namespace SigmaFunctions.Cli.Tests;

/// <summary>Real events through the whole command, against what another evaluator found on them.</summary>
public sealed class CorpusTests : IDisposable
{
    // The bodies of these shapes were made without the event's UserData, and so lost the field Operation that the rule asks for.
    private const string RuleOnUserData = "d4f1a2b3-7c8e-4d5f-b6a9-1e0c2d3f4e5b";
    private static readonly string[] ShapesWithoutUserData = ["flat_json", "winlogbeat_raw", "nxlog_json"];

    /// <summary>The shapes, each with a file of bodies.</summary>
    private static readonly string[] AllShapes =
    [
        "defender_xdr",
        "evtx_json",
        "flat_json",
        "raw_xml",
        "wad_eventhub",
        "la_Event",
        "la_WindowsEvent",
        "la_SecurityEvent",
        "winlogbeat_raw",
        "winlogbeat_ecs_sysmon_module",
        "nxlog_json",
    ];

    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    public static TheoryData<string> Shapes => [.. AllShapes];

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_rule_fires_where_it_should_and_nowhere_else(string shape)
    {
        var cases = Corpus.Wire($"regression/wire/{shape}.ndjson").ToList();

        string[] matches = await ScanAsync(cases.Select(one => one.Body));

        Assert.Equal(
            [.. cases.SelectMany((one, line) => one.Expected.Where(rule => CanFire(shape, rule)).Select(rule => $"{line}:0:{rule}"))
                .Order(StringComparer.Ordinal)],
            matches);
    }

    /// <summary>Bodies of all shapes, one after another in no order.</summary>
    [Fact]
    public async Task The_same_activity_gives_the_same_verdicts_however_it_comes()
    {
        (string Shape, string Origin, byte[] Body)[] cases = AllShapes
            .SelectMany(shape => Corpus.Wire($"regression/wire/{shape}.ndjson").Select(one => (Shape: shape, one.Origin, one.Body)))
            .ToArray();
        new Random(1).Shuffle(cases);

        ILookup<int, string> rules = (await ScanAsync(cases.Select(one => one.Body)))
            .Select(match => match.Split(':'))
            .ToLookup(match => int.Parse(match[0], System.Globalization.CultureInfo.InvariantCulture), match => match[2]);

        var activities = cases
            .Select((one, line) => (one.Shape, one.Origin, Rules: rules[line].ToHashSet()))
            .GroupBy(one => one.Origin)
            .ToList();
        Assert.Equal(125, activities.Count);
        Assert.All(activities, activity =>
        {
            string[] all = [.. activity.SelectMany(one => one.Rules).Distinct().Order(StringComparer.Ordinal)];
            Assert.True(activity.Count() > 1, activity.Key);
            Assert.All(activity, one => Assert.Equal(
                $"{one.Shape} {string.Join(' ', all.Where(rule => CanFire(one.Shape, rule)))}",
                $"{one.Shape} {string.Join(' ', one.Rules.Order(StringComparer.Ordinal))}"));
        });
    }

    private static bool CanFire(string shape, string rule) => rule != RuleOnUserData || !ShapesWithoutUserData.Contains(shape);

    /// <summary>The matches of SigmaHQ's rules on bodies, as <c>line:record:rule</c>.</summary>
    private async Task<string[]> ScanAsync(IEnumerable<byte[]> bodies)
    {
        string events = _cli.Write("e.ndjson", string.Join('\n', bodies.Select(System.Text.Encoding.UTF8.GetString)));

        CommandLine.Outcome outcome = await _cli.RunAsync(
            ["scan", "--rules", Corpus.Require("sigmahq"), events], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(0, outcome.ExitCode);
        return [.. outcome.Matches.Split(' ').Order(StringComparer.Ordinal)];
    }
}
