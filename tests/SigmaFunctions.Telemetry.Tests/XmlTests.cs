using System.Runtime.InteropServices;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Windows event XML as a body: how it is cut into records, what becomes of its elements, and what is left of broken XML.</summary>
public sealed class XmlTests
{
    private const string Namespace = "xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"";

    /// <summary>Body with <c>{n}</c> for an event, the records that are events (<c>record:n</c>), the undecoded (<c>record@offset</c>).</summary>
    public static TheoryData<string, string, string> Bodies => new()
    {
        { "{1}", "0:1", "" },
        { "{1}{2}{3}", "0:1 1:2 2:3", "" },
        { "{1}\n{2}\r\n\n \t{3}\n", "0:1 1:2 2:3", "" },
        { "\uFEFF{1}", "0:1", "" },
        { "<?xml version=\"1.0\" encoding=\"utf-16\"?>\n{1}", "0:1", "" },
        { "<?xml version='1.0'?>{1}<?xml version='1.0'?>{2}", "0:1 1:2", "" },
        { "<!-- a <Event> --><?pi <Event> ?>{1}<!---->", "0:1", "" },
        { "<Events>{1}\n{2}</Events>", "0:1 1:2", "" },
        { "<?xml version='1.0'?><w:Events xmlns:w='u'>\n{1}</w:Events>\n<Events/>", "0:1", "" },
        { "<Events></Events>{1}", "0:1", "" },
        { "{\"EventID\":7,\"Channel\":\"System\"}\n{1}\n{\"EventID\":8,\"Channel\":\"System\"}", "0:7 1:1 2:8", "" },
        { "{1}\n{\"records\":[{\"EventID\":7,\"Channel\":\"System\"}]}", "0:1 1:7", "" },

        // A broken record costs itself, wherever the next one begins.
        { "<Event><System>\n{2}", "1:2", "0@16" },
        { "<Event><System>{2}", "1:2", "0@15" },
        { "<Event><System a=\"b\n{2}", "1:2", "0@20" },
        { "<Event>&x;</Event>{2}", "1:2", "0@7" },
        { "{1}<Event></System>\n</Event>{3}", "0:1 2:3", "1@+7" },
        { "<Event><![CDATA[\n{2}", "1:2", "0@+end" },
        { "<Event><!-- \n{2}\n{3}", "1:2 2:3", "0@+end" },
        { "<Event\n{\"EventID\":7,\"Channel\":\"System\"}\n{3}", "1:7 2:3", "0@7" },
        { "{\"EventID\":7\n{2}", "1:2", "0@12" },
        { "<Event>", "", "0@7" },
        { "<Event", "", "0@6" },
        { "<", "", "0@0" },
        { "</Event>", "", "0@0" },
        { "</Events>{1}", "1:1", "0@0" },
        { "<Events>{1}", "0:1", "1@+end" },
        { "<Events>x{1}</Events>", "1:1", "0@8" },
        { "{1}garbage\n{3}", "0:1 2:3", "1@+0" },
        { "garbage\n{2}", "1:2", "0@0" },
        { "<html><body/></html>\n{2}", "1:2", "0@0" },
        { "<Event><EventData/></Event>{2}", "1:2", "0@0" },
        { "<!DOCTYPE Event [<!ENTITY a 'b'>]>{2}", "1:2", "0@0" },

        // evtx_dump's text.
        { "Record 1\n<?xml version=\"1.0\"?>\n{1}\n\nRecord 2\r\n<?xml version='1.0'?>\n{2}\n", "0:1 1:2", "" },
        { "Record 7\n{\n  \"EventID\": 7,\n  \"Channel\": \"System\"\n}\nRecord 8\n{\n\"EventID\":8,\n\"Channel\":\"System\"}", "0:7 1:8", "" },
        { "Record 1\n{1}\nRecord 2\n{\"EventID\":8,\n\"Channel\":\"System\"}\nRecord 3\n{3}", "0:1 1:8 2:3", "" },
        { "Record 1\n{\n\"EventID\":\nRecord 2\n{\n\"EventID\":8,\n\"Channel\":\"System\"}", "1:8", "0@22" },
        { "Record 1\nRecord 2\n{2}", "0:2", "" },
        { "Record 1\nnothing\nmore\nRecord 2\n{2}", "1:2", "0@9" },
        { "Record 1\n{1}\n{2}\n{\"EventID\":8,\"Channel\":\"System\"}", "0:1 1:2 2:8", "" },
        { "Record 1\n{\"EventID\":7,\"Channel\":\"System\"}\n{\"EventID\":8,\"Channel\":\"System\"}\nRecord 2\n{2}", "0:7 1:8 2:2", "" },
        { "Record 1\n{\"EventID\":7,\n{\"EventID\":8,\"Channel\":\"System\"}\nRecord 2\n{2}", "1:8 2:2", "0@22" },
        { "Record 1\nnothing\n{\"EventID\":8,\"Channel\":\"System\"}\nRecord 2\n{2}", "1:8 2:2", "0@9" },
        { "Record x\n{2}", "1:2", "0@0" },
        { "Record 1x\n{2}", "1:2", "0@0" },
        { "Record \n{2}", "1:2", "0@0" },
        { "{1}\nRecord 2", "0:1", "" },
        { "Record 1\n{\"EventID\":7,\"Channel\":\"System\"}x\nRecord 2\n{2}", "0:7 2:2", "1@41" },
        { "{\"EventID\":7,\"Channel\":\"System\"}\nRecord 1\nnothing\n{\"EventID\":8,\"Channel\":\"System\"}", "0:7 2:8", "1@42" },
        { "Record 1\n[{\"EventID\":7,\"Channel\":\"System\"},\n{\"EventID\":8,\"Channel\":\"System\"}\n{\"EventID\":9,\"Channel\":\"System\"}", "0:7 2:8 3:9", "1@43" },

        // Lines of syslog.
        { "<14>Nov 26 10:00:00 host sysmon: {1}\n<14>Nov 26 10:00:01 host sysmon[7]: {2}", "0:1 1:2", "" },
        { "<14>1 2025-11-26T10:00:00Z host sysmon 7 - - {1}", "0:1", "" },
        { "Nov 26 10:00:00 host sysmon: {1}\n", "0:1", "" },
        { "<38>Nov 26 10:00:00 host sshd[1]: {1}", "", "0@0" },
        { "Nov 26 10:00:00 host sysmon: <Event", "", "0@0" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_is_cut_into_events(string template, string events, string undecoded)
    {
        string body = Fill(template);
        DecodedBody decoded = Decoded.Body(body);

        Assert.Equal(events, string.Join(' ', decoded.Events.Select(e => $"{e.Record}:{e.Event.Views[0].Field("EventID")}")));
        Assert.Equal(Places(template, body, undecoded), string.Join(' ', decoded.Undecoded.Select(u => $"{u.Record}@{u.Offset}")));
    }

    [Theory]
    [MemberData(nameof(Bodies))]
    public void A_body_in_utf16_or_packed_is_cut_as_in_utf8(string template, string events, string undecoded)
    {
        byte[] body = Encoding.UTF8.GetBytes(Fill(template));
        string text = Encoding.UTF8.GetString(body);
        DecodedBody plain = new EventDecoder().Decode(body);
        byte[] mark = text.StartsWith('\uFEFF') ? [] : [0xFF, 0xFE];

        foreach (byte[] other in (byte[][])[[.. mark, .. Encoding.Unicode.GetBytes(text)], FramingTests.Gzip(body)])
        {
            DecodedBody decoded = new EventDecoder().Decode(other);
            Assert.Equal(plain.Events.Select(e => e.Record), decoded.Events.Select(e => e.Record));
            Assert.Equal(
                plain.Undecoded.Select(u => (u.Record, u.Reason)),
                decoded.Undecoded.Select(u => (u.Record, u.Reason)));
        }

        Assert.Equal(events.Length == 0, plain.Events.IsEmpty);
        Assert.Equal(undecoded.Length == 0, plain.Undecoded.IsEmpty);
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    public void Utf16_needs_no_byte_order_mark(string encoding)
    {
        DecodedBody decoded = new EventDecoder().Decode(Encoding.GetEncoding(encoding).GetBytes(Fill("{1}")));

        Assert.Equal("1", Assert.Single(decoded.Events).Event.Views[0].Field("EventID"));
        Assert.StartsWith("<Event ", Encoding.UTF8.GetString(decoded.Events[0].Original.Span), StringComparison.Ordinal);
    }

    /// <summary>Texts whose characters are of one unit and of two, at an even place and at an odd one, over several strides.</summary>
    [Theory]
    [InlineData("utf-16", "")]
    [InlineData("utf-16BE", "")]
    [InlineData("utf-16", "x")]
    [InlineData("utf-16BE", "x")]
    public void Utf16_is_the_text_that_it_is_in_utf8(string encoding, string before)
    {
        string text = before + "ä\u4e00" + string.Concat(Enumerable.Repeat("\U0001F600", 10_000));
        byte[] body = Encoding.GetEncoding(encoding).GetBytes($"{{\"category\":\"x\",\"a\":\"{text}\"}}");

        Assert.Equal(text, Assert.Single(new EventDecoder().Decode(body).Events).View("x", null!).Field("a"));
    }

    [Fact]
    public void Half_a_pair_of_utf16_is_replaced()
    {
        foreach ((string text, string read) in ((string, string)[])[("x\uD83D", "x\uFFFD"), ("x\uD83Dy\uDE00z", "x\uFFFDy\uFFFDz")])
        {
            byte[] body = [0xFF, 0xFE, .. MemoryMarshal.AsBytes(text.AsSpan())];

            Assert.Equal(read, Encoding.UTF8.GetString(Assert.Single(new EventDecoder().Decode(body).Undecoded).Original.Span).TrimStart('\uFEFF'));
        }
    }

    [Fact]
    public void A_byte_too_many_of_utf16_is_half_a_character() => Assert.Equal(
        "x\uFFFD", Encoding.UTF8.GetString(Assert.Single(new EventDecoder().Decode((byte[])[0xFF, 0xFE, (byte)'x', 0, (byte)'y']).Undecoded).Original.Span).TrimStart('\uFEFF'));

    [Fact]
    public void A_body_is_read_without_the_body_before()
    {
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(RuleSet.Load([])));
        foreach (string comment in (string[])["a comment that ends late", ""])
        {
            BodyMatches matches = matcher.Match(Encoding.UTF8.GetBytes(Event("<Channel>System</Channel>", $"<EventData><!--{comment}--></EventData>")), TestContext.Current.CancellationToken);

            Assert.Equal((1, 0), (matches.Events, matches.UndecodedCount));
        }
    }

    [Fact]
    public void An_event_keeps_its_own_bytes_without_copying()
    {
        byte[] body = Encoding.UTF8.GetBytes(Fill("<?xml version='1.0'?><Events>{1} {2}</Events>"));

        DecodedEvent second = new EventDecoder().Decode(body).Events[1];

        Assert.Equal(Fill("{2}"), Encoding.UTF8.GetString(second.Original.Span));
        Assert.True(second.Original.Span.Overlaps(body));
        Assert.Equal("xml", second.Shape);
    }

    /// <summary>What stands behind System, field, its value.</summary>
    public static TheoryData<string, string, string> Data => new()
    {
        { "<EventData><Data Name='A'>x</Data><Data Name=\"B\">y</Data></EventData>", "B", "y" },
        { "<EventData><Data Name='A'></Data></EventData>", "A", "" },
        { "<EventData><Data Name='A'/></EventData>", "A", "" },
        { "<EventData><Data Name='A'> </Data></EventData>", "A", " " },
        { "<EventData><Data Name='Threat Name'>x</Data></EventData>", "ThreatName", "x" },
        { "<EventData><Data  Type='t'\n Name = 'A' >x</Data ></EventData>", "A", "x" },
        { "<EventData><Data Name=''>x</Data></EventData>", "Data", "x" },
        { "<EventData><Data Name=''>x</Data><Data Name=''>y</Data><Data Name=''/></EventData>", "Data", "[x,y,]" },
        { "<EventData><Data Name=''>x</Data><Data Name='A'>y</Data><Data>z</Data></EventData>", "Data", "[x,z]" },
        { "<EventData><ComplexData Name='A'>1,2</ComplexData><ComplexData Name='B C'>3</ComplexData></EventData>", "A", "1,2" },
        { "<EventData><ComplexData Name='A'>1,2</ComplexData><ComplexData Name='B C'>3</ComplexData></EventData>", "BC", "3" },
        { "<EventData><ComplexData Name='A'>1,2</ComplexData></EventData>", "ComplexData", "absent" },
        { "<EventData><Data>x</Data></EventData>", "Data", "x" },
        { "<EventData><Data>x</Data><Data>y</Data>\n<Data/></EventData>", "Data", "[x,y,]" },
        { "<EventData><Data>x</Data><Data Name='A'>y</Data></EventData>", "Data", "x" },
        { "<EventData><Data Name='A'>x</Data><Data Name='A'>y</Data><Data Name='A'>z</Data></EventData>", "A", "[x,y,z]" },
        { "<EventData><Data Name='GrantedAccess'>0x001fffff</Data></EventData>", "GrantedAccess", "0x1fffff" },
        { "<EventData><Data Name='LogonId'>0x00000000000003e7</Data></EventData>", "LogonId", "0x3e7" },
        { "<EventData><Data Name='Status'>0x00000000</Data></EventData>", "Status", "0x0" },
        { "<EventData><Data Name='Status'>0x0000000g</Data></EventData>", "Status", "0x0000000g" },
        { "<EventData><Data Name='Status'>0x000000001</Data></EventData>", "Status", "0x000000001" },
        { "<EventData><Data Name='Details'>0x00000001</Data></EventData>", "Details", "0x00000001" },
        { "<EventData><Binary>00FF</Binary></EventData>", "Binary", "00FF" },
        { "<EventData Name='n'><Data Name='A'>x</Data></EventData>", "Name", "absent" },
        { "<EventData><Data Name='Channel'>x</Data></EventData>", "Channel", "System" },
        { "<EventData><Data Name='A'>&lt;&amp;&gt;&quot;&apos;&#65;&#x1F600;</Data></EventData>", "A", "<&>\"'A😀" },
        { "<EventData><Data Name='A'>&#x000000000041;</Data></EventData>", "A", "A" },
        { "<EventData><Data Name='A'>&#xD83D;&#1;\u0001</Data></EventData>", "A", "\uFFFD\u0001\u0001" },
        { "<EventData><Data Name='A'>a<![CDATA[<b>&amp;\r\n]]>c<!-- d -->e<?f g?></Data></EventData>", "A", "a<b>&amp;\nce" },
        { "<EventData><Data Name='A'>a\r\nb\rc\n</Data></EventData>", "A", "a\nb\nc\n" },
        { "<EventData><Data Name='A&#66;&amp;'>x</Data></EventData>", "AB&", "x" },
        { "<EventData><Data Name='A'>ä€😀</Data></EventData>", "A", "ä€😀" },
        { "<UserData><LogFileCleared xmlns='u'><SubjectUserName>amy</SubjectUserName></LogFileCleared></UserData>", "SubjectUserName", "amy" },
        { "<UserData><RuleAndFileData xmlns='u'><PolicyName>EXE</PolicyName><Fqbn>-</Fqbn></RuleAndFileData></UserData>", "PolicyName", "EXE" },
        { "<UserData><X><A><B>c</B></A><A><B>d</B><B>e</B></A></X></UserData>", "A", "[{B:c},{B:[d,e]}]" },
        { "<UserData><X><A b='c'>d</A></X></UserData>", "A", "d" },
        { "<UserData><X><A b='c'/></X></UserData>", "A", "{#attributes:{b:c}}" },
        { "<UserData><X><A/></X></UserData>", "A", "null" },
        { "<RenderingInfo Culture='en-US'><Level>Information</Level><Channel>x</Channel></RenderingInfo>", "Level", "2" },
        { "", "Provider_Name", "Service Control Manager" },
        { "", "Provider_Guid", "{g}" },
        { "", "EventID", "7045" },
        { "", "EventID_Qualifiers", "16384" },
        { "", "Execution_ProcessID", "4" },
        { "", "Execution_ThreadID", "8" },
        { "", "Security_UserID", "S-1-5-18" },
        { "", "TimeCreated_SystemTime", "2025-12-06T21:11:02.649150800Z" },
        { "", "Correlation", "absent" },
        { "", "Computer", "h1" },
    };

    [Theory]
    [MemberData(nameof(Data))]
    public void Elements_become_fields(string data, string field, string value)
    {
        string xml = $"""
            <Event {Namespace}><System><Provider Name="Service Control Manager" Guid='{"{g}"}'/><EventID Qualifiers="16384">7045</EventID>
            <Level>2</Level><TimeCreated SystemTime="2025-12-06T21:11:02.649150800Z"/><Correlation/><Execution ProcessID="4" ThreadID="8"/>
            <Channel>System</Channel><Computer>h1</Computer><Security UserID="S-1-5-18"/></System>{data}</Event>
            """;
        DecodedEvent decoded = Decoded.One(xml);

        Assert.Equal(value, decoded.View(null, service: "system").Field(field));
        Assert.Equal(xml.TrimEnd(), Encoding.UTF8.GetString(decoded.Original.Span));
        Assert.Equal("h1", decoded.Host);
        Assert.Equal(DateTimeOffset.Parse("2025-12-06T21:11:02.6491508Z", null), decoded.Time);
    }

    [Fact]
    public void Hexadecimal_numbers_are_as_Windows_writes_them()
    {
        string[] names = "AccessMask CallerProcessId ClientProcessId ErrorCode GrantedAccess HandleId LogonId NewProcessId ProcessId ServiceType SourceProcessId Status SubStatus SubjectLogonId TargetLinkedLogonId TargetLogonId TargetProcessId TicketEncryptionType TicketOptions"
            .Split(' ');
        EventView view = Decoded.One(Event("<Channel>System</Channel>", $"<EventData>{string.Concat(names.Select(name => $"<Data Name='{name}'>0x000000ff</Data>"))}</EventData>"))
            .View(null, service: "system");

        Assert.All(names, name => Assert.Equal("0xff", view.Field(name)));
    }

    [Fact]
    public void Prefixes_of_namespaces_do_not_matter() => Assert.Equal(
        "x",
        Decoded.One("<e:Event xmlns:e='u'><e:System><e:Channel>System</e:Channel></e:System><e:EventData><e:Data Name='A'>x</e:Data></e:EventData></e:Event>")
            .View(null, service: "system").Field("A"));

    [Fact]
    public void Security_4688_is_seen_in_both_ways()
    {
        DecodedEvent decoded = Decoded.One(Event(
            "<Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4688</EventID><Channel>Security</Channel>",
            "<EventData><Data Name='NewProcessName'>C:\\a.exe</Data><Data Name='ProcessId'>0x4</Data><Data Name='NewProcessId'>0x1f4</Data></EventData>"));

        Assert.Equal("500", decoded.View("process_creation").Field("ProcessId"));
        Assert.Equal(@"C:\a.exe", decoded.View("process_creation").Field("Image"));
        Assert.Equal("0x4", decoded.View(null, service: "security").Field("ProcessId"));
    }

    [Theory]
    [InlineData(1, "process_creation")]
    [InlineData(3, "network_connection")]
    [InlineData(11, "file_event")]
    [InlineData(23, "file_delete")]
    public void Sysmon_for_linux_is_of_linux(int id, string category)
    {
        DecodedEvent decoded = Decoded.One(Event(
            $"<Provider Name='Linux-Sysmon' Guid='g'/><EventID>{id}</EventID><Channel>Linux-Sysmon/Operational</Channel><Computer>h1</Computer><Security UserId='0'/>",
            "<EventData><Data Name='Image'>/usr/bin/id</Data><Data Name='User'>root</Data></EventData>"));

        Assert.Equal([$"product=linux,category={category},service=sysmon"], decoded.LogSources());
        Assert.Equal("/usr/bin/id", decoded.View(category, "linux").Field("Image"));
        Assert.Equal("root", decoded.User);
    }

    [Fact]
    public void Keywords_search_system_and_data_but_no_names()
    {
        DecodedEvent decoded = Decoded.One(Event(
            "<EventID>1</EventID><Channel>Security</Channel><Correlation/>",
            "<EventData><Data Name='NewProcessName'>a.exe</Data><Data Name='B'/></EventData><RenderingInfo><Message>rendered</Message></RenderingInfo>"));

        Assert.Equal(["1", "Security", "a.exe", ""], decoded.Event.OwnValues.Select(Decoded.Show));
    }

    /// <summary>Keywords are first looked for in the bytes of a record, where XML may write them otherwise.</summary>
    [Theory]
    [InlineData("mimikatz")]
    [InlineData("mimi&#107;atz")]
    [InlineData("mimi&#x6B;atz")]
    [InlineData("mimi<!-- -->katz")]
    [InlineData("mimi<![CDATA[katz]]>")]
    public void A_keyword_is_found_however_it_is_written(string written)
    {
        var rules = RuleSet.Load([new RuleFile("rules.yml",
            """
            title: Keyword
            id: 00000000-0000-0000-0000-000000000001
            logsource: {product: windows, service: system}
            detection: {k: [mimikatz], condition: k}
            """)]);
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(rules));

        Assert.Equal(1, matcher.Match(Encoding.UTF8.GetBytes(Event("<Channel>System</Channel>", $"<EventData><Data>{written}</Data></EventData>")), TestContext.Current.CancellationToken).Records.Length);
        Assert.Equal(0, matcher.Match(Encoding.UTF8.GetBytes(Event("<Channel>System</Channel>", "<EventData><Data>mimi katz</Data></EventData>")), TestContext.Current.CancellationToken).Records.Length);
    }

    /// <summary>An XML record, why it cannot be read, at which of its bytes (-1: its end).</summary>
    public static TheoryData<string, string, int> Faults => new()
    {
        { "<Event><System>", "the XML ends early", -1 },
        { "<Event><System></System", "the XML ends early", -1 },
        { "<Event a", "the XML ends early", -1 },
        { "<Event a='b", "the XML ends early", -1 },
        { "<Event><!-- ", "the XML ends early", -1 },
        { "<Event><![CDATA[ ", "the XML ends early", -1 },
        { "<Event><![CDA", "the XML ends early", -1 },
        { "<?xml version='1.0'", "the XML ends early", -1 },
        { "<Event><System></Event>", "not XML: the end of another element", 15 },
        { "<Event><a b=c/></Event>", "not XML", 12 },
        { "<Event><a b='c'd='e'/></Event>", "not XML", 15 },
        { "<Event><a b='c' b='d'/></Event>", "not XML: an attribute stands twice", 16 },
        { "<Event><1/></Event>", "not XML", 7 },
        { "<Event><a b='<'/></Event>", "not XML", 13 },
        { "<Event><!x></Event>", "not XML", 7 },
        { "<Event>&nbsp;</Event>", "not XML: an entity that is not defined", 7 },
        { "<Event>&</Event>", "not XML: an entity that is not defined", 7 },
        { "<Event>&#x0000000000041;</Event>", "not XML: an entity that is not defined", 7 },
        { "<Event>&#0;</Event>", "not XML: a reference to no character", 7 },
        { "<Event>&#x110000;</Event>", "not XML: a reference to no character", 7 },
        { "<Event>&#x;</Event>", "not XML: a reference to no character", 7 },
        { "<Event>a\0b</Event>", "not XML: a NUL", 8 },
        { "<Event a='\0'/>", "not XML: a NUL", 10 },
        { "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]>", "XML with a document type", 0 },
        { "<Event><Event/></Event>", "an event begins before the one before it ends", 7 },
        { "<html/>", "XML, but no Windows event", 0 },
        { "<Event><System>x</System></Event>", "XML, but no Windows event", 0 },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_cannot_be_read_is_told_with_its_place(string xml, string reason, int offset)
    {
        UndecodedRecord undecoded = Decoded.Body(xml).Undecoded[0];

        Assert.Equal(reason, undecoded.Reason);
        Assert.Equal(offset < 0 ? xml.Length : offset, undecoded.Offset);
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void What_cannot_be_read_costs_no_event_on_another_line(string xml, string reason, int offset)
    {
        DecodedBody decoded = Decoded.Body(Fill($"{{1}}\n{xml}\n{{3}}\n{{4}}"));

        Assert.Equal(["1", "3", "4"], decoded.Events.Select(e => e.Event.Views[0].Field("EventID")));
        Assert.NotEmpty(decoded.Undecoded);
        Assert.True(reason.Length > 0 && offset < xml.Length);
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_told_with_their_place()
    {
        byte[] body = [.. "<Event><System>a\u00e9"u8, 0xC3, .. "</System></Event>"u8, .. Encoding.UTF8.GetBytes(Fill("{2}"))];

        DecodedBody decoded = new EventDecoder().Decode(body);

        Assert.Equal(("not UTF-8", 18L), (decoded.Undecoded[0].Reason, decoded.Undecoded[0].Offset));
        Assert.Equal(1, Assert.Single(decoded.Events).Record);
    }

    [Fact]
    public void Entities_are_not_expanded()
    {
        string bomb = "<!DOCTYPE lolz [<!ENTITY a 'aaaaaaaaaa'>" + string.Concat(Enumerable.Range('b', 20).Select(c => $"<!ENTITY {(char)c} '&{(char)(c - 1)};&{(char)(c - 1)};'>"))
            + "]>\n<Event><System><Channel>&u;</Channel></System></Event>\n";
        byte[] body = Encoding.UTF8.GetBytes(bomb + Fill("{1}"));
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(RuleSet.Load([])));
        matcher.Match(body, TestContext.Current.CancellationToken);
        long before = GC.GetAllocatedBytesForCurrentThread();

        BodyMatches matches = matcher.Match(body, TestContext.Current.CancellationToken);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, body.Length);
        Assert.Equal(1, matches.Events);
        Assert.Equal(["XML with a document type", "not XML: an entity that is not defined"], matches.Undecoded.Select(u => u.Reason));
    }

    [Fact]
    public void Deep_nesting_is_refused_and_the_other_records_survive()
    {
        string bomb = "<Event>" + string.Concat(Enumerable.Repeat("<a>", 10_000)) + string.Concat(Enumerable.Repeat("</a>", 10_000)) + "</Event>";

        DecodedBody decoded = Decoded.Body(Fill($"{{1}}\n{bomb}\n{{3}}"));

        Assert.Equal(["1", "3"], decoded.Events.Select(e => e.Event.Views[0].Field("EventID")));
        Assert.Equal("nested deeper than 64 levels", Assert.Single(decoded.Undecoded).Reason);
    }

    /// <summary>Attributes of an element, elements within each other below the event's own, and why the event is not read; empty where it is.</summary>
    [Theory]
    [InlineData(64, 62, "")]
    [InlineData(65, 1, "an element with more than 64 attributes")]
    [InlineData(1, 63, "nested deeper than 64 levels")]
    public void The_last_attribute_and_level_that_are_read(int attributes, int levels, string reason)
    {
        string element = $"<a {string.Join(' ', Enumerable.Range(0, attributes).Select(n => $"b{n}='c'"))}/>";
        DecodedBody decoded = Decoded.Body(
            $"<Event><System><Channel>System</Channel></System>{string.Concat(Enumerable.Repeat("<a>", levels - 1))}{element}{string.Concat(Enumerable.Repeat("</a>", levels - 1))}</Event>");

        Assert.Equal(reason.Length == 0 ? [] : [reason], decoded.Undecoded.Select(u => u.Reason));
        Assert.Equal(reason.Length == 0 ? 1 : 0, decoded.Events.Length);
    }

    [Theory]
    [InlineData(1017, 1)]
    [InlineData(1018, 0)]
    public void The_longest_header_of_a_syslog_line(int length, int events) =>
        Assert.Equal(events, Decoded.Body(new string('h', length - 9) + " sysmon: " + Fill("{1}").Replace($"<Event {Namespace}>", "<Event>", StringComparison.Ordinal)).Events.Length);

    /// <summary>A large body takes no more memory than a small multiple of its size, whatever is in it.</summary>
    [Theory]
    [InlineData("<Event>", 0)]
    [InlineData("<Event><!--", 0)]
    [InlineData("<Event><![CDATA[", 0)]
    [InlineData("<Event><?", 0)]
    [InlineData("<Event a='", 0)]
    [InlineData("<?xml ", 0)]
    [InlineData("<Events>", 0)]
    [InlineData("<a/>", 0)]
    [InlineData("<Event/>x\n{\"n\":1}\n", 0)]
    [InlineData("<Event><!--\n{\"n\":1}\n", 0)]
    [InlineData("sysmon: <Event/>", 0)]
    [InlineData("<Event><System><a/><a/><b/></System></Event>", 10_000)]
    [InlineData("<Event><System>&amp;&amp;&amp;&amp;<b/></System></Event>", 10_000)]
    public void A_large_body_takes_little(string part, int events)
    {
        byte[] body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(part, (1 << 20) / part.Length)));
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(RuleSet.Load([])));
        matcher.Match(body, TestContext.Current.CancellationToken);
        long before = GC.GetAllocatedBytesForCurrentThread();

