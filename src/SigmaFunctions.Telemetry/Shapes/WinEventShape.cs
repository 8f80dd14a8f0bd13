using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// What <c>Get-WinEvent | ConvertTo-Json</c> makes of an event: the columns of .NET's <c>EventLogRecord</c>, with the data as
/// <c>Properties</c>, values without names and of .NET's types. <c>ProcessId</c> is of the process that wrote the event.
/// </summary>
internal sealed class WinEventShape(NameTable.Builder names) : IShape
{
    private readonly WindowsViews _windows = new(names);
    private readonly PositionalData _positional = new(names);
    private readonly Name _id = names.Add("Id");
    private readonly Name _version = names.Add("Version");
    private readonly Name _provider = names.Add("ProviderName");
    private readonly Name _logName = names.Add("LogName");
    private readonly Name _machine = names.Add("MachineName");
    private readonly Name _properties = names.Add("Properties");
    private readonly Name _value = names.Add("Value");
    private readonly Name _timeValue = names.Add("value");
    private readonly Name _dateTime = names.Add("DateTime");
    private readonly Name _timeCreated = names.Add("TimeCreated");
    private readonly Name _utcTime = names.Add("UtcTime");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _computer = names.Add("Computer");
    private readonly Name _providerName = names.Add("Provider_Name");

    /// <summary>.NET's names of what else the event's <c>System</c> element holds.</summary>
    private readonly ImmutableArray<(Name Field, Name Column)> _columns =
    [
        (names.Add("Version"), names.Add("Version")),
        (names.Add("Level"), names.Add("Level")),
        (names.Add("Task"), names.Add("Task")),
        (names.Add("Opcode"), names.Add("Opcode")),
        (names.Add("EventRecordID"), names.Add("RecordId")),
        (names.Add("Provider_Guid"), names.Add("ProviderId")),
        (names.Add("Execution_ProcessID"), names.Add("ProcessId")),
        (names.Add("Execution_ThreadID"), names.Add("ThreadId")),
        (names.Add("Security_UserID"), names.Add("UserId")),
        (names.Add("Correlation_ActivityID"), names.Add("ActivityId")),
    ];

    public string Name => "get-winevent";

    public bool Recognises(RecordValue record) =>
        record[_id].HasText && record[_logName].HasText && record[_provider].HasText && record[_properties].Kind == FieldValueKind.Array;

    public void Decode(RecordValue record, EventSink sink)
    {
        RecordValue eventId = record[_id];
        RecordValue channel = record[_logName];
        RecordValue provider = record[_provider];
        RecordValue computer = record[_machine];
        if (!TryGetValues(record[_properties], sink.Tape, out RecordValue values))
        {
            sink.Reject("Properties are no values: ConvertTo-Json needs a greater -Depth");
            return;
        }

        foreach ((Name field, Name column) in _columns)
        {
            RecordValue value = record[column];
            sink.Map(field, value.IsObject ? value[_value] : value);
        }

        _positional.Set(provider, eventId, record[_version], values, sink, areTyped: true);

        // What identifies an event is not what its data calls by the same name.
        sink.Set(_eventId, eventId);
        sink.Set(_channel, channel);
        sink.Set(_providerName, provider);
        sink.Set(_computer, computer);
        sink.AddOwnValues(provider);
        sink.AddOwnValues(eventId);
        sink.AddOwnValues(channel);
        sink.AddOwnValues(computer);
        sink.AddOwnValues(values);
        if (sink.Facts is { } facts)
        {
            RecordValue time = record[_timeCreated];
            facts.Time = EventTime.FirstOf(sink[_utcTime], time, time[_timeValue], time[_dateTime]);
            facts.SetHost(computer);
            facts.SetUser(_windows.AccountOf(sink));
        }

        _windows.Write(WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text), sink);
    }

    /// <summary>The values as a list.</summary>
    private bool TryGetValues(RecordValue properties, RecordTape tape, out RecordValue values)
    {
        values = default;
        foreach (RecordValue property in properties.Children)
        {
            if (!property.IsObject || !property[_value].Exists)
            {
                return false;
            }
        }

        RecordValue empty = tape.Compose(default);
        values = tape.OpenList();
        foreach (RecordValue property in properties.Children)
        {
            // Identifiers of accounts are objects, which hold their text; of other objects and lists nothing is left.
            RecordValue value = property[_value];
            value = !value.IsObject ? value : value[_value] is { Exists: true } text ? text : value[_timeValue];
            tape.AddTo(values, value.HasText || value.Kind == FieldValueKind.Boolean ? value : empty);
        }

        tape.Close(values.Index);
        return true;
    }
}
