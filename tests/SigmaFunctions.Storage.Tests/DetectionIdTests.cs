using System.Globalization;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Tests;

public sealed class DetectionIdTests
{
    private static readonly HubEventIdentity Identity = Some.Identity();

    [Fact]
    public void The_id_of_a_detection_is_that_of_its_event_and_rule_however_it_was_made_and_asked()
    {
        Detection detection = Some.Detection();
        DetectionId before = detection.Id;
        Detection other = detection with { Identity = Some.Identity(8) };
        Detection ruled = detection with { RuleId = "other" };

        Assert.Equal(DetectionId.Create(Some.Identity(), "rule"), before);
        Assert.Equal(DetectionId.Create(Some.Identity(8), "rule"), other.Id);
        Assert.Equal(DetectionId.Create(Some.Identity(), "other"), ruled.Id);
        Detection unasked = detection with { Identity = detection.Identity };
        Assert.Equal(unasked, detection);
        Assert.Equal(unasked.GetHashCode(), detection.GetHashCode());
    }

    [Fact]
    public void Is_the_enqueued_time_and_a_hash()
    {
        var id = DetectionId.Create(Identity, "rule");

        Assert.Matches("^202611250314159260000-[0-9a-f]{32}$", id.Value);
        Assert.Equal(Identity.EnqueuedTime, id.Time);
        Assert.Equal(id.Value, id.ToString());
    }

    // Made apart from this code: SHA-256 over length (eight bytes, little-endian) and UTF-8 of each text, and eight bytes of each number.
    [Fact]
    public void Does_not_change_from_version_to_version() =>
        Assert.Equal("202611250314159260000-0e614cfdd60e51a0dc2ce9d27dfb3ac1", DetectionId.Create(Identity, "rule").Value);

    [Fact]
    public void Gives_both_table_keys()
    {
        var id = new DetectionId("202611250314159260000-a123456789abcdef0123456789abcdef");

        Assert.Equal("20261125T03-a", id.PartitionKey);
        Assert.Equal("2516067243440739999-a123456789abcdef0123456789abcdef", id.RowKey);
    }

    [Fact]
    public void Rows_of_later_events_come_first()
    {
        var early = DetectionId.Create(Some.Identity(enqueued: Some.Time), "rule");
        var late = DetectionId.Create(Some.Identity(enqueued: Some.Time.AddTicks(1)), "rule");

        Assert.True(string.CompareOrdinal(late.RowKey, early.RowKey) < 0);
    }

    [Fact]
    public void A_beginning_is_the_keys_of_all_ids_that_begin_so_and_of_no_others()
    {
        string[] ids =
        [
            .. from ticks in new[] { 0L, 1, 9, 10, 99, 12_345_678, 10_000_000, 59 * TimeSpan.TicksPerSecond, 10 * TimeSpan.TicksPerMinute, TimeSpan.TicksPerHour - 1, TimeSpan.TicksPerHour }
               from rule in new[] { "a", "b", "c" }
               select DetectionId.Create(Some.Identity(enqueued: new DateTimeOffset(2026, 11, 25, 3, 0, 0, TimeSpan.Zero).AddTicks(ticks)), rule).Value,
        ];
        foreach (string id in ids)
        {
            for (int length = DetectionIdPrefix.MinLength; length <= id.Length; length++)
            {
                Assert.True(DetectionIdPrefix.TryParse(id[..length], out DetectionIdPrefix? prefix));
                Assert.Equal(length > 22 ? 1 : 16, prefix.PartitionKeys.Count);
                Assert.Equal(ids.Where(one => one.StartsWith(id[..length], StringComparison.Ordinal)), ids.Where(one => IsIn(prefix, new DetectionId(one))));
            }
        }

        static bool IsIn(DetectionIdPrefix prefix, DetectionId id) => prefix.PartitionKeys.Contains(id.PartitionKey)
            && string.CompareOrdinal(prefix.From, id.RowKey) <= 0 && string.CompareOrdinal(id.RowKey, prefix.To) < 0;
    }

