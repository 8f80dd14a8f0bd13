using System.Text;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Mappings;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Sources that a user describes in YAML.</summary>
public sealed class MappingTests
{
    private const string Head = "name: own\nwhen: {src: own}\nlogsource: {category: test}\n";

    /// <summary>Condition, record, whether the mapping takes it.</summary>
    public static TheoryData<string, string, bool> Conditions => new()
    {
        { "{src: own}", """{"src":"own"}""", true },
        { "{src: own}", """{"src":"OWN"}""", true },
        { "{src: größe}", """{"src":"GRÖSSE"}""", false },
        { "{src: größer}", """{"src":"GRÖßER"}""", true },
        { "{src: own}", """{"src":"other"}""", false },
        { "{src: own}", """{}""", false },
        { "{src: own}", """{"src":{"own":1}}""", false },
        { "{src: own}", """{"src":{"a":"own"}}""", false },
        { "{src: [a, own]}", """{"src":"own"}""", true },
        { "{src: own}", """{"src":["a",["own"]]}""", true },
        { "{src: 17}", """{"src":17}""", true },
        { "{src: 17}", """{"src":17.0}""", false },
        { "{src: own, n: 1}", """{"src":"own","n":1}""", true },
        { "{src: own, n: 1}", """{"src":"own","n":2}""", false },
        { "[{src: own}, {n: 1}]", """{"n":1}""", true },
        { "[{src: own}, {n: 1}]", """{"n":2}""", false },
        { "{a.b: x}", """{"a":{"b":"x"}}""", true },
        { "{a.b: x}", """{"a.b":"x"}""", true },
        { "{a.b.c: x}", """{"a":{"b.c":"x"}}""", true },
        { "{a.b.c.d: x}", """{"a":{"b.c":{"d":"x"}}}""", true },
        { "{a.b.c: x}", """{"a.b":{"d":1},"a":{"b":{"c":"x"}}}""", true },
        { "{a|exists: true}", """{"a":null}""", true },
        { "{a|exists: true}", """{}""", false },
        { "{a|exists: false}", """{}""", true },
        { "{a|startswith: [x/, Y]}", """{"a":"yes"}""", true },
        { "{a|startswith: é}", """{"a":"És"}""", true },
        { "{a|startswith: yes}", """{"a":"ye"}""", false },
        { "{a|endswith: .LOG}", """{"a":"x.log"}""", true },
        { "{a|endswith: É}", """{"a":"xé"}""", true },
        { "{a|endswith: .log}", """{"a":"log"}""", false },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void The_condition_says_which_records_are_taken(string when, string record, bool taken) =>
        Assert.Equal(taken ? "own" : "flat", One($"name: own\nwhen: {when}\nlogsource: {{category: test}}", record).Shape);

    /// <summary>What the mapping adds, record, field, its value.</summary>
    public static TheoryData<string, string, string, string> Fields => new()
    {
        { "fields: {Image: process.path}", """ "process":{"path":"a.exe"} """, "Image", "a.exe" },
        { "fields: {Image: process.path}", """ "process":{"path":"a.exe"} """, "process", "{path:a.exe}" },
        { "fields: {Image: process.path}", """ "process":{"path":null} """, "Image", "absent" },
        { "fields: {Image: process.path}", """ "process":{} """, "Image", "absent" },
        { "fields: {Image: process.path}", """ "Image":"own" """, "Image", "own" },
        { "fields: {Image: process.path}", """ "Image":"own","process":{"path":"a.exe"} """, "Image", "a.exe" },
        { "fields: {U: [a, b.c]}", """ "a":null,"b":{"c":1} """, "U", "1" },
        { "fields: {U: [a, b.c]}", """ "a":"","b":{"c":1} """, "U", "" },
        { "fields: {U: a.b}", """ "a":[{"b":1},{"b":["x",true]},{"c":2},{"b":{"d":3}},7] """, "U", "[1,x,true]" },
        { "fields: {U: a.b.c}", """ "a":{"b":[{"c":"x"}]} """, "U", "[x]" },
        { "fields: {U: a.b}", """ "a":[{"c":1}] """, "U", "absent" },
        { "fields: {U: a.b}", """ "a":[{"b":1},{"b":2}] """, "U", "[1,2]" },
        { "fields: {U: a.b}", """ "a":[{"b":null},{"b":{"c":1}}] """, "U", "absent" },
        { "fields: {U: a.b.c.d}", """ "a":[{"b.c":{"d":1}}] """, "U", "[1]" },
        { "fields: {U: a}", """ "a":[{"b":1}] """, "U", "[{b:1}]" },
        { "fields: {a.b: c}", """ "c":1,"a":{"b":2} """, "a.b", "1" },
        { "fields: {'*': p.*}", """ "p":{"x":1,"y":{"z":2}} """, "y", "{z:2}" },
        { "fields: {'*': p.*}", """ "x":0,"p":{"x":1} """, "x", "1" },
        { "fields: {'*': p.*, x: w}", """ "w":0,"p":{"x":1} """, "x", "0" },
        { "fields: {'*': p.*}", """ "p":[1] """, "p", "[1]" },
        { "fields: {'p.*': '*'}", """ "x":1 """, "p.x", "1" },
        { "fields: {'p.*': '*'}", """ "x":1 """, "x", "1" },
        { "fields: {'t.*': p.q.*}", """ "p":{"q":{"x":1}} """, "t.x", "1" },
        { "constants: {vendor: Example, n: 1}", """ "vendor":"x" """, "vendor", "Example" },
        { "constants: {vendor: Example, n: 1}", """ "vendor":"x" """, "n", "1" },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void Fields_come_from_where_the_mapping_says(string mapping, string record, string field, string value)
    {
        Assert.Equal(value, One(Head + mapping, $"{{\"src\":\"own\",{record}}}").View("test", null!).Field(field));
    }

    [Theory]
    [InlineData("{category: c, product: p, service: s}", "product=p,category=c,service=s")]
    [InlineData("{product: {from: kind, values: {a: x, b: y}}}", "product=y")]
    [InlineData("{category: c, service: {from: kind, values: {A: x, B: y}}}", "category=c,service=y")]
    [InlineData("{category: c, service: {from: kind, values: {z: x}}}", "category=c")]
    [InlineData("{category: {from: kind, values: {b: c}}, product: {from: n, values: {1: one, 2: two}}, service: s}", "product=two,category=c,service=s")]
    public void The_log_source_is_constant_or_by_value(string logSource, string expected) => Assert.Equal(
        [expected], One($"name: own\nwhen: {{src: own}}\nlogsource: {logSource}", """{"src":"own","kind":"b","n":2}""").LogSources());

    [Fact]
    public void Time_host_account_and_tenant_are_where_the_mapping_says()
    {
        DecodedEvent decoded = One(
            Head + "time: [nowhere, t.at]\nhost: h\nuser: [u, v]\ntenant: org",
            """{"src":"own","t":{"at":"2025-12-06T21:11:02Z"},"h":"h1","u":"","v":"amy","org":17}""");

        Assert.Equal(
            (DateTimeOffset.Parse("2025-12-06T21:11:02Z", null), "h1", "amy", "17"),
            (decoded.Time, decoded.Host, decoded.User, decoded.TenantId));
    }

    [Fact]
    public void Keywords_search_the_record() => Assert.Equal(
        ["own", "x"], One(Head + "fields: {U: a}\nconstants: {vendor: Example}", """{"src":"own","a":"x"}""").Event.OwnValues.Select(Decoded.Show));

    [Fact]
    public void Mappings_are_asked_first_and_in_their_order() => Assert.Equal(
        "first",
        One(
            Head.Replace("own\nwhen", "first\nwhen", StringComparison.Ordinal) + "---\n" + Head,
            """{"src":"own","EventID":1,"Channel":"Security"}""").Shape);

    /// <summary>Mapping, what is reported of it, without the reason's second half.</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        { "name: [", "own.yml(2,1): error SF0001" },
        { "- name: x", "own.yml(1,1): error SF0004: A mapping is a YAML map" },
        { "when: {a: b}\nlogsource: {category: c}", "own.yml(1,1): error SF0701: The mapping has no name." },
        { "name: a b\nwhen: {a: b}\nlogsource: {category: c}", "own.yml(1,7): error SF0701: A name is at most 64 ASCII letters" },
        { "name: own\nlogsource: {category: c}", "own.yml(1,1): error SF0701: The mapping does not say which records it takes." },
        { "name: own\nwhen: {}\nlogsource: {category: c}", "own.yml(2,7): error SF0701: 'when' is a map of fields and values" },
        { "name: own\nwhen: any\nlogsource: {category: c}", "own.yml(2,7): error SF0701: 'when' is a map of fields and values" },
        { "name: own\nwhen: {a|contains: b}\nlogsource: {category: c}", "own.yml(2,8): error SF0701: 'a|contains' has another modifier" },
        { "name: own\nwhen: {a|exists: b}\nlogsource: {category: c}", "own.yml(2,18): error SF0701: 'exists' takes true or false." },
        { "name: own\nwhen: {a..b: c}\nlogsource: {category: c}", "own.yml(2,8): error SF0701: 'a..b' is no path" },
        { "name: own\nwhen: {a: []}\nlogsource: {category: c}", "own.yml(2,11): error SF0701: The list is empty." },
        { "name: own\nwhen: {a: {b: c}}\nlogsource: {category: c}", "own.yml(2,11): error SF0701: A text is expected here." },
        { "name: own\nwhen: {a: b}", "own.yml(1,1): error SF0701: The mapping has no log source" },
        { "name: own\nwhen: {a: b}\nlogsource: {kategory: c}", "own.yml(3,13): error SF0702: 'kategory' is none of category, product, service." },
        { "name: own\nwhen: {a: b}\nlogsource: {category: {from: a}}", "own.yml(3,23): error SF0701: An attribute by value has 'from'" },
        { "name: own\nwhen: {a: b}\nlogsource: {category: c}\nfeilds: {}", "own.yml(4,1): error SF0702: 'feilds' is none of name, description" },
        { "name: own\nwhen: {a: b}\nlogsource: {category: c}\nfields: [a]", "own.yml(4,9): error SF0701: 'fields' is a map of fields." },
        { "name: own\nwhen: {a: b}\nlogsource: {category: c}\nfields: {x: {y: z}}", "own.yml(4,13): error SF0701: A text is expected here." },
        { "name: own\nwhen: {a: b}\nlogsource: {category: c}\nfields: {'x*': 'y.*'}", "own.yml(4,10): error SF0701: Before a star comes a dot" },
        { "name: own\nwhen: {a: b}\nlogsource: {category: c}\nfields: {'x.*': y}", "own.yml(4,17): error SF0701: A field with a star at its end" },
        { "name: own\nwhen: {a: b}\nlogsource: {category: c}\nname: twice", "own.yml(4,1): error SF0002" },
        { "name: good\nwhen: {a: b}\nlogsource: {category: c}", "own.yml(1,7): error SF0703: The name 'good' is taken by the mapping at good.yml(1)." },
    };

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_place_and_costs_one_mapping(string mapping, string diagnostic)
    {
        var set = MappingSet.Load(
        [
            new RuleFile("good.yml", Head.Replace("own\nwhen", "good\nwhen", StringComparison.Ordinal)),
            new RuleFile("own.yml", mapping),
            new RuleFile("last.yml", Head.Replace("own\nwhen", "last\nwhen", StringComparison.Ordinal)),
        ]);

        Assert.StartsWith(diagnostic, Assert.Single(set.Diagnostics).ToString(), StringComparison.Ordinal);
        Assert.Equal(["good", "last"], set.Mappings.Select(one => one.Name));
    }

    [Fact]
    public void Files_of_a_folder_are_read_by_name()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("mappings-");
        try
        {
            foreach (string name in (string[])["b", "a", "c"])
            {
                File.WriteAllText(Path.Combine(folder.FullName, $"{name}.yml"), Head.Replace("own\nwhen", $"{name}\nwhen", StringComparison.Ordinal));
            }

            File.WriteAllText(Path.Combine(folder.FullName, "readme.md"), "no mapping");
            string c = Path.Combine(folder.FullName, "c.yml");

            Assert.Equal(["c", "a", "b"], MappingSet.LoadPaths([c, folder.FullName]).Mappings.Select(one => one.Name));
            Assert.Throws<FileNotFoundException>(() => MappingSet.LoadPaths([Path.Combine(folder.FullName, "d.yml")]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>Mapping and record, for both ways of decoding.</summary>
    public static TheoryData<string, string> Both
    {
        get
        {
            var both = new TheoryData<string, string>
            {
                { "fields: {'*': p.*, 'q.*': '*', U: a.b, V: [n, p.x], a.c: p.x}\nconstants: {k: v}", """{"src":"own","x":0,"p":{"x":1,"y":{"z":[2]}},"a":[{"b":"\u0041"},{"b":null},{"b":[true,1.50]}],"n":null}""" },
                { "fields: {'p.*': '*', Deep: p.q.r.s}", """{"src":"own","p":[{"q":{"r.s":1}},{"q.r":{"s":2}},[{"q":[{"r":{"s":"3"}}]}]],"x":{"y":1},"x":{"y":2}}""" },
                { "fields: {U: a.b}", """[{"src":"own","a":[]},{"src":"own","a":{"b":[]}},{"src":"own"},{"src":"other","category":"test","U":1}]""" },
            };
            return both;
        }
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void What_matches_is_what_matches_events(string mapping, string body)
    {
        var decoder = new EventDecoder(mappings: Loaded(Head + mapping));
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        var matcher = new BodyMatcher(decoder, FieldRules.Of(decoder.Decode(bytes).Events));

        BodyMatcherTests.AssertSame(decoder, matcher, bytes);
    }

    [Theory]
    [MemberData(nameof(Both))]
    public void Records_that_match_nothing_allocate_nothing(string mapping, string body)
    {
        var decoder = new EventDecoder(mappings: Loaded(Head + mapping));
        var rules = RuleSet.Load([new RuleFile("rules.yml",
            """
            title: Wants every field and never holds
            id: 00000000-0000-0000-0000-000000000001
            logsource: {category: test}
            detection: {s: {U: no, V: no, Deep: no, k: no, q.x: no, p.x.y: no, a.c: no, x: no}, condition: s}
            """)]);
        var matcher = new BodyMatcher(decoder, new Detector(rules));
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        for (int warm = 0; warm < 3; warm++)
        {
            Assert.Equal(0, matcher.Match(bytes, TestContext.Current.CancellationToken).Records.Length);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        matcher.Match(bytes, TestContext.Current.CancellationToken);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Mutated_bodies_match_as_their_events_do()
    {
        var random = new Random(20250404);
        var decoder = new EventDecoder(mappings: Loaded(
            "name: own\nwhen: {EventID|exists: true}\nlogsource: {category: test}\nfields: {'*': properties.*, 'q.*': '*', U: properties.FileName, V: [n.a, records.category]}"));
        var matcher = new BodyMatcher(decoder, FieldRules.Of(
            decoder.Decode("""{"EventID":1,"Channel":"c","properties":{"FileName":"x","a":[1]},"n":[{"a":1},{"a":"b"}]}"""u8.ToArray()).Events));
        for (int round = 0; round < 3_000; round++)
        {
            BodyMatcherTests.AssertSame(decoder, matcher, FuzzTests.Mutated(random));
        }
    }

    /// <summary>Field and value of the record that docs/mappings.md shows, through the mapping that it shows.</summary>
    [Theory]
    [InlineData("cs-method", "GET")]
    [InlineData("c-uri", "http://198.51.100.7/a.exe")]
    [InlineData("cs-host", "198.51.100.7")]
    [InlineData("sc-status", "200")]
    [InlineData("src_ip", "10.0.0.7")]
    [InlineData("label.site", "north")]
    [InlineData("vendor", "Example")]
    public void The_documented_example_works(string field, string value)
    {
        string document = File.ReadAllText(Path.Combine(Repository(), "docs", "mappings.md"));
        DecodedEvent decoded = One(BlockOf(document, "yaml"), BlockOf(document, "json"));

        Assert.Equal(value, decoded.View("proxy", null!).Field(field));
        Assert.Equal(("edge-proxy", "gw1", "amy"), (decoded.Shape, decoded.Host, decoded.User));
        Assert.Equal(DateTimeOffset.Parse("2025-12-06T21:11:02Z", null), decoded.Time);
    }

    /// <summary>Service, record as diagnostic settings send it, a rule's test on it.</summary>
    public static TheoryData<string, string, string> Azure => new()
    {
        { "activitylogs", """ "resourceId":"/SUBSCRIPTIONS/1/RESOURCEGROUPS/R","operationName":"MICROSOFT.NETWORK/DNSZONES/WRITE","category":"Administrative" """, "operationName|startswith: MICROSOFT.NETWORK/DNSZONES" },
        { "activitylogs", """ "resourceId":"/SUBSCRIPTIONS/1","operationName":{"value":"MICROSOFT.NETWORK/DNSZONES/WRITE","localizedValue":"Write"},"category":"Administrative" """, "operationName: MICROSOFT.NETWORK/DNSZONES/WRITE" },
        { "activitylogs", """ "resourceId":"/SUBSCRIPTIONS/1","operationName":"Delete device","category":"Administrative" """, "CategoryValue: Administrative" },
        { "activitylogs", """ "resourceId":"/SUBSCRIPTIONS/1","operationName":"x","category":"Policy","properties":{"message":"Delete device"} """, "properties.message: Delete device" },
        { "auditlogs", """ "operationName":"Add owner to application","category":"AuditLogs","properties":{"activityDisplayName":"Add owner to application","category":"ApplicationManagement","result":"success"} """, "properties.message: Add owner to application" },
        { "auditlogs", """ "operationName":"Update user","category":"AuditLogs","properties":{"category":"UserManagement","result":"success","loggedByService":"Core Directory"} """, "Category: UserManagement" },
        { "auditlogs", """ "operationName":"Update user","category":"AuditLogs","properties":{"category":"UserManagement","result":"success","loggedByService":"Core Directory"} """, "Status: Success" },
        { "auditlogs", """ "operationName":"Update user","category":"AuditLogs","properties":{"targetResources":[{"modifiedProperties":[{"displayName":"StrongAuthenticationRequirement","newValue":"[{\"State\":0}]"}]}]} """, "TargetResources.ModifiedProperties.NewValue|contains: 'State\":0'" },
        { "auditlogs", """ "operationName":"Update user","category":"AuditLogs","properties":{"targetResources":[{"modifiedProperties":[{"newValue":"TrustedCAsForPasswordlessAuth"}]}]} """, "TargetResources.modifiedProperties.newValue|contains: TrustedCAsForPasswordlessAuth" },
        { "signinlogs", """ "category":"SignInLogs","resultType":"50053","properties":{"authenticationRequirement":"singleFactorAuthentication"} """, "ResultType: 50053" },
        { "signinlogs", """ "category":"NonInteractiveUserSignInLogs","resultType":0,"properties":{"userAgent":"azurehound/1"} """, "userAgent|contains: azurehound" },
        { "signinlogs", """ "category":"SignInLogs","properties":{"conditionalAccessStatus":"success","resourceDisplayName":"Device Registration Service"} """, "conditionalAccessStatus: success" },
        { "signinlogs", """ "category":"SignInLogs","properties":{"deviceDetail":{"isCompliant":false,"trustType":""}} """, "DeviceDetail.isCompliant: 'false'" },
        { "riskdetection", """ "category":"UserRiskEvents","properties":{"riskEventType":"anomalousToken"} """, "riskEventType: anomalousToken" },
    };

    [Theory]
    [MemberData(nameof(Azure))]
    public void Rules_for_Azure_see_records_of_diagnostic_settings(string service, string record, string test)
    {
        var azure = MappingSet.LoadPaths([Path.Combine(Repository(), "mappings", "azure.yml")]);
        Assert.Empty(azure.Diagnostics);
        var rules = RuleSet.Load([new RuleFile("rules.yml",
            $$"""
            title: One test
            id: 00000000-0000-0000-0000-000000000001
            logsource: {product: azure, service: {{service}}}
            detection:
                s:
                    {{test}}
                condition: s
            """)]);
        Assert.Empty(rules.Diagnostics);
        byte[] body = Encoding.UTF8.GetBytes($$"""{"records":[{"time":"2025-12-06T21:11:02Z","tenantId":"t",{{record}}}]}""");
        var decoder = new EventDecoder(mappings: azure.Mappings);

        Assert.Equal(1, new BodyMatcher(decoder, new Detector(rules)).Match(body, TestContext.Current.CancellationToken).Records.Length);
        Assert.Single(new Detector(rules).Match(decoder.Decode(body).Events.Single().Event));
    }

    private static System.Collections.Immutable.ImmutableArray<Mapping> Loaded(string mappings)
    {
        var set = MappingSet.Load([new RuleFile("own.yml", mappings)]);
        Assert.Empty(set.Diagnostics);
        return set.Mappings;
    }

    private static DecodedEvent One(string mappings, string record)
    {
        DecodedBody decoded = new EventDecoder(mappings: Loaded(mappings)).Decode(Encoding.UTF8.GetBytes(record));
        Assert.Empty(decoded.Undecoded);
        return Assert.Single(decoded.Events);
    }

    private static string BlockOf(string document, string language)
    {
        int start = document.IndexOf($"```{language}\n", StringComparison.Ordinal) + language.Length + 4;
        return document[start..document.IndexOf("```", start, StringComparison.Ordinal)];
    }

    private static string Repository()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "SigmaFunctions.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
