namespace SigmaFunctions.App.Tests;

public sealed class MemoryWatchTests
{
    [Fact]
    public async Task Memory_that_runs_out_anywhere_ends_the_process_even_where_the_exception_is_caught()
    {
        var ended = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = new MemoryWatch(reason => ended.TrySetResult(reason));

        Assert.ThrowsAny<OutOfMemoryException>((Action)(() => throw new InsufficientMemoryException()));

        Assert.Contains("run out of memory", await ended.Task.WaitAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }
}
