using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;
using SigmaFunctions.Telemetry.Xml;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Rows of OpenTelemetry's <c>windowseventlog</c> receiver, by themselves or as the body of an OTLP log record, which may also be the text
/// of such a row or the event's XML (<c>raw: true</c>); not of a record that states its log source. Level, task, opcode and keywords are mostly rendered texts, which are not the
/// event's own.
/// </summary>
internal sealed class OpenTelemetryShape(NameTable.Builder names) : IShape
{
    private readonly WindowsViews _windows = new(names);
    private readonly EventElements _elements = new(names);
    private readonly LogSourceProperties _logSource = new(names);
    private readonly Name _eventId = names.Add("event_id");
    private readonly Name _id = names.Add("id");
    private readonly Name _provider = names.Add("provider");
    private readonly Name _name = names.Add("name");
    private readonly Name _eventSource = names.Add("event_source");
    private readonly Name _channel = names.Add("channel");
    private readonly Name _computer = names.Add("computer");
    private readonly Name _eventData = names.Add("event_data");
    private readonly Name _userData = names.Add("user_data");
    private readonly Name _data = names.Add("data");
    private readonly Name _systemTime = names.Add("system_time");
    private readonly Name _body = names.Add("body");
    private readonly Name _event = names.Add("event");
    private readonly Name _kvlist = names.Add("kvlistValue");
    private readonly Name _values = names.Add("values");
    private readonly Name _key = names.Add("key");
    private readonly Name _value = names.Add("value");
    private readonly Name _string = names.Add("stringValue");
    private readonly Name _array = names.Add("arrayValue");
    private readonly ImmutableArray<(Name Name, FieldValueKind Kind)> _scalars =
    [
        (names.Add("stringValue"), FieldValueKind.Text),
        (names.Add("intValue"), FieldValueKind.Number),
        (names.Add("doubleValue"), FieldValueKind.Number),
        (names.Add("boolValue"), FieldValueKind.Boolean),
        (names.Add("bytesValue"), FieldValueKind.Text),
    ];

    private readonly Name _fieldEventId = names.Add("EventID");
    private readonly Name _fieldChannel = names.Add("Channel");
    private readonly Name _fieldComputer = names.Add("Computer");
    private readonly Name _fieldProvider = names.Add("Provider_Name");
    private readonly Name _fieldData = names.Add("Data");
    private readonly Name _eventType = names.Add("EventType");
    private readonly Name _utcTime = names.Add("UtcTime");

    /// <summary>What else the event's <c>System</c> element holds.</summary>
    private readonly ImmutableArray<(Name Field, Name Parent, Name Column)> _system =
    [
        (names.Add("Provider_Guid"), names.Add("provider"), names.Add("guid")),
        (names.Add("EventID_Qualifiers"), names.Add("event_id"), names.Add("qualifiers")),
        (names.Add("Execution_ProcessID"), names.Add("execution"), names.Add("process_id")),
        (names.Add("Execution_ThreadID"), names.Add("execution"), names.Add("thread_id")),
        (names.Add("Security_UserID"), names.Add("security"), names.Add("user_id")),
        (names.Add("Correlation_ActivityID"), names.Add("correlation"), names.Add("activity_id")),
    ];

    /// <summary>The same, where it stands in the row itself; the last four may be rendered.</summary>
    private readonly ImmutableArray<(Name Field, Name Column, bool MayBeRendered)> _columns =
    [
        (names.Add("EventRecordID"), names.Add("record_id"), false),
        (names.Add("Version"), names.Add("version"), false),
        (names.Add("Level"), names.Add("level"), true),
        (names.Add("Task"), names.Add("task"), true),
        (names.Add("Opcode"), names.Add("opcode"), true),
        (names.Add("Keywords"), names.Add("keywords"), true),
    ];

    public string Name => "opentelemetry";

    // Most rows that come here have an event id by the usual name.
    public bool Recognises(RecordValue record) =>
        !record[_fieldEventId].Exists && (RowOf(record).Exists || (record[_body].IsObject && IsLogBody(record[_body]) && !_logSource.IsIn(record)));

