using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Events as PowerShell's <c>Get-WinEvent | ConvertTo-Json</c> writes them.</summary>
public sealed class WinEventTests
{
    internal const string Row =
        """{"Id":4688,"Version":2,"Qualifiers":null,"Level":0,"Task":13312,"Opcode":0,"Keywords":-9214364837600034816,"RecordId":9,"ProviderName":"Microsoft-Windows-Security-Auditing","ProviderId":"54849625-5478-4994-a5ba-3e3b0328c30d","LogName":"Security","ProcessId":4,"ThreadId":8,"MachineName":"h1","UserId":{"BinaryLength":12,"AccountDomainSid":null,"Value":"S-1-5-18"},"TimeCreated":"\/Date(1765055462649)\/","Properties":[{"Value":{"BinaryLength":12,"Value":"S-1-5-18"}},{"Value":"H1$"},{"Value":"CORP"},{"Value":999},{"Value":500},{"Value":"C:\\a.exe"},{"Value":"%%1936"},{"Value":{"value":4}},{"Value":""},{"Value":{"Value":"S-1-0-0"}},{"Value":"-"},{"Value":"-"},{"Value":0},{"Value":"C:\\p.exe"},{"Value":{"Value":"S-1-16-16384"}}],"Message":"m"}""";

    [Fact]
    public void Values_get_the_names_and_forms_of_event_XML()
    {
        DecodedEvent decoded = Decoded.One(Row);
        EventView security = decoded.View(null, service: "security");
        EventView created = decoded.View("process_creation");

        Assert.Equal(
            @"4688 Security h1 Microsoft-Windows-Security-Auditing 4 S-1-5-18 9 0x3e7 0x1f4 0x4 0x0 C:\a.exe",
            string.Join(' ', "EventID Channel Computer Provider_Name Execution_ProcessID Security_UserID EventRecordID SubjectLogonId NewProcessId ProcessId TargetLogonId NewProcessName"
                .Split(' ').Select(security.Field)));
        Assert.Equal(
            (@"C:\a.exe", "500", "4", "", "System", @"NT AUTHORITY\SYSTEM"),
            (created.Field("Image"), created.Field("ProcessId"), created.Field("ParentProcessId"), created.Field("CommandLine"), created.Field("IntegrityLevel"), created.Field("User")));
        Assert.Equal(("get-winevent", "h1", @"CORP\H1$"), (decoded.Shape, decoded.Host, decoded.User));
        Assert.Equal(DateTimeOffset.Parse("2025-12-06T21:11:02.649Z", null), decoded.Time);
    }

    [Theory]
    [InlineData("""{"LogName":"System","ProviderName":"p","Properties":[]}""")]
    [InlineData("""{"Id":1,"ProviderName":"p","Properties":[]}""")]
    [InlineData("""{"Id":1,"LogName":"System","Properties":[]}""")]
    [InlineData("""{"Id":1,"LogName":"System","ProviderName":"p","Properties":"x"}""")]
    public void A_row_that_lacks_a_column_is_no_such_event(string row) => Assert.Equal("flat", Decoded.One(row).Shape);

    [Theory]
    [InlineData("\"2025-12-06T21:11:02.649Z\"")]
    [InlineData("\"2025-12-06T22:11:02.649+01:00\"")]
    [InlineData("""{"value":"\/Date(1765055462649)\/","DisplayHint":2,"DateTime":"Saturday"}""")]
    [InlineData("""{"value":"2025-12-06T21:11:02.649Z"}""")]
    public void The_time_comes_in_several_forms(string time) => Assert.Equal(
        DateTimeOffset.Parse("2025-12-06T21:11:02.649Z", null),
        Decoded.One(Row.Replace(""" "\/Date(1765055462649)\/" """.Trim(), time, StringComparison.Ordinal)).Time);

