using System.Text;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Telemetry.Mappings;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Which shape decodes a record that looks like several.</summary>
public sealed class ShapeTests
{
    private const string Xml = "<Event><System><EventID>1</EventID><Channel>System</Channel></System></Event>";

    /// <summary>Record, its shape.</summary>
    public static TheoryData<string, string> Records => new()
    {
        // A message that somebody made up hides nothing.
        { $$"""{"winlog":{"channel":"Application","event_id":1},"message":"{{Xml}}"}""", "winlogbeat" },
        { $$"""{"EventID":1,"SourceName":"x","SourceModuleType":"im_msvistalog","Message":"{{Xml}}"}""", "nxlog" },
        { $$"""{"EventID":1,"ProviderName":"x","Channel":"Application","StringInserts":[],"Message":"{{Xml}}"}""", "fluentbit" },
        { $$"""{"EventID":1,"Channel":"Application","Message":"{{Xml}}"}""", "flat" },
        { $$"""{"category":"AdvancedHunting-DeviceEvents","properties":{},"message":"{{Xml}}"}""", "defender" },
        { $$"""{"category":"WindowsEventLogsTable","properties":{"RawXml":"{{Xml}}"},"message":"{{Xml}}"}""", "azure-diagnostics" },

        // The same shippers, where they carry the XML of an event.
        { $$"""{"agent":{"type":"filebeat"},"message":"{{Xml}}"}""", "xml-message" },
        { $$"""{"SourceModuleType":"im_tcp","SourceName":"sysmon","EventReceivedTime":"x","Message":"sysmon: {{Xml}}"}""", "xml-message" },
        { $$"""{"ident":"sysmon","message":"{{Xml}}"}""", "xml-message" },

        { $$"""{"System":"{{Xml}}","Message":"m"}""", "fluentbit" },
        { $$"""{"event":{"original":"{{Xml}}"},"message":"m"}""", "xml-message" },
        { $$"""{"event.original":"{{Xml}}"}""", "xml-message" },
        { $$"""{"event":"{{Xml}}","sourcetype":"XmlWinEventLog"}""", "xml-message" },
        { $$"""{"RawXml":"{{Xml}}"}""", "xml-message" },
        { $$"""{"RawXML":"{{Xml}}"}""", "xml-message" },
        { $$"""{"EventXml":"{{Xml}}"}""", "xml-message" },
        { $$"""{"EventXML":"{{Xml}}"}""", "xml-message" },
        { $$"""{"SyslogMessage":"{{Xml}}"}""", "xml-message" },
        { $$"""{"msg":"{{Xml}}"}""", "xml-message" },
        { $$"""{"_raw":"{{Xml}}"}""", "xml-message" },
        { $$"""{"value":"{{Xml}}"}""", "xml-message" },
        { $$"""{"payload":"{{Xml}}"}""", "xml-message" },
        { """{"ProcessName":"sysmon","SyslogMessage":"<Event xmlns='u'><System><EventID>1</EventID></System></Event>"}""", "xml-message" },
        { $$"""{"xml":"{{Xml}}"}""", "xml-message" },

        // Who can write into a column of a row that states its log source cannot hide the row.
        { $$"""{"category":"webserver","xml":"{{Xml}}"}""", "flat" },
        { $$"""{"product":"linux","body":"{{Xml}}"}""", "flat" },
        { $$"""{"service":"auth","log":"{{Xml}}"}""", "flat" },
        { $$"""{"service":"auth","data":"{{Xml}}","event":"{{Xml}}"}""", "flat" },
        { $$"""{"service":{"name":"s"},"product":"","log":"{{Xml}}"}""", "xml-message" },
        { $$"""{"product":"windows","RawXml":"{{Xml}}"}""", "xml-message" },
        { $$"""{"category":"x","body":{ "stringValue":"{{Xml}}" } }""", "flat" },
        { $$"""{"log":"{{Xml}}"}""", "xml-message" },
        { $$"""{"body":"{{Xml}}"}""", "xml-message" },
        { $$"""{"data":"{{Xml}}"}""", "xml-message" },
        { $$$"""{"preview":false,"result":{"_raw":"{{{Xml}}}"}}""", "xml-message" },
        { $$"""{"log":"not {{Xml}}"}""", "flat" },
        { """{"log":"Events of the System"}""", "flat" },
        { """{"log":"<Event><EventData/></Event>"}""", "flat" },

        // An id of its own is not hidden by XML wherever that stands.
        { $$"""{"EventID":1,"Channel":"Application","RawXml":"{{Xml}}","xml":"{{Xml}}","log":"{{Xml}}"}""", "flat" },
        { $$$"""{"EventID":1,"Channel":"Application","event":{"original":"{{{Xml}}}"}}""", "flat" },
        { $$"""{"EventID":1,"ProviderName":"p","Channel":"Application","EventData":{},"System":"{{Xml}}"}""", "fluentbit" },
        { $$$"""{"winlog":{"channel":"Application","event_id":1},"event":{"original":"{{{Xml}}}"}}""", "winlogbeat" },

        { """{"EventID":1,"Channel":"System","Provider":"p","EventData":{},"StringInserts":[]}""", "log-analytics" },
        { """{"EventID":1,"Channel":"System","ProviderName":"p","SourceName":"p","EventReceivedTime":"x","StringInserts":[]}""", "nxlog" },
        { """{"EventID":1,"Channel":"System","ProviderName":"p"}""", "flat" },
        { """{"Event":{"System":{"EventID":1}},"winlog":{"channel":"System"}}""", "evtx" },
        { """{"System":{"Channel":"System"}}""", "flat" },
        { """{"winlog":{"channel":"System"},"EventID":1,"SourceName":"x","EventReceivedTime":"x"}""", "winlogbeat" },

        // A Windows event log's receiver keeps the fields of the event in the body; the text beside it hides nothing.
        { $$$"""{"body":{"event_id":{"id":1},"channel":"System","provider":{"name":"p"}},"message":"{{{Xml}}}"}""", "opentelemetry" },
        { $$"""{"event_id":{"id":1},"channel":"System","log":"{{Xml}}"}""", "opentelemetry" },
        { $$"""{"Id":1,"LogName":"System","ProviderName":"p","Properties":[],"Message":"{{Xml}}"}""", "get-winevent" },
        { """{"Id":1,"LogName":"System","ProviderName":"p"}""", "flat" },

        // What a queue or a search engine puts around an event.
        { """{"value":{"EventID":1,"Channel":"System","Provider":"p","EventData":{}}}""", "wrapped" },
        { """{"value":{"EventID":1}}""", "flat" },
    };

