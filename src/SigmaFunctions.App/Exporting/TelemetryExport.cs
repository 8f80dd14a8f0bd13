using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Rules;

namespace SigmaFunctions.App.Exporting;

/// <summary>Sends metrics, traces and logs to where the settings say. Where they say nothing, nothing of it is loaded or started.</summary>
internal static class TelemetryExport
{
    /// <summary>Registers the exporters.</summary>
    public static IServiceCollection AddTelemetryExport(this IServiceCollection services, ExportOptions options)
    {
        if (options.Any)
        {
            AddExporters(services, options);
        }

        return services;
    }

    // A method of its own: the assemblies of OpenTelemetry are loaded when it is first called.
    private static void AddExporters(IServiceCollection services, ExportOptions options)
    {
        IOpenTelemetryBuilder telemetry = services.AddOpenTelemetry().UseFunctionsWorkerDefaults();
        telemetry.WithMetrics(metrics =>
        {
            metrics.AddMeter(RuleMetrics.MeterName);
            if (options.OtlpMetrics)
            {
                metrics.AddOtlpExporter();
            }
        });
        telemetry.WithTracing(traces =>
        {
            traces.AddSource(Traces.SourceName);
            if (options.OtlpTraces)
            {
                traces.AddOtlpExporter();
            }
        });
        telemetry.WithLogging(logs =>
        {
            if (options.OtlpLogs)
            {
                logs.AddOtlpExporter();
            }
        });
        if (options.ConnectionString is not null)
        {
            telemetry.UseAzureMonitorExporter(azure => Configure(azure, options));
        }
    }

    private static void Configure(AzureMonitorExporterOptions azure, ExportOptions options)
    {
        azure.ConnectionString = options.ConnectionString;
        if (options.ClientId is not null)
        {
            azure.Credential = new ManagedIdentityCredential(ManagedIdentityId.FromUserAssignedClientId(options.ClientId));
        }

        // A warning counts whether or not its batch's trace is among those kept.
        azure.EnableTraceBasedLogsSampler = false;
        azure.EnableLiveMetrics = false;
    }
}
