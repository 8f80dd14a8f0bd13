using System.Diagnostics;

namespace SigmaFunctions.App.Diagnostics;

/// <summary>The app's traces: a few activities for a batch, none for an event. None tells what an event holds.</summary>
internal static class Traces
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "SigmaFunctions";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Begins an activity; null where nobody listens or the trace is not sampled.</summary>
    public static Activity? Start(string name, ActivityKind kind = ActivityKind.Internal) => Source.StartActivity(name, kind);

    /// <summary>Marks an activity as failed, by the exception's type: its message may quote what it was about.</summary>
    public static void Fail(this Activity? activity, Exception exception) =>
        activity?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", exception.GetType().FullName);
}
