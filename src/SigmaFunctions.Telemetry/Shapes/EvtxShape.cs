using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Windows event XML turned into JSON element by element, as evtx_dump and libraries do: an object with <c>Event</c>, or what is in that.
/// </summary>
internal sealed class EvtxShape(NameTable.Builder names) : IShape
{
    private readonly EventElements _elements = new(names);

    public string Name => "evtx";

    public bool Recognises(RecordValue record) => _elements.AreIn(record) || _elements.AreOf(record);

    public void Decode(RecordValue record, EventSink sink)
    {
        if (_elements.AreIn(record))
        {
            _elements.Write(record, sink);
        }
        else
        {
            _elements.WriteEvent(record, sink);
        }
    }
}
