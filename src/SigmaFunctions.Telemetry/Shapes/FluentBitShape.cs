using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Fluent Bit's <c>winevtlog</c>, and <c>winlog</c> before it: flat, with the event's data as <c>StringInserts</c>, a list without names.
/// They get the names of the event's schema where that is known, and are <c>Data</c> otherwise.
/// </summary>
internal sealed class FluentBitShape(NameTable.Builder names) : IShape
{
    private readonly WindowsViews _windows = new(names);
    private readonly EventSchemas _schemas = new(names);
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _provider = names.Add("ProviderName");
    private readonly Name _sourceName = names.Add("SourceName");
    private readonly Name _computer = names.Add("Computer");
    private readonly Name _computerName = names.Add("ComputerName");
    private readonly Name _inserts = names.Add("StringInserts");
    private readonly Name _data = names.Add("Data");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _providerName = names.Add("Provider_Name");
    private readonly Name _utcTime = names.Add("UtcTime");
    private readonly Name _timeCreated = names.Add("TimeCreated");
    private readonly Name _timeGenerated = names.Add("TimeGenerated");
    private readonly Name _timestamp = names.Add("@timestamp");

    /// <summary>Fluent Bit's names of what else the event's <c>System</c> element holds.</summary>
    private readonly ImmutableArray<(Name Field, Name Column)> _system =
    [
        (names.Add("Provider_Guid"), names.Add("ProviderGuid")),
        (names.Add("Execution_ProcessID"), names.Add("ProcessID")),
        (names.Add("Execution_ThreadID"), names.Add("ThreadID")),
        (names.Add("Security_UserID"), names.Add("UserID")),
        (names.Add("Correlation_ActivityID"), names.Add("ActivityID")),
    ];

    public string Name => "fluentbit";

    public bool Recognises(RecordValue record) =>
        record[_inserts].Kind == FieldValueKind.Array
        && record[_eventId].HasText
        && record[_channel].HasText
        && !ProviderOf(record).Text.IsEmpty;

    public void Decode(RecordValue record, EventSink sink)
    {
        RecordValue eventId = record[_eventId];
        RecordValue channel = record[_channel];
        RecordValue provider = ProviderOf(record);
        RecordValue inserts = record[_inserts];
        RecordValue computer = record[_computer];
        computer = computer.HasText ? computer : record[_computerName];
        sink.SetAll(record);
        foreach ((Name field, Name column) in _system)
        {
            sink.Map(field, record[column]);
        }

        sink.Set(_providerName, provider);
        sink.Set(_computer, computer);
        SetData(sink, provider, eventId, inserts);
        sink.AddOwnValues(provider);
        sink.AddOwnValues(eventId);
        sink.AddOwnValues(channel);
        sink.AddOwnValues(computer);
        sink.AddOwnValues(inserts);
        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(sink[_utcTime], record[_timeCreated], record[_timeGenerated], record[_timestamp]);
            facts.SetHost(computer);
            facts.SetUser(_windows.AccountOf(sink));
        }

        _windows.Write(WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text), sink);
    }

    private void SetData(EventSink sink, RecordValue provider, RecordValue eventId, RecordValue inserts)
    {
        int count = 0;
        foreach (RecordValue _ in inserts.Children)
        {
            count++;
        }

        ImmutableArray<Name> schema = _schemas.Find(provider.Text, eventId.Text, count);
        if (schema.IsEmpty)
        {
            sink.Set(_data, inserts);
            return;
        }

        int index = 0;
        foreach (RecordValue value in inserts.Children)
        {
            sink.Set(schema[index++], value);
        }
    }

    private RecordValue ProviderOf(RecordValue record) =>
        record[_provider].Kind == FieldValueKind.Text ? record[_provider] : record[_sourceName];
}
