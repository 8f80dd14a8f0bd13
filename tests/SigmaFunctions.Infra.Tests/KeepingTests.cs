using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.Infra.Tests;

/// <summary>How long blobs stay, with what is kept of them once they are changed or deleted.</summary>
public sealed partial class KeepingTests
{
    private readonly DeploymentTemplate _template;
    private readonly LifecycleRule[] _rules;

    public KeepingTests(DeploymentTemplate template)
    {
        Bicep.Require();
        _template = template;
        _rules =
        [
            .. template.Single("Microsoft.Storage/storageAccounts/managementPolicies").Property("policy", "rules").EnumerateArray()
                .Select(rule => rule.GetProperty("definition"))
                .SelectMany(definition => definition.GetProperty("filters").GetProperty("prefixMatch").EnumerateArray()
                    .Select(prefix => new LifecycleRule(PrefixOf(prefix.GetString()!), definition.GetProperty("actions")))),
        ];
    }

    private static Dictionary<string, int> Defaults => new(StringComparer.Ordinal)
    {
        ["deadLetterRetentionDays"] = 30,
        ["originalRetentionDays"] = 365,
        ["recoveryDays"] = 7,
        ["ruleHistoryDays"] = 730,
    };

    [Fact]
    public void What_is_changed_or_deleted_can_be_recovered_where_anything_depends_on_it_and_nowhere_that_the_host_writes()
    {
        TemplateResource kept = Assert.Single(_template.Resources, resource => resource is { Type: "Microsoft.Storage/storageAccounts/blobServices", Module: "storage" });
        Assert.True(kept.Property("isVersioningEnabled").GetBoolean());
        foreach (string policy in (string[])["deleteRetentionPolicy", "containerDeleteRetentionPolicy"])
        {
            Assert.True(kept.Property(policy, "enabled").GetBoolean());
            Assert.Equal("[parameters('recoveryDays')]", kept.Property(policy, "days").GetString());
        }
        TemplateResource host = Assert.Single(_template.Resources, resource => resource is { Type: "Microsoft.Storage/storageAccounts/blobServices", Module: "hostStorage" });
        Assert.False(host.Json.TryGetProperty("properties", out _));
    }

    [Fact]
    public void Former_versions_and_snapshots_of_every_container_end() => Assert.All(Containers(), container =>
    {
        LifecycleRule rule = Assert.Single(_rules, rule => rule.Prefix == container + "/");
        Assert.Equal(rule.Days("version", "daysAfterCreationGreaterThan", Defaults), rule.Days("snapshot", "daysAfterCreationGreaterThan", Defaults));
        Assert.InRange(rule.Days("version", "daysAfterCreationGreaterThan", Defaults)!.Value, 0, 730);
    });

    [Theory]
    [InlineData(DeadLetterStore.DefaultName, "deadLetterRetentionDays")]
    [InlineData(OriginalStore.DefaultName, "originalRetentionDays")]
    public void Of_what_events_made_nothing_is_left_after_the_days_that_are_promised(string container, string parameter)
    {
        Assert.Equal($"[parameters('{parameter}')]", _template.Argument("storage", parameter).GetString());
        JsonElement promised = Parameter(parameter), recovery = Parameter("blobRecoveryDays");
        Assert.Equal("[parameters('blobRecoveryDays')]", _template.Argument("storage", "recoveryDays").GetString());
        int lifecycle = _template.ModuleTemplate("storage").GetProperty("variables").GetProperty("lifecycleDays").GetInt32();
        Assert.True(lifecycle >= 2, "A blob goes in one run, its last version in the next.");
        LifecycleRule rule = Assert.Single(_rules, rule => rule.Prefix == container + "/");

        foreach (int days in (int[])[promised.GetProperty("minValue").GetInt32(), promised.GetProperty("defaultValue").GetInt32(), promised.GetProperty("maxValue").GetInt32()])
        {
            foreach (int recoverable in (int[])[recovery.GetProperty("minValue").GetInt32(), recovery.GetProperty("defaultValue").GetInt32(), recovery.GetProperty("maxValue").GetInt32()])
            {
                var values = new Dictionary<string, int>(Defaults) { [parameter] = days, ["recoveryDays"] = recoverable };
                int current = rule.Days("baseBlob", "daysAfterModificationGreaterThan", values, lifecycle)!.Value;
                int former = rule.Days("version", "daysAfterCreationGreaterThan", values)!.Value;

                Assert.InRange(current, 1, days);
                Assert.Equal(days, current + former + lifecycle + recoverable);
            }
        }
    }

