using System.Buffers;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// Writes an event of the Windows event log from its XML, as evtx_dump and <see cref="Xml.XmlCursor"/> make objects of that:
/// <c>System</c> with <c>EventData</c> or <c>UserData</c>; attributes are under <c>#attributes</c> (or beside the element, as
/// <c>Provider_attributes</c>), the text of an element that has both under <c>#text</c>. What else there is, such as
/// <c>RenderingInfo</c>, is not the event's own.
/// </summary>
internal sealed class EventElements(NameTable.Builder names)
{
    private static readonly SearchValues<byte> HexadecimalDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private readonly WindowsViews _windows = new(names);
    private readonly Name _event = names.Add("Event");
    private readonly Name _system = names.Add("System");
    private readonly Name _eventData = names.Add("EventData");
    private readonly Name _userData = names.Add("UserData");
    private readonly Name _attributes = names.Add("#attributes");
    private readonly Name _text = names.Add("#text");
    private readonly Name _name = names.Add("Name");
    private readonly Name _data = names.Add("Data");
    private readonly Name _provider = names.Add("Provider");
    private readonly Name _providerAttributes = names.Add("Provider_attributes");
    private readonly Name _timeCreated = names.Add("TimeCreated");
    private readonly Name _timeCreatedAttributes = names.Add("TimeCreated_attributes");
    private readonly Name _systemTime = names.Add("SystemTime");
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _channel = names.Add("Channel");
    private readonly Name _computer = names.Add("Computer");
    private readonly Name _providerName = names.Add("Provider_Name");
    private readonly Name _utcTime = names.Add("UtcTime");

    /// <summary>
    /// Data that are hexadecimal numbers in the schemas of their events (win:HexInt32, win:HexInt64, win:Pointer). Windows writes them
    /// without zeros in front, and so do rules; some readers of log files fill them up to 8 or 16 digits.
    /// </summary>
    private readonly ImmutableArray<Name> _hexadecimal =
    [
        names.Add("AccessMask"),
        names.Add("CallerProcessId"),
        names.Add("ClientProcessId"),
        names.Add("ErrorCode"),
        names.Add("GrantedAccess"),
        names.Add("HandleId"),
        names.Add("LogonId"),
        names.Add("NewProcessId"),
        names.Add("ProcessId"),
        names.Add("ServiceType"),
        names.Add("SourceProcessId"),
        names.Add("Status"),
        names.Add("SubStatus"),
        names.Add("SubjectLogonId"),
        names.Add("TargetLinkedLogonId"),
        names.Add("TargetLogonId"),
        names.Add("TargetProcessId"),
        names.Add("TicketEncryptionType"),
        names.Add("TicketOptions"),
    ];

    private static ReadOnlySpan<byte> AttributesSuffix => "_attributes"u8;

    /// <summary>Whether an object has an <c>Event</c> element.</summary>
    public bool AreIn(RecordValue parent) => parent[_event][_system].IsObject;

    /// <summary>Writes an event.</summary>
    /// <param name="parent">What has the <c>Event</c> element.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue parent, EventSink sink)
    {
        RecordValue @event = parent[_event];
        RecordValue system = @event[_system];
        RecordValue eventData = @event[_eventData];
        RecordValue eventId = TextOf(system[_eventId]);
        RecordValue channel = TextOf(system[_channel]);
        RecordValue computer = TextOf(system[_computer]);
        RecordValue provider = Attribute(system, _provider, _providerAttributes, _name);
        AddSystem(sink, system);
        AddAllData(@event, sink);

        // What identifies an event is not what its data calls by the same name.
        sink.Set(_eventId, eventId);
        sink.Set(_channel, channel);
        sink.Set(_computer, computer);
        if (provider.HasText)
        {
            sink.Set(_providerName, provider.Kind == FieldValueKind.Text ? provider : sink.Tape.Compose(provider.Text));
        }

        sink.AddOwnValues(system);
        sink.AddOwnValues(eventData);
        sink.AddOwnValues(@event[_userData]);
        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(
                eventData[_utcTime], Attribute(system, _timeCreated, _timeCreatedAttributes, _systemTime));
            facts.SetHost(computer);
            facts.SetUser(_windows.AccountOf(sink));
        }

