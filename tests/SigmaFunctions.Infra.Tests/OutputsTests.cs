using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs.Formats;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.Infra.Tests;

/// <summary>Outputs: what a deployment makes for those that its parameters name.</summary>
public sealed partial class OutputsTests
{
    private const string Vault = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/vaults/providers/Microsoft.KeyVault/vaults/kv-outputs";

    private const string Workspace =
        "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/soc/providers/Microsoft.OperationalInsights/workspaces/sentinel";

    private const string Environment = "param environmentName = 'test'\nparam location = 'westeurope'\n";

    /// <summary>What every function app is given.</summary>
    private const string App = """
        param location = 'westeurope'
        param resourceToken = 'xxxxxxxxxxxxx'
        param tags = {}
        param identityId = 'identity'
        param identityClientId = 'client'
        param publisherIdentityId = 'publisher'
        param applicationInsightsConnectionString = ''
        param hostStorageAccountName = 'host'
        param tableServiceUri = ''
        param queueServiceUri = ''
        param blobServiceUri = ''
        param correlationTableServiceUri = ''
        param deploymentContainerUri = ''
        param eventHubNamespace = ''
        param eventHubNames = ['events']
        param eventHubConsumerGroup = 'sigma'
        param eventHubStart = ''
        param instanceMemoryMB = 2048
        param maximumInstanceCount = 40
        param catalogAddress = ''
        param detectionRetentionDays = 0
        param verdictRetentionDays = 0
        param sendsCanary = false
        param ruleContainerName = 'rules'
        param subnetId = ''
        param workspaceId = 'workspace'

        """;

    private const string Reference = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets";

    private static readonly string[] AllMembers = [.. Members.Select(row => row.Data.Item1)];

    // The compiler takes seconds: it is run once for all cases.

    /// <summary>Settings of a webhook for each of <see cref="Members"/>, named w and its place.</summary>
    private static readonly Lazy<Task<string[]>> WebhookSettings = new(() => OutputSettingsAsync(
        "param otherOutputs = []\nparam webhooks = [\n" + string.Concat(AllMembers.Select((members, index) =>
            $$"""
            {
              name: 'w{{index}}'
              urlSecretUri: 'https://kv.vault.azure.net/secrets/url/0123'
              format: 'Teams'
              {{members.Replace(", b", "\nb", StringComparison.Ordinal)}}
            }

            """)) + "]"));

    /// <summary>What the compiler answers to all <see cref="Faults"/> and a webhook without one.</summary>
    private static readonly Lazy<Task<string>> Refusal = new(async () => (await Assert.ThrowsAsync<InvalidDataException>(() => Bicep.PredictAsync(
        "main.bicep",
        $"{Environment}param sentinelWorkspaceId = '{Workspace}'\nparam webhooks = [\n"
            + "{ name: 'good', urlSecretUri: 'https://kv.vault.azure.net/secrets/url', format: 'Alert' }\n"
            + string.Concat(Faults.Select(fault => $"{{ {fault.Data.Item1}, format: 'Alert' }}\n")) + "]"))).Message);

    /// <summary>What is made with a webhook, a vault and Sentinel.</summary>
    private static readonly Lazy<Task<IReadOnlyList<JsonElement>>> Made = new(() => Bicep.PredictAsync("main.bicep", Environment + $$"""
        param webhooks = [{ name: 'soc', urlSecretUri: 'https://kv.vault.azure.net/secrets/url', format: 'Alert' }]
        param outputKeyVaultId = '{{Vault}}'
        param sentinelWorkspaceId = '{{Workspace}}'
        """));

    private readonly DeploymentTemplate _template;

    public OutputsTests(DeploymentTemplate template)
    {
        Bicep.Require();
        _template = template;
    }

