namespace SigmaFunctions.Samples;

/// <summary>Asks a storage account until it answers. Each reason why it does not is told once, and once that it answers again.</summary>
/// <param name="log">Is told.</param>
internal sealed class StoreRetry(Action<string> log)
{
    private string? _told;

    /// <summary>Pause after the first failure; each further one doubles it.</summary>
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause.</summary>
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one thing is asked for; for ever by default.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.MaxValue;

    /// <summary>Asks for something.</summary>
    /// <param name="what">What it is, for people.</param>
    /// <param name="ask">Asks once.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="StoreUnavailableException"><see cref="Patience"/> is over.</exception>
    public async Task<T> RunAsync<T>(string what, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        long start = Environment.TickCount64;
        TimeSpan pause = FirstPause;
        while (true)
        {
            try
            {
                T answer = await ask();
                if (_told is not null)
                {
                    _told = null;
                    log("the storage account does what is asked again");
                }

                return answer;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && StoreFailure.ReasonOf(exception) is { } reason)
            {
                string told = $"{what}: {reason}";
                if (Environment.TickCount64 - start >= Patience.TotalMilliseconds)
                {
                    throw new StoreUnavailableException(told, exception);
                }

                if (told != _told)
                {
                    _told = told;
                    log($"{told}; trying until it works");
                }
            }

            await Task.Delay(pause, cancellationToken);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }
}

/// <summary>A storage account has not done for too long what was asked.</summary>
internal sealed class StoreUnavailableException(string message, Exception inner) : Exception(message, inner);
