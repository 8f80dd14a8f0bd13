using System.Text;
using System.Text.Json;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Whatever a body holds, decoding ends with events and unreadable records, never with an exception.</summary>
public sealed class FuzzTests
{
    private static readonly string[] Seeds =
    [
        """{"records":[{"time":"2025-12-06T21:11:02.6491508Z","tenantId":"t","category":"AdvancedHunting-DeviceProcessEvents","properties":{"FolderPath":"C:\\Windows","FileName":"cmd.exe","LogonId":999,"AdditionalFields":"{\"a\":[1,\"\\ud83d\\ude00\"]}","SHA1":"ab","InitiatingProcessParentFileName":"x.exe"}},{"n":1}]}""",
        """{"records":[{"category":"AdvancedHunting-DeviceRegistryEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\x","RegistryValueName":"v","RegistryValueType":"Qword","RegistryValueData":"4294967298"}},{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"ConnectionSuccess","RemoteIP":"::ffff:10.0.0.1","RemoteUrl":"https://x:1/y"}},{"Type":"DeviceEvents","DeviceId":"d","InitiatingProcessFileName":"i.exe","ActionType":"NamedPipeEvent","AdditionalFields":"{\"PipeName\":\"\\\\Device\\\\NamedPipe\\\\a\"}"}]}""",
        """{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":{"#text":4688},"Channel":"Security","TimeCreated":{"#attributes":{"SystemTime":"2025-12-06T21:11:02.649150800Z"}}},"EventData":{"NewProcessId":"0x1a","Threat Name":"x","Data":["a","b"]},"UserData":{"A":{"b":null}}}}""",
        "{\"EventID\":1,\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\"UtcTime\":\"2025-12-06 21:11:02.632\",\"n\":[1,{\"a\":1e400}]}\n{\"category\":\"dns\",\"x\":\"\\ud800\"}\n\n[{\"a\":true}]",
        XmlTests.Event("<Provider Name='p'/><EventID Qualifiers='1'>4688</EventID><Channel>Security</Channel>", "<EventData><Data Name='NewProcessName'>C:\\é&amp;<![CDATA[ ]]>.exe</Data><Data>1</Data><Data>2</Data></EventData><UserData><A xmlns='u'><B/><B c='d'>e</B></A></UserData>"),
        "<?xml version='1.0'?>\n<Events>" + XmlTests.Fill("{1}\n<!-- -->{2}\n{3}") + "</Events>",
        LogAnalyticsTests.WindowsEvent,
        LogAnalyticsTests.Event,
        LogAnalyticsTests.AzureDiagnostics,
        LogAnalyticsTests.Syslog,
        """{"winlog":{"channel":"Microsoft-Windows-PowerShell/Operational","event_id":"4103","event_data":{"param1":"x"}},"process":{"executable":"C:\\a.exe","title":"\u0041","hash":{"md5":"ab"}},"powershell":{"command":{"invocation_details":[{"type":"T","related_command":"A","name":"n","value":"\ud800"}]}},"user":{"name":"amy"}}""",
        """{"EventID":12,"SourceName":"Microsoft-Windows-Sysmon","SourceModuleType":"im_msvistalog","EventType":"INFO","ProcessID":4,"Message":"x\r\nEventType: CreateKey\r\n"}""",
        """{"ProviderName":"Service Control Manager","EventID":7045,"Channel":"System","StringInserts":["a","b","c","d",1]}""",
        """{"Event":{"@xmlns":"u","System":{"Provider":{"@Name":"p"},"EventID":{"@Qualifiers":"1","#text":"1"},"Channel":"System"},"EventData":{"Data":[{"@Name":"A B","#text":"x"},{"@Name":"C"},"y",null],"ComplexData":{"$":{"Name":"D"},"_":"z"}}}}""",
        """{"ProviderName":"Microsoft-Windows-Sysmon","EventID":11,"Version":2,"Channel":"System","EventData":{"Target Filename":"x","Target Filename":"y","\u0041 B":"z","Data":[{"Name":"E","content":"e"}]}}""",
        """{"EventID":1,"SourceName":"p","Channel":"System","SourceModuleType":"im_msvistalog","EventData.Image":"a","EventData.Process Id":"7","UserData.X.Y":"z","EventData":{"Q":1}}""",
        $$$"""{"event":{"original":{{{JsonSerializer.Serialize(XmlTests.Fill("{1}"))}}}},"message":"<Event>"}""",
        $$"""{"System":{{JsonSerializer.Serialize(XmlTests.Fill("{1}"))}},"Message":""}""",
        OpenTelemetryTests.Row,
        OpenTelemetryTests.Otlp,
        OpenTelemetryTests.ToOtlp(JsonSerializer.Serialize(OpenTelemetryTests.Row), JsonSerializer.Serialize(XmlTests.Fill("{1}"))),
        WinEventTests.Row,
        XmlTests.Fill("Record 1\n{1}\nRecord 2\n{\n\"EventID\":7,\n\"Channel\":\"System\"\n}"),
    ];

