using System.Diagnostics;
using System.Text;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>LocalHost, started as documented; sets <c>HUB</c> and <c>STORAGE</c> to the connection strings that it prints.</summary>
internal sealed class Server : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _errors;
    private Task _rest = Task.CompletedTask;

    private Server(Process process)
    {
        _process = process;
        _errors = process.StandardError.ReadToEndAsync();
    }

    /// <exception cref="InvalidOperationException">It ended before it had printed both.</exception>
    public static async Task<Server> StartAsync(string command, Workspace workspace, CancellationToken cancellationToken)
    {
        var server = new Server(workspace.Start(command));
        var seen = new StringBuilder();
        // The sample has gone through when a detection is shown: then everything works.
        while (!workspace.Variables.ContainsKey("HUB") || !workspace.Variables.ContainsKey("STORAGE") || !seen.ToString().Contains(" → ", StringComparison.Ordinal))
        {
            string line = await server._process.StandardOutput.ReadLineAsync(cancellationToken)
                ?? throw new InvalidOperationException($"{command} ended: {seen}");
            seen.AppendLine(line);
            Keep("export EVENTHUB_CONNECTION='", "HUB");
            Keep("export DetectionStorage='", "STORAGE");

            void Keep(string name, string variable)
            {
                if (line.StartsWith(name, StringComparison.Ordinal))
                {
                    workspace.Variables[variable] = line[name.Length..].TrimEnd().TrimEnd('\'');
                }
            }
        }
        server._rest = server._process.StandardOutput.ReadToEndAsync(CancellationToken.None);
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        await Task.WhenAll(_rest, _errors);
        _process.Dispose();
    }
}
