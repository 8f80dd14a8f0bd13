using System.Collections.Immutable;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// NXLog's <c>im_msvistalog</c> and its like as JSON: one flat object with the event's data and NXLog's own fields beside them. Names
/// differ by case alone: <c>ProcessID</c> wrote the event, <c>ProcessId</c> is of it. Older versions overwrite the event's
/// <c>EventType</c> with a severity.
/// </summary>
internal sealed class NxlogShape(NameTable.Builder names) : IShape
{
    private readonly WindowsViews _windows = new(names);
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _sourceName = names.Add("SourceName");
    private readonly Name _moduleType = names.Add("SourceModuleType");
    private readonly Name _receivedTime = names.Add("EventReceivedTime");
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _eventData = names.Add("EventData");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _message = names.Add("Message");
    private readonly Name _data = names.Add("Data");
    private readonly Name _hostname = names.Add("Hostname");
    private readonly Name _utcTime = names.Add("UtcTime");
    private readonly Name _timestamp = names.Add("@timestamp");
    private readonly Name _eventTime = names.Add("EventTime");
    private readonly Name _providerName = names.Add("Provider_Name");

    /// <summary>NXLog's names of what the event's <c>System</c> element holds.</summary>
    private readonly ImmutableArray<(Name Field, Name Column)> _system =
    [
        (names.Add("Provider_Name"), names.Add("SourceName")),
        (names.Add("Provider_Guid"), names.Add("ProviderGuid")),
        (names.Add("Computer"), names.Add("Hostname")),
        (names.Add("EventRecordID"), names.Add("RecordNumber")),
        (names.Add("Execution_ProcessID"), names.Add("ProcessID")),
        (names.Add("Execution_ProcessID"), names.Add("ExecutionProcessID")),
        (names.Add("Execution_ThreadID"), names.Add("ThreadID")),
        (names.Add("Security_UserID"), names.Add("UserID")),
        (names.Add("Correlation_ActivityID"), names.Add("ActivityID")),
    ];

    public string Name => "nxlog";

    public bool Recognises(RecordValue record) =>
        record[_eventId].HasText
        && !record[_sourceName].Text.IsEmpty
        && (record[_moduleType].StartsWith("im_"u8) || record[_receivedTime].Exists);

    public void Decode(RecordValue record, EventSink sink)
    {
        sink.SetAll(record);
        AddPrefixed(record, sink);
        foreach ((Name field, Name column) in _system)
        {
            if (!sink[field].Exists)
            {
                sink.Map(field, record[column]);
            }
        }

        RecordValue channel = record[_channel];
        RecordValue eventId = record[_eventId];
        RecordValue provider = sink[_providerName];
        if (IsSeverity(sink[_eventType].Text) && provider.Text.EndsWith("-Sysmon"u8))
        {
            RestoreEventType(record, eventId, sink);
        }

        // The event's only data, which have no names, end the rendered text and are nowhere else.
        if (provider.Text.SequenceEqual("PowerShell"u8) && !sink[_data].Exists)
        {
            sink.Map(_data, record[_message]);
        }

        sink.AddOwnValues(record);
        if (sink.Facts is { } facts)
        {
            // NXLog writes its own times in the local time of the host unless it is told otherwise.
            facts.Time = EventTime.FirstOf(sink[_utcTime], record[_timestamp], record[_eventTime]);
            facts.SetHost(record[_hostname]);
            facts.SetUser(_windows.AccountOf(sink));
        }

        _windows.Write(WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text), sink);
    }

    /// <summary>
    /// Sets data whose names have the prefix that <c>AddPrefix</c> gives them, or are in an object where that was made of it. What
    /// identifies the event has none, and data of the same name do not hide it.
    /// </summary>
    private void AddPrefixed(RecordValue record, EventSink sink)
    {
        foreach (RecordValue child in record[_eventData].Children)
        {
            SetData(child.Name, child, sink);
        }

        if (!sink.Tape.HasPunctuatedNames)
        {
            return;
        }

        foreach (RecordValue child in record.Children)
        {
            ReadOnlySpan<byte> name = child.Name;
            if (name.StartsWith("EventData."u8))
            {
                SetData(name["EventData."u8.Length..], child, sink);
            }
            else if (name.StartsWith("UserData."u8))
            {
                SetData(name[(name.LastIndexOf((byte)'.') + 1)..], child, sink);
            }
        }
    }

    private static void SetData(ReadOnlySpan<byte> name, RecordValue value, EventSink sink)
    {
        bool isIdentity = name.SequenceEqual("EventID"u8) || name.SequenceEqual("Channel"u8) || name.SequenceEqual("SourceName"u8)
            || name.SequenceEqual("Provider_Name"u8) || name.SequenceEqual("Hostname"u8) || name.SequenceEqual("Computer"u8);
        if (!isIdentity && !name.IsEmpty)
        {
            sink.SetWithoutSpaces(name, value);
        }
    }

    /// <summary>
    /// Sysmon's <c>EventType</c> from the rendered text; without it from the id, where that has only one. A severity is no event type.
    /// </summary>
    private void RestoreEventType(RecordValue record, RecordValue eventId, EventSink sink)
    {
        ReadOnlySpan<byte> eventType = LineOf(record[_message].Text, "EventType: "u8);
        if (eventType.IsEmpty)
        {
            eventType = EventIds.TryRead(eventId.Text, out int id) ? id switch
            {
                13 => "SetValue"u8,
                17 => "CreatePipe"u8,
                18 => "ConnectPipe"u8,
                19 => "WmiFilterEvent"u8,
                20 => "WmiConsumerEvent"u8,
                21 => "WmiBindingEvent"u8,
                _ => default,
            } : default;
        }

        if (eventType.IsEmpty)
        {
            sink.Remove(_eventType);
        }
        else
        {
            sink.Set(_eventType, sink.Tape.Compose(eventType));
        }
    }

    private static bool IsSeverity(ReadOnlySpan<byte> eventType) =>
        eventType.SequenceEqual("INFO"u8)
        || eventType.SequenceEqual("WARNING"u8)
        || eventType.SequenceEqual("ERROR"u8)
        || eventType.SequenceEqual("CRITICAL"u8)
        || eventType.SequenceEqual("VERBOSE"u8);

    /// <summary>The rest of the first line of a text that begins so; empty if there is none.</summary>
    private static ReadOnlySpan<byte> LineOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label)
    {
        for (int line = 0; line >= 0 && line < text.Length;)
        {
            ReadOnlySpan<byte> rest = text[line..];
            int end = rest.IndexOf((byte)'\n');
            ReadOnlySpan<byte> content = end < 0 ? rest : rest[..end];
            if (content.StartsWith(label))
            {
                return content[label.Length..].TrimEnd((byte)'\r');
            }

            line = end < 0 ? -1 : line + end + 1;
        }

        return default;
    }
}
