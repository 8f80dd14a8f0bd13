using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Messaging.EventHubs;
using Google.Protobuf;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Trigger;

/// <summary>Where a batch comes from.</summary>
/// <param name="FullyQualifiedNamespace">Host name of the namespace.</param>
/// <param name="EventHubName">Event hub.</param>
/// <param name="ConsumerGroup">Consumer group.</param>
/// <param name="PartitionId">Partition.</param>
internal sealed record BatchSource(string FullyQualifiedNamespace, string EventHubName, string ConsumerGroup, string PartitionId);

/// <summary>
/// The events of one invocation, from one partition and in order, and how they go to the worker: bodies as
/// <c>collection_bytes</c>, metadata as the Functions host converts what its Event Hubs extension binds. Arrays of strings and
/// integers become collections where the worker has the capability <c>TypedDataCollection</c> (else JSON), everything else is
/// JSON, and enqueued times carry no zone (the extension binds <c>EnqueuedTime.DateTime</c>, whose kind is unspecified; UTC is meant).
/// Every try has the same invocation id, whichever worker gets it.
/// </summary>
/// <param name="Source">Where the events come from.</param>
/// <param name="Events">The events, oldest first; at least one.</param>
internal sealed record TriggerBatch(BatchSource Source, ImmutableArray<EventData> Events)
{
    private const string TypedDataCollection = "TypedDataCollection";
    private const string IncludeEmptyEntries = "IncludeEmptyEntriesInMessagePayload";

    /// <summary>Id of the invocation, and of all its retries.</summary>
    public string InvocationId { get; } = Guid.NewGuid().ToString();

    /// <summary>Whether the host says that it traces the invocation.</summary>
    public bool IsSampled { get; init; } = true;

    /// <summary>The request that invokes a function with this batch.</summary>
    /// <param name="binding">The function's trigger.</param>
    /// <param name="capabilities">The worker's capabilities.</param>
    /// <param name="retry">Number of this retry; 0 for the first try.</param>
    public InvocationRequest ToRequest(TriggerBinding binding, ImmutableDictionary<string, string> capabilities, int retry)
    {
        bool collections = capabilities.ContainsKey(TypedDataCollection);
        bool emptyEntries = capabilities.ContainsKey(IncludeEmptyEntries);
        var bodies = new CollectionBytes();
        foreach (EventData item in Events)
        {
            bodies.Bytes.Add(UnsafeByteOperations.UnsafeWrap(item.EventBody.ToMemory()));
        }

        return new InvocationRequest
        {
            InvocationId = InvocationId,
            FunctionId = binding.FunctionId,
            TraceContext = TraceContext.Create(IsSampled),
            RetryContext = new RetryContext { RetryCount = retry, MaxRetryCount = binding.Retry.MaxRetries },
            InputData = { new ParameterBinding { Name = binding.Parameter, Data = new TypedData { CollectionBytes = bodies } } },
            TriggerMetadata =
            {
                ["TriggerPartitionContext"] = Json(writer => WritePartitionContext(writer, Source)),
                ["PartitionContext"] = Json(writer => WritePartitionContext(writer, Source)),
                ["SequenceNumberArray"] = collections
                    ? new TypedData { CollectionSint64 = new CollectionSInt64 { Sint64 = { Events.Select(e => e.SequenceNumber) } } }
                    : JsonArray((writer, e) => writer.WriteNumberValue(e.SequenceNumber)),
                ["OffsetArray"] = Strings(e => NumericOffset(e.OffsetString), collections, emptyEntries),
                ["OffsetStringArray"] = Strings(e => e.OffsetString, collections, emptyEntries),
                ["PartitionKeyArray"] = Strings(e => e.PartitionKey, collections, emptyEntries),
                ["EnqueuedTimeUtcArray"] = JsonArray((writer, e) => writer.WriteStringValue(e.EnqueuedTime.UtcDateTime.ToString(EnqueuedTimeFormat, CultureInfo.InvariantCulture))),
                ["PropertiesArray"] = JsonArray((writer, e) => WriteMap(writer, e.Properties)),
                ["SystemPropertiesArray"] = JsonArray(WriteSystemProperties),
            },
        };
    }

    private const string EnqueuedTimeFormat = "yyyy-MM-ddTHH:mm:ss.FFFFFFF";

    // Namespaces that are replicated have offsets that are no numbers; the extension then says -1 under the older name.
    private static string NumericOffset(string offset) =>
        long.TryParse(offset, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number.ToString(CultureInfo.InvariantCulture) : "-1";

    private TypedData Strings(Func<EventData, string?> value, bool collections, bool emptyEntries)
    {
        if (!collections)
        {
            return JsonArray((writer, e) => writer.WriteStringValue(value(e)));
        }

        var strings = new CollectionString();
        strings.String.AddRange(Events.Select(value).Where(v => emptyEntries || !string.IsNullOrEmpty(v)).Select(v => v ?? ""));
        return new TypedData { CollectionString = strings };
    }

    private TypedData JsonArray(Action<Utf8JsonWriter, EventData> write) => Json(writer =>
    {
        writer.WriteStartArray();
        foreach (EventData item in Events)
        {
            write(writer, item);
        }

        writer.WriteEndArray();
    });

    private static TypedData Json(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            write(writer);
        }

        return new TypedData { Json = Encoding.UTF8.GetString(buffer.WrittenSpan) };
    }

    private static void WritePartitionContext(Utf8JsonWriter writer, BatchSource source)
    {
        writer.WriteStartObject();
        writer.WriteBoolean("IsCheckpointingAfterInvocation", true);
        writer.WriteString("FullyQualifiedNamespace", source.FullyQualifiedNamespace);
        writer.WriteString("EventHubName", source.EventHubName);
        writer.WriteString("ConsumerGroup", source.ConsumerGroup);
        writer.WriteString("PartitionId", source.PartitionId);
        writer.WriteEndObject();
    }

    private static void WriteSystemProperties(Utf8JsonWriter writer, EventData item)
    {
        writer.WriteStartObject();
        foreach ((string name, object? value) in item.SystemProperties)
        {
            writer.WritePropertyName(name);
            WriteValue(writer, value);
        }
        writer.WriteNumber("SequenceNumber", item.SequenceNumber);
        writer.WriteString("Offset", item.OffsetString);
        writer.WriteString("PartitionKey", item.PartitionKey);
        writer.WriteString("EnqueuedTimeUtc", item.EnqueuedTime.UtcDateTime.ToString(EnqueuedTimeFormat, CultureInfo.InvariantCulture));
        writer.WriteEndObject();
    }

    private static void WriteMap(Utf8JsonWriter writer, IEnumerable<KeyValuePair<string, object>> map)
    {
        writer.WriteStartObject();
        foreach ((string name, object? value) in map)
        {
            writer.WritePropertyName(name);
            WriteValue(writer, value);
        }
        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null:
                writer.WriteNullValue();
                break;
            case bool flag:
                writer.WriteBooleanValue(flag);
                break;
            case byte or sbyte or short or ushort or int or uint or long:
                writer.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                writer.WriteNumberValue(number);
                break;
            case float or double when double.IsFinite(Convert.ToDouble(value, CultureInfo.InvariantCulture)):
                writer.WriteNumberValue(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case decimal number:
                writer.WriteNumberValue(number);
                break;
            case DateTime time:
                writer.WriteStringValue(time);
                break;
            case DateTimeOffset time:
                writer.WriteStringValue(time);
                break;
            case byte[] bytes:
                writer.WriteBase64StringValue(bytes);
                break;
            default:
                writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture));
                break;
        }
    }
}
