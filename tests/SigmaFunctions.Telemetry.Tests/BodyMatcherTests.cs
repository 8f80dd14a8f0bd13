using System.Text;
using System.Text.Json;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>A body matcher finds what the detector finds on the decoder's events, without making events.</summary>
public sealed class BodyMatcherTests
{
    private const string Sysmon = "{\"EventID\":1,\"Channel\":\"Microsoft-Windows-Sysmon/Operational\"";

    /// <summary>Bodies of every shape and framing, with values of every kind and form.</summary>
    public static TheoryData<string> Bodies =>
    [
        Sysmon + ""","Image":"C:\\Windows\\cmd.exe","n":1.50,"b":true,"no":null,"list":["a",[1,null],{"x":"y"}],"empty":[],"o":{"p":{"q":"deep"}}}""",
        Sysmon + ""","a":1,"a":"2","b":{"c":1,"c":2},"d":[{"e":1,"e":null},{"e":3},4]}""",
        Sysmon + ""","a.b":"literal","a":{"b":"path","c.d":"longest","c":{"d":"shorter"}},"x":[{"y":{"z":1}},{"y":[{"z":2},{"w":3}]},[{"y.z":4}]]}""",
        Sysmon + ""","\u0041":"escaped name","\ud800":"half a pair","text":"\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\ud800 and \udc00"}""",
        """{"EventID":4688,"Channel":"security","NewProcessName":"C:\\a.exe","ProcessId":"0x1a","NewProcessId":"0x2b","MandatoryLabel":"S-1-16-8192","SubjectUserName":"amy","SubjectDomainName":"corp","SubjectLogonId":"0x3e7"}""",
        """{"EventID":4688,"Channel":"Security","NewProcessId":"zz","TargetUserName":"bob","TargetDomainName":"-","TargetUserSid":"S-1-5-18","ProcessId":17}""",
        """{"EventID":4688,"Channel":"Security","ProcessId":"0x1a","Image":"unmapped"}""",
        Sysmon + ""","twice":"replaced","twice":"kept","o":{"twice":"replaced within","twice":"kept"}}""",
        Sysmon + ""","twice":"replaced","o":{"twice":"replaced within"}}""",
        """{"EventID":1116,"Provider_Name":"Microsoft-Windows-Windows Defender","ThreatName":"x","Path":"y"}""",
        """{"EventID":12,"SourceName":"Microsoft-Windows-Sysmon","EventType":"CreateKey","Provider":17}""",
        """{"EventID":12,"SourceName":17,"Channel":"Contoso"}""",
        """{"category":"dns","product":"linux","query":"q","record":{"category":"inner"}}""",
        """{"nothing":"stated"}""",
        """{"records":[{"category":"AdvancedHunting-DeviceProcessEvents","properties":{"FolderPath":"C:\\Windows","FileName":"cmd.exe","LogonId":999,"AccountName":"amy","AccountDomain":"corp","AdditionalFields":"{\"ProcessCurrentWorkingDirectory\":\"C:\\\\x\",\"a\":[1,\"\\ud83d\\ude00\"]}","SHA1":"ab","MD5":"cd\u00e9","InitiatingProcessParentFileName":"x.exe"}}]}""",
        """{"records":[{"category":"AdvancedHunting-DeviceProcessEvents","properties":{"FolderPath":"/usr/bin/curl","FileName":17,"AccountName":17,"AdditionalFields":"{\"Process\\u0043urrentWorkingDirectory\":\"/Users/amy\"}"}},{"category":"AdvancedHunting-Other","properties":{"a":1}}]}""",
        """{"records":[{"category":"AdvancedHunting-DeviceProcessEvents","properties":{"FolderPath":"C:\\\u00e9.EXE","FileName":"\u00c9.exe","AdditionalFields":{"ProcessCurrentWorkingDirectory":"/x"}}},{"category":"AdvancedHunting-DeviceProcessEvents","properties":{"AdditionalFields":"{broken"}}]}""",
        """{"records":[{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"InboundConnectionAccepted","LocalIP":"::ffff:10.0.0.1","LocalPort":135,"RemoteIP":"2001:db8::1","RemotePort":1,"RemoteUrl":"https://x.example:1/y","InitiatingProcessId":9007199254740993}},{"category":"AdvancedHunting-DeviceEvents","properties":{"InitiatingProcessFileName":"System","ActionType":"DnsQueryResponse","AdditionalFields":"{\"DnsQueryString\":\"\\u0041\"}"}},{"category":"AdvancedHunting-DeviceNetworkEvents","properties":{"ActionType":"ConnectionSuccess"}}]}""",
        """{"records":[{"category":"AdvancedHunting-DeviceFileEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"FileRenamed","FolderPath":"/applications/a","FileName":"b","PreviousFolderPath":"/x","PreviousFileName":"c","InitiatingProcessFolderPath":"/applications/z","MD5":"cd"}},{"category":"AdvancedHunting-DeviceImageLoadEvents","properties":{"InitiatingProcessFileName":"i.exe","FolderPath":"C:\\x","FileName":"\u00e9.dll","ProcessId":1}}]}""",
        """{"records":[{"category":"AdvancedHunting-DeviceRegistryEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"RegistryValueSet","RegistryKey":"HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\\u00e9","RegistryValueType":"Qword","RegistryValueData":18446744073709551615}},{"category":"AdvancedHunting-DeviceRegistryEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"RegistryKeyRenamed","RegistryKey":"HKEY_CURRENT_USER\\S-1-5","PreviousRegistryKey":"x"}}]}""",
        """{"records":[{"category":"AdvancedHunting-DeviceEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"OpenProcessApiCall","FolderPath":"C:\\x","FileName":"lsass.exe","ProcessId":7,"InitiatingProcessFileName":"a.exe","AdditionalFields":"{\"DesiredAccess\":4112}"}},{"category":"AdvancedHunting-DeviceEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"NamedPipeEvent","AdditionalFields":{"PipeName":"\\Device\\NamedPipe\\a","FileOperation":"File opened"}}},{"category":"AdvancedHunting-DeviceEvents","properties":{"InitiatingProcessFileName":"i.exe","ActionType":"AntivirusDetection","AdditionalFields":"{\"ThreatName\":\"x\"}"}}]}""",
        """{"records":[{"Type":"DeviceEvents","DeviceId":"d","ActionType":"PowerShellCommand","AdditionalFields":{"Command":"Get-X"},"TimeGenerated":"2025-01-02T03:04:05Z"},{"Type":"DeviceLogonEvents","ActionType":"LogonSuccess"}]}""",
        """{"Event":{"System":{"Provider":{"#attributes":{"Name":"Microsoft-Windows-Security-Auditing"}},"EventID":{"#text":4688},"Channel":"Security","Computer":"h","TimeCreated":{"#attributes":{"SystemTime":"2025-12-06T21:11:02.649150800Z"}}},"EventData":{"NewProcessId":"0x1a","Threat Name":"x","Data":["a","b"]},"UserData":{"A":{"b":null}}}}""",
        """{"Event":{"System":{"Provider_attributes":{"Name":"Service Control Manager"},"EventID":7045},"EventData":{"Data":[{"#attributes":{"Name":"Service Name"},"#text":"s"},{"#attributes":{"Name":"Empty"}}]}}}""",
        """{"winlog":{"channel":"Microsoft-Windows-Sysmon/Operational","event_id":1,"process":{"pid":4},"event_data":{"RuleName":"-"},"event_data.Extra":1},"process":{"executable":"C:\\a.exe","hash":{"sha1":"ab"},"parent.executable":"C:\\p.exe"},"user":{"name":"amy","domain":"CORP"},"agent":{"id":"x"}}""",
        """{"winlog.channel":"Microsoft-Windows-Sysmon/Operational","winlog.event_id":13,"winlog.event_data.EventType":"SetValue","registry.data.type":"SZ_DWORD","registry.data.strings":["1"],"process.executable":"a","network.direction":"egress"}""",
        """{"winlog":{"channel":"Security","event_id":"4688","event_data":{"ProcessId":"0x4"},"user_data":{"a":{"b":1}}},"process":{"executable":"C:\\a.exe","pid":26,"parent":{"executable":"C:\\p.exe"}}}""",
        """{"winlog":{"channel":"Windows PowerShell","event_id":400,"event_data":{"param1":"\u0041","param2":"b","Binary":""}}}""",
        """{"winlog":{"channel":"Microsoft-Windows-PowerShell/Operational","event_id":4103},"process":{"title":"\u0041","command_line":17},"powershell":{"command":{"invocation_details":[{"type":"T","related_command":"\u0041","name":"n","value":"v"},{"value":"w"},7]}}}""",
        """{"EventID":12,"SourceName":"Microsoft-Windows-Sysmon","SourceModuleType":"im_msvistalog","EventType":"INFO","ProcessID":4,"ProcessId":"5","Message":"x:\r\nEventType: CreateKey\r\n"}""",
        """{"EventID":400,"SourceName":"PowerShell","EventReceivedTime":"x","Channel":"Windows PowerShell","Message":"Details"}""",
        """{"ProviderName":"Microsoft-Windows-Sysmon","EventID":12,"Channel":"Microsoft-Windows-Sysmon/Operational","ProcessID":4,"StringInserts":["-","DeleteKey","t","g",5,"\u0041",null]}""",
        """{"SourceName":"PowerShell","EventID":400,"Channel":"Windows PowerShell","ComputerName":"h","StringInserts":["a",["b"],{"c":1}]}""",
        """{"Event":{"@xmlns":"u","System":{"Provider":{"@Name":"p"},"EventID":{"@Qualifiers":"1","#text":"1"},"Channel":"System"},"EventData":{"Data":[{"@Name":"A B","#text":"x"},{"@Name":"C"},"y",null],"ComplexData":{"$":{"Name":"D"},"_":"z"}}}}""",
        """{"ProviderName":"Microsoft-Windows-Sysmon","EventID":11,"Version":2,"Channel":"System","EventData":{"Target Filename":"x","Target Filename":"y","\u0041 B":"z","Data":[{"Name":"E","content":"e"}]}}""",
        """{"EventID":1,"SourceName":"p","Channel":"System","SourceModuleType":"im_msvistalog","EventData.Image":"a","EventData.Process Id":"7","UserData.X.Y":"z","EventData":{"Q":1}}""",
        $$$"""{"event":{"original":{{{JsonSerializer.Serialize(XmlTests.Fill("{1}"))}}}},"message":"<Event>"}""",
        $$"""{"System":{{JsonSerializer.Serialize(XmlTests.Fill("{1}"))}},"Message":""}""",
        OpenTelemetryTests.Row,
        OpenTelemetryTests.Otlp,
        OpenTelemetryTests.ToOtlp(JsonSerializer.Serialize(OpenTelemetryTests.Row), JsonSerializer.Serialize(XmlTests.Fill("{1}"))),
        WinEventTests.Row,
        "{\"records\":[{\"records\":[{\"n\":1}],\"n\":2},{\"n\":3}]}",
        "[{\"category\":\"any\",\"n\":1},17,{\"category\":\"any\",\"n\":2},[3],\"x\",null,{\"category\":\"any\",\"n\":4}]",
        .. FramingTests.Bodies.Select(row => row.Data.Item1),
        .. XmlTests.Bodies.Select(row => XmlTests.Fill(row.Data.Item1)),
        .. XmlTests.Faults.Select(row => row.Data.Item1),
        .. XmlTests.Data.Select(row => XmlTests.Event("<Provider Name='p'/><EventID Qualifiers='1'>1</EventID><Channel>System</Channel>", row.Data.Item1)),
        .. LogAnalyticsTests.Rows,
    ];