    public static TheoryData<string, string[]> Members => new()
    {
        { "", [] },
        { "minimumLevel: 'High'", ["MinimumLevel=High"] },
        { "tags: ['attack.execution', 'attack.impact']", ["Tags=attack.execution;attack.impact"] },
        { "products: ['windows', 'linux']", ["Products=windows;linux"] },
        { "suppressFor: '01:00:00'", ["SuppressFor=01:00:00"] },
        { "parts: ['Host', 'Hashes']", ["Parts=Host;Hashes"] },
        { "parts: ['None']", ["Parts=None"] },
        { "masksSecrets: true", ["MasksSecrets=True"] },
        { "masksSecrets: false", ["MasksSecrets=False"] },
        { "signingKeySecretUri: 'https://kv.vault.azure.net/secrets/key'", [$"SigningKey={Reference}/key)"] },
        { "allowsPrivateAddresses: true", ["AllowsPrivateAddresses=True"] },
        { "burstAfter: 0", ["BurstAfter=0"] },
        { "burstAfter: 9, burstWindow: '00:01:00'", ["BurstAfter=9", "BurstWindow=00:01:00"] },
        { "maximumPerMinute: 0", ["MaximumPerMinute=0"] },
    };

    /// <summary>What is wrong with a webhook; each has a name of its own.</summary>
    public static TheoryData<string, string> Faults => new()
    {
        { "name: 'Soc', urlSecretUri: 'https://kv.vault.azure.net/secrets/url'", "\"Soc\" must have a name of lower-case letters and digits" },
        { "name: 'so-c', urlSecretUri: 'https://kv.vault.azure.net/secrets/url'", "\"so-c\" must have a name of" },
        { "name: 'so_c', urlSecretUri: 'https://kv.vault.azure.net/secrets/url'", "\"so_c\" must have a name of" },
        { "name: '2soc', urlSecretUri: 'https://kv.vault.azure.net/secrets/url'", "\"2soc\" must have a name of" },
        { "name: 'poison', urlSecretUri: 'https://kv.vault.azure.net/secrets/url'", "must not be named \"poison\"" }, // its queue would be alerts-poison
        { "name: 'sentinel', urlSecretUri: 'https://kv.vault.azure.net/secrets/url'", "two outputs \"sentinel\"" },
        { "name: 'address', urlSecretUri: 'https://hooks.example.com/services/T0/B0/letmein'", "\"address\" must name secrets of a Key Vault" },
        { "name: 'clear', urlSecretUri: 'http://kv.vault.azure.net/secrets/url'", "\"clear\" must name secrets of a Key Vault" },
        { "name: 'text', urlSecretUri: 'letmein'", "\"text\" must name secrets of a Key Vault" },
        { "name: 'key', urlSecretUri: 'https://kv.vault.azure.net/secrets/url', signingKeySecretUri: 'letmein'", "\"key\" must name secrets of a Key Vault" },
    };

    // Settings of the app

    [Theory]
    [MemberData(nameof(Members))]
    public async Task A_webhook_becomes_settings_and_its_secrets_references(string members, string[] settings)
    {
        string prefix = $"Outputs__w{Array.FindIndex(AllMembers, all => all == members)}__";

        Assert.Equal(
            settings.Append("Type=Webhook").Append("Format=Teams").Append($"Url={Reference}/url/0123)").Order(StringComparer.Ordinal),
            (await WebhookSettings.Value).Where(setting => setting.StartsWith(prefix, StringComparison.Ordinal)).Select(setting => setting[prefix.Length..]));
    }

    [Fact]
    public async Task Without_an_output_there_is_no_setting_of_one() => Assert.Empty(await OutputSettingsAsync("param webhooks = []\nparam otherOutputs = []"));

    [Fact]
    public async Task Sentinel_is_an_output_whose_settings_come_of_what_is_made_for_it()
    {
        string given = _template.Argument("functionApp", "otherOutputs").GetString()!;
        Assert.StartsWith("[if(variables('hasSentinel'), createObject('value', createArray(shallowMerge(", given, StringComparison.Ordinal);
        Assert.EndsWith(", createObject('value', createArray()))]", given, StringComparison.Ordinal);
        Assert.Contains(
            "createObject('name', 'sentinel', 'type', 'Sentinel', 'format', 'Table'), parameters('sentinelOptions')", given, StringComparison.Ordinal);
        foreach (string name in (string[])["endpoint", "dataCollectionRuleId", "stream"])
        {
            Assert.Contains($"'{name}', reference('sentinelIngestion').outputs.{name}.value", given, StringComparison.Ordinal);
        }

        Assert.Equal(
            [
                "Outputs__sentinel__DataCollectionRuleId=dcr-1",
                "Outputs__sentinel__Endpoint=https://a.ingest.monitor.azure.com",
                "Outputs__sentinel__Format=Table",
                "Outputs__sentinel__MinimumLevel=Low",
                "Outputs__sentinel__Stream=Custom-A_CL",
                "Outputs__sentinel__Type=Sentinel",
            ],
            await OutputSettingsAsync(
                """
                param webhooks = []
                param otherOutputs = [
                  {
                    name: 'sentinel'
                    type: 'Sentinel'
                    format: 'Table'
                    minimumLevel: 'Low'
                    endpoint: 'https://a.ingest.monitor.azure.com'
                    dataCollectionRuleId: 'dcr-1'
                    stream: 'Custom-A_CL'
                  }
                ]
                """));
    }

