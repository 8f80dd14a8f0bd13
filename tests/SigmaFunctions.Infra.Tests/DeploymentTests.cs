using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using SigmaFunctions.App.Options;
using SigmaFunctions.Samples;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Correlations;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Instances;
using SigmaFunctions.Storage.Rules;
using SigmaFunctions.Storage.Sources;
using SigmaFunctions.Storage.Verdicts;
using YamlDotNet.RepresentationModel;

namespace SigmaFunctions.Infra.Tests;

public sealed partial class DeploymentTests
{
    /// <summary>What uniqueString gives: 13 lower-case letters and digits.</summary>
    private static readonly string ResourceToken = new('x', 13);

    /// <summary>The longest name of an output.</summary>
    private static readonly string OutputName = new('z', 24);

    private readonly DeploymentTemplate _template;

    public DeploymentTests(DeploymentTemplate template)
    {
        Bicep.Require();
        _template = template;
    }

    [Fact]
    public void The_template_compiles_without_a_remark() => Assert.Equal("", _template.Diagnostics);

    [Fact]
    public void Everything_that_the_app_needs_is_there_once() => Assert.Equal(
        [
            "Microsoft.EventHub/namespaces",
            "Microsoft.EventHub/namespaces/eventhubs",
            "Microsoft.EventHub/namespaces/eventhubs/consumergroups",
            "Microsoft.EventHub/namespaces/eventhubs/consumergroups", // of hubs that are there already
            "Microsoft.EventHub/namespaces/networkRuleSets",
            "Microsoft.Insights/actionGroups",
            "Microsoft.Insights/activityLogAlerts",
            "Microsoft.Insights/components",
            "Microsoft.Insights/dataCollectionRules",
            "Microsoft.Insights/metricAlerts",
            "Microsoft.Insights/scheduledQueryRules",
            "Microsoft.Insights/workbooks",
            "Microsoft.ManagedIdentity/userAssignedIdentities",
            "Microsoft.ManagedIdentity/userAssignedIdentities", // by which the platform keeps the package
            "Microsoft.Network/privateDnsZones",
            "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
            "Microsoft.Network/privateEndpoints",
            "Microsoft.Network/privateEndpoints/privateDnsZoneGroups",
            "Microsoft.Network/virtualNetworks",
            "Microsoft.OperationalInsights/workspaces",
            "Microsoft.OperationalInsights/workspaces/tables", // of the workspace with Sentinel on it, which is there already
            "Microsoft.Resources/resourceGroups",
            "Microsoft.SecurityInsights/alertRules",
            "Microsoft.Storage/storageAccounts",
            "Microsoft.Storage/storageAccounts", // the host's
            "Microsoft.Storage/storageAccounts/blobServices",
            "Microsoft.Storage/storageAccounts/blobServices",
            "Microsoft.Storage/storageAccounts/blobServices/containers",
            "Microsoft.Storage/storageAccounts/blobServices/containers",
            "Microsoft.Storage/storageAccounts/blobServices/containers",
            "Microsoft.Storage/storageAccounts/blobServices/containers",
            "Microsoft.Storage/storageAccounts/blobServices/containers",
            "Microsoft.Storage/storageAccounts/managementPolicies",
            "Microsoft.Storage/storageAccounts/queueServices",
            "Microsoft.Storage/storageAccounts/queueServices/queues",
            "Microsoft.Storage/storageAccounts/queueServices/queues", // the sample consumer's
            "Microsoft.Storage/storageAccounts/queueServices/queues", // of each output
            "Microsoft.Storage/storageAccounts/queueServices/queues", // of each output, for what it does not take
            "Microsoft.Storage/storageAccounts/tableServices",
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables", // the sample consumer's
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables",
            "Microsoft.Storage/storageAccounts/tableServices/tables", // of correlations, in an account that is there already
            "Microsoft.Web/serverfarms",
            "Microsoft.Web/sites",
            "Microsoft.Web/sites/config",
        ],
        _template.Resources
            .Select(resource => resource.Type)
            .Where(type => type is not ("Microsoft.Authorization/roleAssignments" or "Microsoft.Insights/diagnosticSettings" or "Microsoft.Web/sites/basicPublishingCredentialsPolicies"))
            .Order(StringComparer.Ordinal));

    // No shared secret, nothing in the clear

