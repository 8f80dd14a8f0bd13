using System.Collections.Immutable;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Pages.Pivots;

/// <summary>
/// Questions about an event with its host, account, hash and time filled in. They ask for what is around the event; turning rules into queries is another
/// matter. Names of tables and columns are those that telemetry comes with, which a test compares.
/// </summary>
internal static class PivotBuilder
{
    private static readonly TimeSpan Around = TimeSpan.FromMinutes(15);

    /// <summary>The questions, those of one language together.</summary>
    public static ImmutableArray<Pivot> Build(PivotSubject subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return [.. Kql(subject, PivotLanguage.Defender, "Timestamp"), .. Kql(subject, PivotLanguage.Sentinel, "TimeGenerated"), .. Sentinel(subject), .. Splunk(subject), .. Sigmaf(subject)];
    }

    private static IEnumerable<Pivot> Kql(PivotSubject subject, PivotLanguage language, string time)
    {
        string window = $"{time} between ({Literal.KqlTime(subject.Time - Around)} .. {Literal.KqlTime(subject.Time + Around)})";
        if (subject.Host is { } host)
        {
            string name = host.Contains('.', StringComparison.Ordinal) ? $"DeviceName =~ {Literal.Kql(host)}" : $"(DeviceName =~ {Literal.Kql(host)} or DeviceName startswith {Literal.Kql(host + ".")})";
            yield return new Pivot(
                language,
                "Processes on this host, 15 minutes before and after",
                $"""
                DeviceProcessEvents
                | where {window}
                | where {name}
                | project {time}, AccountDomain, AccountName, InitiatingProcessFileName, FileName, ProcessCommandLine, SHA256
                | order by {time} asc
                """);
            yield return new Pivot(
                language,
                "All that this host did, 15 minutes before and after",
                $"""
                union withsource=Source DeviceProcessEvents, DeviceNetworkEvents, DeviceFileEvents, DeviceRegistryEvents, DeviceImageLoadEvents
                | where {window}
                | where {name}
                | project {time}, Source, ActionType, InitiatingProcessFileName, FileName, ProcessCommandLine, RemoteIP, RemoteUrl, RegistryKey
                | order by {time} asc
                """);
        }

        if (subject.Account is { } account)
        {
            yield return new Pivot(
                language,
                "Processes of this user on all hosts, 15 minutes before and after",
                $"""
                DeviceProcessEvents
                | where {window}
                | where AccountName =~ {Literal.Kql(account)}
                | project {time}, DeviceName, InitiatingProcessFileName, FileName, ProcessCommandLine
                | order by {time} asc
                """);
        }

        if (HashOf(subject.Hashes) is var (column, hash))
        {
            yield return new Pivot(
                language,
                "This file on all hosts, 30 days",
                $"""
                union DeviceProcessEvents, DeviceFileEvents
                | where {time} > ago(30d)
                | where {column} =~ {Literal.Kql(hash)}
                | summarize First = min({time}), Last = max({time}), Events = count(), Hosts = dcount(DeviceName) by FileName, FolderPath
                """);
        }
    }

    private static IEnumerable<Pivot> Sentinel(PivotSubject subject)
    {
        if (subject.Host is { } host)
        {
            yield return new Pivot(
                PivotLanguage.Sentinel,
                "Security events of this host, 15 minutes before and after",
                $"""
                SecurityEvent
                | where TimeGenerated between ({Literal.KqlTime(subject.Time - Around)} .. {Literal.KqlTime(subject.Time + Around)})
                | where Computer =~ {Literal.Kql(host)} or Computer startswith {Literal.Kql(host.Split('.')[0] + ".")}
                | project TimeGenerated, EventID, Account, Process, CommandLine, ParentProcessName, IpAddress
                | order by TimeGenerated asc
                """);
        }
    }

    private static IEnumerable<Pivot> Splunk(PivotSubject subject)
    {
        string window = $"earliest={(subject.Time - Around).ToUnixTimeSeconds()} latest={(subject.Time + Around).ToUnixTimeSeconds()}";
        if (subject.Host is { } host)
        {
            yield return new Pivot(
                PivotLanguage.Splunk,
                "Sysmon on this host, 15 minutes before and after",
                $"""
                search index=* source="*WinEventLog:Microsoft-Windows-Sysmon/Operational" {window}
                | where lower(Computer)=lower({Literal.Spl(host)})
                | table _time, EventCode, User, ParentImage, Image, CommandLine, DestinationIp, TargetFilename
                | sort _time
                """);
        }

        if (HashOf(subject.Hashes) is var (_, hash))
        {
            yield return new Pivot(
                PivotLanguage.Splunk,
                "This file on all hosts, 30 days",
                $"""
                search index=* source="*WinEventLog:Microsoft-Windows-Sysmon/Operational" earliest=-30d {hash}
                | stats min(_time) AS first, max(_time) AS last, count, dc(Computer) AS hosts BY Image
                """);
        }
    }

    private static IEnumerable<Pivot> Sigmaf(PivotSubject subject)
    {
        string since = Literal.Iso(subject.Id.Time - Around);
        string until = Literal.Iso(subject.Id.Time + Around);
        yield return new Pivot(PivotLanguage.Sigmaf, "This detection", $"sigmaf detections show {subject.Id.Value}");
        if (subject.Host is { } host && Literal.Shell(host) is { } word)
        {
            yield return new Pivot(PivotLanguage.Sigmaf, "Detections on this host, 15 minutes before and after", $"sigmaf detections list --since {since} --until {until} --host {word}");
        }

        if (subject.RuleId is { } rule && Literal.Shell(rule) is { } id)
        {
            yield return new Pivot(PivotLanguage.Sigmaf, "Detections of this rule, 24 hours", $"sigmaf detections list --since 24h --rule {id}");
            yield return new Pivot(PivotLanguage.Sigmaf, "Why the rule matches", $"sigmaf detections show {subject.Id.Value} --original > event.json\nsigmaf explain rules {id} --event event.json");
        }
    }

    // Hex digits, as they are stored; the strongest.
    private static (string Column, string Hash)? HashOf(FileHashes? hashes) => hashes switch
    {
        { Sha256: { } sha256 } when IsHex(sha256) => ("SHA256", sha256),
        { Sha1: { } sha1 } when IsHex(sha1) => ("SHA1", sha1),
        { Md5: { } md5 } when IsHex(md5) => ("MD5", md5),
        _ => null,
    };

    private static bool IsHex(string text) => text.Length > 0 && text.All(char.IsAsciiHexDigit);
}
