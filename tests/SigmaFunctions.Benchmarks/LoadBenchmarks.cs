using BenchmarkDotNet.Attributes;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Benchmarks;

/// <summary>
/// Loading of all rules in a process that is warm; what a fresh process needs is <c>loadMs</c> of <c>sigmaf scan --stats</c>.
/// </summary>
[MemoryDiagnoser]
public class LoadBenchmarks
{
    private string _pack = "";

    /// <summary>Makes the pack.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _pack = Path.Combine(Directory.CreateTempSubdirectory("sigma-benchmark").FullName, "rules.pack");
        RulePack.Write(Workload.RuleFolders, _pack);
    }

    /// <summary>Removes it.</summary>
    [GlobalCleanup]
    public void Cleanup() => Directory.Delete(Path.GetDirectoryName(_pack)!, recursive: true);

    /// <summary>From YAML.</summary>
    [Benchmark(Baseline = true)]
    public int Yaml() => RuleSet.LoadPaths(Workload.RuleFolders).Rules.Length;

    /// <summary>From a pack.</summary>
    [Benchmark]
    public int Pack() => RulePack.Load(_pack).Rules.Length;

    /// <summary>From a pack that is first compared with the YAML that it was made from.</summary>
    [Benchmark]
    public int PackCompared() => RulePack.Load(_pack, paths: Workload.RuleFolders).Rules.Length;
}
