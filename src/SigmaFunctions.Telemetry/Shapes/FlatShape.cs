using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Objects whose properties already have Sigma's names. The log source comes from <c>EventID</c> with <c>Channel</c> or the
/// provider, else from top-level <c>category</c>, <c>product</c> and <c>service</c>, else from the decoder's default.
/// </summary>
internal sealed class FlatShape(LogSource? defaultLogSource) : IShape
{
    private static readonly string[] LogSourceNames = ["category", "product", "service"];

    public string Name => "flat";

    public bool Recognises(RecordValue record) => record.IsObject;

    public void Decode(RecordValue record, EventBuilder builder)
    {
        var windows = new WindowsRecord
        {
            Channel = record["Channel"u8].Text,
            Provider = FirstText(record["Provider_Name"u8], record["SourceName"u8], record["ProviderName"u8], record["Provider"u8]),
            EventId = record["EventID"u8].Text,
        };
        foreach (RecordValue property in record.Children)
        {
            windows.Add(property.Name, property);
        }

        // Rules know the provider by one name only; the sender's other names for it stay too.
        if (!record["Provider_Name"u8].Exists && windows is { EventId: not null, Provider: { Length: > 0 } provider })
        {
            windows.Add("Provider_Name", RecordValue.FromText(provider));
        }

        // What only says where the event belongs is its envelope, not its content.
        bool isStated = WriteViews(record, windows, builder);
        builder.AddOwnValues(record, except: isStated ? LogSourceNames : []);
        builder.Time = EventTime.FirstOf(
            record["UtcTime"u8],
            record["TimeCreated"u8],
            record["@timestamp"u8],
            record["Timestamp"u8],
            record["TimeGenerated"u8],
            record["timestamp"u8],
            record["EventTime"u8],
            record["time"u8]);
        builder.Host = FirstText(record["Computer"u8], record["Hostname"u8], record["ComputerName"u8], record["DeviceName"u8]);
        builder.User = windows.Account;
        builder.TenantId = FirstText(record["tenantId"u8]);
    }

    /// <summary>Writes the views; whether the record itself states its log source.</summary>
    private bool WriteViews(RecordValue record, WindowsRecord windows, EventBuilder builder)
    {
        bool fromWindows = windows.EventId is not null && (windows.Channel ?? windows.Provider) is { Length: > 0 };
        if (fromWindows && WindowsViews.Write(windows, builder))
        {
            return false;
        }

        var stated = new LogSource(TextOf(record["category"u8]), TextOf(record["product"u8]), TextOf(record["service"u8]));
        if (stated != new LogSource())
        {
            builder.AddView(stated).SetAll(record);
            return true;
        }

        if (fromWindows)
        {
            WindowsViews.WriteUnknown(windows, builder);
        }
        else if (defaultLogSource is not null)
        {
            builder.AddView(defaultLogSource).SetAll(record);
        }

        return false;
    }

    private static string? TextOf(RecordValue value) =>
        value.Kind == FieldValueKind.Text && value.Text is { Length: > 0 } text ? text : null;

    private static string? FirstText(params ReadOnlySpan<RecordValue> values)
    {
        foreach (RecordValue value in values)
        {
            if (value.Text is { Length: > 0 } text)
            {
                return text;
            }
        }

        return null;
    }
}
