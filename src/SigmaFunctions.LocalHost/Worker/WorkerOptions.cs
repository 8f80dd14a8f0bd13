using System.Collections.Immutable;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Worker;

/// <summary>How a worker is started.</summary>
internal sealed record WorkerOptions
{
    /// <summary>Path of the function app's assembly.</summary>
    public required string AssemblyPath { get; init; }

    /// <summary>The app's settings, given as environment variables.</summary>
    public required ImmutableDictionary<string, string> Settings { get; init; }

    /// <summary>Receives what the worker logs and writes; called from several threads. Null: nothing does.</summary>
    public Action<WorkerLogLine>? Log { get; init; }

    /// <summary>Longest wait for the worker to start and load its functions.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>A line that the worker logged over the protocol, or wrote to its output.</summary>
/// <param name="Level">Level; <see cref="RpcLog.Types.Level.None"/> for what was written to standard output or error.</param>
/// <param name="Category">Log category, or the stream's name.</param>
/// <param name="Message">The message.</param>
/// <param name="Event">Name of its log event; empty where it has none.</param>
internal sealed record WorkerLogLine(RpcLog.Types.Level Level, string Category, string Message, string Event = "");

/// <summary>The worker ended, or broke the protocol. The message holds the last lines it wrote.</summary>
internal sealed class WorkerException : Exception
{
    /// <summary>Reports <paramref name="message"/>.</summary>
    public WorkerException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
