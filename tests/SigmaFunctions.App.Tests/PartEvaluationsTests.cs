using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Tests;

namespace SigmaFunctions.App.Tests;

/// <summary>A part that many ask for is evaluated by turns: each is answered by one that began after it asked.</summary>
public sealed class PartEvaluationsTests
{
    private static readonly TreePart Part = TreePart.Of(
        RuleSet.Load([new RuleFile("c.yml", $"{RandomCorrelations.Bases}\n---\n{CorrelationBench.Correlation("type: event_count, rules: [a], timespan: 5m, condition: {gte: 3}")}")])
            .CorrelationPlan.Trees[0],
        ReadOnlyMemory<byte>.Empty);

    private readonly List<(PartRequest Request, TaskCompletionSource Done)> _running = [];
    private readonly FakeTimeProvider _clock = new();
    private readonly PartEvaluations _evaluations;

    public PartEvaluationsTests() => _evaluations = new PartEvaluations(
        request =>
        {
            var done = new TaskCompletionSource();
            _running.Add((request, done));
            return done.Task;
        },
        _clock);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_asks_while_one_runs_shares_the_next()
    {
        Task first = Ask(10, 20);
        Task[] others = [Ask(5, 6), Ask(30, 40), Ask(7, 8)];
        Assert.Equal((10L, 20L), (Assert.Single(_running).Request.From, _running[0].Request.To));
        _running[0].Done.SetResult();
        await first;
        Assert.All(others, other => Assert.False(other.IsCompleted));
        Assert.Equal((5L, 40L), (_running[1].Request.From, _running[1].Request.To));
        _running[1].Done.SetResult();
        await Task.WhenAll(others);
        Assert.Equal(2, _running.Count);
        _ = Ask(1, 1);
        Assert.Equal(3, _running.Count);
    }

    [Fact]
    public async Task A_failure_is_told_to_those_whose_evaluation_it_was()
    {
        Task first = Ask(1, 1);
        Task second = Ask(2, 2);
        Task third = Ask(3, 3);
        _running[0].Done.SetResult();
        await first;
        _running[1].Done.SetException(new InvalidOperationException("x"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => second);
        await Assert.ThrowsAsync<InvalidOperationException>(() => third);
        Task next = Ask(4, 4);
        _running[2].Done.SetResult();
        await next;
    }

    [Fact]
    public async Task Who_goes_does_not_end_it_for_others()
    {
        using var going = new CancellationTokenSource();
        Task gone = _evaluations.EvaluateAsync(new PartRequest(Part, 1, 1, CompletingEvents.None), going.Token);
        Task stays = Ask(2, 2);
        await going.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);
        _running[0].Done.SetResult();
        _running[1].Done.SetResult();
        await stays;
    }

    /// <summary>A part that takes long to evaluate rests as long, so that it does not take all of the processor.</summary>
    [Fact]
    public async Task What_takes_long_rests_between()
    {
        Task first = Ask(1, 1);
        Task second = Ask(2, 2);
        _clock.Advance(TimeSpan.FromMilliseconds(300));
        _running[0].Done.SetResult();
        await first;
        _clock.Advance(TimeSpan.FromMilliseconds(299));
        Assert.Single(_running);
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, _running.Count);
        _running[1].Done.SetResult();
        await second;
    }

    private Task Ask(long from, long to) => _evaluations.EvaluateAsync(new PartRequest(Part, from, to, CompletingEvents.None), Token);
}
