using System.Collections.Immutable;
using System.Text.Json;
using Azure.Messaging.EventHubs;
using Google.Protobuf.Collections;
using SigmaFunctions.LocalHost.Trigger;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Tests.Trigger;

public sealed class TriggerBatchTests
{
    private static readonly TriggerBinding Binding = new("id-1", "Detect", "bodies", "events", "$Default", "EventHubConnection", new RetryPolicy(-1, TimeSpan.Zero, TimeSpan.Zero));

    private static readonly TriggerBatch Batch = new(
        new BatchSource("127.0.0.1", "events", "$Default", "3"),
        [
            Event("a", 7, "100", new DateTimeOffset(2026, 11, 25, 8, 0, 0, 123, TimeSpan.Zero), "key", new() { ["source"] = "mde", ["header"] = "x"u8.ToArray() }),
            Event("b", 8, "3:200:8", new DateTimeOffset(2026, 11, 25, 8, 0, 1, TimeSpan.Zero), null, []),
        ]);

    private static readonly ImmutableDictionary<string, string> Modern = ImmutableDictionary<string, string>.Empty.Add("TypedDataCollection", "True").Add("IncludeEmptyEntriesInMessagePayload", "True");

    [Fact]
    public void Bodies_go_as_bytes_to_the_triggers_parameter()
    {
        InvocationRequest request = Batch.ToRequest(Binding, Modern, retry: 2);

        Assert.Equal("id-1", request.FunctionId);
        Assert.Equal((2, -1), (request.RetryContext.RetryCount, request.RetryContext.MaxRetryCount));
        ParameterBinding input = Assert.Single(request.InputData);
        Assert.Equal("bodies", input.Name);
        Assert.Equal(["a", "b"], input.Data.CollectionBytes.Bytes.Select(b => b.ToStringUtf8()));
    }

    [Fact]
    public void A_retry_has_the_id_of_the_first_try_and_another_batch_has_another()
    {
        InvocationRequest request = Batch.ToRequest(Binding, Modern, retry: 0);

        Assert.Equal(request.InvocationId, Batch.ToRequest(Binding, Modern, retry: 1).InvocationId);
        Assert.NotEqual(request.InvocationId, new TriggerBatch(Batch.Source, Batch.Events).ToRequest(Binding, Modern, retry: 0).InvocationId);
    }

    [Theory]
    [InlineData(true, "01")]
    [InlineData(false, "00")]
    public void Every_try_has_a_trace_of_its_own(bool isSampled, string flags)
    {
        var batch = new TriggerBatch(Batch.Source, Batch.Events) { IsSampled = isSampled };

        string[] parents = [.. Enumerable.Range(0, 2).Select(retry => batch.ToRequest(Binding, Modern, retry).TraceContext.TraceParent)];

        Assert.All(parents, parent => Assert.Matches($"^00-[0-9a-f]{{32}}-[0-9a-f]{{16}}-{flags}$", parent));
        Assert.Distinct(parents);
    }

    [Fact]
    public void Arrays_of_strings_and_integers_are_collections_for_a_worker_that_takes_them()
    {
        MapField<string, TypedData> metadata = Batch.ToRequest(Binding, Modern, 0).TriggerMetadata;

        Assert.Equal([7L, 8L], metadata["SequenceNumberArray"].CollectionSint64.Sint64);
        Assert.Equal(["100", "-1"], metadata["OffsetArray"].CollectionString.String);
        Assert.Equal(["100", "3:200:8"], metadata["OffsetStringArray"].CollectionString.String);
        Assert.Equal(["key", ""], metadata["PartitionKeyArray"].CollectionString.String);
    }

    [Fact]
    public void They_are_JSON_for_a_worker_that_does_not()
    {
        MapField<string, TypedData> metadata = Batch.ToRequest(Binding, ImmutableDictionary<string, string>.Empty, 0).TriggerMetadata;

        Assert.Equal("[7,8]", metadata["SequenceNumberArray"].Json);
        Assert.Equal("""["100","3:200:8"]""", metadata["OffsetStringArray"].Json);
        Assert.Equal("""["key",null]""", metadata["PartitionKeyArray"].Json);
    }

    [Fact]
    public void Everything_else_is_JSON_and_enqueued_times_have_no_zone()
    {
        MapField<string, TypedData> metadata = Batch.ToRequest(Binding, Modern, 0).TriggerMetadata;

        Assert.Equal("""["2026-11-25T08:00:00.123","2026-11-25T08:00:01"]""", metadata["EnqueuedTimeUtcArray"].Json);
        Assert.Equal("""[{"source":"mde","header":"eA=="},{}]""", metadata["PropertiesArray"].Json);
        using var context = JsonDocument.Parse(metadata["PartitionContext"].Json);
        Assert.Equal(("127.0.0.1", "events", "$Default", "3"), (
            context.RootElement.GetProperty("FullyQualifiedNamespace").GetString(), context.RootElement.GetProperty("EventHubName").GetString(),
            context.RootElement.GetProperty("ConsumerGroup").GetString(), context.RootElement.GetProperty("PartitionId").GetString()));
        Assert.Equal(metadata["PartitionContext"].Json, metadata["TriggerPartitionContext"].Json);
        using var system = JsonDocument.Parse(metadata["SystemPropertiesArray"].Json);
        Assert.Equal(7, system.RootElement[0].GetProperty("SequenceNumber").GetInt64());
        Assert.Equal(JsonValueKind.Null, system.RootElement[1].GetProperty("PartitionKey").ValueKind);
    }

    private static EventData Event(string body, long sequenceNumber, string offset, DateTimeOffset enqueued, string? key, Dictionary<string, object> properties) =>
        EventHubsModelFactory.EventData(BinaryData.FromString(body), properties, systemProperties: null, partitionKey: key, sequenceNumber: sequenceNumber, offsetString: offset, enqueuedTime: enqueued);
}
