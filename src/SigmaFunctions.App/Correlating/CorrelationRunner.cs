using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Azure;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Options;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Accounts;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.App.Correlating;

/// <summary>Evaluates correlations: of a batch the parts that its matches are of, and, minute by minute, what is due.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A semaphore of which no handle is taken holds nothing to dispose of.")]
public sealed class CorrelationRunner
{
    // What nobody knows any more is removed after that: an instance with other rules may know it.
    private static readonly TimeSpan UnknownFor = TimeSpan.FromDays(1);

    // Of this instance at a time: each has a part's matches in memory.
    private const int MaxEvaluations = 8;

    private readonly SemaphoreSlim _slots = new(MaxEvaluations);
    private readonly PartWriter _writer;
    private readonly CorrelationAgenda _agenda;
    private readonly PartEvaluations _evaluations;
    private readonly CorrelationMetrics _metrics;
    private readonly Func<CorrelationPlan> _plan;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger<CorrelationRunner> _logger;

    /// <summary>Makes the runner.</summary>
    /// <param name="rows">The table.</param>
    /// <param name="agenda">What is to be done later.</param>
    /// <param name="recorder">Records firings.</param>
    /// <param name="plan">The correlations that run.</param>
    /// <param name="options">How they run.</param>
    /// <param name="metrics">What is measured.</param>
    /// <param name="timeProvider">Clock.</param>
    /// <param name="logger">Log; never of events' contents.</param>
    public CorrelationRunner(
        ICorrelationRows rows,
        CorrelationAgenda agenda,
        IFiringRecorder recorder,
        Func<CorrelationPlan> plan,
        IOptions<CorrelationOptions> options,
        CorrelationMetrics metrics,
        TimeProvider timeProvider,
        ILogger<CorrelationRunner> logger)
        : this(rows, agenda, recorder, plan, options, metrics, timeProvider, logger, PartLimits.Default)
    {
    }

    internal CorrelationRunner(
        ICorrelationRows rows,
        CorrelationAgenda agenda,
        IFiringRecorder recorder,
        Func<CorrelationPlan> plan,
        IOptions<CorrelationOptions> options,
        CorrelationMetrics metrics,
        TimeProvider timeProvider,
        ILogger<CorrelationRunner> logger,
        PartLimits limits)
    {
        _writer = new PartWriter(rows, agenda);
        _agenda = agenda;
        _plan = plan;
        _metrics = metrics;
        _timeProvider = timeProvider;
        _logger = logger;
        var evaluator = new PartEvaluator(rows, agenda, recorder, metrics, timeProvider, options.Value.Grace, limits, logger);

        _evaluations = new PartEvaluations(EvaluateAsync, timeProvider);

        async Task EvaluateAsync(PartRequest request)
        {
            // It is shared with others, who may stay when one of them goes.
            await _slots.WaitAsync(CancellationToken.None);
            try
            {
                await evaluator.EvaluateAsync(request, CancellationToken.None);
            }
            finally
            {
                _slots.Release();
            }
        }
    }

    /// <summary>Writes what a batch has in hand.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was written stays.</exception>
    public async Task WriteAsync(CorrelationBatch batch, CancellationToken cancellationToken)
    {
        await Parallel.ForEachAsync(
            batch.Parts.Where(part => part.Matches.Count > 0), StorageConcurrency.Options(cancellationToken), async (part, token) => await _writer.WriteAsync(part, token));
        batch.Written();
    }

    /// <summary>Writes what a batch has in hand, and evaluates all parts that it has touched.</summary>
    /// <exception cref="RequestFailedException">The store could not be reached or refused; what was written stays, and evaluating again changes nothing.</exception>
    public async Task RunAsync(CorrelationBatch batch, ICompletingEvents events, CancellationToken cancellationToken)
    {
        _metrics.AddLeftOut(batch.LeftOut);
        await WriteAsync(batch, cancellationToken);
        await Parallel.ForEachAsync(
            batch.Parts,
            StorageConcurrency.Options(cancellationToken),
            async (part, token) => await EvaluateAsync(new PartRequest(part.Part, part.From, part.To, events), token));
        _metrics.AddMatches(batch.Matches);
    }

    // What is damaged in one part must not hold up a hub's partition for ever; its matches are kept.
    private async Task EvaluateAsync(PartRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _evaluations.EvaluateAsync(request, cancellationToken);
        }
        catch (Exception exception) when (exception is FormatException or InvalidOperationException or ArgumentException)
        {
            // Only the first names the row and quotes nothing else.
            _metrics.AddLeftOut(1);
            _logger.PartUnreadable(
                request.Part.Tree.Root.Correlation.Id, exception is FormatException ? exception.Message : $"{exception.GetType().Name} in partition {request.Part.Partition}");
        }
    }

    /// <summary>Evaluates what is due.</summary>
    /// <param name="isLast">Whether nothing comes any more: all that waits is due now.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <returns>Number of evaluations.</returns>
    /// <exception cref="AggregateException">Some failed, which are tried again; the others are done.</exception>
    /// <exception cref="RequestFailedException">What is due could not be read.</exception>
    public async Task<int> SweepAsync(bool isLast, CancellationToken cancellationToken)
    {
        var failures = new ConcurrentQueue<Exception>();
        DateTimeOffset now = _timeProvider.GetUtcNow();
        var trees = _plan().Trees.ToDictionary(tree => tree.Key, StringComparer.Ordinal);

        // From when they run, and not from their first match.
        await _agenda.InForceAsync([.. trees.Values.Where(tree => tree.Decision != CorrelationDecision.AtOnce).Select(tree => tree.Key)], cancellationToken);

        int done = 0;
        long oldest = now.UtcTicks;
        await Parallel.ForEachAsync(
            _agenda.FindDueAsync(isLast ? DateTimeOffset.MaxValue : now, cancellationToken),
            StorageConcurrency.Options(cancellationToken),
            async (one, token) =>
            {
                if (one.Due is { At: var at, Tree: var key } && trees.ContainsKey(key) && at.UtcTicks < Interlocked.Read(ref oldest))
                {
                    // The first ones are the oldest: a race among them is of no matter.
                    Interlocked.Exchange(ref oldest, at.UtcTicks);
                }

                try
                {
                    if (one.Due is { } due && trees.TryGetValue(due.Tree, out CorrelationTree? tree))
                    {
                        await _evaluations.EvaluateAsync(new PartRequest(TreePart.Of(tree, due.Part), due.Time, due.Time, CompletingEvents.None, isLast), token);
                        Interlocked.Increment(ref done);
                    }
                    else if (one.Due is { } unknown && (one.Row.Timestamp > now - UnknownFor || unknown.At > now - UnknownFor))
                    {
                        return;
                    }

                    await _agenda.RemoveDueAsync(one.Row, token);
                }
                catch (Exception exception) when (exception is not (OperationCanceledException or OutOfMemoryException))
                {
                    failures.Enqueue(exception);
                }
            });
        _metrics.Looked(new TimeSpan(now.UtcTicks - oldest));
        if (!failures.IsEmpty)
        {
            _logger.DueFailed(failures.Count, failures.First().GetType().Name);
            throw new AggregateException($"{failures.Count} evaluations that were due failed.", failures.Take(10));
        }

        return done;
    }
}
