using System.Buffers;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>
/// Writes an event of the Windows event log from its XML, made an object element by element: <c>System</c> with <c>EventData</c> or
/// <c>UserData</c>. <see cref="ElementNames"/> knows the ways in which attributes and text are told apart; evtx_dump also writes
/// attributes beside the element, as <c>Provider_attributes</c>. What else there is, such as <c>RenderingInfo</c>, is not the event's own.
/// </summary>
internal sealed class EventElements(NameTable.Builder names)
{
    // Senders choose names, which are written once for each attribute. Those of Windows stay below 50 bytes.
    private const int MaxAttributeName = 256;

    private const string UnknownData = "EventData is in a form that is not known";

    private static readonly SearchValues<byte> HexadecimalDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    private readonly WindowsViews _windows = new(names);
    private readonly ElementNames _elements = new(names);
    private readonly AttributeNames _name = new(names, "Name");
    private readonly AttributeNames _systemTime = new(names, "SystemTime");
    private readonly Name _event = names.Add("Event");
    private readonly Name _system = names.Add("System");
    private readonly Name _eventData = names.Add("EventData");
    private readonly Name _userData = names.Add("UserData");
    private readonly Name _data = names.Add("Data");
    private readonly Name _value = names.Add("Value");
    private readonly Name _provider = names.Add("Provider");
    private readonly Name _providerAttributes = names.Add("Provider_attributes");
    private readonly Name _timeCreated = names.Add("TimeCreated");
    private readonly Name _timeCreatedAttributes = names.Add("TimeCreated_attributes");
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

    /// <summary>Whether an object is such an element itself.</summary>
    public bool AreOf(RecordValue @event) => @event[_system].IsObject && @event[_system][_eventId].Exists;

    /// <summary>Writes an event, or says why it cannot be read.</summary>
    /// <param name="parent">What has the <c>Event</c> element.</param>
    /// <param name="sink">Where to.</param>
    public void Write(RecordValue parent, EventSink sink) => WriteEvent(parent[_event], sink);

    /// <summary>As <see cref="Write"/>, of the <c>Event</c> element itself.</summary>
    public void WriteEvent(RecordValue @event, EventSink sink)
    {
        RecordValue system = @event[_system];
        RecordValue eventId = IdOf(system);
        RecordValue channel = _elements.TextOf(system[_channel]);
        RecordValue computer = _elements.TextOf(system[_computer]);
        RecordValue provider = Attribute(system, _provider, _providerAttributes, _name);
        if (!eventId.IsNull && !eventId.HasText)
        {
            sink.Reject("EventID is in a form that is not known");
            return;
        }

        AddSystem(sink, system);
        sink.AddOwnValues(system);
        if (!TryAddAllData(@event, sink))
        {
            return;
        }

        // What identifies an event is not what its data calls by the same name.
        sink.Set(_eventId, eventId);
        sink.Set(_channel, channel);
        sink.Set(_computer, computer);
        if (provider.HasText)
        {
            sink.Set(_providerName, provider.Kind == FieldValueKind.Text ? provider : sink.Tape.Compose(provider.Text));
        }

        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(sink[_utcTime], Attribute(system, _timeCreated, _timeCreatedAttributes, _systemTime));
            facts.SetHost(computer);
            facts.SetUser(_windows.AccountOf(sink));
        }

