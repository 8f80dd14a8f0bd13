using System.Collections.Immutable;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>What a trigger needs of a worker.</summary>
internal interface IFunctionWorker
{
    /// <summary>What the worker says it can do.</summary>
    ImmutableDictionary<string, string> Capabilities { get; }

    /// <summary>Invokes a function. Cancelling tells the worker, whose answer is then still waited for.</summary>
    /// <exception cref="WorkerException">The worker has ended.</exception>
    Task<InvocationResponse> InvokeAsync(InvocationRequest request, CancellationToken cancellationToken);
}
