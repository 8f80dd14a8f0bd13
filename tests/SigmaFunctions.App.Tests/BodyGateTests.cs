using SigmaFunctions.App.Detecting;

namespace SigmaFunctions.App.Tests;

public sealed class BodyGateTests
{
    private static readonly byte[] Plain = [(byte)'{'];

    // The largest of its kind: whatever it holds, it may unpack to 64 MiB.
    private static readonly byte[] Large = [0x1f, 0x8b, .. new byte[1_000_000]];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_of_the_largest_bodies_are_let_in_and_a_third_when_one_has_ended()
    {
        using var gate = new BodyGate();
        IDisposable first = gate.TryEnter(Large)!;
        using IDisposable second = gate.TryEnter(Large)!;

        Assert.Null(gate.TryEnter(Large));
        Task<IDisposable> third = gate.EnterAsync(Large, Token);
        Assert.False(third.IsCompleted);
        first.Dispose();
        using IDisposable entered = await third;
    }

    [Fact]
    public void A_body_that_needs_no_unpacking_does_not_wait_for_those_that_do()
    {
        using var gate = new BodyGate();
        using IDisposable? first = gate.TryEnter(Large);
        using IDisposable? second = gate.TryEnter(Large);
        _ = gate.EnterAsync(Large, Token);

        Assert.All(Enumerable.Range(0, 100), _ => Assert.NotNull(gate.TryEnter(Plain)));
    }

    [Fact]
    public async Task One_alone_waits_for_all_others_and_all_others_wait_for_it()
    {
        using var gate = new BodyGate();
        IDisposable other = gate.TryEnter(Plain)!;
        Task<IDisposable> alone = gate.EnterAloneAsync(Token);
        Assert.False(alone.IsCompleted);
        Assert.Null(gate.TryEnter(Plain));
        Assert.Null(gate.TryEnter(Large));

        other.Dispose();
        IDisposable entered = await alone;
        Task<IDisposable> next = gate.EnterAsync(Large, Token);
        Assert.False(next.IsCompleted);
        entered.Dispose();
        (await next).Dispose();
        using IDisposable? last = gate.TryEnter(Plain);
        Assert.NotNull(last);
    }

    [Fact]
    public async Task Who_gives_up_waiting_leaves_nothing_behind()
    {
        using var gate = new BodyGate();
        using (await gate.EnterAloneAsync(Token))
        {
            using var stop = new CancellationTokenSource();
            Task<IDisposable> waiting = gate.EnterAsync(Large, stop.Token);
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        }
        using IDisposable? first = gate.TryEnter(Large);
        using IDisposable? second = gate.TryEnter(Large);
        Assert.NotNull(first);
        Assert.NotNull(second);
    }
}