    public void Decode(RecordValue record, EventSink sink)
    {
        if (RowOf(record) is { Exists: true } own)
        {
            DecodeRow(own, sink);
            return;
        }

        RecordValue body = record[_body];
        RecordValue text = body[_string];
        if (text.Exists && SysmonMessage.FindXml(text.Text) is >= 0 and int xml)
        {
            if (sink.TryParseXml(text, xml, firstOnly: true, out RecordValue parsed) && _elements.AreIn(parsed))
            {
                _elements.Write(parsed, sink);
            }
            else
            {
                sink.Reject("the body is no event XML that can be read");
            }

            return;
        }

        RecordValue row = text.Exists ? default : Plain(body);
        if ((text.Exists && !sink.Tape.TryParseObject(text, out row)) || !IsRow(row))
        {
            sink.Reject("the body is no row of a Windows event that can be read");
            return;
        }

        DecodeRow(row, sink);
    }

    /// <summary>A row that stands by itself, as a body or as an event of Splunk; absent where there is none.</summary>
    private RecordValue RowOf(RecordValue record) =>
        IsRow(record) ? record : IsRow(record[_body]) ? record[_body] : IsRow(record[_event]) ? record[_event] : default;

    private bool IsRow(RecordValue record) =>
        record[_eventId] is { IsObject: true } eventId && eventId[_id].HasText && (record[_channel].HasText || record[_provider].IsObject);

    private bool IsLogBody(RecordValue body)
    {
        if (body[_string] is { Kind: FieldValueKind.Text } text)
        {
            return text.RawContains("event_id"u8)
                ? text.Text is [(byte)'{', ..] && text.RawContains("channel"u8)
                : text.RawContains("Event"u8) && text.RawContains("System"u8) && SysmonMessage.FindXml(text.Text) >= 0;
        }

        bool hasId = false;
        bool hasChannel = false;
        foreach (RecordValue pair in body[_kvlist][_values].Children)
        {
            ReadOnlySpan<byte> key = pair[_key].Text;
            hasId |= key.SequenceEqual("event_id"u8) && pair[_value][_kvlist].IsObject;
            hasChannel |= key.SequenceEqual("channel"u8) || key.SequenceEqual("provider"u8);
        }

        return hasId && hasChannel;
    }

    private void DecodeRow(RecordValue row, EventSink sink)
    {
        RecordValue eventId = row[_eventId][_id];
        RecordValue provider = row[_provider];
        RecordValue channel = row[_channel];
        RecordValue computer = row[_computer];
        RecordValue data = row[_eventData];
        provider = provider[_name].HasText ? provider[_name] : provider[_eventSource];
        foreach ((Name field, Name parent, Name column) in _system)
        {
            sink.Map(field, row[parent][column]);
        }

        foreach ((Name field, Name column, bool mayBeRendered) in _columns)
        {
            RecordValue value = row[column];
            value = value.Kind == FieldValueKind.Array ? First(value) : value;
            if (!mayBeRendered || value.Text is [>= (byte)'0' and <= (byte)'9', ..])
            {
                sink.Map(field, value);
            }
        }

        if (data.Kind == FieldValueKind.Text && !data.Text.IsEmpty && !sink.Tape.TryParseObject(data, out data))
        {
            sink.Reject("event_data is not the JSON text of an object");
            return;
        }

        if (data.Kind == FieldValueKind.Array)
        {
            AddPairs(data, sink);
        }
        else if (data[_data] is { Kind: FieldValueKind.Array } list)
        {
            AddPairs(list, sink);
        }
        else
        {
            AddNamed(data, sink);
        }

        AddNamed(row[_userData], sink);

        // What identifies an event is not what its data calls by the same name.
        sink.Set(_fieldEventId, eventId);
        sink.Set(_fieldChannel, channel);
        sink.Set(_fieldComputer, computer);
        sink.Set(_fieldProvider, provider);
        sink.AddOwnValues(provider);
        sink.AddOwnValues(eventId);
        sink.AddOwnValues(channel);
        sink.AddOwnValues(computer);
        sink.AddOwnValues(data);
        sink.AddOwnValues(row[_userData]);
        if (sink.Facts is { } facts)
        {
            facts.Time = EventTime.FirstOf(sink[_utcTime], row[_systemTime]);
            facts.SetHost(computer);
            facts.SetUser(_windows.AccountOf(sink));
        }

        _windows.Write(WindowsLogSources.KindOf(channel.Text, provider.Text, eventId.Text, sink[_eventType].Text), sink);
    }

