using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.App.Correlating;

/// <summary>Records firings where people and programs look for detections.</summary>
public interface IFiringRecorder
{
    /// <summary>Records firings, or what has changed of them, and announces them where that was decided. The same firings again change nothing.</summary>
    /// <param name="tree">The correlation.</param>
    /// <param name="firings">The firings, with their reports.</param>
    /// <param name="events">Where the completing events may be in hand.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    Task RecordAsync(CorrelationTree tree, IReadOnlyList<StoredFiring> firings, ICompletingEvents events, CancellationToken cancellationToken);
}
