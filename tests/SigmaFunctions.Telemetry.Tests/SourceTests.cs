using System.Collections.Immutable;
using System.Reflection;
using System.Text.Json.Nodes;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Visibility;
using SigmaFunctions.Telemetry.Events;
using SigmaFunctions.Telemetry.Shapes.Defender;
using SigmaFunctions.Telemetry.Sources;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>What sources are said to carry is what is decoded of them.</summary>
public sealed class SourceTests
{
    public static TheoryData<int> DefenderEvents => [.. Enumerable.Range(0, TelemetrySource.Defender.Events.Length)];

    /// <summary>A row in which every column is filled has the fields that it is said to have, and no other.</summary>
    [Theory]
    [MemberData(nameof(DefenderEvents))]
    public void A_full_row_has_the_fields_of_its_table(int index)
    {
        SourceEvent described = TelemetrySource.Defender.Events[index];

        EventView view = Assert.Single(Row(described, ColumnsOf(described)).Event.Views);

        Assert.Equal(described.LogSources, view.LogSources);
        Assert.Equal(described.Fields.Select(field => field.Name), view.Fields.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>A field comes with the columns that it is said to be made of, and not without them.</summary>
    [Theory]
    [MemberData(nameof(DefenderEvents))]
    public void A_field_is_made_of_its_columns(int index)
    {
        SourceEvent described = TelemetrySource.Defender.Events[index];

        // Without these a row is no event.
        string[] selecting = described.Action == "Antivirus" ? ["AdditionalFields.ThreatName"] : ["InitiatingProcessFileName"];
        foreach (SourceField field in described.Fields.Where(field => IsMapped(field) && !field.From.Contains("ActionType")))
        {
            EventView with = Assert.Single(Row(described, field.From.Concat(selecting)).Event.Views);
            Assert.True(with.Fields.ContainsKey(field.Name), $"{field.Name} of {string.Join(", ", field.From)}");
            if (!selecting.Contains(field.From[0]))
            {
                Assert.DoesNotContain(
                    Row(described, ColumnsOf(described).Except(field.From)).Event.Views, without => without.Fields.ContainsKey(field.Name));
            }
        }
    }

    /// <summary>The shapes keep the log sources of rows in static fields.</summary>
    [Fact]
    public void Every_category_of_Defender_is_described()
    {
        IEnumerable<object?> kept = typeof(DefenderShape).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(DefenderShape).Namespace && type.Name.StartsWith("Defender", StringComparison.Ordinal))
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic))
            .Select(field => field.GetValue(null));
        string[] categories =
        [
            .. kept.SelectMany(value => value switch
                {
                    DefenderLogSources logSources => logSources[DefenderProduct.Windows],
                    DefenderRegistryEvents.Kind kind => kind.LogSources,
                    _ => [],
                })
                .Select(logSource => logSource.Category!)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];

