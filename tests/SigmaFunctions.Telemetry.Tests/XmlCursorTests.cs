using System.Text;
using System.Xml;
using System.Xml.Linq;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Xml;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>The reader of XML against the platform's: what that takes is taken, with the same names and texts.</summary>
public sealed class XmlCursorTests
{
    private static readonly string[] Seeds =
    [
        "<Event xmlns=\"u\"><System><Provider Name=\"p\" Guid='{g}'/><EventID Qualifiers=\"1\">7</EventID><Correlation/></System><EventData><Data Name=\"A\">x &amp; y</Data><Data/></EventData></Event>",
        "<Event><a b='&#65;&#x1F600;&quot;'>t<![CDATA[<c>]]><!-- d --><?e f?>&lt;</a>\r\n<a c='d'> </a><a>é€😀</a></Event>",
        "<Event><UserData><X xmlns='v' a='1' b='2'><Y><Z>1</Z><Z>2</Z></Y><Y/></X></UserData></Event>",
    ];

    private static readonly string[] Scraps =
    [
        "<", ">", "/", "/>", "</", "=", "'", "\"", "&", ";", "&amp;", "&#", "&#x", "&#10;", "&#0;", "&x;", "<!--", "-->", "--", "<![CDATA[", "]]>", "<?", "?>", "<!", "<a>", "</a>",
        "<a b='c'>", " ", "\r", "\n", "\t", "xmlns", ":", "é", "\u0001", "\0", "Data", "Name", "Event",
    ];

    [Fact]
    public void What_the_platform_reads_is_read_alike()
    {
        var random = new Random(20250505);
        int read = 0;
        int refused = 0;
        for (int round = 0; round < 30_000; round++)
        {
            string xml = Mutated(random);
            string? expected = Platform(xml);
            string? actual = Cursor(xml, out string? fault);
            if (expected is not null)
            {
                // What is ours alone to refuse.
                if (fault is not null && (fault.StartsWith("an event begins", StringComparison.Ordinal) || fault.StartsWith("nested", StringComparison.Ordinal)))
                {
                    continue;
                }

                Assert.True(expected == actual, $"{xml}\n{expected}\n{actual} {fault}");
                read++;
            }
            else if (actual is null)
            {
                refused++;
            }
            else
            {
                Assert.True(MayBeTakenBeyond(xml), xml);
            }
        }

        Assert.True(read > 1_000 && refused > 1_000, $"{read} {refused}");
    }

    // Control characters, characters of names, what namespaces and comments may hold, and ]]> in text.
    private static bool MayBeTakenBeyond(string xml) =>
        xml.Any(char.IsControl) || xml.Contains("&#", StringComparison.Ordinal) || xml.Contains(':', StringComparison.Ordinal) || xml.Contains("xmlns", StringComparison.Ordinal)
        || xml.Contains("--", StringComparison.Ordinal) || xml.Contains("]]>", StringComparison.Ordinal) || xml.Contains("<?", StringComparison.Ordinal) || xml.Any(c => c > 0x7f);

    private static string Mutated(Random random)
    {
        var xml = new StringBuilder(Seeds[random.Next(Seeds.Length)]);
        for (int edits = random.Next(0, 4); edits > 0; edits--)
        {
            int at = random.Next(xml.Length);
            switch (random.Next(4))
            {
                case 0:
                    xml.Remove(at, 1);
                    break;
                case 1:
                    xml.Insert(at, xml.ToString(at, random.Next(Math.Min(40, xml.Length - at))));
                    break;
                default:
                    xml.Insert(at, Scraps[random.Next(Scraps.Length)]);
                    break;
            }
        }

        return xml.ToString();
    }

