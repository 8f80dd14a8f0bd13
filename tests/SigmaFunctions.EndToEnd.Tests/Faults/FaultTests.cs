using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using SigmaFunctions.LocalHost.Azurite;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.EndToEnd.Tests.Faults;

/// <summary>
/// Nothing lost, nothing twice, every detection announced, whatever fails. <c>FAULT_SEEDS</c> names the seeds of each fault, as a
/// number of them or as the first and last (<c>7-7</c>); <c>FAULT_ONLY</c> is a part of the names of the faults that are run; <c>FAULT_GONE</c> and <c>FAULT_SLOW</c> lengthen, in seconds, how long the
/// store is gone and its longest delay; <c>FAULT_TABLE</c> names a file that gets a line of docs/reliability.md for each fault, and one
/// beside it that ends with <c>.correlations.md</c> gets another.
/// </summary>
public sealed class FaultTests(FaultTests.Account account) : IClassFixture<FaultTests.Account>
{
    // What is run without a word of seeds: each kind of fault is in one of these.
    private static readonly string[] InShort = ["worker killed", "reset in place of the answer", "all at once"];

    public static TheoryData<string> Faults =>
    [
        .. Scenarios.Keys.Where(fault => Environment.GetEnvironmentVariable("FAULT_ONLY") is { } only
            ? fault.Contains(only, StringComparison.Ordinal)
            : SeedsByHand is not null || InShort.Contains(fault)),
    ];

    private static string? SeedsByHand { get; } = Environment.GetEnvironmentVariable("FAULT_SEEDS");

