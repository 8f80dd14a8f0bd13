using System.Globalization;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Shapes;

/// <summary>
/// Defender's <c>DeviceProcessEvents</c> as Sigma's <c>process_creation</c>. The row's own columns stay beside the mapped names, for
/// rules written for them.
/// </summary>
internal static class DefenderProcessEvents
{
    /// <summary>Folders at the root that macOS has and Linux has not.</summary>
    private static readonly string[] MacFolders =
        ["/Applications/", "/Library/", "/Network/", "/System/", "/Users/", "/Volumes/", "/cores/", "/private/", "/usr/libexec/xpcproxy"];

    /// <summary>Writes the view.</summary>
    /// <param name="row">The row.</param>
    /// <param name="additional">Its <c>AdditionalFields</c>, as an object where there is one.</param>
    /// <param name="builder">Where to.</param>
    public static void Write(RecordValue row, RecordValue additional, EventBuilder builder)
    {
        string product = ProductOf(row, additional);
        bool windows = product == "windows";
        ViewBuilder view = builder.AddView(new LogSource("process_creation", product));
        view.SetAll(row);
        view.Set("AdditionalFields", additional);

        view.Map("Image", Path(row["FolderPath"u8], row["FileName"u8], windows));
        view.Map("CommandLine", row["ProcessCommandLine"u8]);
        view.Map("CurrentDirectory", additional["ProcessCurrentWorkingDirectory"u8]);
        view.Map("ParentImage", Path(row["InitiatingProcessFolderPath"u8], row["InitiatingProcessFileName"u8], windows));
        view.Map("ParentCommandLine", row["InitiatingProcessCommandLine"u8]);
        view.Map("GrandParentImage", Path(default, row["InitiatingProcessParentFileName"u8], windows));
        view.Map("OriginalFileName", row["ProcessVersionInfoOriginalFileName"u8]);
        view.Map("Product", row["ProcessVersionInfoProductName"u8]);
        view.Map("Company", row["ProcessVersionInfoCompanyName"u8]);
        view.Map("Description", row["ProcessVersionInfoFileDescription"u8]);
        view.Map("FileVersion", row["ProcessVersionInfoProductVersion"u8]);
        view.Map("User", Account(row["AccountDomain"u8], row["AccountName"u8], windows));
        view.Map(
            "ParentUser", Account(row["InitiatingProcessAccountDomain"u8], row["InitiatingProcessAccountName"u8], windows));
        view.Map("IntegrityLevel", row["ProcessIntegrityLevel"u8]);
        view.Map("LogonId", Hexadecimal(row["LogonId"u8]));
        view.Map("ParentProcessId", row["InitiatingProcessId"u8]);
        view.Map("Hashes", HashesOf(row));
        view.Map("md5", row["MD5"u8]);
        view.Map("sha1", row["SHA1"u8]);
        view.Map("sha256", row["SHA256"u8]);
    }

    /// <summary>
    /// The operating system, which the row does not state: Unix paths begin with a slash, and macOS has folders of its own. A row
    /// that shows none of these is taken for Linux.
    /// </summary>
    private static string ProductOf(RecordValue row, RecordValue additional)
    {
        ReadOnlySpan<RecordValue> paths =
        [
            row["FolderPath"u8],
            row["InitiatingProcessFolderPath"u8],
            additional["ProcessCurrentWorkingDirectory"u8],
            row["InitiatingProcessParentFileName"u8],
        ];
        RecordValue first = default;
        bool mac = false;
        foreach (RecordValue path in paths)
        {
            if (DefenderRow.TextOf(path) is not { } text)
            {
                continue;
            }

            first = first.Exists ? first : path;
            mac |= MacFolders.Any(folder => text.StartsWith(folder, StringComparison.Ordinal))
                || text is "/sbin/launchd" or "launchd" or "xpcproxy";
        }

        return !DefenderRow.IsUnixPath(first) ? "windows" : mac ? "macos" : "linux";
    }

    private static RecordValue Path(RecordValue path, RecordValue fileName, bool windows) =>
        DefenderRow.FullPath(path, fileName, windows ? '\\' : '/');

    /// <summary>Sysmon for Linux and its rules name an account alone (<c>root</c>).</summary>
    private static string? Account(RecordValue domain, RecordValue name, bool windows) =>
        DefenderRow.AccountOf(windows ? domain : default, name);

    /// <summary>A logon id as Windows writes it; Defender writes it in decimal.</summary>
    private static RecordValue Hexadecimal(RecordValue id) =>
        id.Text is { } text && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
            ? RecordValue.FromText(string.Create(CultureInfo.InvariantCulture, $"0x{number:x}"))
            : id;

    /// <summary>The hashes as Sysmon writes them: <c>SHA1=…,MD5=…,SHA256=…</c> in upper case, without those that are not known.</summary>
    private static string? HashesOf(RecordValue row)
    {
        ReadOnlySpan<string?> known =
        [
            Hash("SHA1=", row["SHA1"u8]),
            Hash("MD5=", row["MD5"u8]),
            Hash("SHA256=", row["SHA256"u8]),
        ];
        string hashes = string.Join(',', known.ToArray().Where(hash => hash is not null));
        return hashes.Length == 0 ? null : hashes;
    }

    private static string? Hash(string algorithm, RecordValue value) =>
        DefenderRow.TextOf(value) is { } hash ? algorithm + hash.ToUpperInvariant() : null;
}
