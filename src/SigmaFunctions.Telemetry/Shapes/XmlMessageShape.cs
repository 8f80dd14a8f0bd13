using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;
using SigmaFunctions.Telemetry.Xml;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Event XML as text of a row: where shippers put the event itself, and log messages that are event XML, such as Log Analytics'
/// <c>Syslog</c> with what Sysmon for Linux writes to syslog. Sysmon's own tag may stand before the XML; where other text does, the row
/// must name Sysmon as the program that wrote it: else anybody's message could pass for an event. A row with an event id is an event
/// itself, whatever its message is; and of one that states its log source, a column with a name for anything is not looked at.
/// </summary>
internal sealed class XmlMessageShape(NameTable.Builder names) : IShape
{
    private readonly EventElements _elements = new(names);
    private readonly LogSourceProperties _logSource = new(names);
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _processName = names.Add("ProcessName");

    /// <summary>Where the event itself stands, and so before messages, which may quote one.</summary>
    private readonly ImmutableArray<Name> _events =
    [
        names.Add("RawXml"), names.Add("RawXML"), names.Add("EventXml"), names.Add("EventXML"), names.Add("event.original"),
    ];

    private readonly Name _event = names.Add("event");
    private readonly Name _original = names.Add("original");
    private readonly Name _result = names.Add("result");
    private readonly Name _raw = names.Add("_raw");

    private readonly ImmutableArray<Name> _messages =
    [
        names.Add("SyslogMessage"), names.Add("message"), names.Add("Message"), names.Add("msg"), names.Add("_raw"),
    ];

    /// <summary>Names that a sender may have for anything.</summary>
    private readonly ImmutableArray<Name> _anything = [names.Add("xml"), names.Add("log"), names.Add("body"), names.Add("data"), names.Add("event"), names.Add("value"), names.Add("payload")];

    public string Name => "xml-message";

    public bool Recognises(RecordValue record) => !record[_eventId].Exists && FindXml(record, out _) >= 0;

    public void Decode(RecordValue record, EventSink sink)
    {
        int start = FindXml(record, out RecordValue message);
        if (sink.TryParseXml(message, start, firstOnly: true, out RecordValue parsed) && _elements.AreIn(parsed))
        {
            _elements.Write(parsed, sink);
        }
        else
        {
            sink.Reject("the message is no event XML that can be read");
        }
    }

    private int FindXml(RecordValue record, out RecordValue message)
    {
        foreach (Name name in _events)
        {
            if (FindXmlIn(message = record[name]) is >= 0 and int start)
            {
                return start;
            }
        }

        if (FindXmlIn(message = record[_event][_original]) is >= 0 and int original)
        {
            return original;
        }

        if (FindXmlIn(message = record[_result][_raw]) is >= 0 and int raw)
        {
            return raw;
        }

        if (FindMessage(record, _messages, out message) is >= 0 and int xml)
        {
            return xml;
        }

        return FindMessage(record, _anything, out message) is >= 0 and int any && !_logSource.IsIn(record) ? any : -1;
    }

    private int FindMessage(RecordValue record, ImmutableArray<Name> columns, out RecordValue message)
    {
        foreach (Name name in columns)
        {
            message = record[name];
            if (MayBeXml(message))
            {
                int xml = SysmonMessage.FindXml(message.Text);
                xml = xml >= 0 || !Ascii.EqualsIgnoreCase(record[_processName].Text, "sysmon"u8) ? xml : message.Text.IndexOf("<Event>"u8);
                if (xml >= 0)
                {
                    return xml;
                }
            }
        }

        message = default;
        return -1;
    }

    private static int FindXmlIn(RecordValue text) => MayBeXml(text) ? SysmonMessage.FindXml(text.Text) : -1;

    // Some writers of JSON escape angle brackets.
    private static bool MayBeXml(RecordValue text) =>
        text.Kind == FieldValueKind.Text && text.RawContains("Event"u8) && text.RawContains("System"u8);
}
