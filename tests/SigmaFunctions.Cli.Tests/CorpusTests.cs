namespace SigmaFunctions.Cli.Tests;

/// <summary>Real events through the whole command, against what another evaluator found on them.</summary>
public sealed class CorpusTests : IDisposable
{
    // A flat body that lost the field its rule asks for.
    private const string Unfulfillable = "flat_json:14:d4f1a2b3-7c8e-4d5f-b6a9-1e0c2d3f4e5b";

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
    public async Task Every_rule_fires_where_it_should_and_nowhere_else(string shape)
    {
        var cases = Corpus.Wire($"regression/wire/{shape}.ndjson").ToList();
        string events = _cli.Write("e.ndjson", string.Join('\n', cases.Select(one => System.Text.Encoding.UTF8.GetString(one.Body))));

        CommandLine.Outcome outcome = await _cli.RunAsync(
            ["scan", "--rules", Corpus.Require("sigmahq"), events], cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(0, outcome.ExitCode);
        Assert.Equal(
            [.. cases.SelectMany((one, line) => one.Expected.Select(rule => $"{line}:0:{rule}"))
                .Where(match => $"{shape}:{match.Replace(":0:", ":", StringComparison.Ordinal)}" != Unfulfillable)
                .Order(StringComparer.Ordinal)],
            outcome.Matches.Split(' ').Order(StringComparer.Ordinal).ToArray());
    }
}
