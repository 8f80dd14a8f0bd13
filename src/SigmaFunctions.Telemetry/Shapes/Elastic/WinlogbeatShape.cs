using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.Elastic;

/// <summary>
/// Winlogbeat 7 and later and Elastic Agent: <c>winlog</c> with the event's own data in <c>event_data</c> or <c>user_data</c>, as
/// nested objects or as names with dots. What Elastic's modules moved to the Elastic Common Schema goes back to the event's own names
/// (<see cref="EcsSysmon"/>, <see cref="EcsSecurity"/>, <see cref="EcsPowerShell"/>).
/// </summary>
internal sealed class WinlogbeatShape(NameTable.Builder names) : IShape
{
    private readonly WindowsViews _windows = new(names);
    private readonly EcsSysmon _sysmon = new(names);
    private readonly EcsSecurity _security = new(names);
    private readonly EcsPowerShell _powerShell = new(names);

    private readonly Name _winlog = names.Add("winlog");
    private readonly Name _flatChannel = names.Add("winlog.channel");
    private readonly Name _flatProvider = names.Add("winlog.provider_name");
    private readonly RecordPath _channelPath = new(names, "winlog.channel");
    private readonly RecordPath _providerPath = new(names, "winlog.provider_name");
    private readonly RecordPath _eventIdPath = new(names, "winlog.event_id");
    private readonly RecordPath _codePath = new(names, "event.code");
    private readonly RecordPath _eventDataPath = new(names, "winlog.event_data");
    private readonly RecordPath _userDataPath = new(names, "winlog.user_data");
    private readonly RecordPath _computerPath = new(names, "winlog.computer_name");
    private readonly RecordPath _hostPath = new(names, "host.name");
    private readonly Name _timestamp = names.Add("@timestamp");
    private readonly Name _utcTime = names.Add("UtcTime");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _providerName = names.Add("Provider_Name");
    private readonly Name _computer = names.Add("Computer");
    private readonly Name _data = names.Add("Data");
    private readonly Name _firstParameter = names.Add("param1");

    /// <summary>What else of <c>winlog</c> is a value of the event's <c>System</c> element.</summary>
    private readonly (Name Field, RecordPath Path)[] _system =
    [
        (names.Add("Provider_Guid"), new RecordPath(names, "winlog.provider_guid")),
        (names.Add("EventRecordID"), new RecordPath(names, "winlog.record_id")),
        (names.Add("Version"), new RecordPath(names, "winlog.version")),
        (names.Add("Execution_ProcessID"), new RecordPath(names, "winlog.process.pid")),
        (names.Add("Execution_ThreadID"), new RecordPath(names, "winlog.process.thread.id")),
        (names.Add("Security_UserID"), new RecordPath(names, "winlog.user.identifier")),
        (names.Add("Correlation_ActivityID"), new RecordPath(names, "winlog.activity_id")),
    ];

    public string Name => "winlogbeat";

    public bool Recognises(RecordValue record) => record[_winlog].IsObject
        ? _channelPath.In(record).HasText || _providerPath.In(record).HasText
        : record[_flatChannel].HasText || record[_flatProvider].HasText;

    public void Decode(RecordValue record, EventSink sink)
    {
        RecordValue channel = _channelPath.In(record);
        RecordValue provider = _providerPath.In(record);
        RecordValue eventId = _eventIdPath.In(record);
        eventId = eventId.HasText ? eventId : _codePath.In(record);
        RecordValue computer = _computerPath.In(record);
        RecordValue eventData = _eventDataPath.In(record);
        RecordValue userData = _userDataPath.In(record);
        sink.SetAll(eventData);
        SetEach(sink, userData);
        SetPrefixed(sink, record, "winlog.event_data."u8);
        SetPrefixed(sink, record, "winlog.user_data."u8);
        SetPrefixed(sink, record[_winlog], "event_data."u8);
        SetPrefixed(sink, record[_winlog], "user_data."u8);
        foreach ((Name field, RecordPath path) in _system)
        {
            if (!sink[field].Exists)
            {
                sink.Map(field, path.In(record));
            }
        }

        // What identifies an event is not what its data calls by the same name.
        sink.Set(_eventId, eventId);
        sink.Set(_channel, channel);
        sink.Set(_computer, computer);
        sink.Set(_providerName, provider);
        IEcsModule? module = ModuleOf(channel, provider);
        module?.Restore(record, eventId, sink);
        Compose(module, record, eventId, eventData, sink);
        AddOwnValues(sink, record, channel, provider, eventId, computer);
        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(sink[_utcTime], record[_timestamp]);
            facts.SetHost(computer.HasText ? computer : _hostPath.In(record));
            facts.SetUser(_windows.AccountOf(sink));
        }