        _windows.Write(WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text), sink);
    }

    /// <summary>Sets the data of an event, whether it is under <c>EventData</c> or <c>UserData</c>.</summary>
    /// <param name="parent">The element that holds either.</param>
    /// <param name="sink">Where to.</param>
    public void AddAllData(RecordValue parent, EventSink sink)
    {
        AddData(sink, parent[_eventData]);
        foreach (RecordValue element in parent[_userData].Children)
        {
            AddData(sink, element);
        }
    }

    /// <summary>Elements under their names, attributes as <c>Element_Attribute</c>.</summary>
    private void AddSystem(EventSink sink, RecordValue system)
    {
        foreach (RecordValue element in system.Children)
        {
            ReadOnlySpan<byte> name = element.Name;
            if (name.EndsWith(AttributesSuffix))
            {
                AddAttributes(sink, name[..^AttributesSuffix.Length], element);
                continue;
            }

            AddAttributes(sink, name, element[_attributes]);
            RecordValue text = TextOf(element);
            if (!text.IsNull && !text.IsObject)
            {
                sink.SetAs(element, text);
            }
        }
    }

    private static void AddAttributes(EventSink sink, ReadOnlySpan<byte> element, RecordValue attributes)
    {
        foreach (RecordValue attribute in attributes.Children)
        {
            sink.Set(sink.Tape.Compose(element, "_"u8, attribute.Name).Text, attribute);
        }
    }

    /// <summary>Named data under their names without spaces; data without names together as <c>Data</c>.</summary>
    public void AddData(EventSink sink, RecordValue data)
    {
        foreach (RecordValue item in data.Children)
        {
            ReadOnlySpan<byte> name = item.Name;
            if (name.SequenceEqual("#attributes"u8) || name.EndsWith(AttributesSuffix))
            {
                continue;
            }

            if (!name.SequenceEqual("Data"u8))
            {
                if (name.Contains((byte)' '))
                {
                    SetWithoutSpaces(sink, name, TextOf(item));
                }
                else
                {
                    sink.SetAs(item, Number(sink, name, TextOf(item)));
                }

                continue;
            }

            bool named = AddIfNamed(sink, item);
            foreach (RecordValue element in item.Children)
            {
                named |= AddIfNamed(sink, element);
            }

            if (!named)
            {
                sink.Set(_data, TextOf(item));
            }
        }
    }

    private bool AddIfNamed(EventSink sink, RecordValue element)
    {
        ReadOnlySpan<byte> name = element[_attributes][_name].Text;
        if (name.IsEmpty)
        {
            return false;
        }

        RecordValue text = element[_text];
        SetWithoutSpaces(sink, name, text.Exists ? Number(sink, name, text) : sink.Tape.Compose(default));
        return true;
    }

    /// <summary>A value as it is, or as Windows writes it where it is a hexadecimal number that was filled up with zeros.</summary>
    private RecordValue Number(EventSink sink, ReadOnlySpan<byte> name, RecordValue value)
    {
        if (value.Kind != FieldValueKind.Text
            || sink.Tape.RawOf(value.Index) is not ([(byte)'0', (byte)'x', (byte)'0', ..] and { Length: 10 or 18 })
            || value.Text[2..].ContainsAnyExcept(HexadecimalDigits)
            || !_hexadecimal.Contains(sink.Tape.Names.Find(name)))
        {
            return value;
        }

        ReadOnlySpan<byte> digits = value.Text[2..^1].TrimStart((byte)'0');
        return sink.Tape.Compose("0x"u8, digits, value.Text[^1..]);
    }

    private static void SetWithoutSpaces(EventSink sink, ReadOnlySpan<byte> name, RecordValue value)
    {
        if (!name.Contains((byte)' '))
        {
            sink.Set(name, value);
            return;
        }

        Span<byte> text = sink.Tape.Reserve(name.Length);
        int length = 0;
        foreach (byte letter in name)
        {
            if (letter != (byte)' ')
            {
                text[length++] = letter;
            }
        }

        sink.Set(sink.Tape.Take(length).Text, value);
    }

    /// <summary>The text of an element, whether or not it stands beside attributes.</summary>
    private RecordValue TextOf(RecordValue element) => element[_text] is { Exists: true } text ? text : element;

    private RecordValue Attribute(RecordValue parent, Name element, Name beside, Name attribute) =>
        parent[element][_attributes][attribute] is { Exists: true } value ? value : parent[beside][attribute];
}