    [Fact]
    public async Task The_app_takes_the_settings()
    {
        string[] settings = await WebhookSettings.Value;

        ImmutableArray<OutputOptions> outputs = OutputSettings.Read(
            settings.Select(setting => setting["Outputs__".Length..].Split('=', 2)).Select(parts => KeyValuePair.Create(parts[0], (string?)parts[1])),
            out ImmutableArray<string> faults);

        Assert.Empty(faults);
        Assert.Equal(AllMembers.Length, outputs.Length);
        Assert.All(outputs, output => Assert.Equal($"Outputs__{output.Name}__Url", output.UnresolvedSecret)); // a reference, which the platform resolves
    }

    [Fact]
    public void There_are_no_more_webhooks_than_the_app_has_room_for_beside_Sentinel() => Assert.Equal(
        OutputSettings.MaxOutputs - 1,
        _template.Main.GetProperty("parameters").GetProperty("webhooks").GetProperty("maxLength").GetInt32());

    [Theory]
    [InlineData("level", typeof(RuleLevel))]
    [InlineData("part", typeof(AlertPart), "None")]
    public void A_parameter_takes_what_the_setting_does(string type, Type values, params string[] others) => Assert.Equal(
        Enum.GetNames(values).Concat(others).Order(StringComparer.Ordinal),
        Allowed(_template.Main.GetProperty("definitions").EnumerateObject().Single(definition => definition.Name.Split('.')[^1] == type).Value));

    [Fact]
    public void A_webhook_has_the_formats_that_are_not_of_Sentinel_alone() => Assert.Equal(
        Enum.GetNames<OutputFormat>().Except([nameof(OutputFormat.Table)]).Order(StringComparer.Ordinal),
        Allowed(Webhook().GetProperty("format")));

    // Secrets

