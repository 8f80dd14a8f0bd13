namespace SigmaFunctions.App.Starting;

/// <summary>
/// Ends a start that others hold up. The Functions host drops a worker that has not answered 60 seconds after its start (30 in an instance that was
/// kept ready for any app) and stays up without functions; a worker that ends is started again, and can say why it ended. Only waiting for
/// others is bounded closely: compiling rules is progress, and has what is left of the whole.
/// </summary>
internal sealed class StartWatch : IDisposable
{
    /// <summary>Longest wait for one answer: of a store to one try of a request, for one piece of its body, or for one token.</summary>
    public static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(15);

    /// <summary>Longest start, whatever it is at: soon after, it would be dropped for good.</summary>
    public static readonly TimeSpan StartWithin = TimeSpan.FromSeconds(55);

    /// <summary>The same in an instance that was kept ready for any app.</summary>
    public static readonly TimeSpan StartInHostWithin = TimeSpan.FromSeconds(25);

    // The program of such an instance, which has the app as a part of its own process.
    private const string HostProgram = "FunctionsNetHost";

    private readonly TimeProvider _timeProvider;
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ITimer _whole;
    private volatile bool _isPrepared;

    /// <summary>Begins to watch.</summary>
    /// <param name="timeProvider">Clock.</param>
    public StartWatch(TimeProvider timeProvider)
        : this(timeProvider, Path.GetFileNameWithoutExtension(Environment.ProcessPath))
    {
    }

    /// <summary>Begins to watch.</summary>
    /// <param name="timeProvider">Clock.</param>
    /// <param name="program">Name of the process's program.</param>
    internal StartWatch(TimeProvider timeProvider, string? program)
    {
        TimeSpan within = string.Equals(program, HostProgram, StringComparison.OrdinalIgnoreCase) ? StartInHostWithin : StartWithin;
        _timeProvider = timeProvider;
        _whole = timeProvider.CreateTimer(
            _ => Fail($"It has not started within {within.TotalSeconds:0} seconds, and the Functions host would soon give it up for good. "
                + "Rules that are read as YAML and stores that answer slowly take longest: give the instance more memory, and with it more of a core, "
                + "or let the rules come compiled."),
            null,
            within,
            Timeout.InfiniteTimeSpan);
    }

    /// <summary>Whether answers are waited for no more: what is asked of stores from then on is not of the start.</summary>
    public bool IsPrepared => _isPrepared;

    /// <summary>Waits for a part of the start.</summary>
    /// <exception cref="StartException">It was held up for too long; it goes on, and the process must end.</exception>
    public async Task GuardAsync(Task part) => await await Task.WhenAny(part, _failure.Task);

    /// <summary>Tells that an answer is waited for, until what is returned is disposed; null where nothing is watched any more.</summary>
    /// <param name="silence">What it is if there is none, such as "The table service of X has not answered".</param>
    public IDisposable? Expect(string silence) => _isPrepared
        ? null
        : _timeProvider.CreateTimer(
            _ => Fail($"{silence} within {AnswerWithin.TotalSeconds:0} seconds."), null, AnswerWithin, Timeout.InfiniteTimeSpan);

    /// <summary>Tells that nothing more is asked of others before the worker answers its host.</summary>
    public void Prepared() => _isPrepared = true;

    /// <summary>Ends the watch: the app has started.</summary>
    public void Dispose()
    {
        _isPrepared = true;
        _whole.Dispose();
    }

    private void Fail(string message) => _failure.TrySetException(new StartException(message));
}
