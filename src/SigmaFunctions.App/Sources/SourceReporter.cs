using System.Diagnostics.CodeAnalysis;
using Azure;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Health;
using SigmaFunctions.Storage.Sources;

namespace SigmaFunctions.App.Sources;

/// <summary>
/// Writes every five minutes, and when the app ends, what this instance counted of sources (<see cref="SourceTable"/>). What cannot be written is tried again with
/// what comes next, unless the store will never take it; detecting never waits for it.
/// </summary>
/// <param name="counts">What was counted.</param>
/// <param name="table">Where it is written.</param>
/// <param name="activity">Where is said what could not be written, so that nobody takes it for silence.</param>
/// <param name="timeProvider">Clock.</param>
/// <param name="logger">Log.</param>
public sealed class SourceReporter(SourceCounts counts, SourceTable table, InstanceActivity activity, TimeProvider timeProvider, ILogger<SourceReporter> logger) : BackgroundService
{
    /// <summary>How often.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    /// <summary>Most sources and days that wait to be written; beyond, the oldest are let go.</summary>
    public const int MaxWaiting = 2_048;

    // The platform gives an app half a minute to end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private const int AtOnce = 4;

    private readonly List<SourceDay> _waiting = [];

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await WriteAsync(patience.Token);
    }

    /// <summary>Writes what was counted since, and what could not be written before. Never throws; calls must not overlap.</summary>
    [SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "Statistics must not end the app.")]
    internal async Task WriteAsync(CancellationToken cancellationToken)
    {
        SourceDay[] days = [.. _waiting, .. counts.Take(DateOnly.FromDateTime(timeProvider.GetUtcNow().UtcDateTime))];
        _waiting.Clear();
        string? fault = null;
        string? ofRow = null;
        int next = 0;

        // Whoever begins after a fault would wait for the same.
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(async _ =>
        {
            while (Volatile.Read(ref fault) is null && Interlocked.Increment(ref next) is int taken && taken <= days.Length)
            {
                SourceDay day = days[taken - 1];
                try
                {
                    await table.AddAsync(day, cancellationToken);
                }
                catch (RequestFailedException exception) when (exception.Status is 400 or 413)
                {
                    // It would stand before all others for ever.
                    Volatile.Write(ref ofRow, FaultReason.Of(exception, Patience));
                }
                catch (RequestFailedException exception) when (exception.Status is 409 or 412)
                {
                    // Others write this one.
                    Volatile.Write(ref ofRow, FaultReason.Of(exception, Patience));
                    Wait(day);
                }
                catch (Exception exception)
                {
                    Volatile.Write(ref fault, FaultReason.Of(exception, Patience));
                    Wait(day);
                }
            }
        }));
        if (fault is not null)
        {
            foreach (SourceDay day in days[Math.Min(next, days.Length)..])
            {
                Wait(day);
            }
        }

        activity.UncountedSince = _waiting.Count == 0 ? null : _waiting.Min(FirstHour);
        if ((fault ?? ofRow) is { } reason)
        {
            logger.SourcesNotKept(reason, _waiting.Count);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, timeProvider);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await WriteAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The app ends.
        }
    }

    private static DateTimeOffset FirstHour(SourceDay day)
    {
        int hour = 0;
        while (hour < day.Hours.Count - 1 && day.Hours[hour] == 0)
        {
            hour++;
        }

        return new DateTimeOffset(day.Day.ToDateTime(new TimeOnly(hour, 0)), TimeSpan.Zero);
    }

    private void Wait(SourceDay day)
    {
        lock (_waiting)
        {
            if (_waiting.Count == MaxWaiting)
            {
                _waiting.RemoveAt(0);
            }

            _waiting.Add(day);
        }
    }
}