    [Fact]
    public void Storage_accounts_take_no_shared_key_no_anonymous_reader_and_TLS_only()
    {
        Assert.All(_template.Resources.Where(resource => resource.Type == "Microsoft.Storage/storageAccounts"), account =>
        {
            Assert.False(account.Property("allowSharedKeyAccess").GetBoolean());
            Assert.False(account.Property("allowBlobPublicAccess").GetBoolean());
            Assert.True(account.Property("supportsHttpsTrafficOnly").GetBoolean());
            Assert.Equal("TLS1_2", account.Property("minimumTlsVersion").GetString());
        });
        Assert.All(Containers(), container => Assert.Equal("None", container.Property("publicAccess").GetString()));
    }

    [Fact]
    public void The_event_hub_takes_no_shared_key_unless_asked_to()
    {
        TemplateResource hubs = _template.Single("Microsoft.EventHub/namespaces");
        Assert.Equal("[not(parameters('allowSharedKeys'))]", hubs.Property("disableLocalAuth").GetString());
        Assert.Equal("[parameters('allowSharedKeySenders')]", _template.Argument(hubs.Module, "allowSharedKeys").GetString());
        Assert.False(Parameters(_template.Main)["allowSharedKeySenders"].GetProperty("defaultValue").GetBoolean());
        Assert.Equal("1.2", hubs.Property("minimumTlsVersion").GetString());
    }

    [Fact]
    public void Telemetry_is_taken_from_Entra_identities_only()
    {
        Assert.True(_template.Single("Microsoft.Insights/components").Property("DisableLocalAuth").GetBoolean());
        Assert.True(_template.Single("Microsoft.OperationalInsights/workspaces").Property("features", "disableLocalAuth").GetBoolean());
    }

    [Fact]
    public void The_function_app_takes_TLS_only_and_no_publishing_password()
    {
        TemplateResource app = _template.Single("Microsoft.Web/sites");
        Assert.True(app.Property("httpsOnly").GetBoolean());
        Assert.Equal("1.2", app.Property("siteConfig", "minTlsVersion").GetString());
        Assert.Equal("1.2", app.Property("siteConfig", "scmMinTlsVersion").GetString());
        Assert.Equal("Disabled", app.Property("siteConfig", "ftpsState").GetString());
        TemplateResource[] policies = _template.Resources.Where(resource => resource.Type == "Microsoft.Web/sites/basicPublishingCredentialsPolicies").ToArray();
        Assert.Equal(["ftp", "scm"], policies.Select(policy => Evaluate(policy.Name).Split('/')[1]).Order(StringComparer.Ordinal));
        Assert.All(policies, policy => Assert.False(policy.Property("allow").GetBoolean()));
    }

    [Fact]
    public void No_key_is_read_anywhere() =>
        Assert.DoesNotMatch(KeyFunctions(), _template.Main.GetRawText());

    // The identity

