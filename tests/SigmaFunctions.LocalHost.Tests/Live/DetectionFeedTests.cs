using SigmaFunctions.LocalHost.Live;

namespace SigmaFunctions.LocalHost.Tests.Live;

/// <summary>What readers of the feed get.</summary>
public sealed class DetectionFeedTests
{
    [Fact]
    public void A_reader_goes_on_after_the_last_that_it_saw()
    {
        DetectionFeed feed = Filled(5, capacity: 10);

        string last = feed.EventId(feed.After(0, 3).Entries[^1]);

        Assert.Equal([4L, 5L], Numbers(feed, feed.Resume(last)));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("deadbeef-3")]
    public void A_reader_of_another_run_gets_all_that_is_kept(string? lastEventId) =>
        Assert.Equal(0, Filled(5, capacity: 10).Resume(lastEventId));

    [Theory]
    [InlineData("-6")]
    [InlineData("--1")]
    [InlineData("-x")]
    public void A_number_that_was_never_given_is_not_gone_on_from(string tail)
    {
        DetectionFeed feed = Filled(5, capacity: 10);
        string run = feed.EventId(feed.After(0, 1).Entries[0]).Split('-')[0];

        Assert.Equal(0, feed.Resume(run + tail));
    }

    [Fact]
    public void Only_the_last_are_kept_and_a_slow_reader_sees_that_it_missed_some()
    {
        DetectionFeed feed = Filled(25, capacity: 10);

        Assert.Equal(Enumerable.Range(16, 10).Select(number => (long)number), Numbers(feed, 3));
        Assert.Null(feed.Find("id 15"));
        Assert.Equal(16, feed.Find("id 16")?.Number);
        Assert.Equal(25, feed.Count);
    }

    [Fact]
    public async Task A_reader_that_has_all_waits_for_the_next()
    {
        DetectionFeed feed = Filled(2, capacity: 10);
        (IReadOnlyList<FeedEntry> entries, Task more) = feed.After(2, 10);
        Assert.Empty(entries);
        Assert.False(more.IsCompleted);

        feed.Add("id 3", [], []);

        await more.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal([3L], Numbers(feed, 2));
    }

    [Fact]
    public void What_does_not_fit_into_one_answer_is_there_at_once()
    {
        (IReadOnlyList<FeedEntry> entries, Task more) = Filled(5, capacity: 10).After(0, 3);

        Assert.Equal(3, entries.Count);
        Assert.True(more.IsCompleted);
    }

    private static DetectionFeed Filled(int count, int capacity)
    {
        var feed = new DetectionFeed(capacity);
        for (int i = 1; i <= count; i++)
        {
            feed.Add($"id {i}", [], []);
        }

        return feed;
    }

    private static IEnumerable<long> Numbers(DetectionFeed feed, long after) => feed.After(after, 1_000).Entries.Select(entry => entry.Number);
}
