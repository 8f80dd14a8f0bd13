using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Windows;

namespace SigmaFunctions.Telemetry.Sources;

/// <summary>Sysmon's events and their data, under the names of its manifest (schema 4.90).</summary>
internal static class SysmonEventCatalog
{
    private const string ProcessFile = "FileVersion Description Product Company OriginalFileName";

    private static readonly ImmutableArray<(int Id, string Data)> Schema =
    [
        (1, $"RuleName UtcTime ProcessGuid ProcessId Image {ProcessFile} CommandLine CurrentDirectory User LogonGuid LogonId TerminalSessionId "
            + "IntegrityLevel Hashes ParentProcessGuid ParentProcessId ParentImage ParentCommandLine ParentUser"),
        (2, "RuleName UtcTime ProcessGuid ProcessId Image TargetFilename CreationUtcTime PreviousCreationUtcTime User"),
        (3, "RuleName UtcTime ProcessGuid ProcessId Image User Protocol Initiated SourceIsIpv6 SourceIp SourceHostname SourcePort SourcePortName "
            + "DestinationIsIpv6 DestinationIp DestinationHostname DestinationPort DestinationPortName"),
        (4, "UtcTime State Version SchemaVersion"),
        (5, "RuleName UtcTime ProcessGuid ProcessId Image User"),
        (6, "RuleName UtcTime ImageLoaded Hashes Signed Signature SignatureStatus"),
        (7, $"RuleName UtcTime ProcessGuid ProcessId Image ImageLoaded {ProcessFile} Hashes Signed Signature SignatureStatus User"),
        (8, "RuleName UtcTime SourceProcessGuid SourceProcessId SourceImage TargetProcessGuid TargetProcessId TargetImage NewThreadId "
            + "StartAddress StartModule StartFunction SourceUser TargetUser"),
        (9, "RuleName UtcTime ProcessGuid ProcessId Image Device User"),
        (10, "RuleName UtcTime SourceProcessGUID SourceProcessId SourceThreadId SourceImage TargetProcessGUID TargetProcessId TargetImage "
            + "GrantedAccess CallTrace SourceUser TargetUser"),
        (11, "RuleName UtcTime ProcessGuid ProcessId Image TargetFilename CreationUtcTime User"),
        (12, "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject User"),
        (13, "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject Details User"),
        (14, "RuleName EventType UtcTime ProcessGuid ProcessId Image TargetObject NewName User"),
        (15, "RuleName UtcTime ProcessGuid ProcessId Image TargetFilename CreationUtcTime Hash Contents User"),
        (16, "UtcTime Configuration ConfigurationFileHash"),
        (17, "RuleName EventType UtcTime ProcessGuid ProcessId PipeName Image User"),
        (18, "RuleName EventType UtcTime ProcessGuid ProcessId PipeName Image User"),
        (19, "RuleName EventType UtcTime Operation User EventNamespace Name Query"),
        (20, "RuleName EventType UtcTime Operation User Name Type Destination"),
        (21, "RuleName EventType UtcTime Operation User Consumer Filter"),
        (22, "RuleName UtcTime ProcessGuid ProcessId QueryName QueryStatus QueryResults Image User"),
        (23, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes IsExecutable Archived"),
        (24, "RuleName UtcTime ProcessGuid ProcessId Image Session ClientInfo Hashes Archived User"),
        (25, "RuleName UtcTime ProcessGuid ProcessId Image Type User"),
        (26, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes IsExecutable"),
        (27, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes"),
        (28, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes IsExecutable"),
        (29, "RuleName UtcTime ProcessGuid ProcessId User Image TargetFilename Hashes"),
        (255, "UtcTime ID Description"),
    ];

    /// <summary>The events that there are on Linux.</summary>
    private static readonly ImmutableArray<int> OnLinux = [1, 3, 4, 5, 9, 11, 16, 23, 255];

    /// <summary>What tells the kinds of event 12 apart.</summary>
    private static readonly ImmutableArray<string> EventTypes = ["CreateKey", "DeleteKey", ""];

    /// <summary>The events on Windows.</summary>
    public static IEnumerable<SourceEvent> Windows() => Create("Microsoft-Windows-Sysmon", Schema);

    /// <summary>The events on Linux.</summary>
    public static IEnumerable<SourceEvent> Linux() => Create("Linux-Sysmon", Schema.Where(one => OnLinux.Contains(one.Id)));

    private static IEnumerable<SourceEvent> Create(string provider, IEnumerable<(int Id, string Data)> schema)
    {
        foreach ((int id, string data) in schema)
        {
            string text = id.ToString(CultureInfo.InvariantCulture);
            yield return new SourceEvent(
                $"Sysmon {text}", null, LogSourcesOf(provider, text), WindowsEventCatalog.Fields(FieldsOf(data)));
        }
    }

    private static string[] FieldsOf(string data)
    {
        string[] fields = data.Split(' ');
        return fields.Contains("Hashes") || fields.Contains("Hash") ? [.. fields, .. HashFields.Fields] : fields;
    }

    /// <summary>The log sources that an event can be of, whichever kind of event 12 it is.</summary>
    private static LogSourceSet LogSourcesOf(string provider, string id)
    {
        IEnumerable<LogSource> logSources = EventTypes.SelectMany(eventType => WindowsLogSources
            .KindOf(default, Encoding.UTF8.GetBytes(provider), Encoding.UTF8.GetBytes(id), Encoding.UTF8.GetBytes(eventType))!.Own);
        return [.. logSources.Distinct()];
    }
}
