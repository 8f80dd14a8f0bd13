using System.Diagnostics.CodeAnalysis;
using Azure;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;

namespace SigmaFunctions.App.Rules;

/// <summary>Looks for other rules in the container, as long as the app runs, beside the batches that are under way.</summary>
/// <param name="watcher">Looks, and exchanges rules.</param>
/// <param name="options">How often.</param>
/// <param name="timeProvider">Clock of the interval.</param>
/// <param name="logger">Log.</param>
internal sealed class RuleReloader(
    RuleWatcher watcher, IOptions<RuleOptions> options, TimeProvider timeProvider, ILogger<RuleReloader> logger) : BackgroundService
{
    private bool _isSettled;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!watcher.MayChange)
        {
            return;
        }

        using var timer = new PeriodicTimer(options.Value.CheckInterval, timeProvider);
        try
        {
            do
            {
                await RunAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app ends.
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        if (await watcher.CheckAsync(cancellationToken))
        {
            _isSettled = false;
        }

        if (!_isSettled)
        {
            _isSettled = await watcher.SettleAsync(cancellationToken);
        }
    }

    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "A fault in looking for rules must not end detection, nor later looks.")]
    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            // On a thread of its own: compiling takes a second.
            await Task.Run(() => CheckAsync(cancellationToken), cancellationToken);
        }
        catch (RequestFailedException exception)
        {
            logger.RuleCheckFailed(options.Value.BlobContainer!, exception.Status, exception.ErrorCode ?? "no answer");
        }
        catch (AggregateException exception) when (exception.InnerExceptions.All(inner => inner is RequestFailedException))
        {
            logger.RuleCheckFailed(options.Value.BlobContainer!, 0, "no answer");
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            logger.RuleCheckDefect(exception.GetType().FullName, exception.StackTrace);
        }
    }
}
