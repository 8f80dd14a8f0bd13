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

    /// <summary>Reads a row.</summary>
    /// <exception cref="FormatException">The row is not of a hub's event.</exception>
    public static HubEventIdentity Read(TableEntity entity) => new(
        RowValues.Required(entity, nameof(HubEventIdentity.Namespace)),
        RowValues.Required(entity, nameof(HubEventIdentity.EventHub)),
        RowValues.Required(entity, nameof(HubEventIdentity.Partition)),
        RowValues.TimeOfKey(entity),
        entity.GetInt64(nameof(HubEventIdentity.SequenceNumber)) ?? throw RowValues.Missing(entity, nameof(HubEventIdentity.SequenceNumber)),
        entity.GetInt32(nameof(HubEventIdentity.Record)) ?? throw RowValues.Missing(entity, nameof(HubEventIdentity.Record)));
}
