using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes.Elastic;

/// <summary>
/// One of Elastic's modules for the Windows event log, which move what an event holds to the Elastic Common Schema, and how it is moved
/// back. What the event data still hold is never replaced. The modules drop values that are empty or a dash: those stay lost.
/// </summary>
internal interface IEcsModule
{
    /// <summary>Sets the fields that only have another name.</summary>
    void Restore(RecordValue record, RecordValue eventId, EventSink sink);

    /// <summary>Sets the fields that are put together of several values, as far as they are wanted.</summary>
    void Compose(RecordValue record, RecordValue eventId, EventSink sink);
}

/// <summary>Where in a record a field is.</summary>
/// <param name="field">Its name in the event's schema.</param>
/// <param name="path">Where it was moved.</param>
internal sealed class EcsField(Name field, RecordPath path)
{
    /// <summary>Sets the field unless the event data hold it.</summary>
    public void Restore(RecordValue record, EventSink sink)
    {
        if (!sink[field].Exists)
        {
            sink.Map(field, path.In(record));
        }
    }
}
