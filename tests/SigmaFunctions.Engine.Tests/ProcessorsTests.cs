using System.Collections.Concurrent;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Work on every processor is done once for each number, and fails as a whole.</summary>
public sealed class ProcessorsTests
{
    [Theory]
    [InlineData(0, -1)]
    [InlineData(1, -1)]
    [InlineData(1_000, -1)]
    [InlineData(1_000, 1)]
    [InlineData(3, 16)]
    public void Every_number_is_taken_once(int count, int concurrency)
    {
        var taken = new ConcurrentBag<int>();
        Processors.ForEach(count, concurrency, taken.Add);
        Assert.Equal(Enumerable.Range(0, count), taken.Order());
    }

    [Fact]
    public void One_thread_is_that_of_the_caller()
    {
        int caller = Environment.CurrentManagedThreadId;
        Processors.ForEach(100, 1, _ => Assert.Equal(caller, Environment.CurrentManagedThreadId));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_failure_ends_it_and_is_told(int concurrency)
    {
        int done = 0;
        var error = Assert.Throws<AggregateException>(() => Processors.ForEach(100_000_000, concurrency, i =>
        {
            Interlocked.Increment(ref done);
            if (i >= 10)
                throw new IOException($"{i}");
        }));
        Assert.All(error.Flatten().InnerExceptions, inner => Assert.IsType<IOException>(inner));
        Assert.InRange(done, 11, 1_000_000);
    }

    [Fact]
    public void A_layer_with_a_file_that_cannot_be_read_has_no_hash()
    {
        string folder = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;
        try
        {
            for (int i = 0; i < 10; i++)
                File.WriteAllText(Path.Combine(folder, $"{i}.yml"), "a: b");
            var layer = RuleLayer.FromPaths([folder]);
            File.Delete(Path.Combine(folder, "7.yml"));
            Assert.ThrowsAny<IOException>(() => layer.Hash());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
