using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>Writes the views of a Windows event.</summary>
internal static class WindowsViews
{
    /// <summary>
    /// One view with the event's own fields for its service and the categories that share its names, and one for each category
    /// whose names differ.
    /// </summary>
    /// <returns>Whether the event is of a service that is known.</returns>
    public static bool Write(WindowsRecord record, EventBuilder builder)
    {
        string? service = WindowsLogSources.ServiceOf(record.Channel, record.Provider);
        if (service is null)
        {
            return false;
        }

        string product = WindowsLogSources.ProductOf(record.Channel, record.Provider);
        ImmutableArray<LogSource> own =
        [
            .. WindowsLogSources.CategoriesOf(service, record.EventId, record["EventType"].Text)
                .Select(category => new LogSource(category, product, service)),
        ];
        if (own.IsEmpty)
        {
            own = [.. WindowsLogSources.NamesOf(service).Select(name => new LogSource(Product: product, Service: name))];
        }

        SetFields(record, builder.AddView(own));
        switch (WindowsLogSources.MappedCategoryOf(service, record.EventId))
        {
            case "process_creation":
                ViewBuilder process = builder.AddView(new LogSource("process_creation", product));
                SetFields(record, process);
                SecurityProcessCreation.Map(record, process);
                break;
            case "antivirus":
                ViewBuilder antivirus = builder.AddView(new LogSource("antivirus", product));
                SetFields(record, antivirus);
                antivirus.Map("Signature", record["ThreatName"]);
                antivirus.Map("Filename", record["Path"]);
                break;
        }

        return true;
    }

    /// <summary>The view of a Windows event of which no more is known than that: for rules that name the product alone.</summary>
    public static void WriteUnknown(WindowsRecord record, EventBuilder builder) =>
        SetFields(record, builder.AddView(new LogSource(Product: "windows")));

    private static void SetFields(WindowsRecord record, ViewBuilder view)
    {
        foreach ((string name, RecordValue value) in record.Fields)
        {
            view.Set(name, value);
        }
    }
}
