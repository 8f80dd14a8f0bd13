namespace SigmaFunctions.App.Correlating;

/// <summary>
/// Evaluations of parts on this instance: of each part one at a time. Who asks while one runs shares the next one with all who ask until it begins, which is
/// after what they have written; so a part that every batch adds to costs no more than a part can.
/// </summary>
/// <param name="evaluate">Evaluates a part.</param>
/// <param name="timeProvider">Clock.</param>
internal sealed class PartEvaluations(Func<PartRequest, Task> evaluate, TimeProvider timeProvider)
{
    // An evaluation that takes longer is followed by a rest as long as it, up to a second: others need the processor too.
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);

    /// <summary>Evaluates a part, by itself or together with what others ask of it.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="cancellationToken">Ends the waiting; what others share goes on.</param>
    public Task EvaluateAsync(PartRequest request, CancellationToken cancellationToken)
    {
        TaskCompletionSource done;
        lock (_turns)
        {
            if (_turns.TryGetValue(request.Part.Partition, out Turn? turn))
            {
                turn.Next = turn.Next is { } next ? next.With(request) : request;
                done = turn.NextDone ??= NewSource();
            }
            else
            {
                _turns.Add(request.Part.Partition, turn = new Turn());
                done = NewSource();
                _ = RunAsync(turn, request, done);
            }
        }

        return done.Task.WaitAsync(cancellationToken);
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync(Turn turn, PartRequest first, TaskCompletionSource firstDone)
    {
        (PartRequest? request, TaskCompletionSource done) = (first, firstDone);
        while (request is not null)
        {
            long begun = timeProvider.GetTimestamp();
            await CompleteAsync(request, done);
            TimeSpan elapsed = timeProvider.GetElapsedTime(begun);
            if (elapsed > Quick && turn.IsAskedFor(_turns))
            {
                await Task.Delay(elapsed < LongestRest ? elapsed : LongestRest, timeProvider);
            }

            lock (_turns)
            {
                (request, done) = (turn.Next, turn.NextDone ?? done);
                (turn.Next, turn.NextDone) = (null, null);
                if (request is null)
                {
                    _turns.Remove(first.Part.Partition);
                }
            }
        }
    }

    // Whoever waits gets the exception.
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1031:Do not catch general exception types", Justification = "It is handed to those who wait.")]
    private async Task CompleteAsync(PartRequest request, TaskCompletionSource done)
    {
        try
        {
            await evaluate(request);
            done.SetResult();
        }
        catch (Exception exception)
        {
            done.SetException(exception);

            // Those who wait may have gone.
            _ = done.Task.Exception;
        }
    }

    private sealed class Turn
    {
        public PartRequest? Next { get; set; }

        public TaskCompletionSource? NextDone { get; set; }

        public bool IsAskedFor(object gate)
        {
            lock (gate)
            {
                return Next is not null;
            }
        }
    }
}

/// <summary>What is asked of a part.</summary>
/// <param name="Part">The part.</param>
/// <param name="From">The time of the earliest match that may be new, in ticks.</param>
/// <param name="To">The time of the latest one.</param>
/// <param name="Events">Where completing events may be in hand.</param>
/// <param name="IsLast">Whether nothing comes any more.</param>
internal sealed record PartRequest(TreePart Part, long From, long To, ICompletingEvents Events, bool IsLast = false)
{
    /// <summary>Both together.</summary>
    public PartRequest With(PartRequest other) => this with
    {
        // Of rules that changed meanwhile the newer ones.
        Part = other.Part,
        From = Math.Min(From, other.From),
        To = Math.Max(To, other.To),
        Events = CompletingEvents.Of(Events, other.Events),
        IsLast = IsLast || other.IsLast,
    };
}