    /// <summary>Names, attributes and texts in order, as the platform reads them; null where it does not.</summary>
    private static string? Platform(string xml)
    {
        var shown = new StringBuilder();
        try
        {
            using var reader = XmlReader.Create(
                new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, IgnoreComments = true, IgnoreProcessingInstructions = true });
            var element = XElement.Load(reader);
            Show(element, shown);
            return shown.ToString();
        }
        catch (XmlException)
        {
            return null;
        }
    }

    private static void Show(XElement element, StringBuilder shown)
    {
        XAttribute[] attributes = [.. element.Attributes().Where(a => !a.IsNamespaceDeclaration)];
        string? dataName = element.Name.LocalName == "Data" ? attributes.FirstOrDefault(a => a.Name.LocalName == "Name" && a.Value.Length > 0)?.Value : null;
        shown.Append('<').Append(dataName ?? element.Name.LocalName);
        foreach (XAttribute attribute in dataName is null ? attributes : [])
        {
            shown.Append(' ').Append(attribute.Name.LocalName).Append('=').Append(attribute.Value);
        }

        shown.Append('>');
        bool isLeaf = !element.HasElements;
        foreach (XNode[] run in Runs(element))
        {
            if (run[0] is XElement child)
            {
                Show(child, shown);
            }
            else if (string.Concat(run.Cast<XText>().Select(t => t.Value)) is { Length: > 0 } text && (isLeaf || text.Trim(' ', '\t', '\r', '\n').Length > 0))
            {
                shown.Append('{').Append(text).Append('}');
            }
        }

        shown.Append('/');
    }

    private static IEnumerable<XNode[]> Runs(XElement element)
    {
        var texts = new List<XNode>();
        foreach (XNode node in element.Nodes())
        {
            if (node is XText)
            {
                texts.Add(node);
                continue;
            }

            if (texts.Count > 0)
            {
                yield return [.. texts];
                texts.Clear();
            }

            yield return [node];
        }

        if (texts.Count > 0)
        {
            yield return [.. texts];
        }
    }

    private static string? Cursor(string xml, out string? fault)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(xml);
        var tape = new RecordTape(new Json.NameTable(["Event", "Data", "a"]));
        tape.Begin(bytes);
        var cursor = new XmlCursor(tape, bytes, 0, new XmlEnds(new WorkMeter()));
        bool isRead = cursor.SkipMiscellany() && cursor.Position < bytes.Length && cursor.TryReadElement(out int index)
            && cursor.SkipMiscellany() && cursor.Position == bytes.Length;
        fault = cursor.Fault;
        if (!isRead)
        {
            return null;
        }

        var shown = new StringBuilder();
        foreach (RecordValue child in new RecordValue(tape, 0).Children)
        {
            Show(child, child.Name, shown);
        }

        return shown.ToString();
    }

    private static void Show(RecordValue value, ReadOnlySpan<byte> name, StringBuilder shown)
    {
        if (value.Kind == FieldValueKind.Array)
        {
            foreach (RecordValue item in value.Children)
            {
                Show(item, name, shown);
            }

            return;
        }

        shown.Append('<').Append(Encoding.UTF8.GetString(name));
        bool closed = false;
        foreach (RecordValue child in value.Children)
        {
            if (child.Name.SequenceEqual("#attributes"u8))
            {
                foreach (RecordValue attribute in child.Children)
                {
                    shown.Append(' ').Append(Encoding.UTF8.GetString(attribute.Name)).Append('=').Append(Encoding.UTF8.GetString(attribute.Text));
                }

                continue;
            }

            shown.Append(closed ? "" : ">");
            closed = true;
            if (child.Name.SequenceEqual("#text"u8))
            {
                shown.Append('{').Append(Encoding.UTF8.GetString(child.Text)).Append('}');
            }
            else
            {
                Show(child, child.Name, shown);
            }
        }

        shown.Append(closed ? "" : ">");
        if (value.Text.Length > 0)
        {
            shown.Append('{').Append(Encoding.UTF8.GetString(value.Text)).Append('}');
        }

        shown.Append('/');
    }
}
