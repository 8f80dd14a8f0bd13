namespace SigmaFunctions.Engine.Correlating;

/// <summary>When it is certain, while events still arrive, that a correlation detected something (docs/correlation.md).</summary>
public enum CorrelationDecision
{
    /// <summary>As soon as its condition holds: no event that is yet to come makes it false.</summary>
    AtOnce,

    /// <summary>Once no more events come late: one of them may make it false.</summary>
    AfterLateEvents,

    /// <summary>After another timespan: a rule must not match in it.</summary>
    AfterTimespan,
}
