using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.Outputs.Tests;

public sealed class OutputSettingsTests
{
    private const string Url = "https://hooks.contoso.example/services/SECRET";
    private const string Rule = "dcr-0123456789abcdef0123456789abcdef";

    [Fact]
    public void Without_settings_there_are_no_outputs()
    {
        Assert.Empty(OutputSettings.Read([], out ImmutableArray<string> faults));
        Assert.Empty(faults);
    }

    [Fact]
    public void A_webhook_needs_its_address_alone()
    {
        OutputOptions output = ReadOne(("Teams:Type", "webhook"), ("teams:url", Url));

        Assert.Equal(("teams", OutputType.Webhook, OutputFormat.Alert, new Uri(Url)), (output.Name, output.Type, output.Format, output.Url));
        Assert.Equal((RuleLevel.Informational, true, TimeSpan.Zero), (output.MinimumLevel, output.Selection.IsAll, output.SuppressFor));
        Assert.Equal((true, false, true), (output.MasksSecrets, output.AllowsPrivateAddresses, output.GroupsBursts));
        Assert.Equal(Enum.GetValues<AlertPart>().Length, output.Parts.Count);
        Assert.True(output.SigningKey.IsEmpty);
    }

    [Fact]
    public void Sentinel_needs_an_endpoint_and_a_rule()
    {
        OutputOptions output = ReadOne(("sentinel:Type", "Sentinel"), ("sentinel:Endpoint", "https://rule.westeurope-1.ingest.monitor.azure.com"), ("sentinel:DataCollectionRuleId", Rule));

        Assert.Equal((OutputFormat.Table, Rule, "Custom-SigmaDetections_CL", false), (output.Format, output.DataCollectionRuleId, output.Stream, output.MasksSecrets));
        Assert.False(output.GroupsBursts);
    }

