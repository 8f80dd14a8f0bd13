using System.Collections.Frozen;
using System.Globalization;
using Amqp;
using Amqp.Framing;
using Amqp.Listener;
using Amqp.Types;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>Connects senders (<c>hub</c>, <c>hub/Partitions/id</c>) and receivers (<c>hub/ConsumerGroups/group/Partitions/id</c>).</summary>
internal sealed class LinkRouter : ILinkProcessor
{
    private readonly FrozenDictionary<string, EventHub> _hubs;
    private readonly EventHubsEndpointOptions _options;

    public LinkRouter(FrozenDictionary<string, EventHub> hubs, EventHubsEndpointOptions options)
    {
        _hubs = hubs;
        _options = options;
    }

    /// <summary>The path of a node, from a bare path or an AMQP URI.</summary>
    public static string? Path(string? address) =>
        (Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme.StartsWith("amqp", StringComparison.OrdinalIgnoreCase) ? Uri.UnescapeDataString(uri.AbsolutePath) : address)?.Trim('/');

    /// <inheritdoc/>
    public void Process(AttachContext attachContext)
    {
        if (Connect(attachContext) is { } error)
        {
            attachContext.Complete(error);
        }
    }

    private Error? Connect(AttachContext context)
    {
        Attach attach = context.Attach;
        string address = Path(attach.Role ? (attach.Source as Source)?.Address : (attach.Target as Target)?.Address) ?? "";
        string[] segments = address.Split('/');
        if (!_hubs.TryGetValue(segments[0], out EventHub? hub))
        {
            return AmqpNames.Error(ErrorCode.NotFound, AmqpNames.NotFoundText(address));
        }

        attach.MaxMessageSize = (ulong)_options.MaxMessageBytes;
        return (attach.Role, segments.Length) switch
        {
            (false, 1) => ConnectSender(context, hub, null),
            (false, 3) when Is(segments[1], "Partitions") => hub.FindPartition(segments[2]) is { } partition
                ? ConnectSender(context, hub, partition)
                : AmqpNames.Error(AmqpNames.ArgumentOutOfRange, AmqpNames.NoPartitionText(segments[2], hub)),
            (true, 5) when Is(segments[1], "ConsumerGroups") && Is(segments[3], "Partitions") && hub.HasConsumerGroup(segments[2]) => hub.FindPartition(segments[4]) is { } partition
                ? ConnectReceiver(context, partition, segments[2])
                : AmqpNames.Error(AmqpNames.ArgumentOutOfRange, AmqpNames.NoPartitionText(segments[4], hub)),
            _ => AmqpNames.Error(ErrorCode.NotFound, AmqpNames.NotFoundText(address)),
        };
    }

    private Error? ConnectSender(AttachContext context, EventHub hub, Partition? partition)
    {
        var sink = new EventHubSink(hub, partition, _options.MaxMessageBytes);
        context.Complete(new TargetLinkEndpoint(sink, context.Link), sink.Credit);
        return null;
    }

    private Error? ConnectReceiver(AttachContext context, Partition partition, string consumerGroup)
    {
        Attach attach = context.Attach;
        StartPosition position = StartPosition.Latest;
        if (((Source)attach.Source).FilterSet?[AmqpNames.SelectorFilter] is { } filter)
        {
            string selector = (filter is DescribedValue described ? described.Value : filter) as string ?? "";
            if (!StartPosition.TryParse(selector, out position))
            {
                return AmqpNames.Error(AmqpNames.ArgumentError, $"The filter '{selector}' is not one of a position.");
            }
        }
        if (!partition.Log.TryLocate(position, out long first))
        {
            PartitionState state = partition.Log.State;
            return AmqpNames.Error(AmqpNames.ArgumentError, $"The supplied {position.Kind} '{position.Value}' is invalid. The last sequence number in the system is '{state.LastSequenceNumber}', the last offset '{state.LastOffset}'.");
        }

        long? epoch = attach.Properties?[AmqpNames.Epoch] is { } level ? Convert.ToInt64(level, CultureInfo.InvariantCulture) : null;
        if (partition.Receivers.TryAdd(context.Link, consumerGroup, epoch) is { } refused)
        {
            return refused;
        }

        bool reportsState = attach.DesiredCapabilities?.Contains(AmqpNames.RuntimeMetric) == true;
        var source = new PartitionSource(partition.Log, first, reportsState, _options.TimeProvider);
        context.Link.AddClosedCallback((_, _) =>
        {
            partition.Receivers.Remove(context.Link);
            source.Stop();
        });
        context.Complete(new SourceLinkEndpoint(source, context.Link), 0);
        return null;
    }

    private static bool Is(string segment, string name) => string.Equals(segment, name, StringComparison.OrdinalIgnoreCase);
}
