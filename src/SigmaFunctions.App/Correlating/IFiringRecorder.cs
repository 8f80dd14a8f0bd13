using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Storage.Correlations;

namespace SigmaFunctions.App.Correlating;

/// <summary>Records firings where people and programs look for detections.</summary>
public interface IFiringRecorder
{
    /// <summary>Records a firing, or what has changed of it, and announces it where that was decided. The same firing again changes nothing.</summary>
    /// <param name="tree">The correlation.</param>
    /// <param name="firing">The firing, with its report.</param>
    /// <param name="events">Where the completing event may be in hand.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    Task RecordAsync(CorrelationTree tree, StoredFiring firing, ICompletingEvents events, CancellationToken cancellationToken);
}
