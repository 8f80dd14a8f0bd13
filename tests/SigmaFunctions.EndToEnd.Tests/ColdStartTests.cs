using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Azure.Storage.Blobs;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>
/// The first detection of an instance that was not there, for each way in which its rules can come. The app is the published one that
/// <c>SIGMAFUNCTIONS_PACKAGE</c> names, or else the built one; <c>COLD_RULES</c> names folders of rules (separated by <c>;</c>; the rules that ship
/// with the app without it), <c>COLD_RUNS</c> how many starts there are, and <c>COLD_TABLE</c> a file that gets a line of docs/performance.md for
/// each way.
/// </summary>
public sealed partial class ColdStartTests
{
    private const string Event = """{"category":"process_creation","product":"windows","Computer":"host","Image":"C:\\tool.exe","CommandLine":"tool.exe marker"}""";

    private static readonly int Runs = Setting("COLD_RUNS") is { } runs ? int.Parse(runs, CultureInfo.InvariantCulture) : 1;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("YAML", false, false)]
    [InlineData("pack beside the YAML", true, false)]
    [InlineData("YAML, pack kept in the container", false, true)]
    public async Task The_first_event_is_detected_however_the_rules_come(string way, bool packed, bool container)
    {
        string app = Setting("SIGMAFUNCTIONS_PACKAGE") is { } package ? Path.Combine(package, "SigmaFunctions.App.dll") : LocalPaths.AppAssembly;
        string folder = Directory.CreateTempSubdirectory("sigmafunctions-cold-").FullName;
        string rules = Path.Combine(folder, "rules");
        try
        {
            foreach (string source in (Setting("COLD_RULES") ?? LocalPaths.AppRules).Split(';'))
            {
                Copy(source, Path.Combine(rules, Path.GetFileName(source)));
            }

            await File.WriteAllTextAsync(Path.Combine(rules, "marked.yml"), MarkedRule.Yaml, Token);
            if (packed)
            {
                await PackAsync(app, rules);
            }

            bool usedPack = false;
            double rulesAfter = 0;
            await using LocalDeployment deployment = await LocalDeployment.StartAsync(
                MarkedRule.Yaml,
                log: line =>
                {
                    usedPack |= line.Message.Contains("The rules come compiled", StringComparison.Ordinal);
                    if (RulesLoaded().Match(line.Message) is { Success: true } loaded)
                    {
                        rulesAfter = double.Parse(loaded.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
                    }
                },
                settings: ImmutableDictionary<string, string>.Empty
                    .Add("Rules__Path", rules)
                    .Add("Rules__BlobContainer", container ? RuleStore.DefaultName : ""),
                appAssembly: app);
            await deployment.SendAsync(Event);
            TriggerBatch batch = await deployment.ReadBatchAsync(1);
            // The first start has made the tables, and keeps the rules where there is a container.
            if (container)
            {
                await WaitForPackAsync(new BlobContainerClient(deployment.StorageConnection, RuleStore.DefaultCompiledName));
            }

            var starts = new List<(double Rules, double Loaded, double First, double Cpu, double Peak)>();
            for (int run = 0; run < Runs; run++)
            {
                await deployment.Worker.DisposeAsync();
                (usedPack, rulesAfter) = (false, 0);
                await deployment.StartWorkerAsync(createsStore: false);
                var watch = Stopwatch.StartNew();
                await deployment.InvokeAsync(batch);
                starts.Add((
                    rulesAfter,
                    deployment.Worker.LoadedAfter.TotalMilliseconds,
                    watch.Elapsed.TotalMilliseconds,
                    ProcessUse.CpuSeconds(deployment.Worker.ProcessId),
                    ProcessUse.PeakMegabytes(deployment.Worker.ProcessId)));
            }

            Assert.Single(await deployment.RowsAsync());
            Assert.Equal(packed || container, usedPack);
            Assert.All(starts, start => Assert.InRange(start.Rules, 1, start.Loaded));
            (double Rules, double Loaded, double First, double Cpu, double Peak) best = starts.MinBy(start => start.Loaded + start.First);
            string line = string.Create(
                CultureInfo.InvariantCulture,
                $"| {way} | {starts.Min(start => start.Rules):N0} | {best.Loaded:N0} | {best.First:N0} | {best.Loaded + best.First:N0} | {starts.Min(start => start.Cpu) * 1_000:N0} | {best.Peak:N0} |");
            TestContext.Current.TestOutputHelper!.WriteLine(line);
            if (Setting("COLD_TABLE") is { } table)
            {
                await File.AppendAllLinesAsync(table, [line], Token);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [GeneratedRegex(@"rules?\b.* loaded, .* in (\d+) ms")]
    private static partial Regex RulesLoaded();

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*.yml", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    // As publishing does it.
    private static async Task PackAsync(string app, string rules)
    {
        using var process = Process.Start("dotnet", [app, "pack-rules", rules, rules + ".pack"]);
        await process.WaitForExitAsync(Token);
        Assert.Equal(0, process.ExitCode);
    }

    private static async Task WaitForPackAsync(BlobContainerClient container)
    {
        while (!await container.GetBlobsAsync(cancellationToken: Token).AnyAsync(blob => blob.Name.StartsWith("packs/", StringComparison.Ordinal), Token))
        {
            await Task.Delay(50, Token);
        }
    }
}
