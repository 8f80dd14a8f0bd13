using Azure.Data.Tables;
using CsCheck;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Tests;

namespace SigmaFunctions.Storage.Tests;

/// <summary>What is known of a partition from the hub's word and the checkpoint, look by look.</summary>
public sealed class PartitionProgressTests(StorageAccount account)
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 10, 0, 0, TimeSpan.Zero);

    private static readonly PartitionProgress Fresh = new("hub.servicebus.windows.net", "events", "sigma", "0", Start);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>
    /// Looks a minute apart, each as the hub's oldest and newest event and the checkpoint (- for none), and what is known after the last one: events behind, age in
    /// seconds, events expired in that look. The newest event is enqueued 5 s before the look that first sees it.
    /// </summary>
    [Theory]
    // All is done, or nothing was ever sent.
    [InlineData("0..99/99", 0, 0, 0)]
    [InlineData("0..-1/-", 0, 0, 0)]
    // The newest event of a look is waited for, and stays what the age is of.
    [InlineData("0..99/89", 10, 5, 0)]
    [InlineData("0..99/89 0..199/89 0..299/98", 201, 125, 0)]
    [InlineData("0..99/89 0..199/89 0..299/99", 200, 65, 0)]
    [InlineData("0..99/89 0..199/89 0..299/299", 0, 0, 0)]
    [InlineData("0..99/89 0..99/89 0..99/89", 10, 125, 0)]
    // Without a checkpoint everything is to be done that the hub had when it was first seen.
    [InlineData("0..99/-", 100, 5, 0)]
    [InlineData("50..99/-", 50, 5, 0)]
    [InlineData("50..99/- 50..99/- 50..99/49", 50, 125, 0)]
    [InlineData("50..99/- 60..99/-", 40, 65, 10)]
    [InlineData("50..99/- 60..99/- 70..99/-", 30, 125, 10)]
    // Events that the hub has no more were lost, once.
    [InlineData("100..199/49", 100, 5, 50)]
    [InlineData("100..199/49 100..199/49", 100, 65, 0)]
    [InlineData("100..199/49 120..199/49", 80, 65, 20)]
    [InlineData("100..199/49 120..199/110", 80, 65, 9)]
    [InlineData("100..199/49 120..199/130", 69, 65, 0)]
    [InlineData("0..99/49 empty..99/49", 0, 0, 50)]
    [InlineData("0..99/99 empty..99/99", 0, 0, 0)]
    [InlineData("0..99/49 80..299/49", 220, 65, 30)]
    [InlineData("0..99/49 100..299/49", 200, 5, 50)]
    // A checkpoint that somebody set back, or removed, makes the host read again; nothing of it was lost.
    [InlineData("0..99/99 0..99/9", 90, 65, 0)]
    [InlineData("0..99/99 0..99/-", 100, 65, 0)]
    [InlineData("0..99/99 20..99/9", 80, 65, 0)]
    // Beyond the newest event: late answers of a hub, and then a checkpoint of another hub.
    [InlineData("0..99/120", 0, 0, 0)]
    [InlineData("0..99/120 0..130/125", 5, 5, 0)]
    [InlineData("0..99/900 0..99/900", 100, 65, 0)]
    [InlineData("0..99/900 0..99/900 10..99/900", 90, 125, 10)]
    [InlineData("0..999/999 0..5/999 0..8/999", 9, 5, 0)]
    // A hub that was made again: its newest event is younger, and its numbers lower.
    [InlineData("0..999/900 0..5/-", 6, 5, 0)]
    [InlineData("0..999/900 0..-1/-", 0, 0, 0)]
    public void Is_known(string looks, long behind, double age, long expired)
    {
        PartitionProgress progress = Fresh;
        DateTimeOffset now = Start.AddMinutes(-1);
        (long Number, DateTimeOffset At) newest = (-2, default);
        foreach (string look in looks.Split(' '))
        {
            now = now.AddMinutes(1);
            string[] parts = look.Split("..", 2);
            string[] end = parts[1].Split('/');
            if (long.Parse(end[0]) != newest.Number)
            {
                newest = (long.Parse(end[0]), now.AddSeconds(-5));
            }

            bool isEmpty = parts[0] == "empty" || newest.Number < 0;
            progress = progress.Next(
                new HubPartition(isEmpty ? 0 : long.Parse(parts[0]), newest.Number, newest.At, isEmpty), end[1] == "-" ? null : long.Parse(end[1]), now);
        }

        Assert.Equal((behind, age, expired), (progress.Behind, progress.AgeAt(now)?.TotalSeconds, progress.Expired));
        Assert.Equal(behind == 0, progress.Pending.IsEmpty);
    }

    [Fact]
    public void An_older_answer_of_the_hub_forgets_nothing()
    {
        PartitionProgress progress = Fresh.Next(new HubPartition(0, 99, Start.AddSeconds(-5), false), 49, Start)
            .Next(new HubPartition(0, 97, Start.AddSeconds(-9), false), 49, Start.AddMinutes(1));

        Assert.Equal(65, progress.AgeAt(Start.AddMinutes(1))!.Value.TotalSeconds);
    }

    [Fact]
    public void What_could_not_be_looked_at_is_not_known_and_nothing_of_it_is_forgotten()
    {
        PartitionProgress known = Fresh.Next(new HubPartition(0, 99, Start.AddSeconds(-5), false), 49, Start);

        PartitionProgress unknown = known.Unknown("status 403 AuthorizationFailure", Start.AddMinutes(1));
        Assert.Null(unknown.Behind);
        Assert.Null(unknown.AgeAt(Start.AddMinutes(1)));
        Assert.Null(Fresh.Unknown("x", Start).Behind);

        PartitionProgress again = unknown.Next(new HubPartition(0, 99, Start.AddSeconds(-5), false), 49, Start.AddMinutes(2));
        Assert.Equal((50, 125), (again.Behind, again.AgeAt(Start.AddMinutes(2))!.Value.TotalSeconds));
    }

    [Fact]
    public void In_any_history_the_age_is_never_above_the_truth_never_falls_while_nothing_is_done_and_is_zero_when_all_is()
    {
        Gen<(int Sent, int Done, int Seconds)> step = Gen.Select(Gen.Int[0, 5], Gen.Int[0, 6], Gen.Int[1, 300]);
        Gen.Select(step.Array[1, 120], Gen.Bool).Sample(
            (steps, stalls) =>
            {
                DateTimeOffset now = Start;
                PartitionProgress progress = Fresh;
                List<DateTimeOffset> enqueued = [];
                int done = 0;
                TimeSpan longestLook = TimeSpan.Zero;
                foreach ((int sent, int wanted, int seconds) in steps)
                {
                    // Some time passes, in which events come, evenly, and some are done.
                    enqueued.AddRange(Enumerable.Range(1, sent).Select(i => now.AddSeconds(seconds * (double)i / sent)));
                    now = now.AddSeconds(seconds);
                    int before = done;
                    done = Math.Min(enqueued.Count, done + (stalls && enqueued.Count > 20 ? 0 : wanted));
                    longestLook = TimeSpan.FromSeconds(Math.Max(longestLook.TotalSeconds, seconds));
                    PartitionProgress next = progress.Next(
                        new HubPartition(0, enqueued.Count - 1, enqueued.LastOrDefault(), enqueued.Count == 0), done == 0 ? null : done - 1, now);

                    TimeSpan age = next.AgeAt(now)!.Value;
                    TimeSpan truth = done < enqueued.Count ? now - enqueued[done] : TimeSpan.Zero;
                    Assert.InRange(age, TimeSpan.Zero, truth);
                    Assert.Equal(enqueued.Count - done, next.Behind);
                    if (done == before)
                    {
                        Assert.True(age >= (progress.AgeAt(now) ?? TimeSpan.Zero));
                    }

                    if (next.Pending.Length < PartitionProgress.MaxPending / 2)
                    {
                        Assert.True(truth - age <= longestLook);
                    }

                    Assert.InRange(next.Pending.Length, done < enqueued.Count ? 1 : 0, PartitionProgress.MaxPending);
                    Assert.Equal(0, next.Expired);
                    progress = next;
                }
            },
            iter: 500);
    }

    [Fact]
    public void A_partition_that_stands_for_a_year_keeps_a_bounded_number_of_events_and_the_oldest()
    {
        PartitionProgress progress = Fresh;
        DateTimeOffset now = Start;
        for (int look = 0; look < 5_000; look++)
        {
            now = now.AddMinutes(100);
            progress = progress.Next(new HubPartition(0, look, now, false), checkpoint: null, now);
            Assert.InRange(progress.Pending.Length, 1, PartitionProgress.MaxPending);
        }

        Assert.Equal(new PendingEvent(0, Start.AddMinutes(100)), progress.Pending[0]);
        Assert.Equal(4_999, progress.Pending[^1].SequenceNumber);
    }

    [Fact]
    public async Task What_was_known_is_kept_in_the_table_of_instances_where_no_version_takes_it_for_an_instance()
    {
        TableClient client = await account.CreateTableAsync();
        var instances = new InstanceTable(client);
        var table = new PartitionProgressTable(client);
        PartitionProgress[] written =
        [
            .. Enumerable.Range(0, 250).Select(i => (Fresh with { EventHub = i % 2 == 0 ? "events" : "Other.Hub_1", ConsumerGroup = "$Default", Partition = $"{i}" })
                .Next(new HubPartition(0, i, Start.AddMilliseconds(-i), false), i % 3 == 0 ? null : i / 2, Start)
                .Next(new HubPartition(0, 5L * i, Start.AddMilliseconds(i), false), i % 3 == 0 ? null : i / 2, Start.AddMinutes(1))),
            Fresh.Unknown("status 403 AuthorizationFailure", Start),
        ];
        await instances.WriteAsync(new InstanceReport("a", Start.AddDays(-2)), Token);

        await table.WriteAsync(written, Token);
        await table.WriteAsync(written, Token);

        Assert.Equal(Described(written), Described(await table.ListAsync(Start, Token)));
        Assert.Equal(250, (await table.ListAsync(Start.AddSeconds(1), Token)).Count);
        Assert.Equal("a", Assert.Single(await instances.ListAsync(DateTimeOffset.UnixEpoch, Token)).Instance);
        await instances.RemoveAsync(Start.AddDays(1), Token);
        Assert.Equal(251, (await table.ListAsync(DateTimeOffset.UnixEpoch, Token)).Count);
        await table.RemoveAsync(Start.AddSeconds(1), Token);
        Assert.Equal(250, (await table.ListAsync(DateTimeOffset.UnixEpoch, Token)).Count);

        static IEnumerable<string> Described(IEnumerable<PartitionProgress> partitions) =>
            partitions.Select(one => $"{one with { Pending = [] }} {string.Join(' ', one.Pending)}").Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_row_that_is_not_of_this_form_is_named()
    {
        TableClient client = await account.CreateTableAsync();
        await client.AddEntityAsync(new TableEntity("partitions", "events:sigma:0") { ["At"] = Start, ["Pending"] = "12 13" }, Token);

        FormatException fault = await Assert.ThrowsAsync<FormatException>(() => new PartitionProgressTable(client).ListAsync(Start, Token));

        Assert.Contains("partitions/events:sigma:0", fault.Message, StringComparison.Ordinal);
    }
}