    /// <summary>Sets data by their names; what has none comes as <c>param1</c>, <c>param2</c>, ….</summary>
    private void AddNamed(RecordValue data, EventSink sink)
    {
        RecordValue first = default;
        int unnamed = 0;
        foreach (RecordValue value in data.Children)
        {
            sink.SetAsWithoutSpaces(value, value);
            if (value.HasText && IsParameter(value.Name))
            {
                first = unnamed++ == 0 ? value : first;
            }
        }

        if (unnamed < 2)
        {
            sink.Map(_fieldData, first);
            return;
        }

        RecordValue list = sink.Tape.OpenList();
        foreach (RecordValue value in data.Children)
        {
            if (value.HasText && IsParameter(value.Name))
            {
                sink.Tape.AddTo(list, value);
            }
        }

        sink.Tape.Close(list.Index);
        sink.Set(_fieldData, list);
    }

    /// <summary>Sets data of older versions: a list of objects, each with one value under its name, which may be empty.</summary>
    private void AddPairs(RecordValue pairs, EventSink sink)
    {
        int unnamed = 0;
        foreach (RecordValue pair in pairs.Children)
        {
            foreach (RecordValue value in pair.Children)
            {
                if (value.Name.IsEmpty)
                {
                    unnamed++;
                }
                else
                {
                    sink.SetAsWithoutSpaces(value, value);
                }
            }
        }

        if (unnamed == 0)
        {
            return;
        }

        RecordValue list = sink.Tape.OpenList();
        foreach (RecordValue pair in pairs.Children)
        {
            foreach (RecordValue value in pair.Children)
            {
                if (value.Name.IsEmpty && value.HasText)
                {
                    sink.Tape.AddTo(list, value);
                }
            }
        }

        sink.Tape.Close(list.Index);
        sink.Set(_fieldData, list);
    }

    private static bool IsParameter(ReadOnlySpan<byte> name) =>
        name.StartsWith("param"u8) && name.Length > 5 && !name[5..].ContainsAnyExceptInRange((byte)'0', (byte)'9');

    private static RecordValue First(RecordValue list)
    {
        foreach (RecordValue value in list.Children)
        {
            return value;
        }

        return default;
    }

    /// <summary>The object that a value of OTLP stands for.</summary>
    private RecordValue Plain(RecordValue body)
    {
        RecordTape tape = body.Tape!;
        int index = tape.Open(FieldValueKind.Object, -1, RecordTape.NameSlice.None);
        AddProperties(tape, body, index);
        tape.Close(index);
        return new RecordValue(tape, index);
    }

    private void AddProperties(RecordTape tape, RecordValue list, int parent)
    {
        foreach (RecordValue pair in list[_kvlist][_values].Children)
        {
            if (pair[_key] is { Kind: FieldValueKind.Text } key)
            {
                Add(tape, pair[_value], parent, tape.NameOfText(key.Index));
            }
        }
    }

    // As deep as the record at most, and with no more values.
    private void Add(RecordTape tape, RecordValue value, int parent, in RecordTape.NameSlice name)
    {
        foreach ((Name scalar, FieldValueKind scalarKind) in _scalars)
        {
            if (value[scalar] is { Exists: true } found && !found.IsObject && found.Kind != FieldValueKind.Array)
            {
                // OTLP writes whole numbers as text.
                // Reading the text may move it: first that, then its place.
                bool isNumber = found.Kind == FieldValueKind.Text && scalarKind == FieldValueKind.Number && IsWhole(found.Text);
                RecordTape.Entry entry = tape[found.Index];
                tape.Add(isNumber ? scalarKind : found.Kind, parent, name, entry.Start, entry.Length, entry.Flags);
                return;
            }
        }

        bool isList = value[_array].Exists;
        if (!isList && !value[_kvlist].Exists)
        {
            tape.Add(FieldValueKind.Null, parent, name, 0, 0, RecordTape.EntryFlags.None);
            return;
        }

        int index = tape.Open(isList ? FieldValueKind.Array : FieldValueKind.Object, parent, name);
        if (isList)
        {
            foreach (RecordValue item in value[_array][_values].Children)
            {
                Add(tape, item, index, RecordTape.NameSlice.None);
            }
        }
        else
        {
            AddProperties(tape, value, index);
        }

        tape.Close(index);
    }

    private static bool IsWhole(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> digits = text is [(byte)'-', .. var rest] ? rest : text;
        return digits.Length is > 0 and < 20 && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }
}
