using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>One form in which events arrive. Stateless; never throws for what a record holds.</summary>
internal interface IShape
{
    /// <summary>Short name for <see cref="DecodedEvent.Shape"/>.</summary>
    string Name { get; }

    /// <summary>Whether a record (a JSON object) has this shape, by its content alone.</summary>
    bool Recognises(RecordValue record);

    /// <summary>Writes the event that a recognised record holds.</summary>
    void Decode(RecordValue record, EventBuilder builder);
}
