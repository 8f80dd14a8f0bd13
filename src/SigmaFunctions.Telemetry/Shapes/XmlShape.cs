using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>Windows event XML itself: every record that is XML must be an <c>Event</c>.</summary>
internal sealed class XmlShape(NameTable.Builder names) : IShape
{
    private readonly EventElements _elements = new(names);

    public string Name => "xml";

    public bool Recognises(RecordValue record) => record.Tape is { IsXml: true };

    public void Decode(RecordValue record, EventSink sink)
    {
        if (_elements.AreIn(record))
        {
            _elements.Write(record, sink);
        }
        else
        {
            sink.Reject("XML, but no Windows event");
        }
    }
}