    /// <summary>Those that can be read whole: faults are told with their reasons.</summary>
    public static TheoryData<string> BodiesWithoutFaults =>
        [.. Bodies.Select(row => row.Data).Where(body => new EventDecoder().Decode(Encoding.UTF8.GetBytes(body)).Undecoded.IsEmpty)];

    [Theory]
    [MemberData(nameof(Bodies))]
    public void What_matches_is_what_matches_events(string body)
    {
        var decoder = new EventDecoder(new("any"));
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        byte[] packed = FramingTests.Gzip(bytes);
        var matcher = new BodyMatcher(decoder, FieldRules.Of(decoder.Decode(bytes).Events));

        AssertSame(decoder, matcher, bytes);
        AssertSame(decoder, matcher, packed);
    }

    /// <summary>Rules made from all bodies see each body: values of others, and absent fields.</summary>
    [Fact]
    public void A_matcher_goes_from_body_to_body()
    {
        var decoder = new EventDecoder(new("any"));
        byte[][] bodies = [.. Bodies.Select(row => Encoding.UTF8.GetBytes(row.Data))];
        var matcher = new BodyMatcher(decoder, FieldRules.Of(bodies.SelectMany(body => decoder.Decode(body).Events)));
        foreach (byte[] body in bodies.Concat(bodies.Reverse()))
        {
            AssertSame(decoder, matcher, body);
        }
    }