    [Fact]
    public void The_app_runs_under_one_identity_and_the_platform_keeps_its_package_by_another()
    {
        TemplateResource app = _template.Single("Microsoft.Web/sites");
        Assert.Equal("UserAssigned", app.Json.GetProperty("identity").GetProperty("type").GetString());
        Assert.Equal("UserAssignedIdentity", app.Property("functionAppConfig", "deployment", "storage", "authentication", "type").GetString());
        Assert.Equal(
            "[parameters('publisherIdentityId')]",
            app.Property("functionAppConfig", "deployment", "storage", "authentication", "userAssignedIdentityResourceId").GetString());
        Assert.Contains("reference('identity').outputs.id.value", _template.Argument(app.Module, "identityId").GetString()!, StringComparison.Ordinal);
        Assert.Contains("reference('identity').outputs.publisherId.value", _template.Argument(app.Module, "publisherIdentityId").GetString()!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("monitoring")]
    [InlineData("storage")]
    [InlineData("correlationStorage")]
    [InlineData("hostStorage")]
    [InlineData("eventHubs")]
    [InlineData("existingEventHubs")]
    [InlineData("network")]
    [InlineData("outputVault")]
    [InlineData("sentinelIngestion")]
    public void The_app_is_made_after_the_roles_it_needs_at_its_start(string module) => Assert.Contains(
        module,
        _template.Main.GetProperty("resources").GetProperty("functionApp").GetProperty("dependsOn").EnumerateArray().Select(name => name.GetString()));

    // What the app reads

    [Theory]
    [InlineData("AzureWebJobsStorage__accountName", "[parameters('hostStorageAccountName')]")]
    [InlineData("AzureWebJobsStorage__credential", "managedidentity")]
    [InlineData("AzureWebJobsStorage__clientId", "[parameters('identityClientId')]")]
    [InlineData("EventHubConnection__fullyQualifiedNamespace", "[parameters('eventHubNamespace')]")]
    [InlineData("EventHubConnection__credential", "managedidentity")]
    [InlineData("EventHubConnection__clientId", "[parameters('identityClientId')]")]
    [InlineData("EventHubName", "[join(parameters('eventHubNames'), ';')]")]
    [InlineData("EventHubConsumerGroup", "[parameters('eventHubConsumerGroup')]")]
    [InlineData("DetectionStorage__tableServiceUri", "[parameters('tableServiceUri')]")]
    [InlineData("DetectionStorage__queueServiceUri", "[parameters('queueServiceUri')]")]
    [InlineData("DetectionStorage__blobServiceUri", "[parameters('blobServiceUri')]")]
    [InlineData("DetectionStorage__credential", "managedidentity")]
    [InlineData("DetectionStorage__clientId", "[parameters('identityClientId')]")]
    [InlineData("Detections__CatalogAddress", "[parameters('catalogAddress')]")]
    [InlineData("Correlation__Storage", "[parameters('correlationTableServiceUri')]")]
    [InlineData("Rules__BlobContainer", "[parameters('ruleContainerName')]")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "[parameters('applicationInsightsConnectionString')]")]
    [InlineData("APPLICATIONINSIGHTS_AUTHENTICATION_STRING", "[format('ClientId={0};Authorization=AAD', parameters('identityClientId'))]")]
    public void The_app_has_a_setting(string name, string value) =>
        Assert.Equal(value, _template.Settings.GetProperty(name).GetString());

    [Theory]
    [InlineData("AzureWebJobsStorage")] // a connection string would be a shared key
    [InlineData("EventHubConnection")]
    [InlineData("FUNCTIONS_WORKER_RUNTIME")] // Flex Consumption refuses it
    [InlineData("FUNCTIONS_EXTENSION_VERSION")]
    [InlineData("WEBSITE_RUN_FROM_PACKAGE")]
    [InlineData("Detections__CreateIfNotExists")] // the deployment makes table and queue
    public void The_app_has_no_setting(string name) =>
        Assert.False(_template.Settings.TryGetProperty(name, out _));

    [Fact]
    public void The_app_runs_isolated_on_the_version_it_is_built_for()
    {
        JsonElement runtime = _template.Single("Microsoft.Web/sites").Property("functionAppConfig", "runtime");
        Assert.Equal("dotnet-isolated", runtime.GetProperty("name").GetString());
        Assert.Equal($"{Environment.Version.Major}.0", runtime.GetProperty("version").GetString());
        Assert.Equal("FC1", _template.Single("Microsoft.Web/serverfarms").Json.GetProperty("sku").GetProperty("name").GetString());
    }

