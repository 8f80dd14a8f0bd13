using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Windows event XML turned into JSON element by element, as evtx_dump does: <c>Event.System</c> with <c>Event.EventData</c> or
/// <c>Event.UserData</c>; attributes are under <c>#attributes</c> (or beside the element, as <c>Provider_attributes</c>), the text of
/// an element that has both under <c>#text</c>.
/// </summary>
internal sealed class EvtxShape : IShape
{
    private const string AttributesSuffix = "_attributes";

    public string Name => "evtx";

    public bool Recognises(RecordValue record) => record["Event"u8]["System"u8].IsObject;

    public void Decode(RecordValue record, EventBuilder builder)
    {
        RecordValue @event = record["Event"u8];
        RecordValue system = @event["System"u8];
        RecordValue eventData = @event["EventData"u8];
        RecordValue userData = @event["UserData"u8];
        var windows = new WindowsRecord
        {
            Channel = TextOf(system["Channel"u8]).Text,
            Provider = Attribute(system, "Provider"u8, "Provider_attributes"u8, "Name"u8).Text,
            EventId = TextOf(system["EventID"u8]).Text,
        };
        AddSystem(windows, system);
        AddData(windows, eventData);
        foreach (RecordValue element in userData.Children)
        {
            AddData(windows, element);
        }

        // What identifies an event is not what its data calls by the same name.
        windows.Add("EventID", TextOf(system["EventID"u8]));
        windows.Add("Channel", TextOf(system["Channel"u8]));
        windows.Add("Computer", TextOf(system["Computer"u8]));
        windows.Add("Provider_Name", RecordValue.FromText(windows.Provider));

        if (!WindowsViews.Write(windows, builder))
        {
            WindowsViews.WriteUnknown(windows, builder);
        }

        builder.AddOwnValues(system);
        builder.AddOwnValues(eventData);
        builder.AddOwnValues(userData);
        builder.Time = EventTime.FirstOf(
            eventData["UtcTime"u8], Attribute(system, "TimeCreated"u8, "TimeCreated_attributes"u8, "SystemTime"u8));
        builder.Host = TextOf(system["Computer"u8]).Text;
        builder.User = windows.Account;
    }

    /// <summary>Elements under their names, attributes as <c>Element_Attribute</c>.</summary>
    private static void AddSystem(WindowsRecord windows, RecordValue system)
    {
        foreach (RecordValue element in system.Children)
        {
            string name = element.Name;
            if (name.EndsWith(AttributesSuffix, StringComparison.Ordinal))
            {
                AddAttributes(windows, name[..^AttributesSuffix.Length], element);
                continue;
            }

            AddAttributes(windows, name, element["#attributes"u8]);
            RecordValue text = TextOf(element);
            if (!text.IsNull && !text.IsObject)
            {
                windows.Add(name, text);
            }
        }
    }

    private static void AddAttributes(WindowsRecord windows, string element, RecordValue attributes)
    {
        foreach (RecordValue attribute in attributes.Children)
        {
            windows.Add($"{element}_{attribute.Name}", attribute);
        }
    }

    /// <summary>Named data under their names without spaces; data without names together as <c>Data</c>.</summary>
    private static void AddData(WindowsRecord windows, RecordValue data)
    {
        foreach (RecordValue item in data.Children)
        {
            string name = item.Name;
            if (name is "#attributes" || name.EndsWith(AttributesSuffix, StringComparison.Ordinal))
            {
                continue;
            }

            if (name is not "Data")
            {
                windows.Add(name.Replace(" ", "", StringComparison.Ordinal), TextOf(item));
                continue;
            }

            bool named = AddIfNamed(windows, item);
            foreach (RecordValue element in item.Children)
            {
                named |= AddIfNamed(windows, element);
            }

            if (!named)
            {
                windows.Add("Data", TextOf(item));
            }
        }
    }

    private static bool AddIfNamed(WindowsRecord windows, RecordValue element)
    {
        if (element["#attributes"u8]["Name"u8].Text is not { Length: > 0 } name)
        {
            return false;
        }

        RecordValue text = element["#text"u8];
        windows.Add(name.Replace(" ", "", StringComparison.Ordinal), text.Exists ? text : RecordValue.FromText(""));
        return true;
    }

    /// <summary>The text of an element, whether or not it stands beside attributes.</summary>
    private static RecordValue TextOf(RecordValue element) => element["#text"u8] is { Exists: true } text ? text : element;

    private static RecordValue Attribute(
        RecordValue parent, ReadOnlySpan<byte> element, ReadOnlySpan<byte> beside, ReadOnlySpan<byte> attribute) =>
        parent[element]["#attributes"u8][attribute] is { Exists: true } value ? value : parent[beside][attribute];
}
