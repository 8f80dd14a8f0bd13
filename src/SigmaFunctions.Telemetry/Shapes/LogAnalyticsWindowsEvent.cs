using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Rows of Log Analytics' <c>WindowsEvent</c>: <c>EventData</c> is an object with the event's data under their names, or the JSON text
/// of one.
/// </summary>
internal sealed class LogAnalyticsWindowsEvent(NameTable.Builder names) : IShape
{
    private readonly LogAnalyticsRow _row = new(names);
    private readonly EventElements _elements = new(names);
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _provider = names.Add("Provider");
    private readonly Name _eventData = names.Add("EventData");

    /// <summary>Columns that hold an element or attribute of <c>System</c> under another name, or its own.</summary>
    private readonly ImmutableArray<(Name Field, Name Column)> _system =
    [
        (names.Add("Version"), names.Add("Version")),
        (names.Add("Level"), names.Add("EventLevel")),
        (names.Add("Task"), names.Add("Task")),
        (names.Add("Opcode"), names.Add("Opcode")),
        (names.Add("Keywords"), names.Add("Keywords")),
        (names.Add("EventRecordID"), names.Add("EventRecordId")),
        (names.Add("Execution_ProcessID"), names.Add("SystemProcessId")),
        (names.Add("Execution_ThreadID"), names.Add("SystemThreadId")),
        (names.Add("Security_UserID"), names.Add("SystemUserId")),
    ];

    public string Name => "log-analytics";

    public bool Recognises(RecordValue record) =>
        _row.MayBeOf(record, "WindowsEvent"u8) && record[_channel].HasText && record[_provider].HasText && record[_eventData].Exists;

    public void Decode(RecordValue record, EventSink sink)
    {
        RecordValue data = record[_eventData];
        if (data.Kind == FieldValueKind.Text && !data.Text.IsEmpty && !sink.Tape.TryParseObject(data, out data))
        {
            sink.Reject("EventData is not the JSON text of an object");
            return;
        }

        foreach ((Name field, Name column) in _system)
        {
            sink.Map(field, record[column]);
        }

        _elements.AddData(sink, data);
        _row.AddIdentity(record, record[_channel], record[_provider], sink);
        sink.AddOwnValues(data);
        _row.Write(record, record[_channel], record[_provider], sink);
    }
}
