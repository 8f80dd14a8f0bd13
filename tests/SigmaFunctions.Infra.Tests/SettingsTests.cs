using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SigmaFunctions.App;
using SigmaFunctions.App.Exporting;
using SigmaFunctions.App.Options;

namespace SigmaFunctions.Infra.Tests;

/// <summary>The settings that the template gives are those that the app takes.</summary>
public sealed class SettingsTests
{
    /// <summary>What Azure would put in the place of the module's parameters.</summary>
    private static readonly Dictionary<string, string> Values = new(StringComparer.Ordinal)
    {
        ["[parameters('hostStorageAccountName')]"] = "sthostxxxxxxxxxxxxx",
        ["[parameters('identityClientId')]"] = "00000000-0000-0000-0000-000000000001",
        ["[format('ClientId={0};Authorization=AAD', parameters('identityClientId'))]"] = "ClientId=00000000-0000-0000-0000-000000000001;Authorization=AAD",
        ["[parameters('eventHubNamespace')]"] = "evhns-xxxxxxxxxxxxx.servicebus.windows.net",
        ["[join(parameters('eventHubNames'), ';')]"] = "deviceprocessevents;windowsevents",
        ["[parameters('eventHubConsumerGroup')]"] = "sigma",
        ["[if(empty(parameters('eventHubStart')), 'fromStart', 'fromEnqueuedTime')]"] = "fromEnqueuedTime",
        ["[parameters('eventHubStart')]"] = "2026-11-30T08:00:00Z",
        ["[parameters('tableServiceUri')]"] = "https://stxxxxxxxxxxxxx.table.core.windows.net/",
        ["[parameters('queueServiceUri')]"] = "https://stxxxxxxxxxxxxx.queue.core.windows.net/",
        ["[parameters('blobServiceUri')]"] = "https://stxxxxxxxxxxxxx.blob.core.windows.net/",
        ["[parameters('correlationTableServiceUri')]"] = "https://correlations.table.core.windows.net/",
        ["[parameters('catalogAddress')]"] = "",
        ["[parameters('ruleContainerName')]"] = "rules",
        ["[string(parameters('detectionRetentionDays'))]"] = "365",
        ["[string(parameters('verdictRetentionDays'))]"] = "730",
        ["[string(parameters('sendsCanary'))]"] = "True",
        ["[parameters('applicationInsightsConnectionString')]"] =
            "InstrumentationKey=00000000-0000-0000-0000-000000000002;IngestionEndpoint=https://region.in.applicationinsights.azure.com/",
    };

    private readonly Dictionary<string, string> _settings = [];

    public SettingsTests(DeploymentTemplate template)
    {
        Bicep.Require();
        foreach (JsonProperty setting in template.Settings.EnumerateObject())
        {
            string text = setting.Value.GetString()!;
            _settings.Add(setting.Name, text.StartsWith('[') ? Values[text] : text);
        }
    }

    [Fact]
    public void The_app_takes_them_and_sends_its_telemetry_as_its_identity()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(_settings.Select(setting => KeyValuePair.Create(setting.Key.Replace("__", ":", StringComparison.Ordinal), (string?)setting.Value)))
            .Build();
        using ServiceProvider services = new ServiceCollection().AddSingleton(configuration).AddLogging().AddDetection().BuildServiceProvider();

        Startup.CheckOptions(services);
        Assert.Equal(new DateTimeOffset(2026, 11, 30, 8, 0, 0, TimeSpan.Zero), services.GetRequiredService<IOptions<EventHubOptions>>().Value.Start);

        var export = ExportOptions.Read(configuration);
        Assert.NotNull(export.ConnectionString);
        Assert.Equal(_settings["DetectionStorage__clientId"], export.ClientId);
    }

    [Theory]
    [InlineData(DetectionOptions.Section, typeof(DetectionOptions))]
    [InlineData(DetectionStorageOptions.Section, typeof(DetectionStorageOptions))]
    [InlineData(AlertOptions.Section, typeof(AlertOptions))]
    [InlineData(RuleOptions.Section, typeof(RuleOptions))]
    [InlineData(CorrelationOptions.Section, typeof(CorrelationOptions))]
    [InlineData(CanaryOptions.Section, typeof(CanaryOptions))]
    public void None_is_of_a_name_that_the_app_does_not_know(string section, Type options) => Assert.Empty(
        _settings.Keys
            .Where(name => name.StartsWith(section + "__", StringComparison.Ordinal))
            .Select(name => name[(section.Length + 2)..])
            .Except(options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name), StringComparer.OrdinalIgnoreCase));
}
