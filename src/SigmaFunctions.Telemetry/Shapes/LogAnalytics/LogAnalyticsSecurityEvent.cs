using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.LogAnalytics;

/// <summary>
/// Rows of Log Analytics' <c>SecurityEvent</c>: a column for each name of the data of many events, and XML in <c>EventData</c> for those
/// of which there are no columns.
/// </summary>
internal sealed class LogAnalyticsSecurityEvent(NameTable.Builder names) : IShape
{
    private readonly LogAnalyticsRow _row = new(names);
    private readonly EventElements _elements = new(names);
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _eventSourceName = names.Add("EventSourceName");
    private readonly Name _eventData = names.Add("EventData");

    public string Name => "log-analytics";

    public bool Recognises(RecordValue record) =>
        _row.IsOf(record, "SecurityEvent"u8) || (record[_eventSourceName].HasText && _row.MayBeOf(record, "SecurityEvent"u8));

    public void Decode(RecordValue record, EventSink sink)
    {
        bool isXml = LogAnalyticsRow.IsXml(record[_eventData]);
        RecordValue data = default;
        if (isXml && !sink.TryParseXml(record[_eventData], 0, firstOnly: false, out data))
        {
            sink.Reject("EventData is not XML that can be read");
            return;
        }

        sink.SetAll(record);
        _row.AddSystem(record, sink);
        sink.AddOwnValues(record);
        if (isXml)
        {
            if (!_elements.TryAddAllData(data, sink))
            {
                return;
            }
        }

        _row.Write(record, record[_channel], record[_eventSourceName], sink);
    }
}
