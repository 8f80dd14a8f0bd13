using System.Collections.Immutable;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>A worker that was started and has loaded its functions.</summary>
internal interface IWorkerProcess : IFunctionWorker, IAsyncDisposable
{
    /// <summary>The app's functions.</summary>
    ImmutableArray<RpcFunctionMetadata> Functions { get; }

    /// <summary>From the process's start until its functions were loaded.</summary>
    TimeSpan LoadedAfter { get; }

    /// <summary>Completes with the exit code when the process has ended.</summary>
    Task<int> Exited { get; }

    /// <summary>How it ended, with the last lines it wrote; null before.</summary>
    WorkerException? Ending { get; }
}
