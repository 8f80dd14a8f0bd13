using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes.LogAnalytics;

/// <summary>
/// What the tables have in common in which Log Analytics keeps events of the Windows event log. Rows come from a data export (one
/// record a row) or are exported by hand. Columns: https://learn.microsoft.com/azure/azure-monitor/reference/tables-index.
/// </summary>
internal sealed class LogAnalyticsRow(NameTable.Builder names)
{
    private readonly WindowsViews _windows = new(names);
    private readonly Name _type = names.Add("Type");
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _providerName = names.Add("Provider_Name");
    private readonly Name _computer = names.Add("Computer");
    private readonly Name _tenantId = names.Add("TenantId");
    private readonly Name _utcTime = names.Add("UtcTime");
    private readonly ImmutableArray<Name> _times = [names.Add("TimeCreated"), names.Add("TimeCreatedUtc"), names.Add("TimeGenerated")];

    /// <summary>Columns that hold an element or attribute of <c>System</c> under another name, or the same.</summary>
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

    /// <summary>Whether a row is of a table, or does not say of which.</summary>
    public bool MayBeOf(RecordValue row, ReadOnlySpan<byte> table) =>
        row[_eventId].HasText && (row[_type] is not { HasText: true } type || type.Text.SequenceEqual(table));

    /// <summary>Whether a row says that it is of a table.</summary>
    public bool IsOf(RecordValue row, ReadOnlySpan<byte> table) => row[_eventId].HasText && row[_type].Text.SequenceEqual(table);

    /// <summary>Sets what <c>System</c> says beside the event's identity, as far as a row has it.</summary>
    public void AddSystem(RecordValue row, EventSink sink)
    {
        foreach ((Name field, Name column) in _system)
        {
            sink.Map(field, row[column]);
        }
    }

    /// <summary>Writes the event of a row whose data have been set.</summary>
    /// <param name="row">The row.</param>
    /// <param name="channel">The event's channel.</param>
    /// <param name="provider">The event's provider.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue row, RecordValue channel, RecordValue provider, EventSink sink)
    {
        RecordValue eventId = row[_eventId];
        sink.Set(_eventId, eventId);
        sink.Set(_channel, channel);
        sink.Set(_providerName, provider);
        sink.Set(_computer, row[_computer]);
        sink.StateTenant(row[_tenantId]);
        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(sink[_utcTime], row[_times[0]], row[_times[1]], row[_times[2]]);
            facts.SetHost(row[_computer].IfStated());
            facts.SetUser(_windows.AccountOf(sink));
            facts.SetTenantId(row[_tenantId].IfStated());
        }

        _windows.Write(WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text), sink);
    }

    /// <summary>Adds what identifies the event to its own values.</summary>
    public void AddIdentity(RecordValue row, RecordValue channel, RecordValue provider, EventSink sink)
    {
        sink.AddOwnValues(provider);
        sink.AddOwnValues(row[_eventId]);
        sink.AddOwnValues(channel);
        sink.AddOwnValues(row[_computer]);
    }

    /// <summary>Whether text is XML rather than something else.</summary>
    public static bool IsXml(RecordValue text) => text.Kind == FieldValueKind.Text && text.Text.TrimStart(" \t\r\n"u8) is [(byte)'<', ..];
}