    [Fact]
    public void Rules_and_package_are_never_deleted_by_age_and_their_history_outlives_everything_that_they_made()
    {
        foreach (string container in (string[])[RuleStore.DefaultName, "app-package"])
        {
            LifecycleRule rule = Assert.Single(_rules, rule => rule.Prefix == container + "/");
            Assert.Null(rule.Days("baseBlob", "daysAfterModificationGreaterThan", Defaults));
            Assert.True(rule.Days("version", "daysAfterCreationGreaterThan", Defaults) >= Defaults["originalRetentionDays"]);
        }
        Assert.Equal(Defaults["ruleHistoryDays"], Parameter("ruleHistoryDays").GetProperty("defaultValue").GetInt32());
    }

    [Fact]
    public void What_was_compiled_goes_wherever_a_version_of_the_app_kept_it()
    {
        int[] days =
        [
            .. new[] { RuleStore.DefaultCompiledName + "/", RuleStore.DefaultName + "/packs/" }
                .Select(prefix => Assert.Single(_rules, rule => rule.Prefix == prefix).Days("baseBlob", "daysAfterModificationGreaterThan", Defaults)!.Value),
        ];
        Assert.All(days, one => Assert.Equal(RuleStore.PackRetention.Days, one));
    }

    private IEnumerable<string> Containers() => _template.Resources
        .Where(resource => resource.Type == "Microsoft.Storage/storageAccounts/blobServices/containers")
        .Select(container => Quoted().Matches(container.Name)[^1].Groups[1].Value);

    private JsonElement Parameter(string name) => _template.Main.GetProperty("parameters").GetProperty(name);

    // The compiler writes ['${name}/'] as a call of format.
    private static string PrefixOf(string expression) => Format().Match(expression) is { Success: true } format
        ? string.Format(CultureInfo.InvariantCulture, format.Groups[1].Value, format.Groups[2].Value)
        : expression;

    /// <summary>What happens to the blobs of a prefix.</summary>
    private sealed partial record LifecycleRule(string Prefix, JsonElement Actions)
    {
        /// <summary>Days after which blobs, versions or snapshots are deleted; null for never.</summary>
        public int? Days(string what, string condition, Dictionary<string, int> parameters, int lifecycleDays = 4)
        {
            if (!Actions.TryGetProperty(what, out JsonElement action))
            {
                return null;
            }

            JsonElement days = action.GetProperty("delete").GetProperty(condition);
            return days.ValueKind == JsonValueKind.Number ? days.GetInt32() : Evaluate(days.GetString()!.Trim('[', ']'), parameters, lifecycleDays);
        }

        private static int Evaluate(string expression, Dictionary<string, int> parameters, int lifecycleDays)
        {
            string text = Parameter().Replace(expression, match => parameters[match.Groups[1].Value].ToString(CultureInfo.InvariantCulture))
                .Replace("variables('lifecycleDays')", lifecycleDays.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
            for (Match difference = Difference().Match(text); difference.Success; difference = Difference().Match(text))
            {
                int value = int.Parse(difference.Groups[1].ValueSpan, CultureInfo.InvariantCulture) - int.Parse(difference.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
                text = string.Concat(text.AsSpan(0, difference.Index), value.ToString(CultureInfo.InvariantCulture), text.AsSpan(difference.Index + difference.Length));
            }
            return int.Parse(text, CultureInfo.InvariantCulture);
        }

        [GeneratedRegex(@"parameters\('([^']+)'\)")]
        private static partial Regex Parameter();

        [GeneratedRegex(@"sub\((-?\d+), (-?\d+)\)")]
        private static partial Regex Difference();
    }

    [GeneratedRegex("'([^']*)'")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\[format\('([^']+)', '([^']+)'\)\]$")]
    private static partial Regex Format();
}
