using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>When a failed invocation is tried again with the same batch; the partition waits meanwhile.</summary>
/// <param name="MaxRetries">Retries after the first try; −1 for ever, 0 none.</param>
/// <param name="Minimum">Delay before the first retry.</param>
/// <param name="Maximum">Longest delay; what is added to the least doubles until it is reached.</param>
internal sealed record RetryPolicy(int MaxRetries, TimeSpan Minimum, TimeSpan Maximum)
{
    // The host draws what it adds to the least delay from four to six fifths of it.
    private const double Spread = 0.2;

    /// <summary>No retry: a batch that fails is passed over.</summary>
    public static RetryPolicy None { get; } = new(0, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>Reads a function's options; null means none.</summary>
    public static RetryPolicy From(RpcRetryOptions? options) => options switch
    {
        null => None,
        { RetryStrategy: RpcRetryOptions.Types.RetryStrategy.FixedDelay } => new RetryPolicy(
            options.MaxRetryCount, options.DelayInterval?.ToTimeSpan() ?? TimeSpan.Zero, options.DelayInterval?.ToTimeSpan() ?? TimeSpan.Zero),
        _ => new RetryPolicy(options.MaxRetryCount, options.MinimumInterval?.ToTimeSpan() ?? TimeSpan.Zero, options.MaximumInterval?.ToTimeSpan() ?? TimeSpan.Zero),
    };

    /// <summary>Whether there is a retry after <paramref name="retries"/> of them.</summary>
    public bool Allows(int retries) => MaxRetries < 0 || retries < MaxRetries;

    /// <summary>The delay before a retry, as the Functions host has it.</summary>
    /// <param name="retry">Number of the retry, from 1.</param>
    /// <param name="draw">A random number from 0 to below 1.</param>
    public TimeSpan DelayBefore(int retry, double draw)
    {
        double added = retry == 1 ? 0 : Math.Pow(2, retry - 2) * (1 - Spread + (2 * Spread * draw));
        double ticks = Minimum.Ticks * (1 + added);
        return ticks >= Maximum.Ticks ? Maximum : TimeSpan.FromTicks((long)ticks);
    }
}