        Assert.Contains("clipboard_capture", categories);
        Assert.Equal(
            categories,
            TelemetrySource.Defender.Events.SelectMany(one => one.LogSources).Select(logSource => logSource.Category!).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>Security 4688 as process creation: its data as they arrive, and what is made of them.</summary>
    [Fact]
    public void Process_creation_of_the_Security_log_has_its_fields()
    {
        SourceEvent described = Assert.Single(TelemetrySource.Security.Events, one => !one.Scope.IsOpen);
        var data = new JsonObject();
        foreach (string name in described.Fields.SelectMany(field => field.From).Distinct())
        {
            data[name] = name switch { "MandatoryLabel" => "S-1-16-8192", _ => "0x1" };
        }

        DecodedEvent decoded = Decoded.One(Evtx("Security", "Microsoft-Windows-Security-Auditing", "4688", data));

        EventView view = decoded.View("process_creation");
        Assert.Equal(("Security 4688", described.LogSources), (described.Name, view.LogSources));
        Assert.Equal(described.Fields.Select(field => field.Name), view.Fields.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Fields_of_a_Security_event_come_from_its_data()
    {
        foreach (SourceField field in TelemetrySource.Security.Events.Single(one => !one.Scope.IsOpen).Fields.Where(IsMapped))
        {
            var data = new JsonObject();
            foreach (string name in field.From)
            {
                data[name] = name == "MandatoryLabel" ? "S-1-16-8192" : "0x1";
            }

            string text = Evtx("Security", "Microsoft-Windows-Security-Auditing", "4688", data);
            Assert.NotEqual("absent", Decoded.One(text).View("process_creation").Field(field.Name));
            Assert.Equal("absent", Decoded.One(Evtx("Security", "Microsoft-Windows-Security-Auditing", "4688", [])).View("process_creation").Field(field.Name));
        }
    }

    public static TheoryData<string, int> SysmonEvents
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (TelemetrySource source in new[] { TelemetrySource.Sysmon, TelemetrySource.SysmonLinux })
            {
                for (int i = 0; i < source.Events.Length; i++)
                {
                    data.Add(source.Name, i);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(SysmonEvents))]
    public void An_event_of_Sysmon_is_of_the_log_sources_that_it_is_said_to_be_of(string source, int index)
    {
        SourceEvent described = Source(source).Events[index];
        string id = described.Name.Split(' ')[1];
        var data = new JsonObject();
        foreach (SourceField field in described.Fields)
        {
            data[field.Name] = field.Name == "EventID" ? id : "x";
        }

        string provider = source == "sysmon" ? "Microsoft-Windows-Sysmon" : "Linux-Sysmon";
        EventView view = Assert.Single(Decoded.One(Evtx($"{provider}/Operational", provider, id, data)).Event.Views);

        Assert.All(view.LogSources, one => Assert.Contains(one, described.LogSources));
        Assert.Equal(described.Fields.Select(field => field.Name), view.Fields.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Sysmon_has_events_up_to_29_and_its_errors() => Assert.Equal(
        [.. Enumerable.Range(1, 29).Append(255).Select(id => $"Sysmon {id}")], TelemetrySource.Sysmon.Events.Select(one => one.Name));

    /// <summary>Source, log source, the events that it has of it.</summary>
    [Theory]
    [InlineData("defender", "process_creation", "windows", null, "DeviceProcessEvents")]
    [InlineData("defender", "process_creation", "macos", null, "DeviceProcessEvents")]
    [InlineData("defender", "registry_event", "windows", null, "DeviceRegistryEvents")]
    [InlineData("defender", "antivirus", null, null, "DeviceEvents")]
    [InlineData("defender", "dns_query", "windows", null, "DeviceEvents")]
    [InlineData("defender", "file_change", "windows", null, "")]
    [InlineData("defender", null, "windows", "security", "")]
    [InlineData("sysmon", "process_creation", "windows", null, "Sysmon 1")]
    [InlineData("sysmon", "registry_event", "windows", null, "Sysmon 12 Sysmon 13 Sysmon 14")]
    [InlineData("sysmon", "registry_add", "windows", null, "Sysmon 12")]
    [InlineData("sysmon", "process_creation", "linux", null, "")]
    [InlineData("sysmon", "process_creation", "windows", "sysmon", "Sysmon 1")]
    [InlineData("sysmon-linux", "process_creation", "linux", null, "Sysmon 1")]
    [InlineData("sysmon-linux", "registry_event", null, null, "")]
    [InlineData("security", "process_creation", "windows", null, "Security 4688")]
    [InlineData("security", null, "windows", "security", "Security 4688 Security")]
    [InlineData("windows", "ps_script", "windows", null, "powershell 4104")]
    [InlineData("windows", null, "windows", "taskscheduler", "taskscheduler")]
    [InlineData("windows", null, "windows", "security", "")]
    public void A_source_has_events_of_a_log_source(string source, string? category, string? product, string? service, string events) => Assert.Equal(
        events,
        string.Join(' ', Source(source).Events.Where(one => one.LogSources.Any(new LogSource(category, product, service).Covers)).Select(one => one.Name).Distinct()));

    /// <summary>Source, log source, selection, what the rule can do there, what is missing.</summary>
    [Theory]
    [InlineData("defender", "category: process_creation, product: windows", "CurrentDirectory: x", "Blind", "CurrentDirectory")]
    [InlineData("defender", "category: process_creation, product: linux", "CurrentDirectory: x", "Full", "")]
    [InlineData("defender", "category: process_creation", "CurrentDirectory: x", "Full", "")]
    [InlineData("defender", "category: process_creation, product: linux", "OriginalFileName: x", "Blind", "OriginalFileName")]
    [InlineData("defender", "category: process_creation, product: windows", "ParentProcessGuid: x", "Blind", "ParentProcessGuid")]
    [InlineData("defender", "category: process_creation, product: windows", "Hashes|contains: IMPHASH=x", "Blind", "Hashes (IMPHASH)")]
    [InlineData("defender", "category: process_creation, product: windows", "AdditionalFields.x: x", "Full", "")]
    [InlineData("defender", "category: image_load, product: windows", "Signed: 'false'", "Blind", "Signed")]
    [InlineData("defender", "category: dns_query, product: windows", "Image: x", "Full", "")]
    [InlineData("defender", "category: dns_query, product: windows", "QueryStatus: x", "Blind", "QueryStatus")]
    [InlineData("sysmon", "category: process_creation, product: windows", "Hashes|contains: IMPHASH=x", "Full", "")]
    [InlineData("sysmon", "category: registry_event, product: windows", "Details: x", "Full", "")]
    [InlineData("sysmon", "category: registry_event, product: windows", "{Details: x, NewName: y}", "Blind", "Details NewName")]
    [InlineData("sysmon", "category: registry_event, product: windows", "[{Details: x}, {NewName: y}]", "Full", "")]
    [InlineData("sysmon", "category: registry_set, product: windows", "[{Details: x}, {NewName: y}]", "Weakened", "NewName")]
    [InlineData("security", "category: process_creation, product: windows", "ParentCommandLine: x", "Blind", "ParentCommandLine")]
    [InlineData("security", "category: process_creation, product: windows", "[{Image: x}, {OriginalFileName: x}]", "Weakened", "OriginalFileName")]
    [InlineData("security", "service: security, product: windows", "AnyField: x", "Full", "")]
    [InlineData("security", "category: file_event, product: windows", "Image: x", "not for this source", "")]
    [InlineData("windows", "category: ps_script, product: windows", "ContextInfo: x", "Blind", "ContextInfo")]
    public void A_rule_can_do_on_a_source_what_its_fields_allow(string source, string logSource, string selection, string verdict, string missing)
    {
        var rules = RuleSet.Load([new RuleFile("rule.yml",
            $$"""
            title: A rule
            id: 00000000-0000-0000-0000-000000000001
            logsource: { {{logSource}} }
            detection:
                selection: {{(selection[0] is '{' or '[' ? selection : $"{{{selection}}}")}}
                condition: selection
            """)]);
        Assert.Equal(0, rules.Rejected);

        SourceVisibility? visibility = Assert.Single(SourceReport.Create(Source(source), rules).Rules);

        Assert.Equal(
            (verdict, missing),
            (visibility?.Visibility.Verdict.ToString() ?? "not for this source", string.Join(' ', visibility?.Visibility.Missing ?? [])));
    }

    /// <summary>Real events have no field that the schema has not.</summary>
    [Fact]
    public void Real_events_of_Sysmon_and_the_Security_log_have_no_other_fields()
    {
        var unknown = new SortedSet<string>(StringComparer.Ordinal);
        int checkedEvents = 0;
        foreach (string file in Directory.GetFiles(Corpus.Require("regression/evtx_json"), "*.ndjson"))
        {
            foreach (DecodedEvent decoded in new EventDecoder().Decode(File.ReadAllBytes(file)).Events)
            {
                foreach (EventView view in decoded.Event.Views)
                {
                    string id = view.Field("EventID");
                    SourceEvent? described = new[] { TelemetrySource.Sysmon, TelemetrySource.Security, TelemetrySource.Windows }
                        .SelectMany(source => source.Events)
                        .FirstOrDefault(one => !one.Scope.IsOpen && one.Name.EndsWith($" {id}", StringComparison.Ordinal) && view.LogSources.All(one.LogSources.Contains));
                    if (described is not null)
                    {
                        checkedEvents++;
                        unknown.UnionWith(view.Fields.Keys.Where(field => !described.Scope.Carries(field)).Select(field => $"{described.Name} {field}"));
                    }
                }
            }
        }

        Assert.Empty(unknown);
        Assert.True(checkedEvents > 100, $"Only {checkedEvents} events were of a known schema.");
    }

    /// <summary>What fires on events of a source can fire on one of the sources that they may be of.</summary>
    [Theory]
    [InlineData("regression/wire/defender_xdr.ndjson", "defender")]
    [InlineData("regression/wire/evtx_json.ndjson", "sysmon", "security", "windows")]
    public void A_rule_that_fires_is_not_blind(string file, params string[] sources)
    {
        var rules = RuleSet.LoadPaths([Corpus.Require("sigmahq")]);
        ImmutableArray<SourceReport> reports = [.. sources.Select(source => SourceReport.Create(Source(source), rules))];
        ImmutableHashSet<string> seeing =
        [
            .. rules.Rules
                .Where((_, i) => reports.Any(report => report.Rules[i]?.Visibility.Verdict is VisibilityVerdict.Full or VisibilityVerdict.Weakened))
                .Select(rule => rule.Id),
        ];

        Assert.All(Corpus.Wire(file).SelectMany(one => one.Expected), rule => Assert.Contains(rule, seeing));
    }

    private static TelemetrySource Source(string name) => TelemetrySource.All.Single(source => source.Name == name);

    private static bool IsMapped(SourceField field) => field.From is not [var only] || only != field.Name;

    private static IEnumerable<string> ColumnsOf(SourceEvent described) => described.Fields.SelectMany(field => field.From).Distinct();

    private static string Evtx(string channel, string provider, string id, JsonObject data) => new JsonObject
    {
        ["Event"] = new JsonObject
        {
            ["System"] = new JsonObject
            {
                ["Channel"] = channel,
                ["EventID"] = id,
                ["Computer"] = "h1",
                ["Provider"] = new JsonObject { ["#attributes"] = new JsonObject { ["Name"] = provider } },
            },
            ["EventData"] = data,
        },
    }.ToJsonString();

    /// <summary>A row of a kind with a value in some columns.</summary>
    private static DecodedEvent Row(SourceEvent described, IEnumerable<string> columns)
    {
        string product = described.LogSources[0].Product!;
        string folder = product switch { "windows" => @"C:\x", "linux" => "/usr/bin", _ => "/Applications/x.app" };
        var row = new JsonObject { ["ActionType"] = described.Action ?? "Any" };
        foreach (string column in columns.Where(column => column != "ActionType"))
        {
            switch (column.Split('.'))
            {
                case ["AdditionalFields"]:
                    row[column] ??= new JsonObject();
                    break;
                case [var parent, var name]:
                    row[parent] ??= new JsonObject();
                    row[parent]![name] = "File created";
                    break;
                case [var path] when path.EndsWith("FolderPath", StringComparison.Ordinal):
                    row[column] = folder;
                    break;
                default:
                    row[column] = "1";
                    break;
            }
        }

        return DefenderRows.Streamed(described.Name, row.ToJsonString()[1..^1]);
    }
}
