using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// Data of an event that come as values without names. They get the names of the event's schema where that is known, and are <c>Data</c>
/// otherwise.
/// </summary>
internal sealed class PositionalData(NameTable.Builder names)
{
    private readonly EventSchemas _schemas = new(names);
    private readonly Name _data = names.Add("Data");

    /// <summary>Sets the data of an event.</summary>
    /// <param name="provider">The event's provider.</param>
    /// <param name="eventId">Its id.</param>
    /// <param name="version">Its version; absent where it is not stated.</param>
    /// <param name="values">Its data, a list.</param>
    /// <param name="sink">Where to.</param>
    public void Set(RecordValue provider, RecordValue eventId, RecordValue version, RecordValue values, EventSink sink)
    {
        ImmutableArray<Name> schema = _schemas.Find(provider, eventId, version, values);
        if (schema.IsEmpty)
        {
            sink.Set(_data, values);
            return;
        }

        int index = 0;
        foreach (RecordValue value in values.Children)
        {
            sink.Set(schema[index++], value);
        }
    }
}