    [Fact]
    public void Nothing_but_the_address_of_a_secret_is_asked_for() => Assert.Equal(
        ["signingKeySecretUri", "urlSecretUri"],
        Webhook().EnumerateObject().Select(member => member.Name).Where(name => SecretName().IsMatch(name)).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_fault_is_told_before_anything_is_deployed(string webhook, string message)
    {
        Assert.NotEmpty(webhook);
        Assert.Contains(message, await Refusal.Value, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_else_is_told_and_no_secret_repeated()
    {
        Assert.Equal(Faults.Count, Sentence().Count(await Refusal.Value));
        Assert.DoesNotContain("\"good\"", await Refusal.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("letmein", await Refusal.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_platform_fetches_secrets_by_the_apps_identity() =>
        Assert.Equal("[parameters('identityId')]", _template.Single("Microsoft.Web/sites").Property("keyVaultReferenceIdentity").GetString());

    [Fact]
    public void A_vault_is_let_be_but_for_the_role_on_it_where_one_is_named()
    {
        Assert.Equal("", Default("outputKeyVaultId").GetString());
        Assert.Equal("[variables('hasVault')]", _template.Condition("outputVault"));
        Assert.Equal(
            ["Microsoft.Authorization/roleAssignments"],
            _template.Resources.Where(resource => resource.Module == "outputVault").Select(resource => resource.Type));
    }

    // What is made

    [Fact]
    public async Task Without_outputs_nothing_is_made_for_any()
    {
        Assert.Empty(Default("webhooks").EnumerateArray());
        Assert.Equal("", Default("sentinelWorkspaceId").GetString());

        IReadOnlyList<JsonElement> resources = await Bicep.PredictAsync("main.bicep", Environment);

        Assert.Equal([AlertQueue.DefaultName], Names(resources, "Microsoft.Storage/storageAccounts/queueServices/queues"));
        Assert.Empty(Names(resources, "Microsoft.SecurityInsights/alertRules"));
        Assert.Empty(Names(resources, "Microsoft.Insights/dataCollectionRules"));
        Assert.Empty(Names(resources, "Microsoft.OperationalInsights/workspaces/tables"));
    }

    [Fact]
    public async Task Each_output_has_a_queue_and_one_for_what_it_does_not_take_and_the_app_its_roles_on_both()
    {
        IReadOnlyList<JsonElement> resources = await Made.Value;

        Assert.Equal(
            ["alerts", "alerts-sentinel", "alerts-sentinel-poison", "alerts-soc", "alerts-soc-poison"],
            Names(resources, "Microsoft.Storage/storageAccounts/queueServices/queues"));
        foreach (string output in (string[])["soc", "sentinel"])
        {
            Assert.Equal(["974c5e8b-45b9-4653-ba55-5f855dd0fb88"], Roles(resources, $"alerts-{output}")); // Storage Queue Data Contributor
            Assert.Equal(
                ["19e7f393-937e-4f77-808e-94535e297925", "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"], // Storage Queue Data Reader, Message Sender
                Roles(resources, $"alerts-{output}-poison"));
        }
    }

    [Fact]
    public async Task Vault_and_workspace_are_where_they_are_and_the_data_collection_rule_is_with_the_app()
    {
        IReadOnlyList<JsonElement> resources = await Made.Value;

        string[] ids = [.. resources.Select(resource => Text(resource, "id"))];

        Assert.Contains(ids, id => id.Contains($"'{Vault}', 'Microsoft.Authorization/roleAssignments'", StringComparison.Ordinal));
        Assert.Contains($"{Workspace}/tables/SigmaDetections_CL", ids);
        Assert.Contains(ids, id => id.StartsWith($"{Workspace}/providers/Microsoft.SecurityInsights/alertRules/", StringComparison.Ordinal));
        Assert.Contains($"/subscriptions/{Guid.Empty}/resourceGroups/rg-test/providers/Microsoft.Insights/dataCollectionRules/dcr-", ids.Select(UpToToken));
    }

    // Sentinel

    [Fact]
    public async Task The_table_has_the_columns_that_the_app_fills_and_so_has_the_stream()
    {
        IReadOnlyList<JsonElement> resources = await Made.Value;
        JsonElement table = Single(resources, "Microsoft.OperationalInsights/workspaces/tables").GetProperty("properties");
        JsonElement rule = Single(resources, "Microsoft.Insights/dataCollectionRules").GetProperty("properties");

        Assert.Equal("Analytics", Text(table, "plan")); // others cannot be watched
        Assert.Equal(
            TableColumns.All.Select(column => (column.Name, column.Type == "datetime" ? "dateTime" : column.Type)), Columns(table.GetProperty("schema")));
        JsonProperty stream = Assert.Single(rule.GetProperty("streamDeclarations").EnumerateObject());
        Assert.Equal("Custom-SigmaDetections_CL", stream.Name);
        Assert.Equal(TableColumns.All, Columns(stream.Value));
    }

    [Fact]
    public async Task Rows_go_into_the_table_as_they_are_by_an_address_of_the_rules_own()
    {
        JsonElement rule = Single(await Made.Value, "Microsoft.Insights/dataCollectionRules");

        Assert.Equal("Direct", Text(rule, "kind"));
        JsonElement properties = rule.GetProperty("properties");
        JsonElement destination = Assert.Single(properties.GetProperty("destinations").GetProperty("logAnalytics").EnumerateArray());
        Assert.Equal(Workspace, Text(destination, "workspaceResourceId"));
        JsonElement flow = Assert.Single(properties.GetProperty("dataFlows").EnumerateArray());
        Assert.Equal(
            ("Custom-SigmaDetections_CL", "source", "Custom-SigmaDetections_CL"),
            (Assert.Single(flow.GetProperty("streams").EnumerateArray()).GetString(), Text(flow, "transformKql"), Text(flow, "outputStream")));

        // It is made where the workspace is, and after the table.
        string location = _template.Argument("sentinelIngestion", "location").GetString()!;
        Assert.Contains("reference('sentinel').outputs.location.value", location, StringComparison.Ordinal);
        JsonElement outputs = _template.ModuleTemplate("sentinelIngestion").GetProperty("outputs");
        Assert.Equal("[reference('rule').endpoints.logsIngestion]", Text(outputs.GetProperty("endpoint"), "value"));
        Assert.Equal("[reference('rule').immutableId]", Text(outputs.GetProperty("dataCollectionRuleId"), "value"));
    }

    [Fact]
    public async Task The_analytics_rule_names_columns_that_it_has()
    {
        JsonElement rule = await AnalyticsRuleAsync();
        JsonElement details = rule.GetProperty("alertDetailsOverride");
        string[] query = Text(rule, "query").Split('\n');
        string[] made = [.. query.Where(line => line.StartsWith("| extend ", StringComparison.Ordinal)).Select(line => line.Split(' ')[2])];
        string[] columns = [.. query[^1]["| project ".Length..].Split(", ")];

        Assert.Equal("SigmaDetections_CL", query[0]);
        Assert.Equal(["AlertName"], made);
        Assert.Empty(columns.Except(made).Except(TableColumns.All.Select(column => column.Name)));
        string[] named =
        [
            .. rule.GetProperty("entityMappings").EnumerateArray()
                .SelectMany(entity => entity.GetProperty("fieldMappings").EnumerateArray()).Select(field => Text(field, "columnName")),
            .. rule.GetProperty("customDetails").EnumerateObject().Select(detail => detail.Value.GetString()!),
            .. details.GetProperty("alertDynamicProperties").EnumerateArray().Select(property => Text(property, "value")),
            .. Placeholder().Matches(details.GetRawText()).Select(match => match.Groups[1].Value),
            Text(details, "alertSeverityColumnName"),
            Text(details, "alertTacticsColumnName"),
        ];
        Assert.Empty(named.Except(columns));
        Assert.All(rule.GetProperty("customDetails").EnumerateObject(), detail => Assert.InRange(detail.Name.Length, 1, 20));
    }

    [Fact]
    public async Task Each_row_is_an_alert_with_its_entities_and_each_host_an_incident()
    {
        JsonElement rule = await AnalyticsRuleAsync();

        Assert.Equal("AlertPerResult", Text(rule.GetProperty("eventGroupingSettings"), "aggregationKind"));
        Assert.Equal(
            [
                "Account Name=UserName NTDomain=UserDomain",
                "Host HostName=HostName DnsDomain=HostDomain",
                "Process ProcessId=ProcessId CommandLine=ProcessCommandLine",
                "FileHash Algorithm=FileHashAlgorithm Value=FileHash",
                "IP Address=SourceIp",
                "IP Address=DestinationIp",
            ],
            rule.GetProperty("entityMappings").EnumerateArray().Select(entity => Text(entity, "entityType") + string.Concat(
                entity.GetProperty("fieldMappings").EnumerateArray().Select(field => $" {Text(field, "identifier")}={Text(field, "columnName")}"))));
        JsonElement incidents = rule.GetProperty("incidentConfiguration");
        Assert.True(incidents.GetProperty("createIncident").GetBoolean());
        JsonElement grouping = incidents.GetProperty("groupingConfiguration");
        Assert.True(grouping.GetProperty("enabled").GetBoolean());
        Assert.Equal("Selected", Text(grouping, "matchingMethod"));
        Assert.Equal("Host", Assert.Single(grouping.GetProperty("groupByEntities").EnumerateArray()).GetString());
    }

    [Theory]
    [InlineData("", """["Informational","Low"]""")]
    [InlineData("param sentinelIncidentLevels = ['Critical']", """["Informational","Low","Medium","High"]""")]
    [InlineData("param sentinelIncidentLevels = ['Informational', 'Low', 'Medium', 'High', 'Critical']", "[]")]
    public async Task Alerts_of_some_levels_are_in_the_table_alone(string parameter, string quiet) =>
        Assert.Contains($"\n| where RuleLevel !in~ (dynamic({quiet}))\n", Text(await AnalyticsRuleAsync(parameter), "query"), StringComparison.Ordinal);

    [Fact]
    public async Task Without_levels_there_is_no_analytics_rule() => Assert.Empty(Names(
        await Bicep.PredictAsync("main.bicep", $"{Environment}param sentinelWorkspaceId = '{Workspace}'\nparam sentinelIncidentLevels = []"),
        "Microsoft.SecurityInsights/alertRules"));

    // The host's side

    [Fact]
    public void The_host_is_given_the_trigger_of_queues_wherever_it_is_given_that_of_hubs()
    {
        string folder = Path.Combine(Repository.Folder, "src", "SigmaFunctions.App");
        var project = XElement.Load(Path.Combine(folder, "SigmaFunctions.App.csproj"));
        XElement hubs = Assert.Single(project.Descendants("_Parameter1"), element => element.Value == "Microsoft.Azure.WebJobs.Extensions.EventHubs");
        XElement import = Assert.Single(
            project.Descendants(), element => !element.HasElements && element.Value.Contains("CustomAfterMicrosoftCommonProps=", StringComparison.Ordinal));

        Assert.Equal(hubs.Parent!.Parent!.Attribute("Condition")!.Value, import.Attribute("Condition")!.Value);
        Assert.EndsWith("=$(MSBuildProjectDirectory)/HostExtensions.props", import.Value, StringComparison.Ordinal);
        Assert.Equal(
            ["Microsoft.Azure.WebJobs.Extensions.Storage.Queues"],
            XElement.Load(Path.Combine(folder, "HostExtensions.props")).Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value));
    }

    [Theory]
    [InlineData("maxDequeueCount", "5")]
    [InlineData("visibilityTimeout", "00:00:30")]
    [InlineData("maxPollingInterval", "00:00:10")]
    [InlineData("messageEncoding", "base64")]
    public void The_host_reads_queues_of_outputs_by(string setting, string value)
    {
        using var host = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Folder, "host.json")));

        Assert.Equal(value, host.RootElement.GetProperty("extensions").GetProperty("queues").GetProperty(setting).ToString());
    }

    private static async Task<JsonElement> AnalyticsRuleAsync(string parameter = "") => Single(
        parameter.Length == 0
            ? await Made.Value
            : await Bicep.PredictAsync("main.bicep", $"{Environment}param sentinelWorkspaceId = '{Workspace}'\n{parameter}"),
        "Microsoft.SecurityInsights/alertRules").GetProperty("properties");

    private static async Task<string[]> OutputSettingsAsync(string parameters) =>
    [
        .. Single(await Bicep.PredictAsync("modules/function-app.bicep", App + parameters), "Microsoft.Web/sites/config")
            .GetProperty("properties").EnumerateObject()
            .Where(setting => setting.Name.StartsWith("Outputs__", StringComparison.Ordinal))
            .Select(setting => $"{setting.Name}={setting.Value}")
            .Order(StringComparer.Ordinal),
    ];

    private static JsonElement Single(IEnumerable<JsonElement> resources, string type) => Assert.Single(resources, resource => Text(resource, "type") == type);

    private static IEnumerable<string> Names(IEnumerable<JsonElement> resources, string type) =>
        resources.Where(resource => Text(resource, "type") == type).Select(resource => Text(resource, "name").Split('/')[^1]).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Roles(IEnumerable<JsonElement> resources, string queue) => resources
        .Where(resource => Text(resource, "type") == "Microsoft.Authorization/roleAssignments")
        .Where(resource => Text(resource, "id").Contains($"/queues/{queue}'", StringComparison.Ordinal))
        .Select(resource => Text(resource.GetProperty("properties"), "roleDefinitionId").Split('/')[^1])
        .Order(StringComparer.Ordinal);

    private static IEnumerable<(string Name, string Type)> Columns(JsonElement schema) =>
        schema.GetProperty("columns").EnumerateArray().Select(column => (Text(column, "name"), Text(column, "type")));

    private static IEnumerable<string> Allowed(JsonElement type) =>
        type.GetProperty("allowedValues").EnumerateArray().Select(value => value.GetString()!).Order(StringComparer.Ordinal);

    private static string UpToToken(string id) => id[..(id.LastIndexOf('-') + 1)];

    private static string Text(JsonElement element, string property) => element.GetProperty(property).GetString()!;

    private JsonElement Default(string parameter) => _template.Main.GetProperty("parameters").GetProperty(parameter).GetProperty("defaultValue");

    private JsonElement Webhook() => _template.Main.GetProperty("definitions").GetProperty("webhook").GetProperty("properties");

    [GeneratedRegex("(url|key|secret(?!s$)|password|token)", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    /// <summary>The beginning of what is said of a webhook.</summary>
    [GeneratedRegex("(The webhook \"|A webhook must|There are two)")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Placeholder();
}
