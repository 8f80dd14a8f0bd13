using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Objects whose properties already have Sigma's names. The log source comes from <c>EventID</c> with <c>Channel</c> or the
/// provider, else from top-level <c>category</c>, <c>product</c> and <c>service</c>, else from the decoder's default.
/// </summary>
internal sealed class FlatShape(NameTable.Builder names, LogSource? defaultLogSource) : IShape
{
    private readonly LogSourceSet? _default = defaultLogSource is null ? null : [defaultLogSource];
    private readonly WindowsViews _windows = new(names);
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _providerName = names.Add("Provider_Name");
    private readonly LogSourceProperties _logSource = new(names);
    private readonly Name _tenantId = names.Add("tenantId");

    private readonly ImmutableArray<Name> _providers =
        [names.Add("Provider_Name"), names.Add("SourceName"), names.Add("ProviderName"), names.Add("Provider")];

    private readonly ImmutableArray<Name> _hosts =
        [names.Add("Computer"), names.Add("Hostname"), names.Add("ComputerName"), names.Add("DeviceName")];

    private readonly ImmutableArray<Name> _times =
    [
        names.Add("UtcTime"),
        names.Add("TimeCreated"),
        names.Add("@timestamp"),
        names.Add("Timestamp"),
        names.Add("TimeGenerated"),
        names.Add("timestamp"),
        names.Add("EventTime"),
        names.Add("time"),
    ];

    public string Name => "flat";

    public bool Recognises(RecordValue record) => record.IsObject;

    /// <summary>Whether a record is an event of the Windows event log: it has its id, and its channel or provider.</summary>
    public bool IsWindows(RecordValue record) =>
        record[_eventId].HasText && (!record[_channel].Text.IsEmpty || !FirstStated(record, _providers).Text.IsEmpty);

    public void Decode(RecordValue record, EventSink sink)
    {
        sink.SetAll(record);
        sink.StateTenant(record[_tenantId]);
        if (sink.Facts is { } facts)
        {
            facts.Time = TimeOf(record);
            facts.SetHost(FirstStated(record, _hosts));
            facts.SetUser(_windows.AccountOf(sink));
            facts.SetTenantId(record[_tenantId].IfStated());
        }

        RecordValue eventId = record[_eventId];
        RecordValue channel = record[_channel];
        RecordValue provider = eventId.HasText ? FirstStated(record, _providers) : default;
        bool isWindows = eventId.HasText && !(channel.HasText ? channel : provider).Text.IsEmpty;
        WindowsEventKind? kind = isWindows
            ? WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, record[_eventType].Text)
            : null;
        if (kind is null && WriteStated(record, sink))
        {
            return;
        }

        sink.AddOwnValues(record);
        if (isWindows)
        {
            // Rules know the provider by one name only; the sender's other names for it stay too.
            if (!record[_providerName].Exists && provider.Exists)
            {
                sink.Set(_providerName, provider.Kind == FieldValueKind.Text ? provider : sink.Tape.Compose(provider.Text));
            }

            _windows.Write(kind, sink);
        }
        else if (_default is not null)
        {
            sink.BeginView(_default);
            sink.EndView();
        }
    }

    /// <summary>Writes the view of a record that states its log source, if it does.</summary>
    private bool WriteStated(RecordValue record, EventSink sink)
    {
        RecordValue category = _logSource.CategoryOf(record);
        RecordValue product = _logSource.ProductOf(record);
        RecordValue service = _logSource.ServiceOf(record);
        if (!category.Exists && !product.Exists && !service.Exists)
        {
            return false;
        }

        // What only says where the event belongs is its envelope, not its content.
        sink.AddOwnValues(record, withoutLogSource: true);
        sink.StateOrigin((service.Exists ? service : category).Text, product.Text);
        sink.BeginView(category, product, service);
        sink.EndView();
        return true;
    }

    private DateTimeOffset? TimeOf(RecordValue record)
    {
        foreach (Name column in _times)
        {
            if (EventTime.FirstOf(record[column]) is { } time)
            {
                return time;
            }
        }

        return null;
    }

    private static RecordValue FirstStated(RecordValue record, ImmutableArray<Name> columns)
    {
        foreach (Name column in columns)
        {
            if (record[column] is var value && !value.Text.IsEmpty)
            {
                return value;
            }
        }

        return default;
    }
}