        _windows.Write(WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text), sink);
    }

    /// <summary>
    /// Sets the data of an event, whether it is under <c>EventData</c>, which may be JSON text, or <c>UserData</c>, and adds them to its own
    /// values: their text, not their names.
    /// </summary>
    /// <param name="parent">The element that holds either.</param>
    /// <param name="sink">Where to.</param>
    /// <returns>Whether they could be read; if not the sink was told so.</returns>
    public bool TryAddAllData(RecordValue parent, EventSink sink)
    {
        RecordValue data = parent[_eventData];
        if (data.StartsWith("{"u8) && sink.Tape.TryParseObject(data, out RecordValue parsed))
        {
            data = parsed;
        }
        else if (data.StartsWith("{\""u8) && !sink.Tape.IsXml)
        {
            sink.Reject("EventData is not the JSON text of an object");
            return false;
        }

        if (!TryAddData(sink, data))
        {
            return false;
        }

        AddOwnData(sink, data);
        RecordValue userData = parent[_userData];
        foreach (RecordValue element in userData.Children)
        {
            if (element.Kind == FieldValueKind.Array && HasObjects(element))
            {
                sink.Reject("UserData is in a form that is not known");
                return false;
            }

            if (element.IsObject && !TryAddData(sink, element))
            {
                return false;
            }
        }

        sink.AddOwnValues(userData);
        return true;
    }

    private void AddOwnData(EventSink sink, RecordValue data)
    {
        if (!HasObjects(data))
        {
            sink.AddOwnValues(data);
        }
        else if (data.Kind == FieldValueKind.Array)
        {
            AddOwnItems(sink, data);
        }
        else
        {
            foreach (RecordValue child in data.Children)
            {
                if (!ElementNames.IsAttribute(child.Name))
                {
                    AddOwnItems(sink, child);
                }
            }
        }
    }

    /// <summary>Named data under their names without spaces; data without names together as <c>Data</c>.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="data"><c>EventData</c>, or the element under <c>UserData</c>.</param>
    /// <returns>Whether they could be read; if not the sink was told so.</returns>
    public bool TryAddData(EventSink sink, RecordValue data)
    {
        RecordValue first = default;
        int unnamed = 0;
        bool isRead = true;
        if (data.Kind == FieldValueKind.Array || !data.Text.IsEmpty)
        {
            // A list is all Data; a text is what the element holds instead.
            isRead = TryAddItems(sink, data, ref first, ref unnamed);
        }

        foreach (RecordValue item in data.IsObject ? data.Children : default)
        {
            ReadOnlySpan<byte> name = item.Name;
            if (IsData(name))
            {
                isRead = isRead && TryAddItems(sink, item, ref first, ref unnamed);
            }
            else if (!ElementNames.IsAttribute(name) && !name.EndsWith(AttributesSuffix))
            {
                sink.SetAsWithoutSpaces(item, Number(sink, name, _elements.TextOf(item)));
            }
        }

        if (!isRead)
        {
            sink.Reject(UnknownData);
        }
        else if (unnamed > 0)
        {
            sink.Set(_data, unnamed == 1 ? first : Together(sink.Tape, data));
        }

        return isRead;
    }

    /// <summary>The event id; Velociraptor has it as <c>Value</c>, beside the qualifiers.</summary>
    private RecordValue IdOf(RecordValue system)
    {
        RecordValue id = _elements.TextOf(system[_eventId]);
        return id.IsObject && id[_value].HasText ? id[_value] : id;
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

            if (element.IsObject)
            {
                AddAttributes(sink, name, element);
            }

            RecordValue text = _elements.TextOf(element);
            if (!text.IsNull && !text.IsObject)
            {
                sink.SetAs(element, text);
            }
        }
    }

    private static void AddAttributes(EventSink sink, ReadOnlySpan<byte> element, RecordValue parent)
    {
        foreach (RecordValue attribute in parent.Children)
        {
            if (attribute.IsObject)
            {
                if (ElementNames.HoldsAttributes(attribute.Name))
                {
                    AddAttributes(sink, element, attribute);
                }
            }
            else if (!ElementNames.IsText(attribute.Name) && ElementNames.AttributeOf(attribute.Name) is var name && !name.StartsWith("xmlns"u8)
                && element.Length + name.Length <= MaxAttributeName)
            {
                sink.Set(sink.Tape.Compose(element, "_"u8, name).Text, attribute);
            }
        }
    }

    /// <summary>Sets what has a name of a <c>Data</c> element or of a list of them.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="items">The element or the list.</param>
    /// <param name="first">The first of them without a name.</param>
    /// <param name="unnamed">How many there are without one; a list of texts is one of them.</param>
    /// <returns>Whether they are in a known form.</returns>
    private bool TryAddItems(EventSink sink, RecordValue items, ref RecordValue first, ref int unnamed)
    {
        if (!HasObjects(items))
        {
            first = unnamed++ == 0 ? items : first;
            return true;
        }

        bool isList = items.Kind == FieldValueKind.Array;
        foreach (RecordValue item in isList ? items.Children : default)
        {
            if (!TryAddItem(sink, item, isList, ref first, ref unnamed))
            {
                return false;
            }
        }

        return isList || TryAddItem(sink, items, isList, ref first, ref unnamed);
    }

    private bool TryAddItem(EventSink sink, RecordValue item, bool isOfList, ref RecordValue first, ref int unnamed)
    {
        RecordValue text = item.IsObject ? TextIn(item) : item;
        ReadOnlySpan<byte> name = item.IsObject ? _elements.AttributeOf(item, _name).Text : default;
        if (!text.Exists && HasElements(item))
        {
            if (name.IsEmpty)
            {
                // One element that holds the data is as good as EventData itself.
                return !isOfList && TryAddData(sink, item);
            }

            text = item;
        }

        if (name.IsEmpty)
        {
            first = unnamed++ > 0 ? first : text.Exists ? text : sink.Tape.Compose(default);
        }
        else
        {
            sink.SetWithoutSpaces(name, text.Exists ? Number(sink, name, text) : sink.Tape.Compose(default));
        }

        return true;
    }

    /// <summary>The text of a <c>Data</c> element; some writers have it as <c>Value</c> beside <c>Name</c>.</summary>
    private RecordValue TextIn(RecordValue item) =>
        _elements.TextIn(item) is { Exists: true } text ? text : item[_name.Plain].HasText && item[_value].HasText ? item[_value] : default;

    /// <summary>All data that have no name, as one list.</summary>
    private RecordValue Together(RecordTape tape, RecordValue data)
    {
        RecordValue empty = tape.Compose(default);
        RecordValue list = tape.OpenList();
        foreach (RecordValue child in data.Children)
        {
            if (!data.IsObject || IsData(child.Name))
            {
                AddUnnamed(list, child, empty);
            }
        }

        tape.Close(list.Index);
        return list;
    }

    private void AddUnnamed(RecordValue list, RecordValue value, RecordValue empty)
    {
        if (value.Kind == FieldValueKind.Array)
        {
            foreach (RecordValue item in value.Children)
            {
                AddUnnamed(list, item, empty);
            }
        }
        else if (!value.IsObject)
        {
            list.Tape!.AddTo(list, value);
        }
        else if (_elements.AttributeOf(value, _name).Text.IsEmpty)
        {
            AddUnnamed(list, TextIn(value) is { Exists: true } text ? text : empty, empty);
        }
    }

    private void AddOwnItems(EventSink sink, RecordValue items)
    {
        if (items.IsObject && (TextIn(items).Exists || !HasElements(items)))
        {
            sink.AddOwnValues(TextIn(items));
        }
        else if (HasObjects(items) && items.Kind == FieldValueKind.Array)
        {
            foreach (RecordValue item in items.Children)
            {
                AddOwnItems(sink, item);
            }
        }
        else
        {
            sink.AddOwnValues(items);
        }
    }

    private static bool IsData(ReadOnlySpan<byte> name) => name.SequenceEqual("Data"u8) || name.SequenceEqual("ComplexData"u8);

    private static bool HasObjects(RecordValue value)
    {
        if (value.Kind != FieldValueKind.Array)
        {
            return value.IsObject;
        }

        foreach (RecordValue item in value.Children)
        {
            if (item.IsObject)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether an element holds others.</summary>
    private static bool HasElements(RecordValue element)
    {
        foreach (RecordValue child in element.IsObject ? element.Children : default)
        {
            if (!ElementNames.IsAttribute(child.Name) && !ElementNames.IsText(child.Name) && !child.Name.SequenceEqual("Name"u8))
            {
                return true;
            }
        }

        return false;
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

    private RecordValue Attribute(RecordValue parent, Name element, Name beside, AttributeNames attribute) =>
        _elements.AttributeOf(parent[element], attribute) is { Exists: true } value ? value : parent[beside][attribute.Plain];
}
