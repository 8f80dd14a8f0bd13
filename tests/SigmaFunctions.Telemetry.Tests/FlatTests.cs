using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Flat objects with Sigma's names: log sources, values, and text that is not well-formed.</summary>
public sealed class FlatTests
{
    [Theory]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational"}""", "product=windows,category=process_creation,service=sysmon")]
    [InlineData("""{"EventID":"1","Provider_Name":"Microsoft-Windows-Sysmon"}""", "product=windows,category=process_creation,service=sysmon")]
    [InlineData("""{"EventID":1,"SourceName":"Microsoft-Windows-Sysmon"}""", "product=windows,category=process_creation,service=sysmon")]
    [InlineData("""{"EventID":1,"Provider_Name":"Linux-Sysmon"}""", "product=linux,category=process_creation,service=sysmon")]
    [InlineData("""{"EventID":4688,"Channel":"Security"}""", "product=windows,category=process_creation|product=windows,service=security")]
    [InlineData("""{"EventID":4688.0,"Channel":"Security"}""", "product=windows,category=process_creation|product=windows,service=security")]
    [InlineData("""{"EventID":4688.5,"Channel":"Security"}""", "product=windows,service=security")]
    [InlineData("""{"EventID":"04688","Channel":"Security"}""", "product=windows,service=security")]
    [InlineData("""{"EventID":1,"Channel":"Contoso"}""", "product=windows")]
    [InlineData("""{"EventID":1}""", "")]
    [InlineData("""{"Channel":"Security"}""", "")]
    [InlineData("""{"category":"process_creation","product":"windows","Image":"a"}""", "product=windows,category=process_creation")]
    [InlineData("""{"category":"dns"}""", "category=dns")]
    [InlineData("""{"service":"sshd","product":"linux"}""", "product=linux,service=sshd")]
    [InlineData("""{"Category":"dns","Product":"Windows","SERVICE":"x"}""", "")]
    [InlineData("""{"category":17,"product":null,"service":""}""", "")]
    [InlineData("""{"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","category":"dns"}""", "product=windows,category=process_creation,service=sysmon")]
    [InlineData("""{"EventID":1,"category":"dns"}""", "category=dns")]
    [InlineData("""{"Channel":"Security","category":"dns"}""", "category=dns")]
    [InlineData("""{}""", "")]
    public void The_log_source_shows_in_the_event(string body, string logSources) =>
        Assert.Equal(logSources, string.Join('|', Decoded.One(body).LogSources()));

    /// <summary>Rules know the provider by one name, whatever the sender calls it.</summary>
    [Theory]
    [InlineData("Provider_Name")]
    [InlineData("SourceName")]
    [InlineData("ProviderName")]
    [InlineData("Provider")]
    public void The_provider_has_the_name_that_rules_use(string name)
    {
        IReadOnlyDictionary<string, FieldValue> fields = Decoded.One($"{{\"EventID\":7045,\"Channel\":\"System\",\"{name}\":\"Service Control Manager\"}}").Event.Views.Single().Fields;
        Assert.Equal(("Service Control Manager", "Service Control Manager"), (fields["Provider_Name"].Text, fields[name].Text));
    }

    [Fact]
    public void A_provider_that_is_stated_empty_stays_so() => Assert.Equal(
        "", Decoded.One("""{"EventID":7045,"Channel":"System","Provider_Name":"","SourceName":"p"}""").View(null, service: "system").Field("Provider_Name"));

    [Theory]
    [InlineData("7")]
    [InlineData("\"7\"")]
    public void The_provider_is_text(string provider)
    {
        FieldValue name = Decoded.One($"{{\"EventID\":7045,\"Channel\":\"System\",\"Provider\":{provider}}}").Event.Views.Single().Fields["Provider_Name"];
        Assert.Equal((FieldValueKind.Text, "7"), (name.Kind, name.Text));
    }

    /// <summary>A number of JSON is the number, however it is written (RFC 8259); text is not a number of JSON.</summary>
    [Theory]
    [InlineData("1e3", "1000")]
    [InlineData("1E+3", "1000")]
    [InlineData("1.0E+3", "1000")]
    [InlineData("1.5e3", "1500")]
    [InlineData("1.2345e2", "123.45")]
    [InlineData("12345e-2", "123.45")]
    [InlineData("1e-3", "0.001")]
    [InlineData("-1.50e1", "-15")]
    [InlineData("-25e-1", "-2.5")]
    [InlineData("0.00012e2", "0.012")]
    [InlineData("0.012e3", "12")]
    [InlineData("10e0", "10")]
    [InlineData("0e99999999999999999999", "0")]
    [InlineData("-0.00e5", "-0")]
    [InlineData("1.7976931348623157e16", "17976931348623157")]
    [InlineData("1e62", "1e62")]
    [InlineData("1e-63", "1e-63")]
    [InlineData("1e99999999999999999999", "1e99999999999999999999")]
    [InlineData("1e-99999999999999999999", "1e-99999999999999999999")]
    [InlineData("1.1111111111111111111111111111111111111111111111111111111111111111111111e1", "1.1111111111111111111111111111111111111111111111111111111111111111111111e1")]
    [InlineData("1.50", "1.50")]
    [InlineData("\"1e3\"", "1e3")]
    public void A_number_with_an_exponent_is_the_plain_number(string json, string text)
    {
        FieldValue value = Decoded.One($"{{\"category\":\"x\",\"F\":{json}}}").Event.Views.Single().Fields["F"];

        Assert.Equal((json[0] == '"' ? FieldValueKind.Text : FieldValueKind.Number, text), (value.Kind, value.Text));
    }

    [Fact]
    public void The_longest_number_that_is_written_out()
    {
        string zeros = new string('0', JsonNumber.MaxLength - 3);

        Assert.Equal("1" + zeros, Decoded.One("""{"category":"x","F":1e61}""").Event.Views.Single().Field("F"));
        Assert.Equal($"0.{zeros[1..]}12", Decoded.One("""{"category":"x","F":1.2e-61}""").Event.Views.Single().Field("F"));
    }

    /// <summary>Wherever rules look at a number: equality, comparison, another field, keywords, JSON within JSON.</summary>
    [Theory]
    [InlineData("F: 1000", "1e3", true)]
    [InlineData("F: '1000'", "1e3", true)]
    [InlineData("F: 1000", "1001e0", false)]
    [InlineData("F: 0.5", "5E-1", true)]
    [InlineData("F|gte: 1000", "1e3", true)]
    [InlineData("F|gt: 1000", "1e3", false)]
    [InlineData("F|lt: 1000", "9.99e2", true)]
    [InlineData("F|fieldref: G", "1e3", true)]
    [InlineData("F|neq: 1000", "1e3", false)]
    [InlineData("F|neq: 1000", "1e4", true)]
    [InlineData("F|startswith: '10'", "1e3", true)]
    [InlineData("F: '1e3'", "1e3", false)]
    [InlineData("F: 1000", "\"1e3\"", false)]
    [InlineData("- 1000", "1e3", true)]
    [InlineData("- 'zzz'", "1e3", false)]
    public void Rules_see_the_plain_number(string selection, string json, bool matches)
    {
        byte[] body = Encoding.UTF8.GetBytes($"{{\"category\":\"x\",\"F\":{json},\"G\":1000.0}}");
        string rule = $"title: t\nlogsource:\n  category: x\ndetection:\n  selection:\n    {selection}\n  condition: selection\n";
        var matcher = new BodyMatcher(new EventDecoder(), new Detector(RuleSet.Load([new RuleFile("t.yml", rule)])));

        Assert.Equal(matches ? 1 : 0, matcher.Match(body, TestContext.Current.CancellationToken).Records.Length);
    }

    /// <summary>What only says where the event belongs is not searched by keywords.</summary>
    [Theory]
    [InlineData("{\"category\":\"dns\",\"product\":\"linux\",\"a\":\"x\"}", "x")]
    [InlineData("{\"EventID\":1,\"Channel\":\"Contoso\",\"category\":17,\"a\":\"x\"}", "1 Contoso 17 x")]
    public void Its_own_values_are_what_it_holds(string body, string values) =>
        Assert.Equal(values, string.Join(' ', Decoded.One(body).Event.OwnValues.Select(value => value.Text)));

    [Theory]
    [InlineData("""{"a":1}""", "product=x")]
    [InlineData("""{"category":"dns"}""", "category=dns")]
    [InlineData("""{"EventID":1,"Channel":"Contoso"}""", "product=windows")]
    public void The_default_is_for_events_that_do_not_tell(string body, string logSource) =>
        Assert.Equal([logSource], Decoded.One(body, new LogSource(Product: "x")).LogSources());

    /// <summary>Event, field, its kind and text.</summary>
    public static TheoryData<string, FieldValueKind, string> Values => new()
    {
        { "\"text\"", FieldValueKind.Text, "text" },
        { "\"\"", FieldValueKind.Text, "" },
        { """ "\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00" """, FieldValueKind.Text, "\"\\/\b\f\n\r\tA\u00e9\U0001F600" },
        { """ "a\ud800b" """, FieldValueKind.Text, "a\uFFFDb" },
        { """ "\udc00\ud83d" """, FieldValueKind.Text, "\uFFFD\uFFFD" },
        { """ "\ud83d\ud83d\ude00" """, FieldValueKind.Text, "\uFFFD\U0001F600" },
        { """ "\u0000" """, FieldValueKind.Text, "\0" },
        { "18446744073709551617", FieldValueKind.Number, "18446744073709551617" },
        { "-1.50", FieldValueKind.Number, "-1.50" },
        { "1E400", FieldValueKind.Number, "1E400" },
        { "true", FieldValueKind.Boolean, "true" },
        { "false", FieldValueKind.Boolean, "false" },
        { "null", FieldValueKind.Null, "null" },
        { """[1,"b",[true],{"c":null}]""", FieldValueKind.Array, "[1,b,[true],{c:null}]" },
        { "[]", FieldValueKind.Array, "[]" },
        { """{"b":{"c":"d"}}""", FieldValueKind.Object, "{b:{c:d}}" },
        { """{"b":1,"b":2}""", FieldValueKind.Object, "{b:2}" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Every_kind_of_value_is_kept_as_it_was_written(string json, FieldValueKind kind, string shown)
    {
        FieldValue value = Decoded.One($$"""{"category":"x","a":{{json}}}""").View("x", null!).Fields["a"];

        Assert.Equal(kind, value.Kind);
        Assert.Equal(shown, value.Show());
    }

    /// <summary>Of short records bytes are read one by one, of others many at once.</summary>
    [Theory]
    [MemberData(nameof(Values))]
    public void A_value_is_the_same_whatever_follows_it(string json, FieldValueKind kind, string shown)
    {
        FieldValue value = Decoded.One($$"""{"category":"x","a":{{json}},"z":"{{string.Concat(Enumerable.Repeat(@"\\x", 64))}}"}""").View("x", null!).Fields["a"];

        Assert.Equal((kind, shown), (value.Kind, value.Show()));
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0xff, 0x62 }, "a\uFFFDb")]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 }, "\uFFFD\uFFFD\uFFFD")]
    [InlineData(new byte[] { 0xe2, 0x82 }, "\uFFFD")]
    [InlineData(new byte[] { 0xff, 0x5c, 0x6e }, "\uFFFD\n")]
    [InlineData(new byte[] { 0xc0, 0xaf }, "\uFFFD\uFFFD")]
    public void Bytes_that_are_not_utf8_are_replaced_and_the_event_is_read(byte[] text, string shown)
    {
        byte[] body = [.. "{\"category\":\"x\",\"a\":\""u8, .. text, .. "\"}"u8];

        Assert.Equal(shown, Assert.Single(new EventDecoder().Decode(body).Events).View("x", null!).Field("a"));
    }

    [Theory]
    [InlineData("""{"category":"x","a":1,"a":2}""", "a", "2")]
    [InlineData("""{"category":"x","a":1,"\u0061":2}""", "a", "2")]
    [InlineData("""{"category":"x","a":1,"A":2}""", "a", "1")]
    [InlineData("""{"category":"x","\ud800":1}""", "\uFFFD", "1")]
    [InlineData("""{"category":"x","r\ud800":1}""", "r\uFFFD", "1")]
    [InlineData("""{"category":"x","a.b":1}""", "a.b", "1")]
    [InlineData("""{"category":"x","":1}""", "", "1")]
    [InlineData("""{"category":"y","category":"x"}""", "category", "x")]
    public void Names_are_exact_and_the_last_of_equal_ones_counts(string body, string name, string value) =>
        Assert.Equal(value, Decoded.One(body).View("x", null!).Field(name));

    [Fact]
    public void Keywords_search_every_value_but_no_names() => Assert.Equal(
        ["2", "[x,{y:z}]", "true"],
        Decoded.One("""{"category":"dns","a":1,"b":["x",{"y":"z"}],"c":null,"a":2,"d":true}""").Event.OwnValues.Select(Decoded.Show)
            .OrderBy(value => Array.IndexOf(["2", "[x,{y:z}]", "true"], value)));

    [Theory]
    [InlineData("""{"UtcTime":"2025-12-06 21:11:02.632"}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("""{"TimeCreated":"2025-12-06T21:11:02.6491508Z"}""", "2025-12-06T21:11:02.6491508Z")]
    [InlineData("""{"@timestamp":"2025-12-06T23:11:02+02:00"}""", "2025-12-06T21:11:02Z")]
    [InlineData("""{"Timestamp":"2025-12-06T21:11:02Z"}""", "2025-12-06T21:11:02Z")]
    [InlineData("""{"TimeGenerated":"2025-12-06T21:11:02"}""", "2025-12-06T21:11:02Z")]
    [InlineData("""{"UtcTime":"21:11","Timestamp":"2025-12-06T21:11:02Z"}""", "2025-12-06T21:11:02Z")]
    [InlineData("""{"UtcTime":"2025-13-06 21:11:02"}""", null)]
    [InlineData("""{"UtcTime":20251206}""", null)]
    [InlineData("""{"TimeCreated":"2025-12-06 21:11:02.632 UTC"}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("""{"TimeCreated":"2025-12-06T21:11:02Z UTC"}""", "2025-12-06T21:11:02Z")]
    [InlineData("""{"timestamp":1765055462}""", "2025-12-06T21:11:02Z")]
    [InlineData("""{"timestamp":"1765055462"}""", "2025-12-06T21:11:02Z")]
    [InlineData("""{"timestamp":1765055462.632}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("""{"timestamp":1765055462632}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("""{"timestamp":"1765055462632"}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("""{"timestamp":1765055462649150800}""", null)]
    [InlineData("""{"timestamp":-1765055462}""", null)]
    [InlineData("""{"timestamp":631151999}""", null)]
    [InlineData("""{"timestamp":4102444800}""", null)]
    [InlineData("""{"timestamp":" 1765055462"}""", null)]
    [InlineData("""{"timestamp":"1"}""", null)]
    [InlineData("""{"timestamp":"2025-12-06 21:11"}""", "2025-12-06T21:11:00Z")]
    [InlineData("""{"timestamp":"2025-12-06 21:1"}""", null)]
    [InlineData("""{"timestamp":631152000}""", "1990-01-01T00:00:00Z")]
    [InlineData("""{"timestamp":4102444799}""", "2099-12-31T23:59:59Z")]
    [InlineData("""{"timestamp":631151999999}""", null)]
    [InlineData("""{"timestamp":631152000000}""", "1990-01-01T00:00:00Z")]
    [InlineData("""{"timestamp":4102444799999}""", "2099-12-31T23:59:59.999Z")]
    [InlineData("""{"timestamp":4102444800000}""", null)]
    [InlineData("""{"timestamp":"/Date(631151999999)/"}""", null)]
    [InlineData("""{"timestamp":"/Date(631152000000)/"}""", "1990-01-01T00:00:00Z")]
    [InlineData("""{"timestamp":"/Date(4102444799999)/"}""", "2099-12-31T23:59:59.999Z")]
    [InlineData("""{"timestamp":"/Date(4102444800000)/"}""", null)]
    [InlineData("""{"timestamp":"/Date(1765055462632)"}""", null)]
    [InlineData("""{"TimeCreated":"\/Date(1765055462632)\/"}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("""{"TimeCreated":"/Date(1765055462632+0100)/"}""", "2025-12-06T21:11:02.632Z")]
    [InlineData("""{"TimeCreated":"/Date(-62135596800000)/"}""", null)]
    [InlineData("""{"TimeCreated":"/Date(1765055462632"}""", null)]
    [InlineData("""{"TimeCreated":"/Date()/"}""", null)]
    [InlineData("""{}""", null)]
    public void The_time_is_the_first_that_is_one(string body, string? time) =>
        Assert.Equal(time is null ? (DateTimeOffset?)null : DateTimeOffset.Parse(time, null), Decoded.One(body).Time);

    [Theory]
    [InlineData("""{"Computer":"h1"}""", "h1")]
    [InlineData("""{"Hostname":"h2"}""", "h2")]
    [InlineData("""{"DeviceName":"h3"}""", "h3")]
    [InlineData("""{"Computer":{"a":1},"Hostname":"h2"}""", "h2")]
    [InlineData("""{}""", null)]
    public void The_host_is_the_first_that_is_named(string body, string? host) => Assert.Equal(host, Decoded.One(body).Host);

    [Fact]
    public void A_megabyte_of_one_value_is_read()
    {
        string text = new('x', 1 << 20);

        Assert.Equal(text, Assert.Single(Decoded.One($$"""{"a":"{{text}}"}""").Event.OwnValues).Text);
    }
}
