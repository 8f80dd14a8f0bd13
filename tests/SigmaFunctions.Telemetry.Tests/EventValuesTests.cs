using System.Text;
using SigmaFunctions.Telemetry.Json;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>What values without names must look like to get those of a schema.</summary>
public sealed class EventValuesTests
{
    [Theory]
    [InlineData(nameof(ValueSign.Guid), "ProcessGuid ParentProcessGuid SourceProcessGuid SourceProcessGUID TargetProcessGuid TargetProcessGUID LogonGuid TargetLogonGuid")]
    [InlineData(nameof(ValueSign.Time), "UtcTime CreationUtcTime PreviousCreationUtcTime")]
    [InlineData(nameof(ValueSign.Sid), "SubjectUserSid TargetUserSid")]
    [InlineData(nameof(ValueSign.Number), "LogonId SubjectLogonId TargetLogonId ProcessId ParentProcessId SourceProcessId TargetProcessId NewProcessId LogonType KeyLength GrantedAccess AccessMask TerminalSessionId IpPort SourcePort DestinationPort")]
    [InlineData(nameof(ValueSign.Hashes), "Hashes")]
    [InlineData(nameof(ValueSign.Boolean), "Signed Initiated")]
    [InlineData(nameof(ValueSign.Address), "IpAddress SourceIp DestinationIp")]
    [InlineData(nameof(ValueSign.None), "Image CommandLine TargetSid")]
    public void A_field_has_its_sign_in_every_event(string sign, string fields) =>
        Assert.All(fields.Split(' '), field => Assert.Equal(sign, EventValues.SignOf(field).ToString()));

    [Theory]
    [InlineData(nameof(ValueSign.Guid), "{0197231E-9BE6-6934-5301-000000000B00}", true)]
    [InlineData(nameof(ValueSign.Guid), "0197231E-9BE6-6934-5301-000000000B00", true)]
    [InlineData(nameof(ValueSign.Guid), "0197231E-9BE6-6934-5301-000000000B0", false)]
    [InlineData(nameof(ValueSign.Guid), "0197231E+9BE6-6934-5301-000000000B00", false)]
    [InlineData(nameof(ValueSign.Guid), "0197231E-9BE6+6934-5301-000000000B00", false)]
    [InlineData(nameof(ValueSign.Guid), "0197231E-9BE6-6934+5301-000000000B00", false)]
    [InlineData(nameof(ValueSign.Guid), "0197231E-9BE6-6934-5301+000000000B00", false)]
    [InlineData(nameof(ValueSign.Time), "0025-12-06 21:11:02.632", true)]
    [InlineData(nameof(ValueSign.Time), "9025-12-06", true)]
    [InlineData(nameof(ValueSign.Time), "/025-12-06", false)]
    [InlineData(nameof(ValueSign.Time), ":025-12-06", false)]
    [InlineData(nameof(ValueSign.Time), "2025/12-06", false)]
    [InlineData(nameof(ValueSign.Time), "2025-12/06", false)]
    [InlineData(nameof(ValueSign.Sid), "S-1-5-18", true)]
    [InlineData(nameof(ValueSign.Sid), @"CORP\amy", true)]
    [InlineData(nameof(ValueSign.Sid), "amy", false)]
    [InlineData(nameof(ValueSign.Sid), @"\amy", false)]
    [InlineData(nameof(ValueSign.Sid), @"CORP\", false)]
    [InlineData(nameof(ValueSign.Sid), @"CORP\amy\x", false)]
    [InlineData(nameof(ValueSign.Sid), @"C:\amy", false)]
    [InlineData(nameof(ValueSign.Sid), @"CORP\a.exe", false)]
    [InlineData(nameof(ValueSign.Sid), @".exe\amy", false)]
    [InlineData(nameof(ValueSign.Number), "7", true)]
    [InlineData(nameof(ValueSign.Number), "-7", true)]
    [InlineData(nameof(ValueSign.Number), "0xaF", true)]
    [InlineData(nameof(ValueSign.Number), "0Xa", true)]
    [InlineData(nameof(ValueSign.Number), "0x", false)]
    [InlineData(nameof(ValueSign.Number), "0xg", false)]
    [InlineData(nameof(ValueSign.Number), "1f", false)]
    [InlineData(nameof(ValueSign.Hashes), "MD5=0a", true)]
    [InlineData(nameof(ValueSign.Hashes), "0a", false)]
    [InlineData(nameof(ValueSign.Boolean), "true", true)]
    [InlineData(nameof(ValueSign.Boolean), "false", true)]
    [InlineData(nameof(ValueSign.Boolean), "maybe", false)]
    [InlineData(nameof(ValueSign.Address), "10.1.2.3", true)]
    [InlineData(nameof(ValueSign.Address), "::1", true)]
    [InlineData(nameof(ValueSign.Address), "LOCAL", true)]
    [InlineData(nameof(ValueSign.Address), "WS1", false)]
    [InlineData(nameof(ValueSign.None), "anything", true)]
    [InlineData(nameof(ValueSign.Guid), "-", true)]
    [InlineData(nameof(ValueSign.Guid), "", true)]
    public void A_value_shows_whether_it_may_be_that_of_a_field(string sign, string text, bool fits)
    {
        RecordValue value = new RecordTape(new NameTable.Builder().Build()).Compose(Encoding.UTF8.GetBytes(text));

        Assert.Equal(fits, EventValues.Fits(value, Enum.Parse<ValueSign>(sign)));
    }
}
