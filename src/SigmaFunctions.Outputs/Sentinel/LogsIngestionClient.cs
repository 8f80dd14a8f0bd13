using System.Globalization;
using System.IO.Compression;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using SigmaFunctions.Outputs.Delivering;
using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.Outputs.Sentinel;

/// <summary>The Logs Ingestion API of Azure Monitor (2023-01-01): one call at a time, no retries.</summary>
internal sealed class LogsIngestionClient
{
    private readonly HttpPipeline _pipeline;
    private readonly Uri _address;
    private readonly TimeProvider _time;

    /// <summary>A client of one stream.</summary>
    /// <param name="endpoint">https address of the data collection endpoint or rule.</param>
    /// <param name="ruleId">Immutable id of the data collection rule.</param>
    /// <param name="stream">Stream of the rule.</param>
    /// <param name="credential">Who is calling.</param>
    /// <param name="audience">What its tokens are for.</param>
    /// <param name="time">The clock.</param>
    /// <param name="transport">What requests go by.</param>
    public LogsIngestionClient(
        Uri endpoint, string ruleId, string stream, TokenCredential credential, string audience, TimeProvider time, IngestionTransport transport)
    {
        var options = new PipelineOptions
        {
            Diagnostics = { ApplicationId = "SigmaFunctions", IsLoggingContentEnabled = false },
            // The queue tries again.
            Retry = { MaxRetries = 0, NetworkTimeout = transport.Timeout },
        };
        if (transport.Pipeline is HttpPipelineTransport pipeline)
        {
            options.Transport = pipeline;
        }

        _pipeline = HttpPipelineBuilder.Build(options, new BearerTokenAuthenticationPolicy(new QuietCredential(credential), $"{audience}//.default"));
        _address = new Uri(endpoint, $"/dataCollectionRules/{Uri.EscapeDataString(ruleId)}/streams/{Uri.EscapeDataString(stream)}?api-version=2023-01-01");
        _time = time;
    }

    /// <summary>Hands in rows: all of them or none.</summary>
    /// <param name="rows">JSON objects in UTF-8; together, with what stands between them, at most 1 MB.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>For all of them; rejected where one of them may be at fault.</returns>
    /// <exception cref="Exception">There was no answer.</exception>
    public async Task<DeliveryResult> UploadAsync(IEnumerable<byte[]> rows, CancellationToken cancellationToken)
    {
        using HttpMessage message = _pipeline.CreateMessage();
        message.BufferResponse = false;
        message.Request.Method = RequestMethod.Post;
        message.Request.Uri.Reset(_address);
        message.Request.Headers.Add("Content-Type", "application/json");
        message.Request.Headers.Add("Content-Encoding", "gzip");
        message.Request.Content = RequestContent.Create(BinaryData.FromBytes(Compress(rows)));
        await _pipeline.SendAsync(message, cancellationToken).ConfigureAwait(false);
        return Judge(message.Response);
    }

    /// <summary>What an answer means for the rows of its call.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="errorCode">Its header <c>x-ms-error-code</c>; null where there is none.</param>
    /// <param name="retryAfter">For how long a 429 or 503 asks to be left alone; null where it does not say.</param>
    internal static DeliveryResult Judge(int status, string? errorCode, TimeSpan? retryAfter)
    {
        string reason = status.ToString(CultureInfo.InvariantCulture);
        return status switch
        {
            204 => DeliveryResult.Delivered,
            >= 300 and < 400 => DeliveryResult.Retry($"redirect ({reason})"),
            429 or 503 => DeliveryResult.Retry(reason, retryAfter),
            // The rule has no such stream, which is no row's fault.
            400 when errorCode is "InvalidStream" => DeliveryResult.Retry("400 (InvalidStream)"),
            // Roles take up to half an hour to be there, and new rules some time.
            401 or 403 or 404 or 405 or 408 or 410 or 414 or 425 => DeliveryResult.Retry(reason),
            >= 400 and < 500 => DeliveryResult.Rejected(reason),
            // Whoever answers anything else of 2xx is not the API.
            _ => DeliveryResult.Retry(reason),
        };
    }

    private static byte[] Compress(IEnumerable<byte[]> rows)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            byte separator = (byte)'[';
            foreach (byte[] row in rows)
            {
                gzip.WriteByte(separator);
                gzip.Write(row);
                separator = (byte)',';
            }

            gzip.WriteByte((byte)']');
        }

        return compressed.ToArray();
    }

    private DeliveryResult Judge(Response response)
    {
        string? code = response.Headers.TryGetValue("x-ms-error-code", out string? error) ? error : null;
        string? wait = response.Headers.TryGetValue("Retry-After", out string? value) ? value : null;
        return Judge(response.Status, code, RetryAfter.Read(wait, _time.GetUtcNow()));
    }

    private sealed class PipelineOptions : ClientOptions;
}
