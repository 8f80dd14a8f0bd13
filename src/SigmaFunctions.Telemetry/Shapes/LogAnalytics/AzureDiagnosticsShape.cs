using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.LogAnalytics;

/// <summary>
/// The Azure Diagnostics extension's Windows event logs: <c>category</c> <c>WindowsEventLogsTable</c> with the event's XML under
/// <c>properties.RawXml</c>.
/// </summary>
internal sealed class AzureDiagnosticsShape(NameTable.Builder names) : IShape
{
    private readonly EventElements _elements = new(names);
    private readonly Name _category = names.Add("category");
    private readonly Name _properties = names.Add("properties");
    private readonly Name _rawXml = names.Add("RawXml");

    public string Name => "azure-diagnostics";

    public bool Recognises(RecordValue record) =>
        record[_properties].IsObject && record[_category].Text.SequenceEqual("WindowsEventLogsTable"u8);

    public void Decode(RecordValue record, EventSink sink)
    {
        if (sink.TryParseXml(record[_properties][_rawXml], 0, firstOnly: false, out RecordValue parsed) && _elements.AreIn(parsed))
        {
            _elements.Write(parsed, sink);
        }
        else
        {
            sink.Reject("RawXml is no event XML that can be read");
        }
    }
}
