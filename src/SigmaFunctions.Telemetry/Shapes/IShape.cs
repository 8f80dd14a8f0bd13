using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// One form in which events arrive. Stateless; never throws for what a record holds. It is made with the names that it looks for, so
/// that a record's properties are found by number.
/// </summary>
internal interface IShape
{
    /// <summary>Short name for <see cref="DecodedEvent.Shape"/>.</summary>
    string Name { get; }

    /// <summary>Whether a record (a JSON object) has this shape, by its content alone.</summary>
    bool Recognises(RecordValue record);

    /// <summary>Writes the event that a recognised record holds.</summary>
    void Decode(RecordValue record, EventSink sink);
}
