using System.Text;
using System.Text.Json;
using SigmaFunctions.App.Detecting;
using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Tests;

/// <summary>What is told of an event at a glance, whichever source it came from.</summary>
public sealed class FactReaderTests
{
    private const string Sha256 = "01BA4719C80B6FE911B091A7C05124B64EEECE964E09C058EF8F9805DACA546B";

    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static TheoryData<string, string, string> Events => new()
    {
        {
            "Sysmon 1",
            """
            {"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-Sysmon"},"EventID":1,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS1"},"EventData":{"ProcessId":4711,
            "Image":"C:\\a.exe","CommandLine":"a.exe \"b\"","Hashes":"SHA1=9B0C,MD5=D41D8CD98F00B204E9800998ECF8427E,SHA256=@SHA256@","ParentProcessId":7,"ParentImage":"C:\\p.exe","ParentCommandLine":"p"}}}
            """,
            """{"Process":["C:\\a.exe","a.exe \"b\"","4711"],"Parent":["C:\\p.exe","p","7"],"Hashes":["d41d8cd98f00b204e9800998ecf8427e",null,"@sha256@"],"Addresses":[]}"""
        },
        {
            "Sysmon 3",
            """
            {"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-Sysmon"},"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS1"},"EventData":{"ProcessId":4711,
            "Image":"C:\\a.exe","SourceIp":"10.0.0.5","SourcePort":50000,"DestinationIp":"2001:DB8:0::1","DestinationPort":443}}}
            """,
            """{"Process":["C:\\a.exe",null,"4711"],"Parent":null,"Hashes":null,"Addresses":["Source 10.0.0.5 50000","Destination 2001:db8::1 443"]}"""
        },
        {
            "Security 4625",
            """
            {"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-Security-Auditing"},"EventID":4625,"Channel":"Security","Computer":"WS1"},"EventData":{"TargetUserName":"amy",
            "IpAddress":"::ffff:10.0.0.9","IpPort":"0","ProcessName":"-"}}}
            """,
            """{"Process":null,"Parent":null,"Hashes":null,"Addresses":["Source 10.0.0.9 0"]}"""
        },
        {
            "Defender, a process",
            """
            {"category":"AdvancedHunting-DeviceProcessEvents","properties":{"Timestamp":"2026-11-30T10:00:00Z","DeviceName":"ws1","ActionType":"ProcessCreated","FileName":"a.exe","FolderPath":"C:\\a.exe",
            "ProcessCommandLine":"a.exe b","ProcessId":4711,"SHA256":"@SHA256@","InitiatingProcessFolderPath":"C:\\p.exe","InitiatingProcessFileName":"p.exe","InitiatingProcessCommandLine":"p"}}
            """,
            """{"Process":["C:\\a.exe","a.exe b","4711"],"Parent":["C:\\p.exe","p",null],"Hashes":[null,null,"@sha256@"],"Addresses":[]}"""
        },
        {
            "no facts, or none that can be read",
            """{"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-Eventlog"},"EventID":1102,"Channel":"Security","Computer":"WS1"},"EventData":{"Image":"-","SourceIp":"unknown","md5":"none"}}}""",
            "null"
        },
    };

    [Theory]
    [MemberData(nameof(Events))]
    public void Tells_what_the_event_is_about(string what, string body, string expected)
    {
        DecodedEvent decoded = Assert.Single(new EventDecoder().Decode(Encoding.UTF8.GetBytes(body.Replace("@SHA256@", Sha256, StringComparison.Ordinal))).Events);

        EventFacts? facts = FactReader.Of(decoded);

        Assert.Equal(expected.Replace("@sha256@", Sha256.ToLowerInvariant(), StringComparison.Ordinal), facts is null ? "null" : JsonSerializer.Serialize(
            new
            {
                Process = Of(facts.Process),
                Parent = Of(facts.Parent),
                Hashes = facts.Hashes is { } hashes ? new[] { hashes.Md5, hashes.Sha1, hashes.Sha256 } : null,
                Addresses = facts.Addresses.IsDefault ? [] : facts.Addresses.Select(address => $"{address.Role} {address.Ip} {address.Port}"),
            },
            Readable));
        Assert.NotEqual("", what);

        static string?[]? Of(ProcessFacts? process) => process is null ? null : [process.Image, process.CommandLine, process.Id];
    }

    /// <summary>Addresses are told as others know them: without the scope that only the sender knows, and only where the text is one.</summary>
    [Theory]
    [InlineData("fe80::1%12", "fe80::1")]
    [InlineData("fe80::1%lo", "fe80::1")]
    [InlineData("::ffff:10.0.0.1", "10.0.0.1")]
    [InlineData("10", null)]
    [InlineData("0x7f.1", null)]
    public void Tells_addresses_that_others_can_look_up(string text, string? expected)
    {
        string body =
            $$$"""{"Event":{"System":{"Provider":{"Name":"Microsoft-Windows-Sysmon"},"EventID":3,"Channel":"Microsoft-Windows-Sysmon/Operational","Computer":"WS1"},"EventData":{"SourceIp":"{{{text}}}"""
            + "\"}}}";
        DecodedEvent decoded = Assert.Single(new EventDecoder().Decode(Encoding.UTF8.GetBytes(body)).Events);

        Assert.Equal(expected, FactReader.Of(decoded) is { Addresses: [NetworkAddress address] } ? address.Ip : null);
    }
}