    [Theory]
    [InlineData("regression/wire/defender_xdr.ndjson")]
    [InlineData("regression/wire/evtx_json.ndjson")]
    [InlineData("regression/wire/flat_json.ndjson")]
    [InlineData("regression/wire/raw_xml.ndjson")]
    [InlineData("regression/wire/wad_eventhub.ndjson")]
    [InlineData("regression/wire/la_Event.ndjson")]
    [InlineData("regression/wire/la_WindowsEvent.ndjson")]
    [InlineData("regression/wire/la_SecurityEvent.ndjson")]
    [InlineData("regression/wire/winlogbeat_raw.ndjson")]
    [InlineData("regression/wire/winlogbeat_ecs_sysmon_module.ndjson")]
    [InlineData("regression/wire/nxlog_json.ndjson")]
    public void What_matches_on_the_wire_is_what_matches_events(string file) =>
        AssertSameOnSamples([.. Corpus.Wire(file).Select(wire => wire.Body)], 20);

    [Theory]
    [InlineData("defender/process_events.records.ndjson")]
    [InlineData("mordor/process_creation.ndjson")]
    [InlineData("mordor/mixed.ndjson.gz")]
    [InlineData("azure_monitor/SecurityEvent_4688_msticpy.ndjson")]
    [InlineData("azure_monitor/WindowsEvent_sysmon_log4shell.ndjson")]
    public void What_matches_in_rows_is_what_matches_events(string file) =>
        AssertSameOnSamples([.. Corpus.Lines(Corpus.Require(file))], 40);