    private static readonly string[] Scraps =
    [
        "{", "}", "[", "]", ",", ":", "\"", "\\", "'", "\n", "\r\n", "\0", "\\u", "\\ud800", "\\udc00", "null", "-", "1e999", "\uFEFF",
        "records", "\"records\":[{", "properties", "#text", "Event", "System", "EventID", " ",
        "<", ">", "/>", "&", "&#", "&#x41;", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "<Event>", "</Event>", "<Events>", "<Data>", "Name='", "\ufffe",
        "@Name", "$", "EventData.", "resourceLogs", "scopeLogs", "logRecords", "kvlistValue", "stringValue", "\nRecord 3\n",
    ];

    [Fact]
    public void Mutated_bodies_never_throw()
    {
        var random = new Random(20250101);
        var decoder = new EventDecoder(new("any"));
        for (int round = 0; round < 30_000; round++)
        {
            byte[] bytes = Mutated(random);
            DecodedBody decoded = decoder.Decode(random.Next(20) == 0 ? FramingTests.Gzip(bytes) : bytes);

            // Indexes run on without a gap, and every place lies within the body, which is longer as UTF-8 where it is UTF-16.
            Assert.Equal(
                Enumerable.Range(0, decoded.Events.Length + decoded.Undecoded.Length),
                decoded.Events.Select(e => e.Record).Concat(decoded.Undecoded.Select(u => u.Record)).Order());
            Assert.All(decoded.Undecoded, u => Assert.InRange(u.Offset, 0, bytes.Length * 2));
            Assert.All(decoded.Events, e => Assert.All(e.Event.OwnValues, value => AssertWellFormed(value.Show())));
        }
    }

    [Fact]
    public void Mutated_bodies_match_as_their_events_do()
    {
        var random = new Random(20250303);
        var decoder = new EventDecoder(new("any"));
        var matcher = new BodyMatcher(decoder, FieldRules.Of(Seeds.SelectMany(seed => decoder.Decode(Encoding.UTF8.GetBytes(seed)).Events)));
        for (int round = 0; round < 6_000; round++)
        {
            byte[] bytes = Mutated(random);
            BodyMatcherTests.AssertSame(decoder, matcher, random.Next(20) == 0 ? FramingTests.Gzip(bytes) : bytes);
        }
    }

    [Fact]
    public void A_line_cut_anywhere_costs_only_itself()
    {
        foreach (string seed in Seeds.Where(seed => !seed.Contains('\n')))
        {
            for (int cut = 1; cut < seed.Length; cut++)
            {
                DecodedBody decoded = Decoded.Body($"{seed[..cut]}\n{{\"last\":1}}\n", new("any"));
                Assert.Equal("1", decoded.Events[^1].View("any", null!).Field("last"));
                Assert.NotEmpty(decoded.Undecoded);
            }
        }
    }

    /// <summary>A body that was valid before a few edits.</summary>
    internal static byte[] Mutated(Random random)
    {
        List<byte> body = [.. Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)])];
        for (int edits = random.Next(1, 6); edits > 0; edits--)
        {
            Mutate(body, random);
        }

        return [.. body];
    }

    private static void Mutate(List<byte> body, Random random)
    {
        int at = random.Next(body.Count + 1);
        switch (random.Next(6))
        {
            case 0 when body.Count > 0:
                body.RemoveRange(Math.Min(at, body.Count - 1), 1);
                break;
            case 1 when at < body.Count:
                body[at] = (byte)random.Next(256);
                break;
            case 2:
                body.Insert(at, (byte)random.Next(256));
                break;
            case 3:
                body.RemoveRange(at, body.Count - at);
                break;
            case 4:
                int start = random.Next(body.Count + 1);
                body.InsertRange(at, body.GetRange(start, random.Next(body.Count - start + 1)));
                break;
            default:
                body.InsertRange(at, Encoding.UTF8.GetBytes(Scraps[random.Next(Scraps.Length)]));
                break;
        }
    }

    private static void AssertWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]))
            {
                Assert.True(i + 1 < text.Length && char.IsLowSurrogate(text[++i]));
            }
            else
            {
                Assert.False(char.IsLowSurrogate(text[i]));
            }
        }
    }
}