    [Theory]
    [InlineData("202611250")]
    [InlineData("2026112524")]
    [InlineData("20261125030x")]
    [InlineData("202611250314159260000x")]
    [InlineData("202611250314159260000-A")]
    [InlineData("202611250314159260000-0e614cfdd60e51a0dc2ce9d27dfb3ac10")]
    [InlineData("' or PartitionKey ne '")]
    [InlineData(null)]
    public void What_no_id_begins_with_is_no_beginning(string? text) => Assert.False(DetectionIdPrefix.TryParse(text, out _));

    [Fact]
    public void Two_texts_that_join_alike_are_not_alike() => Assert.NotEqual(
        DetectionId.Create(Identity with { Namespace = "ab", EventHub = "c" }, "rule"),
        DetectionId.Create(Identity with { Namespace = "a", EventHub = "bc" }, "rule"));

    public static TheoryData<string, HubEventIdentity, string> Others => new()
    {
        { "namespace", Identity with { Namespace = "other.servicebus.windows.net" }, "rule" },
        { "hub", Identity with { EventHub = "other" }, "rule" },
        { "partition", Identity with { Partition = "1" }, "rule" },
        { "enqueued time", Identity with { EnqueuedTime = Identity.EnqueuedTime.AddMilliseconds(1) }, "rule" },
        { "sequence number", Identity with { SequenceNumber = 8 }, "rule" },
        { "record", Identity with { Record = 1 }, "rule" },
        { "rule", Identity, "other" },
    };

    [Theory]
    [MemberData(nameof(Others))]
    public void Depends_on_every_part(string part, HubEventIdentity identity, string ruleId) =>
        Assert.True(DetectionId.Create(Identity, "rule") != DetectionId.Create(identity, ruleId), part);

    [Fact]
    public void Case_of_namespace_and_hub_and_the_zone_of_the_time_do_not_matter() => Assert.Equal(
        DetectionId.Create(Identity, "rule"),
        DetectionId.Create(
            Identity with
            {
                Namespace = "HUB.ServiceBus.Windows.Net",
                EventHub = "Events",
                EnqueuedTime = Identity.EnqueuedTime.ToOffset(TimeSpan.FromHours(5)),
            },
            "rule"));

    [Fact]
    public void Detections_of_one_batch_share_a_table_partition()
    {
        string[] partitions =
        [
            .. Enumerable.Range(0, 500).Select(number => DetectionId.Create(
                Some.Identity(number, number % 3, Some.Time.AddSeconds(number)), $"rule {number % 7}").PartitionKey).Distinct(),
        ];

        Assert.Single(partitions);
    }

    [Fact]
    public void Hub_partitions_spread_over_the_buckets()
    {
        IEnumerable<char> buckets = Enumerable.Range(0, 256)
            .Select(number => DetectionId.Create(Some.Identity(partition: number.ToString(CultureInfo.InvariantCulture)), "rule").PartitionKey[^1])
            .Distinct();

        Assert.Equal(16, buckets.Count());
    }

    [Theory]
    [InlineData("202611250314159260000-a123456789abcdef0123456789abcdef", true)]
    [InlineData("000101010000000000000-a123456789abcdef0123456789abcdef", true)]
    [InlineData("999912312359599999999-a123456789abcdef0123456789abcdef", true)]
    [InlineData("202611250314159260000-A123456789abcdef0123456789abcdef", false)]
    [InlineData("202611250314159260000-g123456789abcdef0123456789abcdef", false)]
    [InlineData("202611250314159260000_a123456789abcdef0123456789abcdef", false)]
    [InlineData("202611250314159260000-a123456789abcdef0123456789abcde", false)]
    [InlineData("202613250314159260000-a123456789abcdef0123456789abcdef", false)]
    [InlineData("20261125031415926000x-a123456789abcdef0123456789abcdef", false)]
    [InlineData("٢٠٢611250314159260000-a123456789abcdef0123456789abcdef", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Reads_its_text_form_alone(string? text, bool valid)
    {
        Assert.Equal(valid, DetectionId.TryParse(text, out DetectionId id));
        if (valid)
        {
            Assert.Equal(text, id.Value);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => new DetectionId(text!));
        }
    }
}
