using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Mappings;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>Rules that no event can satisfy are doubted, and no others.</summary>
public sealed class KnownEventFieldsTests : IDisposable
{
    private const string Windows = "{category: process_creation, product: windows}";

    private readonly string _folder = Directory.CreateTempSubdirectory("known-fields-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string, string, string?> Fields => new()
    {
        { Windows, "{CommandLin: a}", "SF1109 No event of product=windows,category=process_creation has the field 'CommandLin'. Did you mean 'CommandLine'?" },
        { Windows, "{image|endswith: a}", "SF1109 No event of product=windows,category=process_creation has the field 'image'. Did you mean 'Image'?" },
        { Windows, "{Qwertyuiop: a}", "SF1109 No event of product=windows,category=process_creation has the field 'Qwertyuiop'. Names" },
        { Windows, "{CommandLine|fieldref: ParentComandLine}", "SF1109 No event of product=windows,category=process_creation has the field 'ParentComandLine'. Did you mean 'ParentCommandLine'?" },
        { Windows, "{CommandLine.contains: a}", "SF1109 No event of product=windows,category=process_creation has the field 'CommandLine.contains'. Did you mean 'CommandLine|contains'?" },
        { Windows, "CommandLine:a", "SF1113 'CommandLine:a' is searched for as it stands. If a field is meant, write a blank behind the colon: CommandLine: …" },
        { Windows, "'CommandLine:a'", null },
        { Windows, "lsadump::sam", null },
        { Windows, "[keyword, {CommandLin: a}]", "SF1109 No event" },
        { Windows, "{CommandLine: a, ParentImage|endswith: b, Hashes|contains: c, Imphash: null, IntegrityLevel: System}", "SF1109 No event of product=windows,category=process_creation has the field 'Imphash'. Did you mean 'imphash'?" },

        // Of some source: Defender's columns, Sysmon's data, those of every Windows event, what is within an object.
        { Windows, "{InitiatingProcessFileName: a, OriginalFileName: b, ProcessGuid: c, Computer: d, EventID: 1, AdditionalFields.X: e}", null },
        { "{category: registry_set, product: windows}", "{TargetObject|endswith: a, Details: b, EventType: SetValue}", null },
        { "{category: registry_set, product: windows}", "{NewName: a}", "SF1109 No event" },
        { "{service: sysmon, product: windows}", "{QueryName: a, GrantedAccess: '0x1410'}", null },
        { "{category: process_creation}", "{CommandLine: a}", null },

        // Of these anything may come.
        { "{service: security, product: windows}", "{Whatever: a}", null },
        { "{category: webserver}", "{Whatever: a}", null },
        { "{service: cloudtrail, product: aws}", "{Whatever: a}", null },

        { "{category: procedure_call, product: windows}", "{F: a}", "SF1008 The category 'procedure_call' is none that events of Windows have here." },
        { "{category: procedure_call, product: acme}", "{F: a}", null },
        { "{category: file_event, product: windows}", "{TargetFilename|endswith: a}", null },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void A_field_that_no_event_has(string logSource, string selection, string? message) => Check(logSource, selection, message);

    public static TheoryData<string, string, string?> Paths => new()
    {
        { Windows, "{Image: whoami.exe}", @"SF1110 'Image' holds the full path of a file, which is never 'whoami.exe'. Write Image|endswith: '\whoami.exe'." },
        { Windows, "{Image|startswith: whoami.exe}", @"SF1110 'Image' holds the full path of a file, which is never 'whoami.exe'. Write Image|endswith: '\whoami.exe'." },
        { Windows, "{Image: 'whoami.exe*'}", @"SF1110 'Image' holds the full path of a file, which is never 'whoami.exe*'. Write Image|endswith: '\whoami.exe'." },
        { Windows, "{ParentImage: [System, 'C:\\a.exe', cmd.exe]}", "SF1110 'ParentImage' holds" },
        { "{category: process_creation, product: linux}", "{Image: run.sh}", "SF1110 'Image' holds the full path of a file, which is never 'run.sh'. Write Image|endswith: '/run.sh'." },
        { "{category: file_event, product: windows}", "{TargetFilename: autorun.inf}", "SF1110 'TargetFilename' holds" },
        { "{category: file_event, product: windows}", "{ParentImage: cmd.exe}", null },
        { Windows, "{Image|endswith: /whoami.exe}", @"SF1110 'Image' holds a path of Windows, which has no '/'. Write '\whoami.exe'." },
        { Windows, "{Image: 'C:/Windows/a.exe'}", @"SF1110 'Image' holds a path of Windows, which has no '/'. Write 'C:\Windows\a.exe'." },
        { "{category: process_creation, product: linux}", "{Image|endswith: /run.sh}", null },
        { "{category: file_event, product: windows}", "{TargetFilename|contains: /usr/share/icons/}", null },
        { Windows, "{CommandLine|contains: /a.exe}", null },
        { Windows, @"{Image|startswith: '%SystemRoot%\a'}", "SF1110 'Image' holds a path without variables, so '%SystemRoot%' never stands in it. Write the folder, or '|expand' if it is a placeholder." },
        { Windows, @"{CommandLine|contains: '%SystemRoot%\a'}", null },
        { Windows, "{Image|re: '%a%/b'}", null },
        { Windows, "{Image|endswith: whoami.exe}", null },
        { Windows, "{Image|contains: whoami.exe}", null },
        { Windows, "{Image|re: whoami.exe}", null },
        { Windows, "{Image: '*whoami.exe'}", null },
        { Windows, @"{Image: 'C:\whoami.exe'}", null },
        { Windows, "{Image: [System, Registry, MemCompression]}", null },
        { Windows, "{OriginalFileName: whoami.exe}", null },
        { Windows, "{CommandLine: whoami.exe}", null },
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public void A_name_where_a_full_path_is(string logSource, string selection, string? message) => Check(logSource, selection, message);

    [Fact]
    public void A_filter_is_doubted_as_a_rule_is()
    {
        File.WriteAllText(Path.Combine(_folder, "filter.yml"), $$"""
            title: F
            id: 22222222-2222-4222-8222-222222222222
            logsource: {{Windows}}
            filter: {rules: any, selection: {Usr: a}, condition: not selection}
            """);
        Check(Windows, "{User: a}", "SF1109 No event of product=windows,category=process_creation has the field 'Usr'. Did you mean 'User'?");
    }

    /// <summary>Of what a mapping may give a log source to, nobody knows the fields.</summary>
    [Theory]
    [InlineData("{category: process_creation, product: windows}", "{CommandLin: a}")]
    [InlineData("{category: process_creation}", "{CommandLin: a}")]
    [InlineData("{category: own_category, product: windows}", "{F: a}")]
    public void A_mapping_brings_fields_of_its_own(string logSource, string selection)
    {
        var mappings = MappingSet.Load([new RuleFile("m.yml", """
            name: mine
            when: {"kind|exists": true}
            logsource:
                product: windows
                category: {from: kind, values: {p: process_creation, o: own_category}}
            fields: {CommandLin: cmd}
            """)]);
        Assert.Empty(mappings.Diagnostics);
        Check(logSource, selection, null, mappings);
    }

    /// <summary>Every doubt of this kind about SigmaHQ's rules was read, and is right: no event has that field, or is ever just that name.</summary>
    [Fact]
    public void Rules_of_SigmaHQ_are_doubted_where_they_are_wrong()
    {
        string root = Corpus.Require("sigmahq");
        var rules = RuleSet.LoadPaths([root], null, new KnownEventFields([]));
        Assert.Equal(
            [
                "SF1109 create_remote_thread_win_susp_uncommon_source_image.yml",
                "SF1109 file_event_win_net_cli_artefact.yml",
                "SF1109 proc_creation_macos_remote_access_tools_renamed_meshagent_execution.yml",
                "SF1110 file_event_win_apt_fin7_powershell_scripts_naming_convention.yml",
                "SF1110 proc_creation_win_remote_access_tools_teamviewer_incoming_connection.yml",
            ],
            rules.Diagnostics.Where(one => one.Code is "SF1008" or "SF1107" or "SF1108" or "SF1109" or "SF1110" or "SF0008" or "SF0009" or "SF1001")
                .Select(one => $"{one.Code} {Path.GetFileName(one.File)}").Distinct().Order(StringComparer.Ordinal));
    }

    private void Check(string logSource, string selection, string? message, MappingSet? mappings = null)
    {
        File.WriteAllText(Path.Combine(_folder, "rule.yml"), $$"""
            title: A
            id: 11111111-1111-4111-8111-111111111111
            logsource: {{logSource}}
            detection:
                selection: {{selection}}
                condition: selection
            """);

        var rules = RuleSet.LoadPaths([_folder], null, new KnownEventFields(mappings?.Mappings ?? []));

        Assert.Single(rules.Rules);
        List<Diagnostic> told = [.. rules.Diagnostics.Where(one => one.Code is not "SF0211")];
        Assert.Equal(message is null ? 0 : 1, told.Count);
        if (message is not null)
        {
            Assert.StartsWith(message, $"{told[0].Code} {told[0].Message}", StringComparison.Ordinal);
        }
    }
}
