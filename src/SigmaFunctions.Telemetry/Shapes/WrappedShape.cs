using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Rows that say nothing themselves and hold an event in another form, as an object or as its JSON text: what queues, collectors and search engines put
/// around it. Only events of Windows and Defender are looked for, which show what they are. A row with an event id is an event itself, whatever it
/// holds, and one that states its log source is what it states.
/// </summary>
/// <param name="names">Where it adds the names that it looks for.</param>
/// <param name="shapes">The forms that are looked for, in their order.</param>
/// <param name="flat">What takes an event of Windows whose fields are its own, and a row in which there is no event after all.</param>
internal sealed class WrappedShape(NameTable.Builder names, ImmutableArray<IShape> shapes, FlatShape flat) : IShape
{
    private readonly LogSourceProperties _logSource = new(names);
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _event = names.Add("event");
    private readonly Name _original = names.Add("original");

    private readonly ImmutableArray<Name> _columns =
    [
        names.Add("message"), names.Add("Message"), names.Add("msg"), names.Add("_raw"), names.Add("log"), names.Add("event"), names.Add("event.original"),
        names.Add("body"), names.Add("data"), names.Add("value"), names.Add("payload"), names.Add("_source"), names.Add("result"),
    ];

    public string Name => "wrapped";

    public bool Recognises(RecordValue record) =>
        !record[_eventId].Exists && FindIn(record) is { Exists: true } && !_logSource.IsIn(record);

    public void Decode(RecordValue record, EventSink sink)
    {
        RecordValue wrapped = FindIn(record);
        if (wrapped.IsObject || sink.Tape.TryParseObject(wrapped, out wrapped))
        {
            if (ShapeOf(wrapped) is { } shape)
            {
                shape.Decode(wrapped, sink);
                return;
            }
        }

        flat.Decode(record, sink);
    }

    /// <summary>The object that is an event, or a text that may be one.</summary>
    private RecordValue FindIn(RecordValue record)
    {
        foreach (Name column in _columns)
        {
            if (record[column] is { Exists: true } value && MayBeEvent(value))
            {
                return value;
            }
        }

        return record[_event][_original] is { Exists: true } original && MayBeEvent(original) ? original : default;
    }

    private bool MayBeEvent(RecordValue value) => value.Kind switch
    {
        FieldValueKind.Object => ShapeOf(value) is not null,
        FieldValueKind.Text => value.RawContains("{"u8)
            && (value.RawContains("EventID"u8) || value.RawContains("ActionType"u8) || value.RawContains("winlog"u8) || value.RawContains("event_id"u8)
                || value.RawContains("ProviderName"u8))
            && value.Text.TrimStart(" \t\r\n"u8) is [(byte)'{', ..],
        _ => false,
    };

    private IShape? ShapeOf(RecordValue record)
    {
        foreach (IShape shape in shapes)
        {
            if (shape.Recognises(record))
            {
                return shape;
            }
        }

        return flat.IsWindows(record) ? flat : null;
    }
}
