using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Outputs;

/// <summary>Decides which alerts an output is told by themselves: not those that repeat another on the same entity, nor those of a rule that has had many of late.</summary>
/// <param name="options">The output.</param>
/// <param name="windows">Which alerts stand for others.</param>
/// <param name="bursts">Which rules have many.</param>
/// <param name="queue">Where the message about many is put.</param>
/// <param name="timeProvider">Clock.</param>
internal sealed class OutputHolding(OutputOptions options, AlertWindows windows, BurstTable bursts, OutputQueue queue, TimeProvider timeProvider)
{
    // Each time another was faster.
    private const int MaxConflicts = 16;

    // What is under way when the time ends is still counted.
    private static readonly TimeSpan AfterEnd = TimeSpan.FromSeconds(5);

    /// <summary>Decides about one alert; the same again gives the same, as long as its window is open.</summary>
    /// <returns>Whether it is told by itself, and how many it stands for that were suppressed before.</returns>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="InvalidOperationException">Others changed the same each time; to be tried again.</exception>
    public async Task<Holding> DecideAsync(Alert alert, CancellationToken cancellationToken)
    {
        if (!MayBeHeld(alert, out DetectionId id))
        {
            return new Holding(HoldingKind.None, 0);
        }

        int before = 0;
        if (options.SuppressFor > TimeSpan.Zero)
        {
            if (await SuppressAsync(alert, id, cancellationToken) is not { } suppressed)
            {
                return new Holding(HoldingKind.Suppressed, 0);
            }

            before = suppressed;
        }

        return new Holding(options.GroupsBursts && await GroupAsync(alert, cancellationToken) ? HoldingKind.Grouped : HoldingKind.None, before);
    }

    /// <summary>Has an alert that is put aside stand for no more alerts: those that follow are told.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="InvalidOperationException">Others changed the same each time; to be tried again.</exception>
    public async Task ReleaseAsync(Alert alert, CancellationToken cancellationToken)
    {
        if (options.SuppressFor == TimeSpan.Zero || !MayBeHeld(alert, out DetectionId id))
        {
            return;
        }

        string key = EntityKey(alert);
        for (int conflicts = 0; conflicts <= MaxConflicts; conflicts++)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            SeenWindow seen = await windows.LookAsync(key, cancellationToken);
            if (seen.Window is not { } window || window.AlertId != id || window.Until <= now
                || await windows.TryWriteAsync(seen, window with { Until = now }, cancellationToken) is not null)
            {
                return;
            }
        }

