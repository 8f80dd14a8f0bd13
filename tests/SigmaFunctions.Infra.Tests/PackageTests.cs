using System.Reflection.PortableExecutable;
using System.Text.Json;
using SigmaFunctions.App.Starting;

namespace SigmaFunctions.Infra.Tests;

/// <summary>
/// What "dotnet publish" of the app gives and a deployment uploads: the folder that the environment variable SIGMAFUNCTIONS_PACKAGE names.
/// </summary>
public sealed class PackageTests
{
    /// <summary>Megabytes that a package may have: all of it is fetched at every cold start.</summary>
    private const int MaxMegabytes = 35;

    private static readonly string? Folder = Environment.GetEnvironmentVariable("SIGMAFUNCTIONS_PACKAGE");

    public PackageTests() => Assert.SkipWhen(string.IsNullOrEmpty(Folder), "SIGMAFUNCTIONS_PACKAGE names no published app.");

    [Fact]
    public void The_host_finds_the_worker_and_asks_it_for_its_functions()
    {
        JsonElement worker = Read("worker.config.json").GetProperty("description");

        Assert.Equal("dotnet-isolated", worker.GetProperty("language").GetString());
        Assert.Equal("dotnet", worker.GetProperty("defaultExecutablePath").GetString());
        Assert.True(File.Exists(PathOf(worker.GetProperty("defaultWorkerPath").GetString()!)));
        // Functions of several hubs are known to the worker alone.
        Assert.Equal("true", worker.GetProperty("workerIndexing").GetString());
        Assert.Equal("2.0", Read("host.json").GetProperty("version").GetString());
    }

    [Fact]
    public void Functions_of_the_metadata_are_methods_of_the_app()
    {
        JsonElement[] functions = [.. Read("functions.metadata").EnumerateArray()];

        Assert.Equal(
            ["Backlog", "Canary", "Deliver", "Detect", "Health", "HealthDetails", "Retention", "Sources", "Sweep"],
            functions.Select(function => function.GetProperty("name").GetString()).Order(StringComparer.Ordinal));
        Assert.All(functions, function =>
        {
            Assert.True(File.Exists(PathOf(function.GetProperty("scriptFile").GetString()!)));
            string entryPoint = function.GetProperty("entryPoint").GetString()!;
            int method = entryPoint.LastIndexOf('.');
            Assert.NotNull(typeof(StartException).Assembly.GetType(entryPoint[..method])?.GetMethod(entryPoint[(method + 1)..]));
        });
    }

    [Fact]
    public void Every_extension_of_the_host_is_there() => Assert.All(
        Read("extensions.json").GetProperty("extensions").EnumerateArray(),
        extension => Assert.True(File.Exists(PathOf(extension.GetProperty("hintPath").GetString()!)), extension.GetRawText()));

    [Fact]
    public void It_runs_on_the_runtime_that_the_deployment_asks_for() => Assert.Equal(
        ["Microsoft.AspNetCore.App 10.0.0", "Microsoft.NETCore.App 10.0.0"],
        Read("SigmaFunctions.App.runtimeconfig.json").GetProperty("runtimeOptions").GetProperty("frameworks").EnumerateArray()
            .Select(framework => $"{framework.GetProperty("name").GetString()} {framework.GetProperty("version").GetString()}")
            .Order(StringComparer.Ordinal));

    [Fact]
    public void Rules_are_there_with_their_pack_and_without_their_tests()
    {
        Assert.NotEmpty(Directory.EnumerateFiles(PathOf("rules"), "*.yml", SearchOption.AllDirectories));
        Assert.Empty(Directory.EnumerateFiles(PathOf("rules"), "*.test.yml", SearchOption.AllDirectories));
        Assert.NotEmpty(Directory.EnumerateFiles(PathOf("mappings"), "*.yml"));
        Assert.True(new FileInfo(PathOf("rules.pack")).Length > 0);
    }

    [Theory]
    [InlineData("SigmaFunctions.App")]
    [InlineData("SigmaFunctions.Engine")]
    [InlineData("SigmaFunctions.Telemetry")]
    [InlineData("SigmaFunctions.Storage")]
    [InlineData("Azure.Core")]
    [InlineData("Microsoft.Azure.Functions.Worker.Grpc")]
    [InlineData("YamlDotNet")]
    public void An_assembly_is_compiled_ahead_of_time(string name)
    {
        using var file = new PEReader(File.OpenRead(PathOf(name + ".dll")));

        Assert.True(file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0);
        // The compiler writes the machine of Linux into the header's own bits.
        Assert.Equal(0x8664 ^ 0x7B79, (ushort)file.PEHeaders.CoffHeader.Machine);
    }

    [Fact]
    public void Nothing_is_in_it_that_the_app_does_not_need()
    {
        string[] files = [.. Directory.EnumerateFiles(Folder!, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder!, file))];

        Assert.DoesNotContain(files, file => file.EndsWith(".resources.dll", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.StartsWith("runtimes/", StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.EndsWith(".xml", StringComparison.Ordinal));
        Assert.DoesNotContain("local.settings.json", files);
        Assert.InRange(files.Sum(file => new FileInfo(PathOf(file)).Length), 1, MaxMegabytes * 1_000_000L);
    }

    private static string PathOf(string file) => Path.Combine(Folder!, file);

    private static JsonElement Read(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(PathOf(file)));
        return document.RootElement.Clone();
    }
}
