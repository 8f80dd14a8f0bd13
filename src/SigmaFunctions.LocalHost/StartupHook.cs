using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

/// <summary>
/// Runs in the worker before its own entry point (<c>DOTNET_STARTUP_HOOKS</c>): ends the worker when the pipe to the program that
/// started it closes, however that program ended. The worker by itself outlives a host that was killed.
/// </summary>
[SuppressMessage("Design", "CA1050:Declare types in namespaces", Justification = "The runtime looks for this name.")]
internal static class StartupHook
{
    /// <summary>Called by the runtime.</summary>
    [SuppressMessage("CodeQuality", "IDE0051:Remove unused private members", Justification = "Called by the runtime.")]
    public static void Initialize()
    {
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", null);
        Stream input = Console.OpenStandardInput();
        new Thread(() => ExitAtEnd(input)) { IsBackground = true, Name = "Exit with parent" }.Start();
    }

    private static void ExitAtEnd(Stream input)
    {
        Span<byte> buffer = stackalloc byte[16];
        try
        {
            while (input.Read(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // A broken pipe is an end as well.
        }
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }
}