    [Fact]
    public void Tables_and_queues_have_the_names_that_the_code_uses()
    {
        Assert.Equal(
            [
                DetectionTable.DefaultName,
                DetectionTable.DefaultName + CorrelationTable.NameSuffix,
                DetectionTable.DefaultName + CorrelationTable.NameSuffix, // in the account that is there already
                DetectionTable.DefaultName + DetectionIndex.NameSuffix,
                DetectionTable.DefaultName + InstanceTable.NameSuffix,
                DetectionTable.DefaultName + AlertOutbox.NameSuffix,
                SourceTable.DefaultName,
                DetectionTable.DefaultName + VerdictStore.NameSuffix,
                DetectionTable.DefaultName + AlertWindows.NameSuffix,
                ConsumerOptions.HandledTable,
                RuleSetTable.DefaultName,
            ],
            _template.Resources.Where(resource => resource.Type == "Microsoft.Storage/storageAccounts/tableServices/tables").Select(table => Evaluate(table.Name).Split('/')[^1]).Order(StringComparer.Ordinal));
        Assert.Equal(
            [AlertQueue.DefaultName, ConsumerOptions.PoisonQueue, $"{AlertQueue.DefaultName}-{OutputName}", $"{AlertQueue.DefaultName}-{OutputName}-poison"],
            _template.Resources.Where(resource => resource.Type == "Microsoft.Storage/storageAccounts/queueServices/queues").Select(queue => Evaluate(queue.Name).Split('/')[^1]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Containers_have_the_names_that_the_code_uses() => Assert.Equal(
        ["app-package", RuleStore.DefaultCompiledName, DeadLetterStore.DefaultName, OriginalStore.DefaultName, RuleStore.DefaultName],
        Containers().Select(container => Evaluate(container.Name).Split('/')[^1]).Order(StringComparer.Ordinal));

    // Names (limits: "Naming rules and restrictions for Azure resources")

    [Theory]
    [InlineData("Microsoft.Storage/storageAccounts", "^[a-z0-9]{3,24}$")]
    [InlineData("Microsoft.Storage/storageAccounts/blobServices/containers", "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$")]
    [InlineData("Microsoft.Storage/storageAccounts/queueServices/queues", "^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$")]
    [InlineData("Microsoft.Storage/storageAccounts/tableServices/tables", "^[A-Za-z][A-Za-z0-9]{2,62}$")]
    [InlineData("Microsoft.EventHub/namespaces", "^[A-Za-z][A-Za-z0-9-]{4,48}[A-Za-z0-9]$")]
    [InlineData("Microsoft.Insights/components", "^[A-Za-z0-9-]{1,255}$")]
    [InlineData("Microsoft.ManagedIdentity/userAssignedIdentities", "^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$")]
    [InlineData("Microsoft.Network/virtualNetworks", "^[A-Za-z0-9][A-Za-z0-9._-]{0,62}[A-Za-z0-9_]$")]
    [InlineData("Microsoft.Insights/dataCollectionRules", "^[A-Za-z0-9][A-Za-z0-9._-]{1,62}[A-Za-z0-9_-]$")]
    [InlineData("Microsoft.Insights/actionGroups", "^[^:<>+/&%\\\\?|]{1,260}$")]
    [InlineData("Microsoft.OperationalInsights/workspaces", "^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$")]
    [InlineData("Microsoft.Web/serverfarms", "^[A-Za-z0-9-]{1,60}$")]
    [InlineData("Microsoft.Web/sites", "^[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]$")] // the host tells apps apart by 32 characters
    public void A_name_keeps_within_its_limits(string type, string limits)
    {
        TemplateResource[] resources = [.. _template.Resources.Where(resource => resource.Type == type)];
        Assert.NotEmpty(resources);
        Assert.All(resources, resource => Assert.Matches(limits, Evaluate(resource.Name).Split('/')[^1]));
    }

    [Fact]
    public void Every_module_holds_its_token_to_the_length_that_the_limits_were_checked_with() => Assert.All(
        _template.Resources
            .Where(resource => resource.Module.Length > 0 && resource.Json.GetProperty("name").GetString()!.Contains("parameters('resourceToken')", StringComparison.Ordinal))
            .Select(resource => resource.Module)
            .Distinct(StringComparer.Ordinal),
        module =>
        {
            JsonElement token = Parameters(_template.ModuleTemplate(module))["resourceToken"];
            Assert.Equal((13, 13), (token.GetProperty("minLength").GetInt32(), token.GetProperty("maxLength").GetInt32()));
        });

    [Theory]
    [InlineData("environmentName", 64)] // with the prefix within a resource group's 90
    [InlineData("eventHubNames", EventHubOptions.MaxHubs)] // names
    [InlineData("eventHubConsumerGroup", 50)]
    public void A_name_that_is_given_is_held_to_its_limit(string parameter, int length) =>
        Assert.Equal(length, Parameters(_template.Main)[parameter].GetProperty("maxLength").GetInt32());

    // azd

    [Fact]
    public void The_parameter_file_gives_what_has_no_default_and_nothing_that_is_unknown()
    {
        using var file = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.InfraFolder, "main.parameters.json")));
        var given = Parameters(file.RootElement).Keys.ToHashSet(StringComparer.Ordinal);
        Dictionary<string, JsonElement> parameters = Parameters(_template.Main);
        Assert.Empty(given.Except(parameters.Keys));
        Assert.Empty(parameters.Where(pair => !pair.Value.TryGetProperty("defaultValue", out _)).Select(pair => pair.Key).Except(given));
    }

