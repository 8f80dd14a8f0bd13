using System.ComponentModel;
using System.Diagnostics;
using System.Reflection;

namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>
/// The app of the version before, whose commit <c>former-version.txt</c> names: from the folder that <c>SIGMAFUNCTIONS_FORMER_PACKAGE</c> names, or
/// else as <c>.ci/former-app</c> builds it of the repository's history, once for each commit.
/// </summary>
public sealed class FormerApp : IAsyncLifetime
{
    private const string Variable = "SIGMAFUNCTIONS_FORMER_PACKAGE";
    private const string AssemblyName = "SigmaFunctions.App.dll";
    private const int NotInHistory = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(5);

    private string? _assembly;
    private string? _missing;

    /// <summary>Path of its assembly. A test that asks for it is skipped where it cannot be had.</summary>
    public string AssemblyPath
    {
        get
        {
            Assert.SkipWhen(_missing is not null, _missing ?? "");
            return _assembly!;
        }
    }

    public async ValueTask InitializeAsync()
    {
        string? folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } package ? package : await BuildAsync();
        if (folder is null)
        {
            return;
        }

        _assembly = Path.Combine(folder, AssemblyName);
        if (!File.Exists(_assembly))
        {
            throw new FileNotFoundException($"The folder of the version before has no {AssemblyName}.", _assembly);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<string?> BuildAsync()
    {
        var start = new ProcessStartInfo("bash", [".ci/former-app"])
        {
            WorkingDirectory = typeof(FormerApp).Assembly
                .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Repository").Value!,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // Tests may run within a build, whose settings are not for another one.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }
            if (process.ExitCode == NotInHistory)
            {
                _missing = (await errors).Trim();
            }
            else if (process.ExitCode != 0)
            {
                throw new InvalidOperationException($".ci/former-app ended with exit code {process.ExitCode}: {await output}{await errors}");
            }

            return process.ExitCode == 0 ? (await output).Trim() : null;
        }
        catch (Win32Exception exception)
        {
            _missing = $"bash cannot be started ({exception.Message}): let {Variable} name a folder with the app of the version before.";
            return null;
        }
    }
}
