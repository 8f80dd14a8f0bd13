using System.Collections.Frozen;

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
        return words.Where(word => Distance(word, text, allowed) <= allowed).Order(StringComparer.Ordinal).FirstOrDefault();
    }

    /// <summary>Edit distance, cut off above <paramref name="limit"/>.</summary>
    private static int Distance(string left, string right, int limit)
    {
        if (Math.Abs(left.Length - right.Length) > limit)
        {
            return limit + 1;
        }

        int[] above = new int[right.Length + 1];
        int[] row = new int[right.Length + 1];
        for (int j = 0; j <= right.Length; j++)
        {
            above[j] = j;
        }

        for (int i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1));
            }

            (above, row) = (row, above);
        }

        return above[right.Length];
    }

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