    [Theory]
    [InlineData("posix", "sh", "test -z \"$SIGMA_RULES\" ||")]
    [InlineData("windows", "pwsh", "if ($env:SIGMA_RULES)")]
    public void Rules_are_pushed_after_a_deployment_where_they_are_named_and_never_fail_it(string system, string shell, string guard)
    {
        var hooks = (YamlMappingNode)AzureYaml()["hooks"];
        Assert.Equal("postdeploy", Assert.Single(hooks.Children).Key.ToString());
        YamlNode hook = hooks["postdeploy"][system];

        Assert.Equal((shell, "true"), (hook["shell"].ToString(), hook["continueOnError"].ToString()));
        string run = hook["run"].ToString();
        Assert.StartsWith(guard, run, StringComparison.Ordinal);
        JsonElement outputs = _template.Main.GetProperty("outputs");
        Assert.All(
            Variable().Matches(run).Select(match => match.Groups[1].Value).Where(name => name != "SIGMA_RULES"),
            name => Assert.True(outputs.TryGetProperty(name, out _), name));
    }

    [Fact]
    public void The_service_of_azd_is_the_one_that_the_app_is_tagged_with()
    {
        KeyValuePair<YamlNode, YamlNode> service = Assert.Single(((YamlMappingNode)AzureYaml()["services"]).Children);
        string name = service.Key.ToString();

        Assert.Contains($"createObject('azd-service-name', '{name}')", _template.Single("Microsoft.Web/sites").Json.GetProperty("tags").GetString()!, StringComparison.Ordinal);
        Assert.Equal("src/SigmaFunctions.App", service.Value["project"].ToString());
        Assert.Equal("function", service.Value["host"].ToString());
        Assert.True(_template.Main.GetProperty("outputs").TryGetProperty($"SERVICE_{name.ToUpper(CultureInfo.InvariantCulture)}_NAME", out _));
    }

    private static YamlNode AzureYaml()
    {
        var stream = new YamlStream();
        using StreamReader reader = File.OpenText(Path.Combine(Repository.Folder, "azure.yaml"));
        stream.Load(reader);
        return stream.Documents[0].RootNode;
    }

    private static Dictionary<string, JsonElement> Parameters(JsonElement template) =>
        template.GetProperty("parameters").EnumerateObject().ToDictionary(property => property.Name, property => property.Value, StringComparer.Ordinal);

    private IEnumerable<TemplateResource> Containers() =>
        _template.Resources.Where(resource => resource.Type == "Microsoft.Storage/storageAccounts/blobServices/containers");

    /// <summary>A name with the token filled in; only the forms that names take here are understood.</summary>
    private static string Evaluate(string expression)
    {
        if (!expression.StartsWith('['))
        {
            return expression;
        }

        string text = expression[1..^1];
        for (Match format = FormatCall().Match(text); format.Success; format = FormatCall().Match(text))
        {
            object[] arguments = [.. Argument().Matches(format.Groups[2].Value).Select(argument => argument.Value switch
            {
                "parameters('resourceToken')" => ResourceToken,
                "parameters('accountName')" => "given",
                "parameters('outputNames')[copyIndex()]" => OutputName,
                _ => argument.Value.Trim('\''),
            })];
            string value = string.Format(CultureInfo.InvariantCulture, format.Groups[1].Value, arguments);
            text = $"{text[..format.Index]}'{value}'{text[(format.Index + format.Length)..]}";
        }

        Assert.Matches("^'[^'()]*'$", text);
        return text.Trim('\'');
    }

    [GeneratedRegex(@"\b(listKeys\(|listAccountSas\(|listServiceSas\(|listSecrets\(|AccountKey=|SharedAccessKey)", RegexOptions.IgnoreCase)]
    private static partial Regex KeyFunctions();

    /// <summary>A variable of the environment, in either shell.</summary>
    [GeneratedRegex(@"\$(?:env:)?([A-Z_]+)")]
    private static partial Regex Variable();

    /// <summary>An innermost call of format.</summary>
    [GeneratedRegex(@"format\('([^']*)'((?:, (?:'[^']*'|parameters\('[^']+'\)(?:\[copyIndex\(\)\])?))*)\)")]
    private static partial Regex FormatCall();

    [GeneratedRegex(@"parameters\('[^']+'\)(?:\[copyIndex\(\)\])?|'[^']*'")]
    private static partial Regex Argument();
}
