using SigmaFunctions.App.Detecting;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.App.Tests;

public sealed class EventBatchTests
{
    private const string Context =
        """{"FullyQualifiedNamespace":"hub.servicebus.windows.net","EventHubName":"events","ConsumerGroup":"$Default","PartitionId":"3","IsCheckpointingAfterInvocation":true}""";

    private static Dictionary<string, object?> BindingData => new(StringComparer.OrdinalIgnoreCase)
    {
        ["PartitionContext"] = Context,
        ["SequenceNumberArray"] = "[7,9007199254740993]",
        ["EnqueuedTimeUtcArray"] = """["2026-11-25T03:14:15.926Z","2026-11-25T03:14:16Z"]""",
    };

    [Fact]
    public void Gives_every_event_its_identity()
    {
        var batch = EventBatch.Read(BindingData, 2);

        Assert.Equal(
            new HubEventIdentity(
                "hub.servicebus.windows.net", "events", "3", new DateTimeOffset(2026, 11, 25, 3, 14, 15, 926, TimeSpan.Zero), 7, 0),
            batch.Identity(0, 0));
        Assert.Equal(
            new HubEventIdentity(
                "hub.servicebus.windows.net", "events", "3", new DateTimeOffset(2026, 11, 25, 3, 14, 16, TimeSpan.Zero), 9007199254740993, 5),
            batch.Identity(1, 5));
    }

    /// <summary>The Functions host gives the same under both names.</summary>
    [Theory]
    [InlineData("PartitionContext")]
    [InlineData("TriggerPartitionContext")]
    [InlineData("PartitionContext", "TriggerPartitionContext")]
    public void Where_a_batch_is_from_has_two_names(params string[] names)
    {
        Dictionary<string, object?> data = BindingData;
        data.Remove("PartitionContext");
        foreach (string name in names)
        {
            data[name] = Context;
        }

        Assert.Equal(EventBatch.Read(BindingData, 2).Identity(1, 5), EventBatch.Read(data, 2).Identity(1, 5));
    }

    [Fact]
    public void Hosts_may_send_sequence_numbers_as_numbers()
    {
        Dictionary<string, object?> data = BindingData;
        data["SequenceNumberArray"] = new List<long> { 7, 8 };

        Assert.Equal([7L, 8L], Enumerable.Range(0, 2).Select(index => EventBatch.Read(data, 2).Identity(index, 0).SequenceNumber));
    }

    [Theory]
    [InlineData("2026-11-25T03:14:15.926")]
    [InlineData("2026-11-25T03:14:15.926Z")]
    [InlineData("2026-11-25T03:14:15.926+00:00")]
    [InlineData("2026-11-25T08:14:15.926+05:00")]
    public void Times_without_a_zone_are_in_utc(string time)
    {
        Dictionary<string, object?> data = BindingData;
        data["EnqueuedTimeUtcArray"] = $"""["{time}","{time}"]""";

        DateTimeOffset read = EventBatch.Read(data, 2).Identity(0, 0).EnqueuedTime;

        Assert.Equal(new DateTimeOffset(2026, 11, 25, 3, 14, 15, 926, TimeSpan.Zero), read);
        Assert.Equal(TimeSpan.Zero, read.Offset);
    }

    [Theory]
    [InlineData("PartitionContext", null, "The trigger gave no PartitionContext.")]
    [InlineData("PartitionContext", "{", "The trigger's PartitionContext is not JSON.")]
    [InlineData("PartitionContext", "[]", "The trigger's PartitionContext has no FullyQualifiedNamespace.")]
    [InlineData("PartitionContext", """{"FullyQualifiedNamespace":"n","EventHubName":""}""", "The trigger's PartitionContext has no EventHubName.")]
    [InlineData("PartitionContext", """{"FullyQualifiedNamespace":"n","EventHubName":"e","PartitionId":3}""", "The trigger's PartitionContext has no PartitionId.")]
    [InlineData("PartitionContext", 3, "The trigger's PartitionContext is System.Int32, not JSON text.")]
    [InlineData("SequenceNumberArray", null, "The trigger gave no SequenceNumberArray.")]
    [InlineData("SequenceNumberArray", "{}", "The trigger's SequenceNumberArray is Object, not an array.")]
    [InlineData("SequenceNumberArray", "[1]", "The trigger's SequenceNumberArray has 1 items for 2 messages.")]
    [InlineData("SequenceNumberArray", "[1,2,3]", "The trigger's SequenceNumberArray has 3 items for 2 messages.")]
    [InlineData("SequenceNumberArray", "[1,2.5]", "The trigger's SequenceNumberArray[1] is not of its type.")]
    [InlineData("SequenceNumberArray", """[1,"2"]""", "The trigger's SequenceNumberArray[1] is not of its type.")]
    [InlineData("EnqueuedTimeUtcArray", null, "The trigger gave no EnqueuedTimeUtcArray.")]
    [InlineData("EnqueuedTimeUtcArray", "[]", "The trigger's EnqueuedTimeUtcArray has 0 items for 2 messages.")]
    [InlineData("EnqueuedTimeUtcArray", """["soon","soon"]""", "The trigger's EnqueuedTimeUtcArray[0] is not of its type.")]
    public void What_it_cannot_read_it_names(string part, object? value, string message)
    {
        Dictionary<string, object?> data = BindingData;
        data[part] = value;

        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => EventBatch.Read(data, 2));

        Assert.Equal(message, exception.Message);
    }
}
