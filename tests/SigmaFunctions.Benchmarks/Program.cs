using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using SigmaFunctions.Benchmarks;

if (args is ["--check"])
{
    return ShortCheck.Run(Console.Out) ? 0 : 1;
}

if (args is ["--ratios"])
{
    Ratios.Run(Console.Out);
    return 0;
}

if (args is ["--correlations"])
{
    Correlations.Run(Console.Out);
    return 0;
}

if (args is ["--cost", .. string[] options])
{
    return Cost.Run(options, Console.Out, Console.Error) ? 0 : 2;
}

if (args is ["--reload"])
{
    Reload.Run(Console.Out);
    return 0;
}

// In this process: another would have to be built from a generated project, and ratios do not need it.
IConfig config = DefaultConfig.Instance.AddJob(Job.Default
    .WithToolchain(InProcessEmitToolchain.Instance)
    .WithWarmupCount(5)
    .WithIterationCount(15)
    .AsDefault());
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args.Length > 0 ? args : ["--filter", "*"], config);
return 0;
