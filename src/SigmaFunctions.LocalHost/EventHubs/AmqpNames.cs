using Amqp.Framing;
using Amqp.Types;

namespace SigmaFunctions.LocalHost.EventHubs;

/// <summary>Names that Event Hubs uses on the wire, and its errors.</summary>
internal static class AmqpNames
{
    public const uint BatchMessageFormat = 0x80013700;

    public static readonly Symbol SequenceNumber = new("x-opt-sequence-number");
    public static readonly Symbol Offset = new("x-opt-offset");
    public static readonly Symbol EnqueuedTime = new("x-opt-enqueued-time");
    public static readonly Symbol PartitionKey = new("x-opt-partition-key");

    public static readonly Symbol SelectorFilter = new("apache.org:selector-filter:string");
    public static readonly Symbol Epoch = new("com.microsoft:epoch");
    public static readonly Symbol RuntimeMetric = new("com.microsoft:enable-receiver-runtime-metric");

    public static readonly Symbol ArgumentError = new("com.microsoft:argument-error");
    public static readonly Symbol ArgumentOutOfRange = new("com.microsoft:argument-out-of-range");
    public static readonly Symbol LinkStolen = new("amqp:link:stolen");

    /// <summary>The SDK tells a missing entity from a broken connection by this wording.</summary>
    public static string NotFoundText(string address) => $"The messaging entity '{address}' could not be found.";

    public static string NoPartitionText(string id, EventHub hub) =>
        $"The specified partition is invalid for an EventHub partition sender or receiver: '{id}'. It should be between 0 and {hub.Partitions.Length - 1}.";

    public static Error Error(Symbol condition, string description) => new(condition) { Description = description };
}
