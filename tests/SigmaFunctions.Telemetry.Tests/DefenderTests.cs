using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Defender XDR streaming records: one line a mapping fact.</summary>
public sealed class DefenderTests
{
    /// <summary>Columns of DeviceProcessEvents, field, its value.</summary>
    public static TheoryData<string, string, string> Mapping => new()
    {
        { """ "FolderPath":"C:\\Windows\\System32\\cmd.exe","FileName":"cmd.exe" """, "Image", @"C:\Windows\System32\cmd.exe" },
        { """ "FolderPath":"C:\\Windows\\System32\\CMD.exe","FileName":"cmd.exe" """, "Image", @"C:\Windows\System32\CMD.exe" },
        { """ "FolderPath":"C:\\Windows\\System32","FileName":"cmd.exe" """, "Image", @"C:\Windows\System32\cmd.exe" },
        { """ "FolderPath":"C:\\","FileName":"cmd.exe" """, "Image", @"C:\cmd.exe" },
        { """ "FolderPath":"C:\\x\\cmd.exe","FileName":null """, "Image", @"C:\x\cmd.exe" },
        { """ "FolderPath":null,"FileName":"cmd.exe" """, "Image", @"\cmd.exe" },
        { """ "FolderPath":null,"FileName":null """, "Image", "absent" },
        { """ "ProcessCommandLine":"cmd /c whoami" """, "CommandLine", "cmd /c whoami" },
        { """ "ProcessCommandLine":"" """, "CommandLine", "" },
        { """ "ProcessCommandLine":null """, "CommandLine", "absent" },
        { """ "InitiatingProcessFolderPath":"c:\\x\\a.exe","InitiatingProcessFileName":"A.exe" """, "ParentImage", @"c:\x\a.exe" },
        { """ "InitiatingProcessFolderPath":"c:\\x","InitiatingProcessFileName":"A.exe" """, "ParentImage", @"c:\x\A.exe" },
        { """ "InitiatingProcessCommandLine":"a.exe -p" """, "ParentCommandLine", "a.exe -p" },
        { """ "InitiatingProcessParentFileName":"services.exe" """, "GrandParentImage", @"\services.exe" },
        { """ "InitiatingProcessParentFileName":"\\Device\\HarddiskVolume3\\a.exe" """, "GrandParentImage", @"\Device\HarddiskVolume3\a.exe" },
        { """ "InitiatingProcessParentFileName":null """, "GrandParentImage", "absent" },
        { """ "ProcessVersionInfoOriginalFileName":"Cmd.Exe" """, "OriginalFileName", "Cmd.Exe" },
        { """ "ProcessVersionInfoOriginalFileName":null """, "OriginalFileName", "absent" },
        { """ "ProcessVersionInfoProductName":"Windows" """, "Product", "Windows" },
        { """ "ProcessVersionInfoCompanyName":"Microsoft Corporation" """, "Company", "Microsoft Corporation" },
        { """ "ProcessVersionInfoFileDescription":"Command Processor" """, "Description", "Command Processor" },
        { """ "ProcessVersionInfoProductVersion":"10.0.1" """, "FileVersion", "10.0.1" },
        { """ "AccountDomain":"corp","AccountName":"amy" """, "User", @"corp\amy" },
        { """ "AccountDomain":"","AccountName":"amy" """, "User", "amy" },
        { """ "AccountDomain":"corp","AccountName":null """, "User", "absent" },
        { """ "InitiatingProcessAccountDomain":"NT AUTHORITY","InitiatingProcessAccountName":"SYSTEM" """, "ParentUser", @"NT AUTHORITY\SYSTEM" },
        { """ "ProcessIntegrityLevel":"High" """, "IntegrityLevel", "High" },
        { """ "LogonId":125864 """, "LogonId", "0x1eba8" },
        { """ "LogonId":"999" """, "LogonId", "0x3e7" },
        { """ "LogonId":18446744073709551615 """, "LogonId", "0xffffffffffffffff" },
        { """ "LogonId":"0x3E7" """, "LogonId", "0x3E7" },
        { """ "ProcessId":3412 """, "ProcessId", "3412" },
        { """ "ProcessId":"3412" """, "ProcessId", "3412" },
        { """ "InitiatingProcessId":1092 """, "ParentProcessId", "1092" },
        { """ "SHA1":"ab","MD5":"cd","SHA256":"ef" """, "Hashes", "SHA1=AB,MD5=CD,SHA256=EF" },
        { """ "SHA1":null,"MD5":"cd","SHA256":"" """, "Hashes", "MD5=CD" },
        { """ "SHA1":null """, "Hashes", "absent" },
        { """ "SHA1":"ab" """, "sha1", "ab" },
        { """ "MD5":"cd" """, "md5", "cd" },
        { """ "SHA256":"ef" """, "sha256", "ef" },
        { """ "AdditionalFields":{"ProcessCurrentWorkingDirectory":"C:\\x"} """, "CurrentDirectory", @"C:\x" },
        { """ "AdditionalFields":"{\"ProcessCurrentWorkingDirectory\":\"C:\\\\x\"}" """, "CurrentDirectory", @"C:\x" },
        { """ "AdditionalFields":null """, "CurrentDirectory", "absent" },
        { """ "AdditionalFields":"{\"a\":{\"b\":1}}" """, "AdditionalFields", "{a:{b:1}}" },
        { """ "AdditionalFields":"not {json" """, "AdditionalFields", "not {json" },
        { """ "ReportId":9223372036854775809 """, "ReportId", "9223372036854775809" },
    };

