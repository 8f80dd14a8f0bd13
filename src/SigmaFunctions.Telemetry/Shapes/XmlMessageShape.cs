using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;
using SigmaFunctions.Telemetry.Xml;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Log messages that are event XML, as text of a row: Log Analytics' <c>Syslog</c> with what Sysmon for Linux writes to syslog, and
/// messages of other collectors. Sysmon's own tag may stand before the XML; where other text does, the row must name Sysmon as the
/// program that wrote it: else anybody's message could pass for an event. A row with an event id is an event itself, whatever its
/// message is.
/// </summary>
internal sealed class XmlMessageShape(NameTable.Builder names) : IShape
{
    private readonly EventElements _elements = new(names);
    private readonly Name _eventId = names.Add("EventID");
    private readonly Name _processName = names.Add("ProcessName");

    private readonly ImmutableArray<Name> _messages =
        [names.Add("SyslogMessage"), names.Add("message"), names.Add("Message"), names.Add("msg"), names.Add("_raw")];

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
        foreach (Name name in _messages)
        {
            message = record[name];

            // Some writers of JSON escape angle brackets.
            if (message.Kind == FieldValueKind.Text && message.RawContains("Event"u8) && message.RawContains("System"u8))
            {
                int xml = SysmonMessage.FindXml(message.Text);
                return xml >= 0 || !Ascii.EqualsIgnoreCase(record[_processName].Text, "sysmon"u8) ? xml : message.Text.IndexOf("<Event>"u8);
            }
        }

        message = default;
        return -1;
    }
}
