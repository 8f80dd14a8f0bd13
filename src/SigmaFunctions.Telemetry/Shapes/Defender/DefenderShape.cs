using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>
/// Rows of Microsoft Defender XDR's advanced hunting tables. The streaming API has the row under <c>properties</c> and, as
/// <c>category</c>, <c>AdvancedHunting-</c> and the table's name; the export of a Log Analytics workspace that holds the same tables has
/// the row itself, with the table's name as <c>Type</c>; a hunting query gives rows without it.
/// </summary>
internal sealed class DefenderShape : IShape
{
    private readonly LogSourceProperties _logSource;
    private readonly Name _category;
    private readonly Name _properties;
    private readonly Name _time;
    private readonly Name _tenantId;
    private readonly Name _workspaceId;
    private readonly Name _type;
    private readonly Name _deviceId;
    private readonly Name _actionType;
    private readonly Name _timestamp;
    private readonly Name _timeGenerated;
    private readonly Name _deviceName;
    private readonly Name _accountDomain;
    private readonly Name _accountName;
    private readonly Name _initiatingAccountDomain;
    private readonly Name _initiatingAccountName;
    private readonly DefenderProcessEvents _processEvents;
    private readonly DefenderNetworkEvents _networkEvents;
    private readonly DefenderFileEvents _fileEvents;
    private readonly DefenderImageLoadEvents _imageLoadEvents;
    private readonly DefenderRegistryEvents _registryEvents;
    private readonly DefenderEvents _events;

    /// <summary>Makes the shape.</summary>
    /// <param name="names">Where it adds the names that it looks for.</param>
    public DefenderShape(NameTable.Builder names)
    {
        _logSource = new LogSourceProperties(names);
        _category = names.Add("category");
        _properties = names.Add("properties");
        _time = names.Add("time");
        _tenantId = names.Add("tenantId");
        _workspaceId = names.Add("TenantId");
        _type = names.Add("Type");
        _deviceId = names.Add("DeviceId");
        _actionType = names.Add("ActionType");
        _timestamp = names.Add("Timestamp");
        _timeGenerated = names.Add("TimeGenerated");
        _deviceName = names.Add("DeviceName");
        _accountDomain = names.Add("AccountDomain");
        _accountName = names.Add("AccountName");
        _initiatingAccountDomain = names.Add("InitiatingProcessAccountDomain");
        _initiatingAccountName = names.Add("InitiatingProcessAccountName");
        var actor = new DefenderActor(names);
        _processEvents = new DefenderProcessEvents(names);
        _networkEvents = new DefenderNetworkEvents(names, actor);
        _fileEvents = new DefenderFileEvents(names, actor);
        _imageLoadEvents = new DefenderImageLoadEvents(names, actor);
        _registryEvents = new DefenderRegistryEvents(names, actor);
        _events = new DefenderEvents(names, actor, _imageLoadEvents);
    }

    private static ReadOnlySpan<byte> CategoryPrefix => "AdvancedHunting-"u8;

    public string Name => "defender";

    public bool Recognises(RecordValue record) => IsStreamed(record) || IsExported(record) || IsHunted(record);

    public void Decode(RecordValue record, EventSink sink)
    {
        bool isStreamed = IsStreamed(record);
        RecordValue row = isStreamed ? record[_properties] : record;
        sink.AddOwnValues(row);
        ReadOnlySpan<byte> name = isStreamed ? record[_category].Text[CategoryPrefix.Length..] : record[_type].Text;
        name = name.IsEmpty ? TableOf(row[_actionType].Text) : name;
        sink.StateTenant(record[isStreamed ? _tenantId : _workspaceId]);
        sink.StateOrigin(name, default);
        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(row[_timestamp], row[_timeGenerated], record[_time]);
            facts.SetHost(row[_deviceName].IfStated());
            RecordValue account = sink.AccountOf(row[_accountDomain], row[_accountName]);
            facts.SetUser(account.Exists ? account : sink.AccountOf(row[_initiatingAccountDomain], row[_initiatingAccountName]));

            // What a workspace calls TenantId is the workspace.
            facts.SetTenantId(record[_tenantId].IfStated());
        }

        switch (name)
        {
            case var table when table.SequenceEqual("DeviceProcessEvents"u8):
                _processEvents.Write(row, sink);
                break;
            case var table when table.SequenceEqual("DeviceNetworkEvents"u8):
                _networkEvents.Write(row, sink);
                break;
            case var table when table.SequenceEqual("DeviceFileEvents"u8):
                _fileEvents.Write(row, sink);
                break;
            case var table when table.SequenceEqual("DeviceImageLoadEvents"u8):
                _imageLoadEvents.Write(row, sink);
                break;
            case var table when table.SequenceEqual("DeviceRegistryEvents"u8):
                _registryEvents.Write(row, sink);
                break;
            case var table when table.SequenceEqual("DeviceEvents"u8):
                _events.Write(row, sink);
                break;
            case var table when table.SequenceEqual("DeviceLogonEvents"u8):
                sink.LeaveOut();
                break;
        }
    }

    private bool IsStreamed(RecordValue record) => record[_category].StartsWith(CategoryPrefix) && record[_properties].IsObject;

    private bool IsExported(RecordValue record) =>
        record[_type].StartsWith("Device"u8) && (record[_deviceId].Exists || record[_actionType].Exists);

    /// <summary>Whether this is a row that a hunting query gave: it does not name its table. Who states a log source is not asked for more.</summary>
    private bool IsHunted(RecordValue record) =>
        record[_deviceId].HasText && record[_actionType].HasText && (record[_timestamp].HasText || record[_timeGenerated].HasText)
        && !record[_type].Exists && !_logSource.IsIn(record);

    /// <summary>The table that has such an action (Microsoft's reference of the schema); all others are kinds of <c>DeviceEvents</c>.</summary>
    private static ReadOnlySpan<byte> TableOf(ReadOnlySpan<byte> action) => action switch
    {
        _ when action.SequenceEqual("ProcessCreated"u8) => "DeviceProcessEvents"u8,
        _ when action.SequenceEqual("ImageLoaded"u8) => "DeviceImageLoadEvents"u8,
        _ when action.StartsWith("Logon"u8) => "DeviceLogonEvents"u8,
        _ when action.StartsWith("FileCreated"u8) || action.StartsWith("FileModified"u8) || action.StartsWith("FileDeleted"u8)
            || action.StartsWith("FileRenamed"u8) => "DeviceFileEvents"u8,
        _ when action.StartsWith("RegistryKey"u8) || action.StartsWith("RegistryValue"u8) => "DeviceRegistryEvents"u8,
        _ when action.StartsWith("Connection"u8) || action.StartsWith("InboundConnection"u8) || action.StartsWith("ListeningConnection"u8)
            || action.EndsWith("ConnectionInspected"u8) || action.SequenceEqual("NetworkSignatureInspected"u8) => "DeviceNetworkEvents"u8,
        _ => "DeviceEvents"u8,
    };
}
