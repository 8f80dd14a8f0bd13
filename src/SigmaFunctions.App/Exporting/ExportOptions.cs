using System.Collections.Immutable;
using Microsoft.Extensions.Configuration;
using SigmaFunctions.App.Starting;

namespace SigmaFunctions.App.Exporting;

/// <summary>Where metrics, traces and logs go, by the settings that the exporters and the Functions host themselves have.</summary>
internal sealed record ExportOptions
{
    /// <summary>Setting of Application Insights.</summary>
    public const string ConnectionStringSetting = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    private const string OtlpSetting = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string OtlpMetricsSetting = "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT";
    private const string OtlpTracesSetting = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    private const string OtlpLogsSetting = "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT";

    // The exporters throw at what these hold, without saying which setting it is.
    private static readonly ImmutableArray<string> HeaderSettings =
        ["OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_METRICS_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_LOGS_HEADERS"];

    /// <summary>Connection string of Application Insights; null where nothing goes there.</summary>
    public string? ConnectionString { get; private init; }

    /// <summary>Client id of the identity to send as; null where the connection string is enough.</summary>
    public string? ClientId { get; private init; }

    /// <summary>Whether metrics go to an OTLP endpoint.</summary>
    public bool OtlpMetrics { get; private init; }

    /// <summary>Whether traces go to an OTLP endpoint.</summary>
    public bool OtlpTraces { get; private init; }

    /// <summary>Whether logs go to an OTLP endpoint.</summary>
    public bool OtlpLogs { get; private init; }

    /// <summary>Whether anything goes anywhere.</summary>
    public bool Any => ConnectionString is not null || OtlpMetrics || OtlpTraces || OtlpLogs;

    /// <summary>Reads the settings and checks them.</summary>
    /// <exception cref="StartException">One is wrong; the message names it and holds no value.</exception>
    public static ExportOptions Read(IConfiguration configuration)
    {
        bool all = IsAddress(configuration, OtlpSetting);
        var options = new ExportOptions
        {
            ConnectionString = ConnectionStringOf(configuration),
            ClientId = NotEmpty(configuration["AZURE_CLIENT_ID"]),
            OtlpMetrics = IsAddress(configuration, OtlpMetricsSetting) || all,
            OtlpTraces = IsAddress(configuration, OtlpTracesSetting) || all,
            OtlpLogs = IsAddress(configuration, OtlpLogsSetting) || all,
        };
        if (options.OtlpMetrics || options.OtlpTraces || options.OtlpLogs)
        {
            foreach (string setting in HeaderSettings)
            {
                CheckHeaders(configuration, setting);
            }
        }

        return options;
    }

    private static string? ConnectionStringOf(IConfiguration configuration)
    {
        if (NotEmpty(configuration[ConnectionStringSetting]) is not { } value)
        {
            return null;
        }

        const string problem = $"{ConnectionStringSetting} is not the connection string of an Application Insights resource: ";
        string[][] parts =
        [
            .. value.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(part => part.Split('=', 2, StringSplitOptions.TrimEntries)),
        ];
        if (!parts.Any(part => part is [var name, var key] && name.Equals("InstrumentationKey", StringComparison.OrdinalIgnoreCase) && Guid.TryParse(key, out _)))
        {
            throw new StartException(problem + "it has no InstrumentationKey.");
        }

        if (parts.Any(part => part.Length < 2))
        {
            throw new StartException(problem + "it must be parts as NAME=VALUE, with ; between them.");
        }

        if (parts.Any(part => part[0].EndsWith("Endpoint", StringComparison.OrdinalIgnoreCase) && !IsAddress(part[1])))
        {
            throw new StartException(problem + "its endpoints must be absolute http or https addresses.");
        }

        return value;
    }

    private static void CheckHeaders(IConfiguration configuration, string setting)
    {
        // As the exporter reads them: unescaped first, and a comma may stand at the end.
        if (NotEmpty(configuration[setting]) is { } value
            && !Array.TrueForAll(Uri.UnescapeDataString(value).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries), header => header.IndexOf('=') > 0))
        {
            throw new StartException($"{setting} must be headers as name=value, with , between them.");
        }
    }

    private static bool IsAddress(IConfiguration configuration, string setting)
    {
        if (NotEmpty(configuration[setting]) is not { } value)
        {
            return false;
        }

        return IsAddress(value) ? true : throw new StartException($"{setting} must be an absolute http or https address.");
    }

    private static bool IsAddress(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out Uri? address) && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps);

    private static string? NotEmpty(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
