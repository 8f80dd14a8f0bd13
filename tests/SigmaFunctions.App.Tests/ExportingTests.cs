using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SigmaFunctions.App.Exporting;
using SigmaFunctions.App.Starting;

namespace SigmaFunctions.App.Tests;

/// <summary>
/// How exporters are set. None is started here: they share what is one in a process (event sources, their listeners) with the tests beside
/// them. <c>LoadTests</c> has a worker that exports.
/// </summary>
public sealed class ExportingTests
{
    private const string ConnectionString = "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=https://127.0.0.1:1/";

    private static (string, string)[] Collector => [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")];

    [Theory]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "SECRET", "APPLICATIONINSIGHTS_CONNECTION_STRING is not the connection string")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=SECRET", "APPLICATIONINSIGHTS_CONNECTION_STRING is not the connection string")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=SECRET", "APPLICATIONINSIGHTS_CONNECTION_STRING is not the connection string")]
    [InlineData("APPLICATIONINSIGHTS_CONNECTION_STRING", "InstrumentationKey=00000000-0000-0000-0000-000000000001;SECRET", "APPLICATIONINSIGHTS_CONNECTION_STRING is not the connection string")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS", "api-key=SECRET,SECRET", "OTEL_EXPORTER_OTLP_HEADERS must be headers as name=value")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_HEADERS", "=SECRET", "OTEL_EXPORTER_OTLP_LOGS_HEADERS must be headers as name=value")]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", "SECRET:4317", "OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute http or https address.")]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "ftp://SECRET", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT must be")]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/SECRET", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be")]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "SECRET", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT must be")]
    public void A_mistake_in_the_settings_is_named_and_no_value_is_shown(string setting, string value, string message)
    {
        StartException exception = Assert.Throws<StartException>(() => Read([.. setting.Contains("HEADERS", StringComparison.Ordinal) ? Collector : [], (setting, value)]));

        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>What the exporter takes is no mistake, and headers without a destination are nothing.</summary>
    [Theory]
    [InlineData("api-key=secret,", true)]
    [InlineData("api-key%3Dsecret", true)]
    [InlineData("a=b, c=d=", true)]
    [InlineData("none", false)]
    public void Headers_are_as_the_exporter_reads_them(string value, bool hasCollector) =>
        Assert.Equal(hasCollector, Read([.. hasCollector ? Collector : [], ("OTEL_EXPORTER_OTLP_HEADERS", value)]).OtlpLogs);

    [Fact]
    public void Without_a_destination_nothing_is_registered()
    {
        Assert.Empty(new ServiceCollection().AddTelemetryExport(Read(("APPLICATIONINSIGHTS_CONNECTION_STRING", " "), ("OTEL_EXPORTER_OTLP_ENDPOINT", ""))));
    }

    [Theory]
    [InlineData("OTEL_EXPORTER_OTLP_ENDPOINT", true, true, true)]
    [InlineData("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", true, false, false)]
    [InlineData("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", false, true, false)]
    [InlineData("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", false, false, true)]
    public void A_signal_is_sent_where_it_has_an_address(string setting, bool metrics, bool traces, bool logs)
    {
        ExportOptions options = Read((setting, "http://127.0.0.1:4318"));

        Assert.Equal((metrics, traces, logs, null), (options.OtlpMetrics, options.OtlpTraces, options.OtlpLogs, options.ConnectionString));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("00000000-0000-0000-0000-000000000002", typeof(ManagedIdentityCredential))]
    public async Task Application_Insights_is_reached_as_the_identity_that_is_set(string clientId, Type? credential)
    {
        await using ServiceProvider provider = Register(("APPLICATIONINSIGHTS_CONNECTION_STRING", ConnectionString), ("AZURE_CLIENT_ID", clientId));

        AzureMonitorExporterOptions options = provider.GetRequiredService<IOptions<AzureMonitorExporterOptions>>().Value;

        Assert.Equal((ConnectionString, credential), (options.ConnectionString, options.Credential?.GetType()));
    }

    private static ServiceProvider Register(params (string Name, string Value)[] settings)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.AddLogging().AddTelemetryExport(Read(settings));
        return services.BuildServiceProvider();
    }

    private static ExportOptions Read(params (string Name, string Value)[] settings) => ExportOptions.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(one => KeyValuePair.Create(one.Name, (string?)one.Value))).Build());
}