    [Fact]
    public void All_members_are_read()
    {
        OutputOptions output = ReadOne(
            ("a1:Type", "Webhook"), ("a1:Url", Url), ("a1:Format", "slack"), ("a1:MinimumLevel", "high"), ("a1:Tags", "attack.t1059; !attack.t1059.001"), ("a1:Products", "windows"),
            ("a1:SuppressFor", "01:00:00"), ("a1:Parts", "host;fields"), ("a1:MasksSecrets", "false"), ("a1:SigningKey", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"),
            ("a1:AllowsPrivateAddresses", "true"), ("a1:BurstAfter", "0"), ("a1:BurstWindow", "00:01:00"), ("a1:MaximumPerMinute", "0"));

        Assert.Equal((OutputFormat.Slack, RuleLevel.High, TimeSpan.FromHours(1)), (output.Format, output.MinimumLevel, output.SuppressFor));
        Assert.Equal(["attack.t1059", "!attack.t1059.001"], output.Selection.Tags);
        Assert.Equal(["windows"], output.Selection.Products);
        Assert.Equal([AlertPart.Host, AlertPart.Fields], output.Parts.Order());
        Assert.Equal(Enumerable.Range(0, 24).Select(i => (byte)i), output.SigningKey);
        Assert.Equal((true, false, TimeSpan.FromMinutes(1), 0), (output.AllowsPrivateAddresses, output.GroupsBursts, output.BurstWindow, output.MaximumPerMinute));
    }

    [Fact]
    public void A_reference_to_a_secret_that_is_not_resolved_is_no_reason_not_to_start()
    {
        OutputOptions output = ReadOne(("teams:Type", "Webhook"), ("teams:Url", "@Microsoft.KeyVault(SecretUri=https://vault.contoso.example/secrets/teams)"));

        Assert.Equal(("Outputs__teams__Url", null), (output.UnresolvedSecret, output.Url));
    }

    [Theory]
    [InlineData("Outputs__a__Type must be one of Webhook, Sentinel.", "a:Type", "SECRET")]
    [InlineData("Outputs__a__Type must be one of Webhook, Sentinel.", "a:Type", "1")]
    [InlineData("Outputs__a__Type is not set", "a:Url", Url)]
    [InlineData("Outputs__a_b__Type is no setting of an output", "a_b:Type", "Webhook")]
    [InlineData("Outputs__a is no setting of an output", "a", "SECRET")]
    [InlineData("Outputs__averylongnameofanoutputthat__Type is no setting", "averylongnameofanoutputthat:Type", "Webhook")]
    [InlineData("Outputs__poison__Type is no setting of an output", "poison:Type", "Webhook")]
    [InlineData("Outputs__w__Url must be an absolute https address", "w:Url", "http://hooks.contoso.example/SECRET")]
    [InlineData("Outputs__w__Url must be an absolute https address", "w:Url", "https://user:SECRET@hooks.contoso.example/")]
    [InlineData("Outputs__w__Url must be an absolute https address", "w:Url", "https://hooks.contoso.example/#SECRET")]
    [InlineData("Outputs__w__Levels is no setting of an output of type Webhook", "w:Levels", "SECRET")]
    [InlineData("Outputs__w__Stream is no setting of an output of type Webhook", "w:Stream", "SECRET")]
    [InlineData("Outputs__w__Format of an output of type Webhook must be one of Alert, Slack, Teams, Ocsf.", "w:Format", "Table")]
    [InlineData("Outputs__w__Format must be one of", "w:Format", "SECRET")]
    [InlineData("Outputs__w__MinimumLevel must be one of informational, low, medium, high, critical.", "w:MinimumLevel", "SECRET")]
    [InlineData("Outputs__w__SuppressFor must be a time from 00:00:00 to 7.00:00:00.", "w:SuppressFor", "8.00:00:00")]
    [InlineData("Outputs__w__Parts must be None, or some of Host", "w:Parts", "host;SECRET")]
    [InlineData("Outputs__w__MasksSecrets must be true or false.", "w:MasksSecrets", "SECRET")]
    [InlineData("Outputs__w__SigningKey must have 24 characters or more", "w:SigningKey", "SECRET")]
    [InlineData("Outputs__w__SigningKey must be whsec_ and 24 to 64 bytes", "w:SigningKey", "whsec_SECRET")]
    [InlineData("Outputs__w__BurstAfter must be 0 to 20.", "w:BurstAfter", "21")]
    [InlineData("Outputs__w__BurstWindow must be a time from 00:00:10 to 01:00:00.", "w:BurstWindow", "00:00:01")]
    [InlineData("Outputs__w__MaximumPerMinute must be 0 to 6000.", "w:MaximumPerMinute", "-1")]
    [InlineData("Outputs__s__Endpoint must be the https address", "s:Endpoint", "http://SECRET/")]
    [InlineData("Outputs__s__DataCollectionRuleId must be the immutable id", "s:DataCollectionRuleId", "/subscriptions/SECRET")]
    [InlineData("Outputs__s__Stream must be the name of a stream", "s:Stream", "SECRET_CL")]
    [InlineData("Outputs__s__Url is no setting of an output of type Sentinel", "s:Url", Url)]
    public void What_is_wrong_is_named_and_no_value_is_shown(string expected, string setting, string value)
    {
        Dictionary<string, string?> settings = new(StringComparer.OrdinalIgnoreCase)
        {
            ["w:Type"] = "Webhook",
            ["w:Url"] = Url,
            ["s:Type"] = "Sentinel",
            ["s:Endpoint"] = "https://rule.westeurope-1.ingest.monitor.azure.com",
            ["s:DataCollectionRuleId"] = Rule,
            [setting] = value,
        };

        ImmutableArray<OutputOptions> outputs = OutputSettings.Read(settings, out ImmutableArray<string> faults);

        Assert.StartsWith(expected, Assert.Single(faults), StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", faults[0], StringComparison.Ordinal);
        Assert.Equal(setting[..1] is "w" or "s" ? 1 : 2, outputs.Length);
    }

    [Fact]
    public void There_are_sixteen_outputs_at_most()
    {
        OutputSettings.Read(
            Enumerable.Range(0, 17).SelectMany(i => new[] { KeyValuePair.Create($"o{i}__Type", (string?)"Webhook"), KeyValuePair.Create($"o{i}__Url", (string?)Url) }),
            out ImmutableArray<string> faults);

        Assert.Equal(["There are 17 outputs; one app has at most 16."], faults);
    }

    private static OutputOptions ReadOne(params (string Key, string Value)[] settings)
    {
        ImmutableArray<OutputOptions> outputs = OutputSettings.Read(settings.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value)), out ImmutableArray<string> faults);
        Assert.Empty(faults);
        return Assert.Single(outputs);
    }
}
