using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.LogAnalytics;

/// <summary>
/// Rows of Log Analytics' <c>WindowsEvent</c>: <c>EventData</c> is an object with the event's data under their names, or the JSON text
/// of one. Where the agent could not make that, it is null and <c>RawEventData</c> holds the event's XML.
/// </summary>
internal sealed class LogAnalyticsWindowsEvent(NameTable.Builder names) : IShape
{
    private readonly LogAnalyticsRow _row = new(names);
    private readonly EventElements _elements = new(names);
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _provider = names.Add("Provider");
    private readonly Name _eventData = names.Add("EventData");
    private readonly Name _rawEventData = names.Add("RawEventData");
    private readonly Name _event = names.Add("Event");

    public string Name => "log-analytics";

    public bool Recognises(RecordValue record) =>
        _row.MayBeOf(record, "WindowsEvent"u8) && record[_channel].HasText && record[_provider].HasText
        && (record[_eventData].Exists || record[_rawEventData].Exists || _row.IsOf(record, "WindowsEvent"u8));

    public void Decode(RecordValue record, EventSink sink)
    {
        RecordValue data = record[_eventData];
        if (data.IsNull && !record[_rawEventData].Text.IsEmpty)
        {
            DecodeRaw(record, sink);
            return;
        }

        if (data.Kind == FieldValueKind.Text && !data.Text.IsEmpty && !sink.Tape.TryParseObject(data, out data))
        {
            sink.Reject("EventData is not the JSON text of an object");
            return;
        }

        _row.AddSystem(record, sink);
        if (!_elements.TryAddData(sink, data))
        {
            return;
        }

        sink.AddOwnValues(data);
        Write(record, sink);
    }

    private void DecodeRaw(RecordValue record, EventSink sink)
    {
        if (!sink.TryParseXml(record[_rawEventData], 0, firstOnly: false, out RecordValue raw))
        {
            sink.Reject("RawEventData is not XML that can be read");
            return;
        }

        raw = raw[_event] is { IsObject: true } element ? element : raw;
        _row.AddSystem(record, sink);
        if (!_elements.TryAddAllData(raw, sink))
        {
            return;
        }

        Write(record, sink);
    }

    private void Write(RecordValue record, EventSink sink)
    {
        _row.AddIdentity(record, record[_channel], record[_provider], sink);
        _row.Write(record, record[_channel], record[_provider], sink);
    }
}
