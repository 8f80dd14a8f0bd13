using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.LogAnalytics;

/// <summary>
/// Rows of Log Analytics' <c>Event</c>: <c>EventData</c> is XML, <c>EventData</c> or <c>UserData</c> of the event with or without a
/// <c>DataItem</c> around it. Where it is empty, <c>ParameterXml</c> has the data without their names.
/// </summary>
internal sealed class LogAnalyticsEvent(NameTable.Builder names) : IShape
{
    private readonly LogAnalyticsRow _row = new(names);
    private readonly EventElements _elements = new(names);
    private readonly Name _eventLog = names.Add("EventLog");
    private readonly Name _source = names.Add("Source");
    private readonly Name _eventData = names.Add("EventData");
    private readonly Name _dataItem = names.Add("DataItem");
    private readonly Name _parameterXml = names.Add("ParameterXml");
    private readonly Name _param = names.Add("Param");
    private readonly Name _data = names.Add("Data");
    private readonly Name _level = names.Add("Level");
    private readonly Name _eventLevel = names.Add("EventLevel");
    private readonly Name _task = names.Add("Task");
    private readonly Name _eventCategory = names.Add("EventCategory");

    public string Name => "log-analytics";

    public bool Recognises(RecordValue record) =>
        _row.MayBeOf(record, "Event"u8) && record[_eventLog].HasText && record[_source].HasText;

    public void Decode(RecordValue record, EventSink sink)
    {
        RecordValue channel = record[_eventLog];
        RecordValue provider = record[_source];
        bool isXml = LogAnalyticsRow.IsXml(record[_eventData]);
        RecordValue data = default;
        if (isXml && !sink.TryParseXml(record[_eventData], 0, firstOnly: false, out data))
        {
            sink.Reject("EventData is not XML that can be read");
            return;
        }

        sink.Map(_level, record[_eventLevel]);
        sink.Map(_task, record[_eventCategory]);
        _row.AddIdentity(record, channel, provider, sink);
        if (isXml)
        {
            data = data[_dataItem] is { Exists: true } item ? item : data;
            if (!_elements.TryAddAllData(data, sink))
            {
                return;
            }
        }
        else if (LogAnalyticsRow.IsXml(record[_parameterXml])
            && sink.TryParseXml(record[_parameterXml], 0, firstOnly: false, out RecordValue parameters))
        {
            sink.Set(_data, parameters[_param]);
            sink.AddOwnValues(parameters[_param]);
        }

        _row.Write(record, channel, provider, sink);
    }
}
