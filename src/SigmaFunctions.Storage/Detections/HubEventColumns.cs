using Azure.Data.Tables;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Detections;

/// <summary>The columns of a row that tell the identity of a hub's event.</summary>
internal static class HubEventColumns
{
    /// <summary>Those that are read.</summary>
    public static readonly string[] Names =
    [
        nameof(HubEventIdentity.Namespace),
        nameof(HubEventIdentity.EventHub),
        nameof(HubEventIdentity.Partition),
        nameof(HubEventIdentity.EnqueuedTime),
        nameof(HubEventIdentity.SequenceNumber),
        nameof(HubEventIdentity.Record),
    ];

    /// <summary>The columns of an identity.</summary>
    public static Dictionary<string, object?> Write(HubEventIdentity identity) => new()
    {
        [nameof(HubEventIdentity.Namespace)] = RowValues.Text(identity.Namespace, RowValues.MaxName),
        [nameof(HubEventIdentity.EventHub)] = RowValues.Text(identity.EventHub, RowValues.MaxName),
        [nameof(HubEventIdentity.Partition)] = RowValues.Text(identity.Partition, RowValues.MaxName),
        [nameof(HubEventIdentity.EnqueuedTime)] = RowValues.Time(identity.EnqueuedTime),
        [nameof(HubEventIdentity.SequenceNumber)] = identity.SequenceNumber,
        [nameof(HubEventIdentity.Record)] = identity.Record,
    };

    /// <summary>What a filter adds that takes the rows of one event, among those of its time.</summary>
    public static string Condition(HubEventIdentity identity) =>
        TableClient.CreateQueryFilter($" and SequenceNumber eq {identity.SequenceNumber} and Record eq {identity.Record}");

    /// <summary>Reads a row.</summary>
    /// <param name="entity">The row.</param>
    /// <param name="isKeyOfEvent">
    /// Whether the event's time is in the row's key; otherwise it is that of the column, which has no time before 1601, and of the key where there is none.
    /// </param>
    /// <exception cref="FormatException">The row is not of a hub's event.</exception>
    public static HubEventIdentity Read(TableEntity entity, bool isKeyOfEvent) => new(
        RowValues.Required(entity, nameof(HubEventIdentity.Namespace)),
        RowValues.Required(entity, nameof(HubEventIdentity.EventHub)),
        RowValues.Required(entity, nameof(HubEventIdentity.Partition)),
        (isKeyOfEvent ? null : entity.GetDateTimeOffset(nameof(HubEventIdentity.EnqueuedTime))) ?? RowValues.TimeOfKey(entity),
        entity.GetInt64(nameof(HubEventIdentity.SequenceNumber)) ?? throw RowValues.Missing(entity, nameof(HubEventIdentity.SequenceNumber)),
        entity.GetInt32(nameof(HubEventIdentity.Record)) ?? throw RowValues.Missing(entity, nameof(HubEventIdentity.Record)));
}