    [Theory]
    [InlineData("-1073741718", "0xc000006a")]
    [InlineData("3221225578", "0xc000006a")]
    [InlineData("0", "0x0")]
    [InlineData("-1", "0xffffffff")]
    [InlineData("-2147483648", "0x80000000")]
    [InlineData("-2147483649", "0xffffffff7fffffff")]
    [InlineData("4294967296", "0x100000000")]
    [InlineData("\"255\"", "255")]
    [InlineData("\"0xc000006a\"", "0xc000006a")]
    [InlineData("1.5", "1.5")]
    public void Numbers_of_status_are_hexadecimal(string status, string expected) => Assert.Equal(
        expected,
        Decoded.One($$"""{"Id":4776,"ProviderName":"Microsoft-Windows-Security-Auditing","LogName":"Security","Properties":[{"Value":"p"},{"Value":"u"},{"Value":"w"},{"Value":{{status}}}]}""")
            .View(null, service: "security").Field("Status"));

    /// <summary>Provider, event id, number of values, the place from 0 of one that is the number 255, its field, the field's value.</summary>
    [Theory]
    [InlineData("Microsoft-Windows-Sysmon", 1, 22, 14, "LogonId", "0xff")]
    [InlineData("Microsoft-Windows-Sysmon", 1, 22, 3, "ProcessId", "255")]
    [InlineData("Microsoft-Windows-Sysmon", 10, 13, 9, "GrantedAccess", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4624, 27, 8, "LogonType", "255")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4624, 27, 25, "TargetLinkedLogonId", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4625, 21, 9, "SubStatus", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4662, 14, 8, "HandleId", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4662, 14, 10, "AccessMask", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4697, 9, 6, "ServiceType", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4738, 27, 21, "OldUacValue", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4738, 27, 22, "NewUacValue", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4769, 11, 4, "TicketOptions", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4769, 11, 5, "TicketEncryptionType", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4799, 9, 7, "CallerProcessId", "0xff")]
    [InlineData("Microsoft-Windows-Security-Auditing", 4825, 4, 2, "LogonID", "0xff")]
    [InlineData("Service Control Manager", 7045, 5, 2, "ServiceType", "255")]
    public void A_number_is_hexadecimal_where_event_XML_has_it_so(string provider, int id, int count, int place, string field, string value)
    {
        string values = string.Join(',', Enumerable.Range(0, count).Select(index => index == place ? """{"Value":255}""" : """{"Value":"-"}"""));

        Assert.Equal(
            value,
            Decoded.One($$"""{"Id":{{id}},"ProviderName":"{{provider}}","LogName":"x","Properties":[{{values}}]}""").Event.Views[0].Field(field));
    }

    [Theory]
    [InlineData(1, "a -x")]
    [InlineData(2, "absent")]
    public void A_stated_version_must_be_that_of_the_names(int version, string commandLine) => Assert.Equal(
        commandLine,
        Decoded.One($$"""{"Id":4688,"Version":{{version}},"ProviderName":"Microsoft-Windows-Security-Auditing","LogName":"Security","Properties":[{{string.Concat(Enumerable.Repeat("{\"Value\":\"-\"},", 8))}}{"Value":"a -x"}]}""")
            .View(null, service: "security").Field("CommandLine"));

    [Fact]
    public void Unknown_values_are_data() => Assert.Equal(
        "[1,true,x,]",
        Decoded.One("""{"Id":1,"ProviderName":"p","LogName":"System","Properties":[{"Value":1},{"Value":true},{"Value":"x"},{"Value":[1]}]}""")
            .View(null, service: "system").Field("Data"));

    [Theory]
    [InlineData("""["System.Diagnostics.Eventing.Reader.EventProperty"]""")]
    [InlineData("""[{"Value":1},{}]""")]
    public void Properties_that_were_cut_off_are_told(string properties) => Assert.StartsWith(
        "Properties are no values",
        Assert.Single(Decoded.Body($$"""{"Id":1,"ProviderName":"p","LogName":"System","Properties":{{properties}}}""").Undecoded).Reason,
        StringComparison.Ordinal);
}
