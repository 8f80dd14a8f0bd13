using System.Collections.Frozen;
using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Engine.Linting;

/// <summary>Words that rules are expected to use (specification 2.1.0, "Tags", "Taxonomy", and SigmaHQ's rules).</summary>
internal static class Vocabulary
{
    public static readonly FrozenSet<string> Attributes = Set(
        "title id name related status description license author references date modified fields falsepositives level tags scope "
        + "taxonomy logsource detection correlation filter action");

    public static readonly FrozenSet<string> Categories = Set(
        "antivirus application clipboard_capture create_remote_thread create_stream_hash database dns dns_query driver_load "
        + "file_access file_block_executable file_block_shredding file_change file_delete file_delete_detected file_event "
        + "file_executable_detected file_rename firewall image_load network_connection pipe_created process_access process_creation "
        + "process_tampering process_termination proxy ps_classic_provider_start ps_classic_script ps_classic_start ps_module ps_script "
        + "raw_access_thread registry_add registry_delete registry_event registry_rename registry_set sysmon_error sysmon_status "
        + "webserver wmi_event");

    public static readonly FrozenSet<string> Products = Set(
        "aws azure bitbucket cisco django fortigate fortios gcp github google_workspace huawei juniper jvm kubernetes linux m365 macos "
        + "nodejs okta onelogin opencanary paloalto python qualys rpc_firewall ruby_on_rails spring sql velocity windows zeek");

    /// <summary>Services of Windows, Linux and Zeek; those of others are no words of Sigma.</summary>
    public static readonly FrozenSet<string> Services = Set(
        "aaa activitylogs application applocker appmodel-runtime appxdeployment-server appxpackaging-om audit auditd auditlogs auth bits-client capi2 "
        + "certificateservicesclient-lifecycle-system clamav cloudtrail codeintegrity-operational cron diagnosis-scripted dns-client dns-server "
        + "dns-server-analytic driver-framework firewall-as guacamole iis-configuration kerberos ldap lsa-server microsoft-servicebus-client "
        + "msexchange-management ntlm openssh powershell powershell-classic printservice-admin printservice-operational security security-mitigations "
        + "servicebus-client shell-core signinlogs smb_files smbclient-connectivity smbclient-security smbserver-connectivity sshd sudo sysmon syslog "
        + "system taskscheduler terminalservices-localsessionmanager vsftpd windefend wmi");

    public static readonly FrozenSet<string> LogSourceKeys = Set("category product service definition");

    /// <summary>What others call a product.</summary>
    public static readonly FrozenDictionary<string, string> ProductSynonyms = new Dictionary<string, string>
    {
        ["win"] = "windows",
        ["microsoft"] = "windows",
        ["osx"] = "macos",
        ["mac"] = "macos",
        ["darwin"] = "macos",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>What others call an attribute of Sigma.</summary>
    public static readonly FrozenDictionary<string, string> Synonyms = new Dictionary<string, string>
    {
        ["severity"] = "level",
        ["priority"] = "level",
        ["risk"] = "level",
        ["false_positives"] = "falsepositives",
        ["false-positives"] = "falsepositives",
        ["log_source"] = "logsource",
        ["data_source"] = "logsource",
        ["detections"] = "detection",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    public static readonly FrozenSet<string> TagNamespaces = Set("attack car cve d3fend detection stp tlp");

    public static readonly FrozenSet<string> AttackTactics = Set(
        "reconnaissance resource-development initial-access execution persistence privilege-escalation stealth "
        + "defense-impairment credential-access discovery lateral-movement collection command-and-control exfiltration impact");

    public static readonly FrozenSet<string> RelationTypes = Set("derived obsolete obsoletes merged renamed similar correlation");

    /// <summary>The word that a text is probably a slip of: one or two letters off, but not the word itself, in whatever case.</summary>
    public static string? Nearest(FrozenSet<string> words, string text)
    {
        if (text.Length < 4 || words.Contains(text) || words.Any(word => word.Equals(text, StringComparison.OrdinalIgnoreCase)))
        {
            return null;
        }

        int allowed = text.Length < 8 ? 1 : 2;
        return words.Where(word => Spelling.Distance(word, text, allowed) <= allowed).Order(StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>
    /// The category that one is probably a slip of: on the operating systems, whose categories are all known, whatever is near; else what
    /// <see cref="Nearest"/> gives.
    /// </summary>
    public static string? NearestCategory(string category, string? product) => Categories.Contains(category) ? null
        : product is null or "windows" or "linux" or "macos" && Spelling.Near(Categories, category) is [var near, ..] && !near.Equals(category, StringComparison.OrdinalIgnoreCase) ? near
        : Nearest(Categories, category);

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
