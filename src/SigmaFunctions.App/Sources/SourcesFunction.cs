using Microsoft.Azure.Functions.Worker;

namespace SigmaFunctions.App.Sources;

/// <summary>The function that looks, every fifteen minutes, whether a source fell silent or lost a field.</summary>
/// <param name="check">Looks.</param>
public sealed class SourcesFunction(SourceCheck check)
{
    /// <summary>Name of the function.</summary>
    public const string Name = "Sources";

    /// <summary>Looks at all sources.</summary>
    /// <exception cref="Azure.RequestFailedException">The store could not be reached or refused.</exception>
    [Function(Name)]
    public Task RunAsync([TimerTrigger("45 4/15 * * * *", UseMonitor = false)] TimerInfo timer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(timer);
        return check.RunAsync(cancellationToken);
    }
}
