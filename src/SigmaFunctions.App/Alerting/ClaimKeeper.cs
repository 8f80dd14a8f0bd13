using System.Diagnostics.CodeAnalysis;
using Azure;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.App.Alerting;

/// <summary>Removes, every half a minute and when the app ends, claims of this process that are settled and not used any more.</summary>
/// <param name="claims">The claims.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="logger">Log.</param>
internal sealed class ClaimKeeper(AlertClaims claims, TimeProvider timeProvider, ILogger<ClaimKeeper> logger) : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await ReleaseAsync(TimeSpan.Zero, cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await ReleaseAsync(AlertClaims.IdleAfter, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app ends.
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "What is not removed is looked at by the sweep; the app goes on.")]
    private async Task ReleaseAsync(TimeSpan idle, CancellationToken cancellationToken)
    {
        try
        {
            await claims.ReleaseAsync(idle, cancellationToken);
        }
        catch (Exception exception)
        {
            logger.ClaimsNotRemoved(exception is RequestFailedException { ErrorCode: { } code } ? code : exception.GetType().FullName!);
        }
    }
}
