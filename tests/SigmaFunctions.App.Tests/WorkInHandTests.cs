using CsCheck;
using Microsoft.Extensions.Time.Testing;
using SigmaFunctions.App.Health;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Tests;

/// <summary>What an instance says of the batches that it has taken and not done.</summary>
public sealed class WorkInHandTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 26, 10, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _clock = new(Start);
    private readonly Measured _measured = new();
    private readonly WorkInHand _inHand;

    public WorkInHandTests() => _inHand = new WorkInHand(_measured.Meters, _clock);

    public void Dispose() => _measured.Dispose();

    [Fact]
    public void A_batch_that_hangs_grows_older_while_others_are_done()
    {
        using WorkInHand.Batch hanging = _inHand.Begin(Message("0", 100, Start.AddSeconds(-2)));
        using WorkInHand.Batch quick = _inHand.Begin(Message("1", 7, Start.AddSeconds(-1)));
        Assert.Equal((2, 1), (Age("0"), Age("1")));

        _clock.Advance(TimeSpan.FromMinutes(40));
        quick.Done();

        Assert.Equal((2_402, 0), (Age("0"), Age("1")));
        Assert.Equal([new BatchInHand("events", "0", Start.AddSeconds(-2), Start, Tries: 1)], _inHand.Current.AsEnumerable());
        hanging.Done();
        Assert.Equal(0, Age("0"));
        Assert.Empty(_inHand.Current);
    }

    [Fact]
    public void A_batch_that_fails_stays_in_hand_until_it_is_done()
    {
        HubEventIdentity first = Message("0", 100, Start.AddSeconds(-5));
        for (int tried = 1; tried <= 20; tried++)
        {
            using (_inHand.Begin(first))
            {
                Assert.Equal(tried, Assert.Single(_inHand.Current).Tries);
            }

            Assert.Equal(new BatchInHand("events", "0", first.EnqueuedTime, Start, tried), Assert.Single(_inHand.Current));
            _clock.Advance(TimeSpan.FromMinutes(1));
        }
        Assert.Equal((20 * 60) + 5, Age("0"));

        using (WorkInHand.Batch last = _inHand.Begin(first))
        {
            last.Done();
        }

        Assert.Equal(0, Age("0"));
    }

    [Fact]
    public void A_batch_that_failed_and_that_nobody_tries_again_went_elsewhere_with_its_partition()
    {
        _inHand.Begin(Message("0", 100, Start)).Dispose();

        _clock.Advance(TimeSpan.FromSeconds(299));
        Assert.Equal(299, Age("0"));
        _clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(_inHand.Current);
        Assert.Empty(_measured.Read());
    }

    [Fact]
    public void A_partition_that_came_back_further_on_forgets_what_failed_before()
    {
        _inHand.Begin(Message("0", 100, Start.AddHours(-1))).Dispose();

        using WorkInHand.Batch later = _inHand.Begin(Message("0", 300, Start.AddSeconds(-1)));

        Assert.Equal(1, Age("0"));
        Assert.Equal(1, Assert.Single(_inHand.Current).Tries);
    }

    [Fact]
    public void A_partition_that_came_back_while_a_batch_of_it_hangs_tells_of_both()
    {
        using WorkInHand.Batch hanging = _inHand.Begin(Message("0", 100, Start.AddHours(-1)));

        using (WorkInHand.Batch later = _inHand.Begin(Message("0", 300, Start)))
        {
            later.Done();
        }

        Assert.Equal(3_600, Age("0"));
        hanging.Dispose();
        using (WorkInHand.Batch last = _inHand.Begin(Message("0", 400, Start)))
        {
            last.Done();
        }

        Assert.Equal(0, Age("0"));
    }

    [Fact]
    public void A_partition_of_which_no_batch_came_for_long_is_told_of_no_more()
    {
        using (WorkInHand.Batch batch = _inHand.Begin(Message("0", 1, Start)))
        {
            batch.Done();
        }

        Assert.Equal(0, Age("0"));

        _clock.Advance(TimeSpan.FromMinutes(5));

        Assert.Empty(_measured.Read());
    }

    [Fact]
    public void A_clock_that_is_behind_the_hubs_makes_no_age_below_zero()
    {
        using WorkInHand.Batch batch = _inHand.Begin(Message("0", 1, Start.AddSeconds(3)));

        Assert.Equal(0, Age("0"));
    }

    [Fact]
    public void In_any_order_of_batches_the_age_is_that_of_the_oldest_event_not_done()
    {
        Gen<(int Partition, int Step, int Seconds)> step = Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 130]);
        step.Array[1, 60].Sample(
            steps =>
            {
                using var measured = new Measured();
                var clock = new FakeTimeProvider(Start);
                var inHand = new WorkInHand(measured.Meters, clock);
                var batches = new WorkInHand.Batch?[3];
                var oldest = new DateTimeOffset?[3];
                var last = new (DateTimeOffset At, long SequenceNumber)[3];
                double[] ages = new double[3];
                foreach ((int partition, int what, int seconds) in steps)
                {
                    bool done = false;
                    switch (what)
                    {
                        case 0 when batches[partition] is null:
                            oldest[partition] ??= clock.GetUtcNow().AddSeconds(-partition);
                            batches[partition] = inHand.Begin(Message($"{partition}", last[partition].SequenceNumber, oldest[partition]!.Value));
                            break;
                        case 1 when batches[partition] is { } batch:
                            batch.Done();
                            batch.Dispose();
                            done = true;
                            (batches[partition], oldest[partition]) = (null, null);
                            last[partition] = (clock.GetUtcNow(), last[partition].SequenceNumber + 10);
                            break;
                        case 2 when batches[partition] is { } batch:
                            batch.Dispose();
                            batches[partition] = null;
                            last[partition] = last[partition] with { At = clock.GetUtcNow() };
                            break;
                    }
                    clock.Advance(TimeSpan.FromSeconds(seconds));
                    for (int i = 0; i < 3; i++)
                    {
                        bool lost = batches[i] is null && clock.GetUtcNow() - last[i].At >= TimeSpan.FromMinutes(5);
                        if (lost)
                        {
                            oldest[i] = null;
                        }

                        double age = measured.Read().GetValueOrDefault($"{WorkInHand.OldestPendingAge} events/{i}");
                        Assert.Equal(oldest[i] is { } time ? (clock.GetUtcNow() - time).TotalSeconds : 0, age);
                        Assert.True(age >= ages[i] || lost || (i == partition && done));
                        ages[i] = age;
                    }
                }
            },
            iter: 300);
    }

    private static HubEventIdentity Message(string partition, long sequenceNumber, DateTimeOffset enqueued) =>
        new("hub.servicebus.windows.net", "events", partition, enqueued, sequenceNumber, 0);

    private double Age(string partition) => _measured.Read()[$"{WorkInHand.OldestPendingAge} events/{partition}"];
}