        throw Conflict();
    }

    /// <summary>Ends a burst, and counts what was not told by itself.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    /// <exception cref="InvalidOperationException">Others changed the same each time; to be tried again.</exception>
    public async Task<BurstCount> EndAsync(OutputBurst burst, string ruleId, int named, CancellationToken cancellationToken)
    {
        for (int conflicts = 0; conflicts <= MaxConflicts; conflicts++)
        {
            SeenBurst seen = await bursts.LookAsync(ruleId, cancellationToken);

            // One that another has taken the place of has ended. What is counted after this is taken back by who counted.
            if (seen.Burst is not { IsClosed: false } open || open.Burst.Id != burst.Id
                || await bursts.TryWriteAsync(seen, open with { IsClosed = true }, cancellationToken))
            {
                return await bursts.CountAsync(burst, named, cancellationToken);
            }
        }

        throw Conflict();
    }

    // The others tell of alerts, which no one else does.
    private static bool MayBeHeld(Alert alert, out DetectionId id)
    {
        id = default;
        return alert.Kind == AlertKind.Detection && alert.Omitted == 0 && DetectionId.TryParse(alert.Id, out id);
    }

    // How many were suppressed in the window before; null where it is suppressed itself.
    private async Task<int?> SuppressAsync(Alert alert, DetectionId id, CancellationToken cancellationToken)
    {
        string key = EntityKey(alert);
        for (int conflicts = 0; conflicts <= MaxConflicts; conflicts++)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            SeenWindow seen = await windows.LookAsync(key, cancellationToken);
            if (seen.Window is { } window && window.AlertId == id)
            {
                return window.HeldBackBefore;
            }

            bool isOpen = seen.Window?.Until > now;
            AlertWindow next = isOpen
                ? seen.Window! with { HeldBack = seen.Window.HeldBack + 1 }
                : new AlertWindow(id, now + options.SuppressFor, 0, seen.Window?.HeldBack ?? 0);
            if (await windows.TryWriteAsync(seen, next, cancellationToken) is not null)
            {
                return isOpen ? null : next.HeldBackBefore;
            }
        }

        throw Conflict();
    }

    private async Task<bool> GroupAsync(Alert alert, CancellationToken cancellationToken)
    {
        for (int conflicts = 0; conflicts <= MaxConflicts; conflicts++)
        {
            DateTimeOffset now = timeProvider.GetUtcNow();
            SeenBurst seen = await bursts.LookAsync(alert.Rule.Id, cancellationToken);
            if (seen.Burst is not { IsClosed: false } open || open.Burst.Until <= now)
            {
                if (seen.Burst is { } ended && ended.Told.Contains(alert.Id))
                {
                    return false;
                }

                var opened = new OutputBurst($"{alert.Id}-{now.ToUnixTimeSeconds()}", now, now + options.BurstWindow);
                if (await bursts.TryWriteAsync(seen, new StoredBurst(opened, [alert.Id]), cancellationToken))
                {
                    return false;
                }
            }
            else if (open.Told.Contains(alert.Id))
            {
                return false;
            }
            else if (open.Told.Length < options.BurstAfter)
            {
                if (await bursts.TryWriteAsync(seen, open with { Told = open.Told.Add(alert.Id) }, cancellationToken))
                {
                    return false;
                }
            }
            else if (!open.IsAnnounced)
            {
                // First, since what is counted must be told; twice is once to the receiver.
                var message = new OutputMessage(alert, now) { Burst = open.Burst };
                await queue.SendAsync(message, open.Burst.Until - now + AfterEnd, cancellationToken);
                await bursts.TryWriteAsync(seen, open with { IsAnnounced = true }, cancellationToken);
            }
            else if (await CountAsync(open.Burst, alert, cancellationToken))
            {
                return true;
            }
        }

        throw Conflict();
    }

    // Counted, unless it ended meanwhile: then it may be counted there or not, and is decided anew.
    private async Task<bool> CountAsync(OutputBurst burst, Alert alert, CancellationToken cancellationToken)
    {
        await bursts.AddAsync(burst, alert, cancellationToken);
        SeenBurst seen = await bursts.LookAsync(alert.Rule.Id, cancellationToken);
        if (seen.Burst is { IsClosed: false } open && open.Burst.Id == burst.Id)
        {
            return true;
        }

        await bursts.RemoveAsync(burst, alert, cancellationToken);
        return false;
    }

    // With their lengths, since values may hold the separator.
    private string EntityKey(Alert alert)
    {
        IEnumerable<string?> parts = alert.Correlation is { Group.IsDefaultOrEmpty: false } correlation
            ? correlation.Group.Select(string? (one) => $"{one.Value.Length} {one.Value}")
            : [alert.TenantId, alert.Host];
        return string.Join('\n', ["output", options.Name, alert.Rule.Id, .. parts.Select(part => part?.ToUpperInvariant())]);
    }

    private static InvalidOperationException Conflict() => new("Others changed the same row each time.");
}

/// <summary>What becomes of an alert of an output.</summary>
/// <param name="Kind">Why it is not told by itself.</param>
/// <param name="SuppressedBefore">How many were suppressed since the last of its kind, about.</param>
internal sealed record Holding(HoldingKind Kind, int SuppressedBefore);

/// <summary>Why an alert is not told by itself.</summary>
internal enum HoldingKind
{
    /// <summary>It is.</summary>
    None,

    /// <summary>Another stands for it.</summary>
    Suppressed,

    /// <summary>It is one of many that are told together.</summary>
    Grouped,
}
