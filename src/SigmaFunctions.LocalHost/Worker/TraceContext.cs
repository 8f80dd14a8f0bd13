using System.Diagnostics;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>What the host says of the trace that an invocation belongs to (W3C Trace Context, version 00).</summary>
internal static class TraceContext
{
    /// <summary>A new trace for each try.</summary>
    /// <param name="isSampled">Whether the host traces it: a worker that asks its parent then does so too.</param>
    public static RpcTraceContext Create(bool isSampled) => new()
    {
        TraceParent = $"00-{ActivityTraceId.CreateRandom()}-{ActivitySpanId.CreateRandom()}-{(isSampled ? "01" : "00")}",
    };
}