    /// <summary>The same, of records that are no JSON.</summary>
    public static TheoryData<string, string> XmlRecords => new()
    {
        { Xml, "xml" },
        { $"<Events>{Xml}</Events>", "xml" },
    };

    [Theory]
    [MemberData(nameof(Records))]
    [MemberData(nameof(XmlRecords))]
    public void The_most_telling_shape_decodes_a_record(string record, string shape) => Assert.Equal(shape, Decoded.One(record).Shape);

    [Theory]
    [MemberData(nameof(Records))]
    public void A_mapping_comes_before_all(string record, string shape)
    {
        var mappings = MappingSet.Load([new RuleFile("m.yml", "name: own\nwhen: {mine: yes}\nlogsource: {category: test}")]);
        Assert.Empty(mappings.Diagnostics);
        var decoder = new EventDecoder(mappings: mappings.Mappings);

        Assert.Equal("own", Assert.Single(decoder.Decode(Encoding.UTF8.GetBytes($"{record[..^1]},\"mine\":\"yes\"}}")).Events).Shape);
        Assert.Equal(shape, Assert.Single(decoder.Decode(Encoding.UTF8.GetBytes(record)).Events).Shape);
    }

    [Fact]
    public void Every_shape_has_cases_here_and_a_row_in_the_document()
    {
        string[] shapes = [.. new EventDecoder().Shapes.Select(shape => shape.Name).Distinct()];
        IEnumerable<string> cases = Records.Concat(XmlRecords).Select(row => row.Data.Item2).Distinct();

        Assert.Equal(shapes.Order(StringComparer.Ordinal), cases.Order(StringComparer.Ordinal));

        // In the order in which they are asked.
        Assert.Equal(shapes, DocumentedShapes());
    }

    /// <summary>The first column of the table of shapes, without the rows that go on with the shape above and that of mappings.</summary>
    private static IEnumerable<string> DocumentedShapes() => File.ReadLines(Path.Combine(AppContext.BaseDirectory, "telemetry.md"))
        .SkipWhile(line => line != "| shape | sent by | recognised by |")
        .Skip(2)
        .TakeWhile(line => line.StartsWith('|'))
        .Select(line => line.Split('|')[1].Trim())
        .Where(cell => cell.StartsWith('`'))
        .Select(cell => cell.Trim('`'));
}
