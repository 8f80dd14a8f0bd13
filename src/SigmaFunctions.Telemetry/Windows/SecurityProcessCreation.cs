using System.Globalization;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>Security 4688 ("A new process has been created") under the names of Sigma's <c>process_creation</c>.</summary>
internal static class SecurityProcessCreation
{
    /// <summary>Sets the mapped fields over the event's own: <c>ProcessId</c> becomes the new process, as in Sysmon.</summary>
    public static void Map(WindowsRecord record, ViewBuilder view)
    {
        view.Map("Image", record["NewProcessName"]);
        view.Map("ParentImage", record["ParentProcessName"]);
        view.Remove("ProcessId");
        view.Map("ProcessId", Decimal(record["NewProcessId"]));
        view.Map("ParentProcessId", Decimal(record["ProcessId"]));
        view.Map("IntegrityLevel", IntegrityLevelOf(record["MandatoryLabel"].Text));

        string who = record.Stated("TargetUserName") is not null ? "Target" : "Subject";
        view.Map(
            "User",
            record[$"{who}UserSid"].Text == "S-1-5-18"
                ? @"NT AUTHORITY\SYSTEM"
                : WindowsRecord.Joined(record.Stated($"{who}DomainName"), record.Stated($"{who}UserName")));
        view.Map("LogonId", record[$"{who}LogonId"]);
    }

    /// <summary>Integrity levels by their well-known SIDs ([MS-DTYP] 2.4.2.4).</summary>
    private static string? IntegrityLevelOf(string? label) => label switch
    {
        "S-1-16-0" => "Untrusted",
        "S-1-16-4096" => "Low",
        "S-1-16-8192" => "Medium",
        "S-1-16-12288" => "High",
        "S-1-16-16384" => "System",
        _ => null,
    };

    /// <summary>A process id as Sysmon writes it; the Security log writes it in hexadecimal.</summary>
    private static RecordValue Decimal(RecordValue id) =>
        id.Text is { Length: > 2 } text
        && text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
        && ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)
            ? RecordValue.FromText(number.ToString(CultureInfo.InvariantCulture))
            : id;
}
