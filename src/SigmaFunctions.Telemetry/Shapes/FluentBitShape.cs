using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Fluent Bit's <c>winevtlog</c>, and <c>winlog</c> before it: flat, with the event's data as <c>StringInserts</c>, a list without names,
/// or as <c>EventData</c>, an object (<c>Event_Data_As_Map</c>); or the event's XML as <c>System</c> (<c>Render_Event_As_XML</c>).
/// </summary>
internal sealed class FluentBitShape(NameTable.Builder names) : IShape
{
    private readonly WindowsViews _windows = new(names);
    private readonly EventElements _elements = new(names);
    private readonly PositionalData _positional = new(names);
    private readonly Name _system = names.Add("System");
    private readonly Name _eventData = names.Add("EventData");
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _version = names.Add("Version");
    private readonly Name _channel = names.Add("Channel");
    private readonly ImmutableArray<Name> _providers = [names.Add("ProviderName"), names.Add("SourceName"), names.Add("Provider_Name"), names.Add("Provider")];
    private readonly Name _computer = names.Add("Computer");
    private readonly Name _computerName = names.Add("ComputerName");
    private readonly Name _inserts = names.Add("StringInserts");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _providerName = names.Add("Provider_Name");
    private readonly Name _utcTime = names.Add("UtcTime");
    private readonly Name _timeCreated = names.Add("TimeCreated");
    private readonly Name _timeGenerated = names.Add("TimeGenerated");
    private readonly Name _timestamp = names.Add("@timestamp");

    /// <summary>Fluent Bit's names of what else the event's <c>System</c> element holds.</summary>
    private readonly ImmutableArray<(Name Field, Name Column)> _columns =
    [
        (names.Add("Provider_Guid"), names.Add("ProviderGuid")),
        (names.Add("Execution_ProcessID"), names.Add("ProcessID")),
        (names.Add("Execution_ThreadID"), names.Add("ThreadID")),
        (names.Add("Security_UserID"), names.Add("UserID")),
        (names.Add("Correlation_ActivityID"), names.Add("ActivityID")),
    ];

    public string Name => "fluentbit";

    public bool Recognises(RecordValue record)
    {
        if (!record[_eventId].HasText)
        {
            return IsXml(record);
        }

        // Without names of its own, an event's data get those of its provider; with them, either says what event it is.
        bool hasChannel = record[_channel].HasText;
        bool hasProvider = !ProviderOf(record).Text.IsEmpty;
        return HasNamedData(record) ? hasChannel || hasProvider : record[_inserts].Kind == FieldValueKind.Array && hasChannel && hasProvider;
    }

    public void Decode(RecordValue record, EventSink sink)
    {
        if (!record[_eventId].HasText)
        {
            DecodeXml(record, sink);
            return;
        }

        RecordValue eventId = record[_eventId];
        RecordValue channel = record[_channel];
        RecordValue provider = ProviderOf(record);
        RecordValue inserts = record[_inserts];
        RecordValue computer = record[_computer];
        RecordValue data = record[_eventData];
        computer = computer.HasText ? computer : record[_computerName];
        if (data.Kind == FieldValueKind.Text && !data.Text.IsEmpty && !sink.Tape.TryParseObject(data, out data))
        {
            sink.Reject("EventData is not the JSON text of an object");
            return;
        }

        sink.SetAll(record);
        foreach ((Name field, Name column) in _columns)
        {
            sink.Map(field, record[column]);
        }

        bool isNamed = data.IsObject && (data.HasChildren || inserts.Kind != FieldValueKind.Array);
        if (isNamed)
        {
            if (!_elements.TryAddData(sink, data))
            {
                return;
            }
        }
        else
        {
            _positional.Set(provider, eventId, record[_version], inserts, sink);
        }

        // What identifies an event is not what its data calls by the same name.
        sink.Set(_eventId, eventId);
        sink.Set(_channel, channel);
        sink.Set(_providerName, provider);
        sink.Set(_computer, computer);
        sink.AddOwnValues(provider);
        sink.AddOwnValues(eventId);
        sink.AddOwnValues(channel);
        sink.AddOwnValues(computer);
        sink.AddOwnValues(isNamed ? data : inserts);
        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(sink[_utcTime], record[_timeCreated], record[_timeGenerated], record[_timestamp]);
            facts.SetHost(computer);
            facts.SetUser(_windows.AccountOf(sink));
        }

        _windows.Write(WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text), sink);
    }

    private void DecodeXml(RecordValue record, EventSink sink)
    {
        if (sink.TryParseXml(record[_system], 0, firstOnly: false, out RecordValue parsed) && _elements.AreIn(parsed))
        {
            _elements.Write(parsed, sink);
        }
        else
        {
            sink.Reject("System is no event XML that can be read");
        }
    }

    // Text that is JSON is one of an object; any other was not made by Fluent Bit.
    private bool HasNamedData(RecordValue record) => record[_eventData] is { IsObject: true } or { Kind: FieldValueKind.Text, Text: [(byte)'{', ..] };

    private bool IsXml(RecordValue record) => record[_system] is { Kind: FieldValueKind.Text } system && system.Text.TrimStart(" \t\r\n"u8).StartsWith("<Event"u8);

    private RecordValue ProviderOf(RecordValue record)
    {
        foreach (Name name in _providers)
        {
            if (record[name] is { Kind: FieldValueKind.Text } provider)
            {
                return provider;
            }
        }

        return default;
    }
}
