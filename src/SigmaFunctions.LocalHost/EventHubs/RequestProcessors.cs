using System.Collections.Frozen;
using System.Globalization;
using Amqp;
using Amqp.Framing;
using Amqp.Listener;
using Amqp.Types;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>The node <c>$cbs</c>: takes every token, since only this machine can connect.</summary>
internal sealed class TokenProcessor : IRequestProcessor
{
    /// <inheritdoc/>
    public int Credit => 100;

    /// <inheritdoc/>
    public void Process(RequestContext requestContext) => requestContext.Complete(Response.Create(202, "Accepted"));
}

/// <summary>The node <c>$management</c>: properties of event hubs and partitions.</summary>
internal sealed class ManagementProcessor : IRequestProcessor
{
    private const string EventHubType = "com.microsoft:eventhub";
    private const string PartitionType = "com.microsoft:partition";

    private readonly FrozenDictionary<string, EventHub> _hubs;
    private readonly TimeProvider _time;

    public ManagementProcessor(FrozenDictionary<string, EventHub> hubs, TimeProvider time)
    {
        _hubs = hubs;
        _time = time;
    }

    /// <inheritdoc/>
    public int Credit => 100;

    /// <inheritdoc/>
    public void Process(RequestContext requestContext) => requestContext.Complete(Answer(requestContext.Message.ApplicationProperties));

    private Message Answer(ApplicationProperties? request)
    {
        if (request?["operation"] is not "READ" || request["name"] is not string name)
        {
            return Response.Create(400, "Only READ of a named entity is served.", AmqpNames.ArgumentError);
        }

        if (!_hubs.TryGetValue(name, out EventHub? hub))
        {
            return Response.Create(404, AmqpNames.NotFoundText(name), new Symbol(ErrorCode.NotFound));
        }

        switch (request["type"])
        {
            case EventHubType:
                return Response.Create(200, "OK", body: new Map
                {
                    ["name"] = hub.Name,
                    ["type"] = EventHubType,
                    ["created_at"] = hub.CreatedAt,
                    ["partition_count"] = hub.Partitions.Length,
                    ["partition_ids"] = hub.Partitions.Select(p => p.Id).ToArray(),
                    ["georeplication_factor"] = 1,
                });
            case PartitionType:
                string id = Convert.ToString(request["partition"], CultureInfo.InvariantCulture) ?? "";
                if (hub.FindPartition(id) is not { } partition)
                {
                    return Response.Create(400, AmqpNames.NoPartitionText(id, hub), AmqpNames.ArgumentOutOfRange);
                }

                PartitionState state = partition.Log.State;
                return Response.Create(200, "OK", body: new Map
                {
                    ["name"] = hub.Name,
                    ["type"] = PartitionType,
                    ["partition"] = id,
                    ["begin_sequence_number"] = state.BeginSequenceNumber,
                    ["last_enqueued_sequence_number"] = state.LastSequenceNumber,
                    ["last_enqueued_offset"] = state.LastOffset.ToString(CultureInfo.InvariantCulture),
                    ["last_enqueued_time_utc"] = state.LastEnqueuedTime,
                    ["is_partition_empty"] = state.IsEmpty,
                    ["runtime_info_retrieval_time_utc"] = _time.GetUtcNow().UtcDateTime,
                    ["begin_sequence_number_epoch"] = -1,
                    ["last_enqueued_sequence_number_epoch"] = -1,
                });
            default:
                return Response.Create(400, $"Entities of type '{request["type"]}' are not served.", AmqpNames.ArgumentError);
        }
    }
}

/// <summary>Answers of the request nodes.</summary>
internal static class Response
{
    public static Message Create(int status, string description, Symbol? condition = null, object? body = null)
    {
        var properties = new ApplicationProperties();
        properties["status-code"] = status;
        properties["status-description"] = description;
        if (condition is not null)
        {
            properties["error-condition"] = condition;
        }

        return new Message { ApplicationProperties = properties, BodySection = new AmqpValue { Value = body ?? "" } };
    }
}
