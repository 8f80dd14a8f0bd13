using Microsoft.Extensions.Hosting;

namespace SigmaFunctions.LocalHost.Processes;

/// <summary>For a server that lives as long as what it serves; signals are the program's business.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