    [Theory]
    [MemberData(nameof(Mapping))]
    public void Process_columns_map_to_process_creation(string columns, string field, string value) =>
        Assert.Equal(value, Process(columns).View("process_creation").Field(field));

    [Theory]
    [InlineData(""" "FolderPath":"C:\\Windows\\cmd.exe" """, "windows")]
    [InlineData(""" "FolderPath":null,"FileName":"cmd.exe" """, "windows")]
    [InlineData(""" "FolderPath":"/usr/bin/bash" """, "linux")]
    [InlineData(""" "FolderPath":"/usr/bin/curl","AdditionalFields":"{\"ProcessCurrentWorkingDirectory\":\"/Users/amy\"}" """, "macos")]
    [InlineData(""" "FolderPath":"/usr/bin/curl","AdditionalFields":{"ProcessCurrentWorkingDirectory":"/home/amy"} """, "linux")]
    [InlineData(""" "FolderPath":"/Applications/A.app/Contents/MacOS/A" """, "macos")]
    [InlineData(""" "FolderPath":"/bin/sh","InitiatingProcessFolderPath":"/sbin/launchd" """, "macos")]
    [InlineData(""" "FolderPath":"/bin/sh","InitiatingProcessFolderPath":"/applications/a.app/contents/macos/a" """, "macos")]
    [InlineData(""" "FolderPath":"/users/amy/a","InitiatingProcessFolderPath":"/bin/sh" """, "linux")]
    [InlineData(""" "FolderPath":"/bin/sh","InitiatingProcessFolderPath":"/usr/lib/systemd/systemd" """, "linux")]
    [InlineData(""" "FolderPath":null,"InitiatingProcessFolderPath":"/usr/sbin/sshd" """, "linux")]
    [InlineData(""" "FolderPath":null,"AdditionalFields":{"ProcessCurrentWorkingDirectory":"/home/amy"},"InitiatingProcessParentFileName":"bash" """, "linux")]
    public void The_product_shows_in_the_paths(string columns, string product) =>
        Assert.Equal([$"product={product},category=process_creation"], Process(columns).LogSources());

    [Theory]
    [InlineData("FolderPath\":\"/usr/bin\",\"FileName\":\"bash", "Image", "/usr/bin/bash")]
    [InlineData("FolderPath\":\"/usr/bin/bash\",\"InitiatingProcessParentFileName\":\"sshd", "GrandParentImage", "/sshd")]
    [InlineData("FolderPath\":\"/usr/bin/bash\",\"AccountDomain\":\"host1\",\"AccountName\":\"root", "User", "root")]
    [InlineData("FolderPath\":\"/usr/bin/bash\",\"InitiatingProcessAccountDomain\":\"host1\",\"InitiatingProcessAccountName\":\"root", "ParentUser", "root")]
    public void Unix_hosts_have_unix_paths_and_plain_accounts(string columns, string field, string value) =>
        Assert.Equal(value, Process($"\"{columns}\"").View("process_creation", "linux").Field(field));

    [Fact]
    public void Keywords_search_the_columns_as_they_arrived()
    {
        DecodedEvent decoded = Process(
            """ "FolderPath":"C:\\x","FileName":"a.exe","LogonId":999,"SHA1":null,"AdditionalFields":"{\"a\":1}" """);

        Assert.Equal([@"C:\x", "a.exe", "999", """{"a":1}"""], decoded.Event.OwnValues.Select(Decoded.Show));
    }

    [Fact]
    public void The_record_tells_time_host_user_and_tenant()
    {
        DecodedEvent decoded = Process(
            """ "Timestamp":"2025-12-06T21:11:02.6491508Z","DeviceName":"h1","AccountDomain":"corp","AccountName":"amy" """);

        Assert.Equal("defender", decoded.Shape);
        Assert.Equal(DateTimeOffset.Parse("2025-12-06T21:11:02.6491508Z", null), decoded.Time);
        Assert.Equal(("h1", @"corp\amy", "t1"), (decoded.Host, decoded.User, decoded.TenantId));
    }

    [Fact]
    public void The_time_of_the_record_stands_in_for_that_of_the_row() =>
        Assert.Equal(DateTimeOffset.Parse("2025-01-02T03:04:05Z", null), Process(""" "Timestamp":null """).Time);

    [Theory]
    [InlineData("DeviceLogonEvents")]
    [InlineData("DeviceInfo")]
    [InlineData("DeviceSomethingNew")]
    public void A_table_without_a_mapping_is_an_event_that_no_rule_sees(string table)
    {
        DecodedEvent decoded = Decoded.One(
            $$$"""{"category":"AdvancedHunting-{{{table}}}","properties":{"DeviceName":"h1","RemoteIP":"192.0.2.1"}}""");

        Assert.Empty(decoded.Event.Views);
        Assert.Equal(["h1", "192.0.2.1"], decoded.Event.OwnValues.Select(Decoded.Show));
    }

    private static DecodedEvent Process(string columns) => DefenderRows.Streamed("DeviceProcessEvents", columns);
}