        BodyMatches matches = matcher.Match(body, TestContext.Current.CancellationToken);

        // Every undecoded record is an object of its own.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 128L * body.Length);
        Assert.True(matches.Events >= events);
        Assert.True(events > 0 || matches.Undecoded.Count > 0);
    }

    [Fact]
    public void Ten_thousand_events_are_ten_thousand()
    {
        string body = string.Concat(Enumerable.Range(0, 10_000).Select(n => Fill($"{{{n}}}")));

        DecodedBody decoded = Decoded.Body(body);

        Assert.Empty(decoded.Undecoded);
        Assert.Equal(Enumerable.Range(0, 10_000), decoded.Events.Select(e => e.Record));
    }

    /// <summary>A body from a template: <c>{n}</c> is an event with that id.</summary>
    internal static string Fill(string template) => System.Text.RegularExpressions.Regex.Replace(
        template, @"\{(\d+)\}", match => Event($"<EventID>{match.Groups[1].Value}</EventID><Channel>System</Channel>", ""));

    /// <summary>An event.</summary>
    internal static string Event(string system, string data) => $"<Event {Namespace}><System>{system}</System>{data}</Event>";

    // @n counts from the body's beginning, @+n from the end of the first event; @+end is the body's end.
    private static string Places(string template, string body, string places)
    {
        string first = System.Text.RegularExpressions.Regex.Match(template, @"^\{(\d+)\}").Value;
        return string.Join(' ', places.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(place =>
        {
            int at = place.IndexOf('@', StringComparison.Ordinal);
            string where = place[(at + 1)..];
            int offset = where == "+end" ? Encoding.UTF8.GetByteCount(body)
                : where[0] == '+' ? Fill(first).Length + int.Parse(where[1..], null)
                : int.Parse(where, null);
            return $"{place[..at]}@{offset}";
        }));
    }
}
