using Azure.Core.Pipeline;

namespace SigmaFunctions.Outputs.Sentinel;

/// <summary>What calls of the Logs Ingestion API go by.</summary>
internal sealed record IngestionTransport
{
    /// <summary>For how long the calls of one batch may take, with their token, by the sender's clock.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For how long a row waits for others to go with it.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Makes the requests; null: as the SDKs of Azure do.</summary>
    public HttpPipelineTransport? Pipeline { get; init; }
}
