using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace SigmaFunctions.Infra.Tests;

/// <summary>Runs the Bicep compiler. It needs no network, since no module comes from a registry.</summary>
internal static class Bicep
{
    /// <summary>Whether the compiler's package runs here.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64;

    /// <summary>Skips the test where the compiler's package (linux-x64) does not run.</summary>
    public static void Require() => Assert.SkipUnless(IsSupported, "The Bicep compiler is restored for linux-x64 only.");

    /// <summary>
    /// What a deployment of a file of the folder infra would make, as far as it is known before: where something is known only when something else is
    /// there, the expression stays.
    /// </summary>
    /// <param name="file">The file, relative to the folder.</param>
    /// <param name="parameters">Its parameters: declarations of a file of parameters.</param>
    /// <exception cref="InvalidDataException">The file does not take them; the message is the compiler's.</exception>
    public static async Task<IReadOnlyList<JsonElement>> PredictAsync(string file, string parameters)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("infra-");
        try
        {
            string path = Path.Combine(folder.FullName, "given.bicepparam");
            string target = Path.GetRelativePath(folder.FullName, Path.Combine(Repository.InfraFolder, file));
            await File.WriteAllTextAsync(path, $"using '{target}'\n{parameters}\n");
            // The main file is of a subscription, its modules are of a resource group.
            string[] scope = file.StartsWith("modules/", StringComparison.Ordinal) ? ["--resource-group", "rg-test"] : ["--location", "westeurope"];
            BicepResult result = await RunAsync(["snapshot", path, "--mode", "overwrite", "--subscription-id", Guid.Empty.ToString(), .. scope]);
            if (result.ExitCode != 0)
            {
                throw new InvalidDataException(result.Output + result.Diagnostics);
            }

            using var snapshot = JsonDocument.Parse(await File.ReadAllTextAsync(Path.ChangeExtension(path, ".snapshot.json")));
            return [.. snapshot.RootElement.GetProperty("predictedResources").EnumerateArray().Select(resource => resource.Clone())];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Runs a command of the compiler.</summary>
    /// <exception cref="TimeoutException">It did not end within a minute.</exception>
    public static async Task<BicepResult> RunAsync(params string[] arguments)
    {
        if (OperatingSystem.IsLinux())
        {
            // A package does not carry the mode of a file.
            UnixFileMode mode = File.GetUnixFileMode(Repository.BicepPath);
            if (!mode.HasFlag(UnixFileMode.UserExecute))
            {
                File.SetUnixFileMode(Repository.BicepPath, mode | UnixFileMode.UserExecute);
            }
        }

        var start = new ProcessStartInfo(Repository.BicepPath, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1" },
        };
        using Process process = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
            return new BicepResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"bicep {string.Join(' ', arguments)} did not end within a minute.");
        }
    }
}

/// <summary>What the compiler answered.</summary>
/// <param name="ExitCode">0 without errors.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Diagnostics">Errors and warnings; empty for clean files.</param>
internal sealed record BicepResult(int ExitCode, string Output, string Diagnostics);