        WindowsEventKind? kind = WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text);
        if (_windows.Begin(kind, sink))
        {
            Compose(module, record, eventId, eventData, sink);
        }

        _windows.End(kind, sink);
    }

    /// <summary>Sets the fields that are put together of several values, as far as they are wanted and not there.</summary>
    private void Compose(IEcsModule? module, RecordValue record, RecordValue eventId, RecordValue eventData, EventSink sink)
    {
        // Data without names come as param1, param2, …
        if (eventData[_firstParameter].Exists && sink.Wants(_data) && !sink[_data].Exists)
        {
            RecordValue list = sink.Tape.OpenList();
            foreach (RecordValue parameter in eventData.Children)
            {
                if (parameter.HasText && parameter.Name.StartsWith("param"u8))
                {
                    sink.Tape.AddTo(list, parameter);
                }
            }

            sink.Tape.Close(list.Index);
            sink.Set(_data, list);
        }

        module?.Compose(record, eventId, sink);
    }

    private IEcsModule? ModuleOf(RecordValue channel, RecordValue provider) =>
        WindowsLogSources.ServiceOf(channel.Text, provider.Text) switch
        {
            "sysmon" => _sysmon,
            "security" => _security,
            "powershell" or "powershell-classic" => _powerShell,
            _ => null,
        };

    private static void SetEach(EventSink sink, RecordValue parent)
    {
        foreach (RecordValue child in parent.Children)
        {
            sink.SetAsWithoutSpaces(child, child);
        }
    }

    private static void SetPrefixed(EventSink sink, RecordValue parent, ReadOnlySpan<byte> prefix)
    {
        if (!sink.Tape.HasPunctuatedNames)
        {
            return;
        }

        foreach (RecordValue child in parent.Children)
        {
            if (child.Name.StartsWith(prefix))
            {
                sink.SetWithoutSpaces(child.Name[prefix.Length..], child);
            }
        }
    }

    /// <summary>The values of the event, without what the shipper says of itself, of the host and of the transport.</summary>
    private void AddOwnValues(
        EventSink sink, RecordValue record, RecordValue channel, RecordValue provider, RecordValue eventId, RecordValue computer)
    {
        sink.AddOwnValues(channel);
        sink.AddOwnValues(provider);
        sink.AddOwnValues(eventId);
        sink.AddOwnValues(computer);
        foreach (RecordValue child in record.Children)
        {
            if (IsOfTheEvent(child.Name))
            {
                sink.AddOwnValues(child);
            }
        }

        foreach (RecordValue child in record[_winlog].Children)
        {
            if (IsData(child.Name))
            {
                sink.AddOwnValues(child);
            }
        }
    }

    private static bool IsData(ReadOnlySpan<byte> name) => name.StartsWith("event_data"u8) || name.StartsWith("user_data"u8);

    private static bool IsOfTheEvent(ReadOnlySpan<byte> name)
    {
        int dot = name.IndexOf((byte)'.');
        return (dot < 0 ? name : name[..dot]) switch
        {
            var first when first.SequenceEqual("winlog"u8) => dot > 0 && IsData(name[(dot + 1)..]),
            var first => first.SequenceEqual("process"u8)
                || first.SequenceEqual("file"u8)
                || first.SequenceEqual("registry"u8)
                || first.SequenceEqual("dns"u8)
                || first.SequenceEqual("source"u8)
                || first.SequenceEqual("destination"u8)
                || first.SequenceEqual("user"u8)
                || first.SequenceEqual("powershell"u8),
        };
    }
}
