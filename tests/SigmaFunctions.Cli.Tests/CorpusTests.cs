namespace SigmaFunctions.Cli.Tests;

/// <summary>Real events through the whole command, against what another evaluator found on them.</summary>
public sealed class CorpusTests : IDisposable
{
    // Bodies that were made without the event's UserData, and so lost the field Operation that the rule asks for.
    private const string LostUserData = "14:0:d4f1a2b3-7c8e-4d5f-b6a9-1e0c2d3f4e5b";
    private static readonly string[] ShapesWithoutUserData = ["flat_json", "winlogbeat_raw", "nxlog_json"];

    private readonly CommandLine _cli = new();

    public void Dispose() => _cli.Dispose();

    [Theory]
    [InlineData("defender_xdr")]
    [InlineData("evtx_json")]
    [InlineData("flat_json")]
    [InlineData("raw_xml")]
    [InlineData("wad_eventhub")]
    [InlineData("la_Event")]
    [InlineData("la_WindowsEvent")]
    [InlineData("la_SecurityEvent")]
    [InlineData("winlogbeat_raw")]
    [InlineData("winlogbeat_ecs_sysmon_module")]
    [InlineData("nxlog_json")]
    public async Task Every_rule_fires_where_it_should_and_nowhere_else(string shape)
    {
        var cases = Corpus.Wire($"regression/wire/{shape}.ndjson").ToList();
        string events = _cli.Write("e.ndjson", string.Join('\n', cases.Select(one => System.Text.Encoding.UTF8.GetString(one.Body))));

        CommandLine.Outcome outcome = await _cli.RunAsync(
            ["scan", "--rules", Corpus.Require("sigmahq"), events], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            [.. cases.SelectMany((one, line) => one.Expected.Select(rule => $"{line}:0:{rule}"))
                .Where(match => match != LostUserData || !ShapesWithoutUserData.Contains(shape))
                .Order(StringComparer.Ordinal)],
            outcome.Matches.Split(' ').Order(StringComparer.Ordinal).ToArray());
    }
}
