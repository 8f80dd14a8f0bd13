using System.Text.Json;
using System.Text.RegularExpressions;
using SigmaFunctions.Samples;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.Infra.Tests;

/// <summary>Who may do what: every role assignment of the template, and what follows from all of them together.</summary>
public sealed partial class AccessTests
{
    private const string App = "the app";
    private const string Publisher = "the platform";
    private const string SampleConsumer = "the sample consumer";
    private const string Account = "Microsoft.Storage/storageAccounts";
    private const string Container = "Microsoft.Storage/storageAccounts/blobServices/containers";
    private const string Table = "Microsoft.Storage/storageAccounts/tableServices/tables";
    private const string Queue = "Microsoft.Storage/storageAccounts/queueServices/queues";
    private const string Package = "app-package";

    private static readonly Dictionary<string, string> Roles = new(StringComparer.Ordinal)
    {
        ["a638d3c7-ab3a-418d-83e6-5f17a39d4fde"] = "Azure Event Hubs Data Receiver",
        ["2b629674-e913-4c01-ae53-ef4638d8f975"] = "Azure Event Hubs Data Sender",
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = "Storage Blob Data Owner",
        ["ba92f5b4-2d11-453d-a403-e96b0029c9fe"] = "Storage Blob Data Contributor",
        ["2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"] = "Storage Blob Data Reader",
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = "Storage Table Data Contributor",
        ["76199698-9eea-4c19-bc75-cec21354c6b6"] = "Storage Table Data Reader",
        ["c6a89b2d-59bc-44d0-9896-0f6e12d7b80a"] = "Storage Queue Data Message Sender",
        ["8a0f0c08-91a1-4084-bc3d-661d67233fed"] = "Storage Queue Data Message Processor",
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = "Storage Queue Data Contributor",
        ["19e7f393-937e-4f77-808e-94535e297925"] = "Storage Queue Data Reader",
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = "Monitoring Metrics Publisher",
        ["4633458b-17de-408a-b874-0445c86b69e6"] = "Key Vault Secrets User",
    };

    /// <summary>Who a module's parameter stands for.</summary>
    private static readonly Dictionary<string, string> Principals = new(StringComparer.Ordinal)
    {
        ["parameters('principalId')"] = App,
        ["parameters('publisherPrincipalId')"] = Publisher,
        ["parameters('rulePublisherId')"] = "who deploys",
        ["variables('otherRulePusherIds')[copyIndex()]"] = "pushers of rules",
        ["parameters('alertConsumerIds')[copyIndex()]"] = "consumers",
        ["parameters('sampleConsumerIds')[copyIndex()]"] = SampleConsumer,
        ["parameters('analystIds')[copyIndex()]"] = "analysts",
        ["variables('detectionReaderIds')[copyIndex()]"] = "analysts and the sample consumer",
    };

    private readonly DeploymentTemplate _template;
    private readonly Access[] _accesses;

    public AccessTests(DeploymentTemplate template)
    {
        Bicep.Require();
        _template = template;
        _accesses = [.. template.Resources.Where(resource => resource.Type == "Microsoft.Authorization/roleAssignments").Select(Read)];
    }

    [Fact]
    public void Who_has_which_role_on_what() => Assert.Equal(
        [
            "consumers: Storage Queue Data Message Processor on storage queue alerts",
            "analysts and the sample consumer: Storage Blob Data Reader on storage container originals",
            "analysts and the sample consumer: Storage Table Data Reader on storage table Detections",
            "analysts: Storage Table Data Reader on storage table DetectionsSources",
            "pushers of rules: Storage Blob Data Contributor on storage container rules",
            "pushers of rules: Storage Table Data Reader on storage table RuleSets",
            "the app: Azure Event Hubs Data Receiver on eventHubs hub",
            "the app: Azure Event Hubs Data Receiver on existingEventHubs hub",
            "the app: Azure Event Hubs Data Sender on eventHubs hub",
            "the app: Azure Event Hubs Data Sender on existingEventHubs hub",
            "the app: Key Vault Secrets User on outputVault vault",
            "the app: Monitoring Metrics Publisher on monitoring telemetry",
            "the app: Monitoring Metrics Publisher on sentinelIngestion data collection rule",
            "the app: Storage Blob Data Contributor on storage container compiled-rules",
            "the app: Storage Blob Data Contributor on storage container dead-letters",
            "the app: Storage Blob Data Contributor on storage container originals",
            "the app: Storage Blob Data Owner on hostStorage account",
            "the app: Storage Blob Data Reader on storage container rules",
            "the app: Storage Queue Data Contributor on storage queue alerts-NAME",
            "the app: Storage Queue Data Message Sender on storage queue alerts",
            "the app: Storage Queue Data Message Sender on storage queue alerts-NAME-poison",
            "the app: Storage Queue Data Reader on storage queue alerts-NAME-poison",
            "the app: Storage Table Data Contributor on correlationStorage account",
            "the app: Storage Table Data Contributor on hostStorage account",
            "the app: Storage Table Data Contributor on storage account",
            "the platform: Storage Blob Data Contributor on storage container app-package",
            "the sample consumer: Storage Queue Data Contributor on storage queue alerts",
            "the sample consumer: Storage Queue Data Message Sender on storage queue alerts-poison",
            "the sample consumer: Storage Table Data Contributor on storage table HandledAlerts",
            "who deploys: Storage Blob Data Contributor on storage container rules",
            "who deploys: Storage Table Data Reader on storage table RuleSets",
        ],
        _accesses.Select(access => access.ToString()).OrderBy(text => text.StartsWith("consumers", StringComparison.Ordinal) ? 0 : 1).ThenBy(text => text, StringComparer.Ordinal));