    /// <summary>Names that rules have are learnt as events of their log sources come up, not before.</summary>
    [Fact]
    public void Names_of_rules_are_known_from_the_first_event_on()
    {
        var rules = RuleSet.Load([new RuleFile("rules.yml",
            """
            title: A name that no shape knows, given by the event in two parts
            id: 00000000-0000-0000-0000-000000000001
            logsource: {product: windows, service: system}
            detection: {s: {Foreign_Part: x, ServiceName: s}, condition: s}
            ---
            title: Another log source
            id: 00000000-0000-0000-0000-000000000002
            logsource: {category: any}
            detection: {s: {Foreign.Path: 1}, condition: s}
            """)]);
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(rules));
        byte[] body = Encoding.UTF8.GetBytes(
            """[{"Event":{"System":{"Channel":"System","Foreign":{"#attributes":{"Part":"x"}}},"EventData":{"Service Name":"s"}}},{"category":"any","Foreign":{"Path":1}}]""");

        Assert.Equal(["0:0", "1:1"], Shown(matcher.Match(body, TestContext.Current.CancellationToken)));
        Assert.Equal(["0:0", "1:1"], Shown(matcher.Match(body, TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void A_record_is_decoded_as_itself_whatever_it_looks_like()
    {
        var decoder = new EventDecoder(new("any"));
        byte[] body = """{"records":[{"n":0},{"records":[{"n":1}],"n":2}]}"""u8.ToArray();
        BodyMatches matches = new BodyMatcher(decoder, FieldRules.Of(decoder.Decode(body).Events)).Match(body, TestContext.Current.CancellationToken);

        DecodedEvent second = matches.Records[1].Decode();

        Assert.Equal("2", second.View("any", null!).Field("n"));
        Assert.Equal("""{"records":[{"n":1}],"n":2}""", Encoding.UTF8.GetString(second.Original.Span));
        Assert.True(second.Original.Span.Overlaps(body));
    }

    [Fact]
    public void What_is_taken_out_of_a_packed_body_may_be_kept()
    {
        var decoder = new EventDecoder(new("any"));
        byte[] body = FramingTests.Gzip("{\"n\":1}\nnot json"u8.ToArray());
        var matcher = new BodyMatcher(decoder, FieldRules.Of(decoder.Decode(body).Events));
        BodyMatches matches = matcher.Match(body, TestContext.Current.CancellationToken);
        DecodedEvent decoded = matches.Records[0].Decode();
        UndecodedRecord undecoded = matches.Undecoded[0];

        matcher.Match(FramingTests.Gzip("{\"n\":9}\nNOT JSON"u8.ToArray()), TestContext.Current.CancellationToken);

        Assert.Equal("{\"n\":1}", Encoding.UTF8.GetString(decoded.Original.Span));
        Assert.Equal("not json", Encoding.UTF8.GetString(undecoded.Original.Span));
    }

    /// <summary>Log sources that senders make up leave nothing behind.</summary>
    [Fact]
    public void A_flood_of_log_sources_is_not_kept()
    {
        var rules = RuleSet.Load([new RuleFile("rules.yml",
            """
            title: Category alone
            id: 00000000-0000-0000-0000-000000000001
            logsource: {category: any}
            detection: {s: {n: 1}, condition: s}
            """)]);
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(rules));
        byte[][] bodies =
        [
            .. Enumerable.Range(0, 2000).Select(number => Encoding.UTF8.GetBytes(
                $$"""{"category":"any","product":"made up {{number}}","n":1}{{"\n"}}{"category":"made up {{number}}","n":1}""")),
        ];
        Assert.Equal(["0:0"], Shown(matcher.Match(bodies[0], TestContext.Current.CancellationToken)));
        long before = GC.GetAllocatedBytesForCurrentThread();
        int matched = 0;
        foreach (byte[] body in bodies)
        {
            matched += matcher.Match(body, TestContext.Current.CancellationToken).Records.Length;
        }

        Assert.Equal(bodies.Length, matched);

        // The matcher may allocate for the event that matches, but nothing may grow with the words.
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / bodies.Length, 0, 4096);
    }

    /// <summary>Framing, tokenizing, shapes and matching allocate nothing, whether or not rules look at the events.</summary>
    [Theory]
    [MemberData(nameof(BodiesWithoutFaults))]
    public void A_body_that_matches_nothing_allocates_nothing(string body)
    {
        var never = RuleSet.Load(((string[])["product: windows", "product: linux", "category: any", "category: process_creation"]).Select((logSource, i) => new RuleFile(
            $"{i}.yml",
            $$"""
            title: Never
            id: 00000000-0000-0000-0000-00000000000{{i}}
            logsource: { {{logSource}} }
            detection:
              a: {Image|contains: never and never, CommandLine|endswith: never, User|re: 'never\s+', EventID: 987654321}
              b: {CommandLine|contains|all: [never, ever], OriginalFileName: 'a*never*b', ProcessId|gt: 1000000000, Image|fieldref|contains: CommandLine}
              c: [never seen, 'nor*this']
              d: {ParentImage|startswith: nowhere}
              condition: a or b or c or (d and not a)
            """)));
        Assert.Equal(4, never.Rules.Length);
        AssertNothingAllocated(body, never);
        AssertNothingAllocated(body, RuleSet.Load([]));
    }

    private static void AssertNothingAllocated(string body, RuleSet rules)
    {
        var decoder = new EventDecoder(new("any"));
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var matcher = new BodyMatcher(decoder, new Detector(rules));
        for (int warm = 0; warm < 3; warm++)
        {
            Assert.Equal(0, matcher.Match(bytes, TestContext.Current.CancellationToken).Records.Length);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 10; round++)
        {
            matcher.Match(bytes, TestContext.Current.CancellationToken);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    /// <summary>Asserts that a matcher finds in a body what the detector finds on the decoder's events.</summary>
    internal static void AssertSame(EventDecoder decoder, BodyMatcher matcher, byte[] body)
    {
        DecodedBody decoded = decoder.Decode(body, matcher.Limits);
        BodyMatches matches = matcher.Match(body, TestContext.Current.CancellationToken);

        Assert.Equal(decoded.Events.Length, matches.Events);
        Assert.Equal(
            decoded.Undecoded.Select(Show),
            matches.Undecoded.Select(Show));
        var expected = new List<string>();
        var events = new List<DecodedEvent>();
        foreach (DecodedEvent one in decoded.Events)
        {
            string[] rules = [.. matcher.Detector.Match(one.Event).Select(match => match.Rule.Id)];
            if (rules.Length > 0)
            {
                expected.Add($"{one.Record}:{string.Join(',', rules)}");
                events.Add(one);
            }
        }

        var actual = new List<string>();
        for (int i = 0; i < matches.Records.Length; i++)
        {
            MatchedRecord matched = matches.Records[i];
            actual.Add($"{matched.Record}:{string.Join(',', matched.Rules.ToArray().Select(rule => matcher.Detector.Rules[rule].Id))}");
            Assert.Equal(Show(events[i]), Show(matched.Decode()));
        }

        Assert.Equal(expected, actual);
    }

    private static void AssertSameOnSamples(byte[][] bodies, int samples)
    {
        var decoder = new EventDecoder();
        byte[][] some = [.. bodies.Where((_, index) => index % Math.Max(1, bodies.Length / samples) == 0)];
        var matcher = new BodyMatcher(decoder, FieldRules.Of(some.SelectMany(body => decoder.Decode(body).Events)));
        foreach (byte[] body in some)
        {
            AssertSame(decoder, matcher, body);
        }
    }

    private static string[] Shown(BodyMatches matches)
    {
        var shown = new List<string>();
        foreach (MatchedRecord matched in matches.Records)
        {
            shown.Add($"{matched.Record}:{string.Join(',', matched.Rules.ToArray())}");
        }

        return [.. shown];
    }

    private static string Show(UndecodedRecord record) =>
        $"{record.Record} {record.Reason} {record.Offset} {Convert.ToHexString(record.Original.Span)}";

    private static string Show(DecodedEvent decoded)
    {
        IEnumerable<string> views = decoded.Event.Views.Select(view =>
            $"{string.Join('|', view.LogSources)} {string.Join(' ', view.Fields.OrderBy(field => field.Key, StringComparer.Ordinal).Select(field => $"{field.Key}={field.Value.Kind}:{field.Value.Show()}"))}");
        return $"{decoded.Record} {decoded.Shape} {decoded.Time:O} {decoded.Host} {decoded.User} {decoded.TenantId}\n{string.Join('\n', views)}\n"
            + $"{string.Join(' ', decoded.Event.OwnValues.Select(Decoded.Show))}\n{Convert.ToHexString(decoded.Original.Span)}";
    }
}