    private static Dictionary<string, Func<int, FaultScenario>> Scenarios { get; } = new()
    {
        ["no fault"] = seed => new(Plan(seed, 0)),
        ["worker killed"] = seed => new(Plan(seed, 0.12, FaultKind.Kill) with { LongestDelay = TimeSpan.FromMilliseconds(40) }),
        ["worker killed while correlating"] = seed => new(Plan(seed, 0.01, FaultKind.Kill) with
        {
            OnlyTables = CorrelationTable.NameSuffix,
            LongestDelay = TimeSpan.FromMilliseconds(40),
            Lifted = TimeSpan.FromSeconds(30),
        })
        { MaxKills = 6 },
        ["storage slow"] = seed => new(Plan(seed, 0.5, FaultKind.Delay) with { LongestDelay = Seconds("FAULT_SLOW", 0.4) }),
        ["500"] = seed => new(Plan(seed, 0.3, FaultKind.InternalError)),
        ["500 of the queue, longer than all tries"] = seed => new(Plan(seed, 1, FaultKind.InternalError) with { Only = StorageService.Queue, Lifted = TimeSpan.FromSeconds(20) })
        {
            FailsInvocations = true,
        },
        ["500, carried out"] = seed => new(Plan(seed, 0.3, FaultKind.ErrorAfter)),
        ["503"] = seed => new(Plan(seed, 0.3, FaultKind.ServerBusy)),
        ["reset before the request"] = seed => new(Plan(seed, 0.3, FaultKind.ResetBefore)),
        ["reset in place of the answer"] = seed => new(Plan(seed, 0.3, FaultKind.ResetAfter)),
        ["answer cut"] = seed => new(Plan(seed, 0.3, FaultKind.CutAnswer)),
        ["storage gone"] = seed => new(Plan(seed, 0) with { Gone = Seconds("FAULT_GONE", 2) }),
        ["duplicates and reordering"] = seed => new(Plan(seed, 0)) { Redeliveries = 60 },
        ["partition moved"] = seed => new(Plan(seed, 0.2, FaultKind.Delay)) { Moves = 4, Redeliveries = 12 },
        ["partition moved, of eight workers"] = seed => new(Plan(seed, 0.2, FaultKind.Delay, FaultKind.Kill)) { Workers = 8, Partitions = 4, Messages = 56, Moves = 24, Redeliveries = 24 },
        ["poison in every tenth batch"] = seed => new(Plan(seed, 0)) { Poison = true, Messages = 400 },
        ["all at once"] = seed => new(Plan(
            seed, 0.3, FaultKind.Delay, FaultKind.InternalError, FaultKind.ErrorAfter, FaultKind.ServerBusy, FaultKind.ResetBefore, FaultKind.ResetAfter, FaultKind.CutAnswer, FaultKind.Kill) with
        { Gone = TimeSpan.FromSeconds(1) })
        {
            Redeliveries = 30,
            Moves = 3,
            Poison = true,
        },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task Nothing_is_lost_and_nothing_is_there_twice(string fault)
    {
        var outcomes = new List<FaultOutcome>();
        foreach (int seed in Seeds(SeedsByHand))
        {
            FaultScenario scenario = Scenarios[fault](seed) with { Correlates = true };
            if (SeedsByHand is null)
            {
                scenario = scenario with { Messages = scenario.Messages / 3 };
            }

            var watch = Stopwatch.StartNew();
            FaultOutcome outcome = await RunAsync(scenario);
            TestContext.Current.TestOutputHelper!.WriteLine($"{scenario.Plan}: {watch.Elapsed.TotalSeconds:0.0} s, {outcome}");
            Assert.True(outcome.Problems.IsEmpty, $"{fault}, {scenario.Plan}: {string.Join("; ", outcome.Problems)}. Again: FAULT_SEEDS={seed}-{seed}");
            Assert.True(!scenario.FailsInvocations || outcome.FailedInvocations > 0, "No invocation failed: the fault did not outlast the SDK's tries.");
            outcomes.Add(outcome);
        }
        if (Environment.GetEnvironmentVariable("FAULT_TABLE") is { Length: > 0 } path)
        {
            await File.AppendAllTextAsync(path, Line(fault, outcomes), TestContext.Current.CancellationToken);
            await File.AppendAllTextAsync(
                Path.ChangeExtension(path, ".correlations.md"), Line(fault, [.. outcomes.Select(outcome => outcome.Correlations!)]), TestContext.Current.CancellationToken);
        }
    }

    private async Task<FaultOutcome> RunAsync(FaultScenario scenario)
    {
        try
        {
            return await FaultRun.RunAsync(account.ConnectionString, scenario, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new TimeoutException($"The run did not end: {scenario.Plan}.", exception);
        }
    }

    private static FaultPlan Plan(int seed, double share, params ImmutableArray<FaultKind> kinds) =>
        new() { Seed = seed, Kinds = kinds, Share = share, Burst = seed % 3 == 0 ? 5 : 1 };

    /// <summary>The seeds that a setting names: how many, or the first and last; one without it.</summary>
    internal static IEnumerable<int> Seeds(string? setting)
    {
        string[] seeds = (setting ?? "1").Split('-');
        int first = seeds.Length == 1 ? 1 : Number(seeds[0]);
        return Enumerable.Range(first, Number(seeds[^1]) - first + 1);

        static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
    }

    private static TimeSpan Seconds(string variable, double otherwise) => TimeSpan.FromSeconds(
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? double.Parse(text, CultureInfo.InvariantCulture) : otherwise);

    private static string Line(string fault, List<FaultOutcome> outcomes)
    {
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {fault} | {outcomes.Count} | {Sum(item => item.Messages):N0} | {Sum(item => item.Injected):N0} | {Sum(item => item.FailedInvocations):N0} | {Sum(item => item.Expected):N0} | {Sum(item => item.Lost)} | {Sum(item => item.Twice)} | {Sum(item => item.RepeatedAlerts):N0} |\n");

        int Sum(Func<FaultOutcome, int> value) => outcomes.Sum(value);
    }

    private static string Line(string fault, List<CorrelationOutcome> outcomes)
    {
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {fault} | {Sum(item => item.Expected):N0} | {Sum(item => item.Lost)} | {Sum(item => item.Wrong)} | {Sum(item => item.Revised):N0} | {Sum(item => item.Superseded):N0} | {Sum(item => item.Announced):N0} | {Sum(item => item.Moved):N0} | {Sum(item => item.RepeatedAlerts):N0} |\n");

        int Sum(Func<CorrelationOutcome, int> value) => outcomes.Sum(value);
    }

    /// <summary>One storage account for all runs; each has a table and a queue of its own.</summary>
    public sealed class Account : IAsyncLifetime
    {
        private AzuriteProcess? _azurite;

        public string ConnectionString => _azurite!.ConnectionString;

        public async ValueTask InitializeAsync() => _azurite = await AzuriteProcess.StartAsync(TestContext.Current.CancellationToken);

        public async ValueTask DisposeAsync()
        {
            if (_azurite is not null)
            {
                await _azurite.DisposeAsync();
            }
        }
    }
}
