using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Azure.Data.Tables;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Tests;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>
/// Two partitions get a batch of hostile messages each, their neighbour on the same worker a message now and then. <c>ATTACK_MESSAGES</c> is how many
/// messages such a batch has (few without it), <c>ATTACK_ONLY</c> names one attack, <c>ATTACK_TABLE</c> a file that gets a line of
/// docs/reliability.md for each. All of SigmaHQ's rules run where they are.
/// </summary>
public sealed class AttackTests
{
    private const int MaxMegabytes = 512;

    private static readonly int Messages = int.Parse(Environment.GetEnvironmentVariable("ATTACK_MESSAGES") is { Length: > 0 } text ? text : "2", CultureInfo.InvariantCulture);

    private static readonly ImmutableDictionary<string, Func<byte[]>> Attacks = new Dictionary<string, Func<byte[]>>
    {
        ["broken XML before JSON, packed"] = () => Packed(Lines(400_000, number => "<x\n{\"a\":1}")),
        ["broken XML before JSON"] = () => Encoding.UTF8.GetBytes(Lines(60_000, number => "<x\n{\"a\":1}")),
        ["events that 14 rules match, packed"] = () => Packed(Lines(230_000, number => $$"""{"category":"process_creation","product":"windows","n":{{number}}}""")),
        ["unreadable lines"] = () => Encoding.UTF8.GetBytes(Lines(480_000, number => "x")),
        ["unreadable lines, packed"] = () => Packed(Lines(20_000_000, number => number % 7 == 0 ? "xy" : "x")),
        ["one record of very many values, packed"] = () => Packed("[" + string.Concat(Enumerable.Range(0, 20_000_000).Select(number => number % 10 + ",")) + "1]"),
        ["one long value, packed"] = () => Packed("{\"category\":\"process_creation\",\"product\":\"windows\",\"CommandLine\":\"" + string.Concat(Enumerable.Range(0, 9_000_000).Select(number => number % 977)) + "\"}"),
        ["a bomb"] = () => Packed(new string('x', 100 * 1024 * 1024)),
        ["large bodies of nothing"] = () => Encoding.UTF8.GetBytes("{\"a\":\"" + new string('x', 1_000_000) + "\"}"),
        ["XML in JSON in XML"] = () => Encoding.UTF8.GetBytes(Lines(3_000, number => "{\"message\":\"<Event><System><EventID>1</EventID></System><EventData><Data Name='x'>{\\\"message\\\":\\\"<Event>\\\"}</Data></EventData></Event>\",\"xml\":\"<Event><Event>\",\"original\":\"<Event\"}")),
    }.ToImmutableDictionary();

    public static TheoryData<string> Names { get; } =
        [.. Attacks.Keys.Where(name => Environment.GetEnvironmentVariable("ATTACK_ONLY") is not { Length: > 0 } only || only == name).Order(StringComparer.Ordinal)];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_neighbour_is_served_while_partitions_are_attacked(string attack)
    {
        string? corpus = Corpus.Find("sigmahq/rules");
        await using LocalDeployment deployment = await LocalDeployment.StartAsync(
            NoisyRules.Yaml(14) + "\n---\n" + MarkedRule.Yaml, partitions: 3, furtherRules: corpus is null ? [] : [corpus]);
        byte[] body = Attacks[attack]();
        TriggerBatch[] hostile = [deployment.MakeBatch("0", Enumerable.Repeat(body, Messages)), deployment.MakeBatch("1", Enumerable.Repeat(body, Messages))];
        double before = ProcessUse.CpuSeconds(deployment.Worker.ProcessId);
        var watch = Stopwatch.StartNew();

        var attacked = Task.WhenAll(hostile.Select(deployment.InvokeAsync));
        var waits = new List<double>();
        do
        {
            TriggerBatch innocent = deployment.MakeBatch("2", [Encoding.UTF8.GetBytes(MarkedRule.Event($"marker {waits.Count}"))], waits.Count);
            var wait = Stopwatch.StartNew();
            await deployment.InvokeAsync(innocent);
            waits.Add(wait.Elapsed.TotalSeconds);
            await Task.WhenAny(attacked, Task.Delay(200, Token));
        }
        while (!attacked.IsCompleted);
        await attacked;
        double seconds = watch.Elapsed.TotalSeconds;

        ILookup<string, TableEntity> rows = (await deployment.RowsAsync()).ToLookup(row => row.GetString("Partition")!);
        int letters = (await deployment.LettersAsync()).Count;
        double peak = ProcessUse.PeakMegabytes(deployment.Worker.ProcessId);
        string line = string.Create(
            CultureInfo.InvariantCulture,
            $"| {attack} | 2 x {Messages} x {body.Length:N0} | {seconds:0.0} | {ProcessUse.CpuSeconds(deployment.Worker.ProcessId) - before:0.0} | {peak:N0} | {rows["0"].Concat(rows["1"]).Count():N0} | {letters:N0} | {waits.Order().ElementAt(waits.Count / 2):0.00} | {waits.Max():0.00} |\n");
        TestContext.Current.TestOutputHelper!.WriteLine(line);
        if (Environment.GetEnvironmentVariable("ATTACK_TABLE") is { Length: > 0 } path)
        {
            await File.AppendAllTextAsync(path, line, Token);
        }

        Assert.Equal(waits.Count, rows["2"].Count(row => row.GetString("RuleTitle") == "Marked process"));
        Assert.True(peak < MaxMegabytes, line);
    }

    private static string Lines(int count, Func<int, string> line) => string.Concat(Enumerable.Range(0, count).Select(number => line(number) + "\n"));

    private static byte[] Packed(string text)
    {
        using var buffer = new MemoryStream();
        using (var gzip = new GZipStream(buffer, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return buffer.ToArray();
    }
}
