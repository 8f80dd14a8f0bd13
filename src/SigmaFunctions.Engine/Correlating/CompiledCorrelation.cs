using System.Collections.Immutable;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>One of a correlation's rules, resolved.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Rule">The rule's place among those of the set; null for a correlation.</param>
/// <param name="Correlation">The place of the correlation that it is, among those of the plan; null for a rule.</param>
/// <param name="GroupBy">The field of its matches for each entry of <c>group-by</c>.</param>
/// <param name="Fields">The field of its matches for each that is counted or summed.</param>
public sealed record CorrelationPart(string Id, int? Rule, int? Correlation, ImmutableArray<string> GroupBy, ImmutableArray<string> Fields);

/// <summary>A correlation, ready to be evaluated.</summary>
/// <param name="Correlation">As it is written.</param>
/// <param name="Level">Its own level, or the highest of its rules; null where none has one.</param>
/// <param name="Logic">What it asks of the matches of a group.</param>
/// <param name="Parts">Its rules, in their order.</param>
/// <param name="IsSilent">Whether it is a building block of others alone, without detections of its own.</param>
public sealed record CompiledCorrelation(
    SigmaCorrelation Correlation, string? Level, CorrelationLogic Logic, ImmutableArray<CorrelationPart> Parts, bool IsSilent)
{
    /// <summary>Whether inner correlations count by their detections, and not by every instant at which they hold.</summary>
    public bool CountsDetections => Logic.Type is CorrelationType.EventCount or CorrelationType.ValueSum or CorrelationType.ValueAvg
        or CorrelationType.ValuePercentile or CorrelationType.ValueMedian;
}