    [Theory]
    [InlineData(RuleStore.DefaultName, "pushers of rules", "who deploys")]
    [InlineData(Package, Publisher)]
    [InlineData(RuleStore.DefaultCompiledName, App)]
    [InlineData(DeadLetterStore.DefaultName, App)]
    [InlineData(OriginalStore.DefaultName, App)]
    public void A_container_can_be_written_by_these_and_none_else_by_whatever_role(string container, params string[] writers)
    {
        Assert.Equal(Containers().Order(StringComparer.Ordinal), Theories(nameof(A_container_can_be_written_by_these_and_none_else_by_whatever_role)).Order(StringComparer.Ordinal));

        Assert.Equal(
            writers,
            _accesses.Where(access => access.Module == "storage" && access.WritesBlobs && (access.ScopeType == Account || access.IsOn(Container, container)))
                .Select(access => access.Principal).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_app_reads_its_rules_and_nobody_on_the_account_of_rules_can_remove_former_versions()
    {
        Assert.Contains(_accesses, access => access is { Principal: App, Module: "storage" } && access.ReadsBlobs && access.IsOn(Container, RuleStore.DefaultName));
        Assert.DoesNotContain(_accesses, access => access.Module == "storage" && access.Role == "Storage Blob Data Owner");
    }

    [Fact]
    public void The_host_has_an_account_of_its_own_and_only_the_app_is_let_in_there()
    {
        Assert.All(_accesses.Where(access => access.Module == "hostStorage"), access => Assert.Equal(App, access.Principal));
        Assert.Contains("reference('hostStorage').outputs.name.value", _template.Argument("functionApp", "hostStorageAccountName").GetString()!, StringComparison.Ordinal);
        Assert.All(
            (string[])["tableServiceUri", "queueServiceUri", "blobServiceUri", "deploymentContainerUri"],
            parameter => Assert.Contains("reference('storage').outputs", _template.Argument("functionApp", parameter).GetString()!, StringComparison.Ordinal));
    }

    [Fact]
    public void People_have_roles_on_one_queue_table_or_container_and_never_on_an_account() => Assert.All(
        _accesses.Where(access => access.Principal is not (App or Publisher)),
        access => Assert.Contains(access.ScopeType, (string[])[Container, Table, Queue]));

    [Fact]
    public void Nobody_but_the_app_writes_into_its_tables() => Assert.All(
        _accesses.Where(access => access.Role == "Storage Table Data Contributor" && !access.IsOn(Table, ConsumerOptions.HandledTable)),
        access => Assert.Equal(App, access.Principal));

    [Fact]
    public void Alerts_are_added_by_the_app_and_can_be_by_the_sample_consumer_which_needs_a_role_that_also_allows_it() => Assert.Equal(
        [App, SampleConsumer],
        _accesses.Where(access => access.Role is "Storage Queue Data Contributor" or "Storage Queue Data Message Sender" && access.IsOn(Queue, AlertQueue.DefaultName))
            .Select(access => access.Principal).Order(StringComparer.Ordinal));

    [Fact]
    public void What_an_output_is_told_and_what_it_did_not_take_is_the_apps_alone() => Assert.All(
        _accesses.Where(access => access.ScopeType == Queue && access.Scope.StartsWith("alerts-NAME", StringComparison.Ordinal)),
        access => Assert.Equal(App, access.Principal));

    [Fact]
    public void Who_reads_detections_is_named_once_in_whichever_list() =>
        Assert.Equal("[union(parameters('analystIds'), parameters('sampleConsumerIds'))]", _template.Variable("storage", "detectionReaderIds"));

    [Fact]
    public void What_the_sample_consumer_writes_to_is_made_where_there_is_one() => Assert.Equal(
        [ConsumerOptions.HandledTable, ConsumerOptions.PoisonQueue],
        _template.Resources.Where(resource => resource.Type is Table or Queue && resource.Json.TryGetProperty("condition", out JsonElement condition)
                && condition.GetString() == "[not(empty(parameters('sampleConsumerIds')))]")
            .Select(resource => QuotedText().Matches(resource.Name)[^1].Groups[1].Value).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("rulePusherIds", "rulePusherPrincipalIds")]
    [InlineData("alertConsumerIds", "alertConsumerPrincipalIds")]
    [InlineData("sampleConsumerIds", "sampleConsumerPrincipalIds")]
    [InlineData("analystIds", "analystPrincipalIds")]
    public void Who_is_let_in_is_named_when_deploying_and_nobody_is_by_default(string parameter, string named)
    {
        Assert.Equal($"[parameters('{named}')]", _template.Argument("storage", parameter).GetString());
        Assert.Empty(_template.Main.GetProperty("parameters").GetProperty(named).GetProperty("defaultValue").EnumerateArray());
    }

    [Fact]
    public void Who_deploys_is_let_in_once_and_only_where_asked_for()
    {
        Assert.All(_accesses.Where(access => access.Principal == "who deploys"), access => Assert.Equal("[not(empty(parameters('rulePublisherId')))]", access.Condition));
        Assert.Equal("[parameters('principalId')]", _template.Argument("storage", "rulePublisherId").GetString());
        Assert.Equal("", _template.Main.GetProperty("parameters").GetProperty("principalId").GetProperty("defaultValue").GetString());
        Assert.Equal(
            "[filter(parameters('rulePusherIds'), lambda('id', not(equals(lambdaVariables('id'), parameters('rulePublisherId')))))]",
            _template.Variable("storage", "otherRulePusherIds"));
    }

    [Theory]
    [InlineData("storage", "principalId", "principalId")]
    [InlineData("correlationStorage", "principalId", "principalId")]
    [InlineData("hostStorage", "principalId", "principalId")]
    [InlineData("eventHubs", "principalId", "principalId")]
    [InlineData("existingEventHubs", "principalId", "principalId")]
    [InlineData("monitoring", "principalId", "principalId")]
    [InlineData("storage", "publisherPrincipalId", "publisherPrincipalId")]
    [InlineData("alerts", "publisherPrincipalId", "publisherPrincipalId")]
    [InlineData("outputVault", "principalId", "principalId")]
    [InlineData("sentinelIngestion", "principalId", "principalId")]
    public void A_module_is_told_of_the_identity_that_is_meant(string module, string parameter, string output) =>
        Assert.Contains($"reference('identity').outputs.{output}.value", _template.Argument(module, parameter).GetString()!, StringComparison.Ordinal);

    private static IEnumerable<string> Theories(string method) => typeof(AccessTests).GetMethod(method)!
        .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Cast<InlineDataAttribute>().Select(data => (string)data.Data[0]!);

    private IEnumerable<string> Containers() =>
        _template.Resources.Where(resource => resource.Type == Container).Select(container => QuotedText().Matches(container.Name)[^1].Groups[1].Value);

    private Access Read(TemplateResource assignment)
    {
        string variable = Reference().Match(assignment.Property("roleDefinitionId").GetString()!).Groups[1].Value;
        string scope = assignment.Json.GetProperty("scope").GetString()!;
        string type = QuotedText().Match(scope).Groups[1].Value;
        string principal = assignment.Property("principalId").GetString()!.Trim('[').TrimEnd(']');
        return new Access(
            Principals.GetValueOrDefault(principal) ?? Principals[principal + "]"],
            Roles[RoleId().Match(_template.Variable(assignment.Module, variable)).Value],
            assignment.Module,
            type,
            OutputQueue().Match(scope) is { Success: true } queue ? $"alerts-NAME{queue.Groups[1].Value}" : QuotedText().Matches(scope)[^1].Groups[1].Value,
            assignment.Json.TryGetProperty("condition", out JsonElement condition) ? condition.GetString()! : "");
    }

    /// <summary>A role that somebody has on something.</summary>
    private sealed record Access(string Principal, string Role, string Module, string ScopeType, string Scope, string Condition)
    {
        public bool WritesBlobs => Role is "Storage Blob Data Owner" or "Storage Blob Data Contributor";

        public bool ReadsBlobs => WritesBlobs || Role == "Storage Blob Data Reader";

        public bool IsOn(string type, string name) => ScopeType == type && Scope == name;

        public override string ToString() => $"{Principal}: {Role} on {Module} " + ScopeType switch
        {
            Account => "account",
            Container => $"container {Scope}",
            Table => $"table {Scope}",
            Queue => $"queue {Scope}",
            "Microsoft.EventHub/namespaces/eventhubs" => "hub",
            "Microsoft.Insights/components" => "telemetry",
            "Microsoft.Insights/dataCollectionRules" => "data collection rule",
            "Microsoft.KeyVault/vaults" => "vault",
            _ => ScopeType,
        };
    }

    [GeneratedRegex(@"^\[variables\('([^']+)'\)\]$")]
    private static partial Regex Reference();

    [GeneratedRegex("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")]
    private static partial Regex RoleId();

    /// <summary>The queue of each output, or of what it does not take.</summary>
    [GeneratedRegex(@"'default', format\('alerts-\{0\}([^']*)', parameters\('outputNames'\)\[copyIndex\(\)\]\)\)\]$")]
    private static partial Regex OutputQueue();

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex QuotedText();
}
