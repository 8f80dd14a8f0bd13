using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Sources;

namespace SigmaFunctions.Infra.Tests;

/// <summary>What tells an operator how it goes: alerts, the workbook, logs and metrics in the workspace. And private networking.</summary>
public sealed partial class OperationsTests
{
    private static readonly string[] Metrics =
    [
        .. new[] { typeof(DetectionMetrics), typeof(RuleMetrics), typeof(WorkInHand), typeof(BacklogMetrics), typeof(SourceMetrics), typeof(CorrelationMetrics), typeof(OutputMetrics) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static))
            .Where(field => field.IsLiteral && field.Name != nameof(DetectionMetrics.MeterName))
            .Select(field => (string)field.GetRawConstantValue()!),
    ];

    private readonly DeploymentTemplate _template;

    public OperationsTests(DeploymentTemplate template)
    {
        Bicep.Require();
        _template = template;
    }

    public static TheoryData<string, string> Alerts => new()
    {
        { "lag", DetectionMetrics.Lag },
        { "stalled-partition", WorkInHand.OldestPendingAge },
        { "stalled-partition", BacklogMetrics.BacklogAge },
        { "correlations-late", CorrelationMetrics.Overdue },
        { "outputs-away", OutputMetrics.Notifications },
        { "outputs-put-aside", OutputMetrics.Notifications },
        { "expired", BacklogMetrics.Expired },
        { "quiet", DetectionMetrics.Events },
        { "silent-hub", "Properties[\"hub\"]" },
        { "dead-letters", DetectionMetrics.DeadLetters },
        { "failed", DetectionMetrics.Failed },
        { "invocations", "AppRequests" },
        { "canary", DetectionMetrics.Canary },
        { "rules-rejected", RuleMetrics.RejectedRules },
        { "rules-stale", RuleMetrics.StaleRules },
        { "source-silent", SourceMetrics.Silent },
        { "source-thinner", SourceMetrics.Thinner },
        { "stalled", "IncomingMessages" },
        { "strangers", "StorageBlobLogs" },
    };

    [Theory]
    [MemberData(nameof(Alerts))]
    public void There_is_an_alert(string name, string subject)
    {
        JsonElement rule = Assert.Single(AlertRules(), rule => rule.GetProperty("name").GetString() == name);

        Assert.Contains(subject, Query(rule), StringComparison.Ordinal);
        Assert.InRange(rule.GetProperty("severity").GetInt32(), 0, 4);
        Assert.Matches("^.{20,}$", rule.GetProperty("description").GetString()!);
    }

    [Fact]
    public void There_is_no_other_alert_and_each_query_reads_tables_that_are_filled()
    {
        Assert.Equal(Alerts.Select(alert => alert.Data.Item1).Distinct().Count(), AlertRules().Count());
        Assert.All(AlertRules().Select(Query).Concat(WorkbookQueries()), query => Assert.Matches(TableOfQuery(), query));
    }

    [Fact]
    public void Every_metric_that_a_query_names_is_one_that_the_app_has()
    {
        string[] named =
        [
            .. AlertRules().Select(Query).Concat(WorkbookQueries()).SelectMany(query => MetricName().Matches(query)).Select(match => match.Groups[1].Value).Distinct(),
        ];

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(Metrics));
    }

    [Fact]
    public void The_workbook_shows_every_metric_of_the_app() =>
        Assert.Empty(Metrics.Except(WorkbookQueries().SelectMany(query => MetricName().Matches(query)).Select(match => match.Groups[1].Value)));

    [Fact]
    public void The_workbook_asks_the_workspace_alone_and_names_its_parts_once()
    {
        using JsonDocument workbook = Workbook();
        JsonElement[] items = [.. workbook.RootElement.GetProperty("items").EnumerateArray()];

        Assert.Equal(items.Length, items.Select(item => item.GetProperty("name").GetString()).Distinct().Count());
        Assert.All(items.Where(item => item.GetProperty("type").GetInt32() == 3), item =>
        {
            JsonElement content = item.GetProperty("content");
            Assert.Equal("WORKSPACE_ID", Assert.Single(content.GetProperty("crossComponentResources").EnumerateArray()).GetString());
            Assert.Equal("Time", content.GetProperty("timeContextFromParameter").GetString());
        });
        Assert.Equal(
            "[parameters('workspaceId')]", _template.Single("Microsoft.Insights/workbooks").Property("sourceId").GetString());
        Assert.Contains("'WORKSPACE_ID', parameters('workspaceId')", _template.Single("Microsoft.Insights/workbooks").Property("serializedData").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public void Alerts_can_be_left_out_and_tell_those_who_are_named()
    {
        Assert.Equal("[parameters('enableAlerts')]", _template.Condition("alerts"));
        Assert.Equal("[parameters('alertEmails')]", _template.Argument("alerts", "emails").GetString());
        Assert.Equal("[parameters('alertActionGroupIds')]", _template.Argument("alerts", "actionGroupIds").GetString());
        Assert.Equal("[not(empty(parameters('emails')))]", _template.Single("Microsoft.Insights/actionGroups").Json.GetProperty("condition").GetString());
        Assert.Equal("[variables('groupIds')]", _template.Single("Microsoft.Insights/scheduledQueryRules").Property("actions", "actionGroups").GetString());
    }

    [Theory]
    [InlineData("eventHubs", "Microsoft.EventHub/namespaces", "OperationalLogs", "AutoScaleLogs", "AllMetrics")]
    [InlineData("storage", "Microsoft.Storage/storageAccounts/blobServices", "StorageWrite", "StorageDelete", "Transaction")]
    [InlineData("storage", "Microsoft.Storage/storageAccounts/tableServices", "StorageWrite where asked for", "StorageDelete where asked for", "Transaction")]
    [InlineData("storage", "Microsoft.Storage/storageAccounts/queueServices", "StorageWrite where asked for", "StorageDelete where asked for", "Transaction")]
    [InlineData("hostStorage", "Microsoft.Storage/storageAccounts/blobServices", "StorageDelete", "Transaction")]
    [InlineData("functionApp", "Microsoft.Web/sites", "FunctionAppLogs", "AllMetrics")]
    public void Logs_and_metrics_go_to_the_workspace(string module, string type, params string[] categories)
    {
        TemplateResource setting = Assert.Single(
            _template.Resources,
            resource => resource.Type == "Microsoft.Insights/diagnosticSettings" && resource.Module == module
                && resource.Json.GetProperty("scope").GetString()!.StartsWith($"[resourceId('{type}',", StringComparison.Ordinal));

        Assert.Equal("[parameters('workspaceId')]", setting.Property("workspaceId").GetString());
        Assert.Contains("reference('monitoring').outputs.workspaceId", _template.Argument(setting.Module, "workspaceId").GetString()!, StringComparison.Ordinal);
        Assert.Equal(
            categories,
            new[] { "logs", "metrics" }
                .Where(kind => setting.Json.GetProperty("properties").TryGetProperty(kind, out _))
                .SelectMany(kind => setting.Property(kind).EnumerateArray())
                .Select(entry => entry.GetProperty("category").GetString() + entry.GetProperty("enabled").ToString() switch
                {
                    "True" => "",
                    "[parameters('logsTablesAndQueues')]" => " where asked for",
                    string other => $" if {other}",
                }));
    }

    [Fact]
    public void Tables_and_queues_are_logged_unless_it_is_turned_off()
    {
        Assert.Equal("[parameters('logTablesAndQueues')]", _template.Argument("storage", "logsTablesAndQueues").GetString());
        Assert.True(_template.Main.GetProperty("parameters").GetProperty("logTablesAndQueues").GetProperty("defaultValue").GetBoolean());
    }

    [Theory]
    [InlineData("Microsoft.Authorization/roleAssignments", "write", "delete")]
    [InlineData("Microsoft.Insights/dataCollectionRules", "write", "delete")]
    [InlineData("Microsoft.Insights/diagnosticSettings", "write", "delete")]
    [InlineData("Microsoft.Insights/scheduledQueryRules", "write", "delete")]
    [InlineData("Microsoft.Insights/activityLogAlerts", "write", "delete")]
    [InlineData("Microsoft.Insights/actionGroups", "write", "delete")]
    [InlineData("Microsoft.ManagedIdentity/userAssignedIdentities", "assign/action")]
    [InlineData("Microsoft.OperationalInsights/workspaces", "write", "delete", "purge/action")]
    [InlineData("Microsoft.Storage/storageAccounts", "write", "delete", "listKeys/action")]
    [InlineData("Microsoft.Storage/storageAccounts/blobServices", "write")]
    [InlineData("Microsoft.Storage/storageAccounts/managementPolicies", "write", "delete")]
    [InlineData("Microsoft.Web/sites", "write")]
    [InlineData("Microsoft.Web/sites/config", "write")]
    public void What_guards_detection_changes_with_an_alert(string type, params string[] operations)
    {
        Assert.Contains(_template.Resources, resource => resource.Type == type);
        Assert.All(operations, operation => Assert.Contains(
            $"{type}/{operation}",
            _template.ModuleTemplate("alerts").GetProperty("variables").GetProperty("guardedOperations").EnumerateArray().Select(guarded => guarded.GetString())));
        TemplateResource alert = _template.Single("Microsoft.Insights/activityLogAlerts");
        Assert.Equal("[resourceGroup().id]", Assert.Single(alert.Property("scopes").EnumerateArray()).GetString());
        Assert.Contains("variables('guardedOperations')", alert.Property("condition", "allOf")[2].GetProperty("anyOf").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_may_be_changed_without_an_alert_by_those_who_have_the_role_and_the_package_by_publishing()
    {
        string query = Query(Assert.Single(AlertRules(), rule => rule.GetProperty("name").GetString() == "strangers"));

        Assert.Contains("parameters('ruleWriterIds')", query, StringComparison.Ordinal);
        Assert.Contains("parameters('publisherPrincipalId')", query, StringComparison.Ordinal);
        string writers = _template.Argument("alerts", "ruleWriterIds").GetString()!;
        Assert.StartsWith("[union(parameters('rulePusherPrincipalIds'), ", writers, StringComparison.Ordinal);
        Assert.EndsWith("createArray(parameters('principalId'))))]", writers, StringComparison.Ordinal);
        Assert.DoesNotContain("identity", writers, StringComparison.Ordinal);
    }

    // An existing namespace

    [Fact]
    public void A_namespace_is_made_or_one_that_is_there_is_read_never_both()
    {
        Assert.Equal("[variables('isNamespaceNew')]", _template.Condition("eventHubs"));
        Assert.Equal("[not(variables('isNamespaceNew'))]", _template.Condition("existingEventHubs"));
        Assert.Equal(
            ["Microsoft.Authorization/roleAssignments", "Microsoft.Authorization/roleAssignments", "Microsoft.EventHub/namespaces/eventhubs/consumergroups"],
            _template.Resources.Where(resource => resource.Module == "existingEventHubs").Select(resource => resource.Type).Order(StringComparer.Ordinal));
        foreach (string parameter in (string[])["hubNames", "consumerGroup", "principalId", "sendsCanary"])
        {
            Assert.Equal(_template.Argument("eventHubs", parameter).GetString(), _template.Argument("existingEventHubs", parameter).GetString());
        }

        Assert.Matches(@"^\[if\(variables\('isNamespaceNew'\), createObject\('value', reference\('eventHubs'\).*, createObject\('value', reference\('existingEventHubs'\)", _template.Argument("functionApp", "eventHubNamespace").GetString()!);
    }

    // An account of its own for what correlations keep

    [Fact]
    public void What_correlations_keep_is_in_an_account_of_its_own_where_one_is_named_which_otherwise_stays_as_it_is()
    {
        Assert.Equal("", _template.Main.GetProperty("parameters").GetProperty("correlationStorageAccountId").GetProperty("defaultValue").GetString());
        Assert.Equal("[not(empty(parameters('correlationStorageAccountId')))]", _template.Main.GetProperty("variables").GetProperty("hasCorrelationStorage").GetString());
        Assert.Equal("[variables('hasCorrelationStorage')]", _template.Condition("correlationStorage"));
        Assert.Equal(
            ["Microsoft.Authorization/roleAssignments", "Microsoft.Storage/storageAccounts/tableServices/tables"],
            _template.Resources.Where(resource => resource.Module == "correlationStorage").Select(resource => resource.Type).Order(StringComparer.Ordinal));
        Assert.Equal("[variables('correlationAccount')[8]]", _template.Argument("correlationStorage", "accountName").GetString());
        JsonElement module = _template.Main.GetProperty("resources").GetProperty("correlationStorage");
        Assert.Equal(
            ("[variables('correlationAccount')[2]]", "[variables('correlationAccount')[4]]"),
            (module.GetProperty("subscriptionId").GetString(), module.GetProperty("resourceGroup").GetString()));
        Assert.Equal(
            "[if(variables('hasCorrelationStorage'), createObject('value', reference('correlationStorage').outputs.tableServiceUri.value), createObject('value', ''))]",
            _template.Argument("functionApp", "correlationTableServiceUri").GetString());
    }

    // It fits what is there

    [Fact]
    public void A_workspace_that_is_there_is_used_and_no_other_made()
    {
        Assert.Equal("", _template.Main.GetProperty("parameters").GetProperty("logAnalyticsWorkspaceId").GetProperty("defaultValue").GetString());
        Assert.Equal("[parameters('logAnalyticsWorkspaceId')]", _template.Argument("monitoring", "existingWorkspaceId").GetString());
        TemplateResource workspace = _template.Single("Microsoft.OperationalInsights/workspaces");
        Assert.Equal("[empty(parameters('existingWorkspaceId'))]", workspace.Json.GetProperty("condition").GetString());
        const string either = "[if(empty(parameters('existingWorkspaceId')), resourceId('Microsoft.OperationalInsights/workspaces', format('log-{0}', parameters('resourceToken'))), parameters('existingWorkspaceId'))]";
        JsonElement module = _template.ModuleTemplate("monitoring");
        Assert.Equal(either, module.GetProperty("variables").GetProperty("workspaceId").GetString());
        Assert.Equal("[variables('workspaceId')]", _template.Single("Microsoft.Insights/components").Property("WorkspaceResourceId").GetString());
        Assert.Equal("[variables('workspaceId')]", module.GetProperty("outputs").GetProperty("workspaceId").GetProperty("value").GetString());
    }

    [Fact]
    public void Nothing_is_sent_to_hubs_of_others_unless_they_are_told_to()
    {
        Assert.Equal("[empty(parameters('existingEventHubNamespaceId'))]", _template.Main.GetProperty("parameters").GetProperty("enableCanary").GetProperty("defaultValue").GetString());
        Assert.Equal("[parameters('enableCanary')]", _template.Argument("functionApp", "sendsCanary").GetString());
    }

    [Fact]
    public void All_that_hubs_have_is_read_unless_a_time_is_given()
    {
        Assert.Equal("", _template.Main.GetProperty("parameters").GetProperty("eventHubStart").GetProperty("defaultValue").GetString());
        Assert.Equal("[parameters('eventHubStart')]", _template.Argument("functionApp", "eventHubStart").GetString());
        JsonElement settings = _template.Settings;
        const string offset = "AzureFunctionsJobHost__extensions__eventHubs__initialOffsetOptions__";
        Assert.Equal("[if(empty(parameters('eventHubStart')), 'fromStart', 'fromEnqueuedTime')]", settings.GetProperty(offset + "type").GetString());
        Assert.Equal("[parameters('eventHubStart')]", settings.GetProperty(offset + "enqueuedTimeUtc").GetString());
    }

    // Private networking

    [Fact]
    public void Without_private_networking_there_is_no_network_and_everything_is_reached_from_outside()
    {
        Assert.False(_template.Main.GetProperty("parameters").GetProperty("privateNetworking").GetProperty("defaultValue").GetBoolean());
        Assert.Equal("[parameters('privateNetworking')]", _template.Condition("network"));
        Assert.All(
            _template.Resources.Where(resource => resource.Type.StartsWith("Microsoft.Network/", StringComparison.Ordinal)),
            resource => Assert.Equal("network", resource.Module));
        Assert.StartsWith("[if(parameters('privateNetworking'), createObject('value', reference('network')", _template.Argument("functionApp", "subnetId").GetString()!, StringComparison.Ordinal);
        Assert.EndsWith(", createObject('value', ''))]", _template.Argument("functionApp", "subnetId").GetString()!, StringComparison.Ordinal);
        Assert.Equal("[if(empty(parameters('subnetId')), null(), parameters('subnetId'))]", _template.Single("Microsoft.Web/sites").Property("virtualNetworkSubnetId").GetString());
    }

    [Theory]
    [InlineData("storage", "Microsoft.Storage/storageAccounts")]
    [InlineData("hostStorage", "Microsoft.Storage/storageAccounts")]
    [InlineData("eventHubs", "Microsoft.EventHub/namespaces")]
    public void With_it_the_public_endpoint_is_closed(string module, string type)
    {
        Assert.Equal("[parameters('privateNetworking')]", _template.Argument(module, "isPrivate").GetString());
        TemplateResource resource = Assert.Single(_template.Resources, resource => resource.Type == type && resource.Module == module);
        Assert.Equal("[if(parameters('isPrivate'), 'Disabled', 'Enabled')]", resource.Property("publicNetworkAccess").GetString());
    }

    [Fact]
    public void With_it_everything_that_the_app_opens_has_a_private_endpoint_and_its_domain()
    {
        JsonElement variables = _template.ModuleTemplate("network").GetProperty("variables");
        JsonElement[] endpoints = [.. variables.GetProperty("ownEndpoints").EnumerateArray()];
        string[] groups = [.. variables.GetProperty("groups").EnumerateArray().Select(group => group.GetString()!)];
        string[] domains = [.. variables.GetProperty("domains").EnumerateArray().Select(domain => domain.GetString()!)];

        Assert.Equal(
            ["storageAccountId blob", "storageAccountId queue", "storageAccountId table", "hostStorageAccountId blob", "hostStorageAccountId table", "eventHubNamespaceId namespace"],
            endpoints.Select(endpoint => $"{endpoint.GetProperty("resourceId").GetString()!.Split('\'')[1]} {endpoint.GetProperty("group").GetString()}"));
        Assert.Equal("[concat(variables('ownEndpoints'), variables('correlationEndpoints'))]", variables.GetProperty("endpoints").GetString());
        Assert.Equal(
            "[if(empty(parameters('correlationStorageAccountId')), createArray(), createArray(createObject('name', 'correlation-table', 'group', 'table', 'resourceId', parameters('correlationStorageAccountId'))))]",
            variables.GetProperty("correlationEndpoints").GetString());
        Assert.Equal("[parameters('correlationStorageAccountId')]", _template.Argument("network", "correlationStorageAccountId").GetString());
        Assert.Equal(endpoints.Length, endpoints.Select(endpoint => endpoint.GetProperty("name").GetString()).Distinct().Count());
        Assert.Equal(endpoints.Select(endpoint => endpoint.GetProperty("group").GetString()).Distinct(), groups);
        Assert.Equal(groups.Length, domains.Length);
        Assert.All(groups.Zip(domains).SkipLast(1), pair => Assert.StartsWith($"[format('privatelink.{pair.First}.", pair.Second, StringComparison.Ordinal));
        Assert.StartsWith("[format('privatelink.{0}', substring(parameters('eventHubNamespace')", domains[^1], StringComparison.Ordinal);
        foreach (string type in (string[])["privateEndpoints", "privateEndpoints/privateDnsZoneGroups"])
        {
            Assert.Equal("[length(variables('endpoints'))]", _template.Single($"Microsoft.Network/{type}").Json.GetProperty("copy").GetProperty("count").GetString());
        }

        foreach (string type in (string[])["privateDnsZones", "privateDnsZones/virtualNetworkLinks"])
        {
            Assert.Equal("[length(variables('domains'))]", _template.Single($"Microsoft.Network/{type}").Json.GetProperty("copy").GetProperty("count").GetString());
        }
    }

    [Fact]
    public void The_apps_subnet_is_one_that_Flex_Consumption_takes()
    {
        JsonElement subnet = _template.Single("Microsoft.Network/virtualNetworks").Property("subnets")[0];

        Assert.DoesNotContain('_', subnet.GetProperty("name").GetString()!);
        Assert.Equal(
            "Microsoft.App/environments",
            Assert.Single(subnet.GetProperty("properties").GetProperty("delegations").EnumerateArray()).GetProperty("properties").GetProperty("serviceName").GetString());
    }

    private IEnumerable<JsonElement> AlertRules()
    {
        JsonElement variables = _template.ModuleTemplate("alerts").GetProperty("variables");
        return variables.GetProperty("rules").EnumerateArray()
            .Concat(ConditionalRules(variables.GetProperty("canaryRules").GetString()!))
            .Concat(ConditionalRules(variables.GetProperty("namespaceRules").GetString()!));
    }

    // The compiler writes the rules that depend on a parameter as calls of createObject.
    private static IEnumerable<JsonElement> ConditionalRules(string expression) => CreatedObject().Matches(expression).Select(match =>
    {
        using var document = JsonDocument.Parse(JsonSerializer.Serialize(new
        {
            name = match.Groups["name"].Value,
            description = match.Groups["description"].Value,
            severity = int.Parse(match.Groups["severity"].Value, System.Globalization.CultureInfo.InvariantCulture),
            query = new[] { match.Groups["query"].Value },
        }));
        return document.RootElement.Clone();
    });

    private static string Query(JsonElement rule) => string.Join('\n', rule.GetProperty("query").EnumerateArray().Select(line => line.GetString()));

    private static JsonDocument Workbook() => JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.InfraFolder, "workbook.json")));

    private static IEnumerable<string> WorkbookQueries()
    {
        using JsonDocument workbook = Workbook();
        return
        [
            .. workbook.RootElement.GetProperty("items").EnumerateArray()
                .Where(item => item.GetProperty("type").GetInt32() == 3)
                .Select(item => item.GetProperty("content").GetProperty("query").GetString()!),
        ];
    }

    [GeneratedRegex("\"(sigmafunctions\\.[a-z_.]+)\"")]
    private static partial Regex MetricName();

    /// <summary>Tables of the workspace: of Application Insights, and of diagnostic settings.</summary>
    [GeneratedRegex(@"\b(AppMetrics|AppRequests|AppTraces|AzureMetrics|StorageBlobLogs|StorageTableLogs)\b")]
    private static partial Regex TableOfQuery();

    [GeneratedRegex(@"createObject\('name', '(?<name>[^']+)', 'title', '[^']+', 'description', '(?<description>[^']+)', 'severity', (?<severity>\d), 'window', '[^']+', 'query', createArray\((?<query>.*)\)\)")]
    private static partial Regex CreatedObject();
}
