using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>Windows event XML turned into JSON element by element, as evtx_dump does.</summary>
internal sealed class EvtxShape(NameTable.Builder names) : IShape
{
    private readonly EventElements _elements = new(names);
    private readonly Name _event = names.Add("Event");

    public string Name => "evtx";

    public bool Recognises(RecordValue record) => _elements.IsEvent(record[_event]);

    public void Decode(RecordValue record, EventSink sink) => _elements.Write(record[_event], sink);
}
