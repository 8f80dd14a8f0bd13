namespace SigmaFunctions.Storage.Model;

/// <summary>Why a detection is recorded without an alert of its own.</summary>
public enum HoldReason
{
    /// <summary>The rule's level is under the least that alerts.</summary>
    Level,

    /// <summary>The same rule has alerted on the same entity a short while ago.</summary>
    Repetition,

    /// <summary>The rule has alerted too often and is muted for a while.</summary>
    Rate,

    /// <summary>A correlation has alerted on the same group within its timespan; events that came late have moved its detection.</summary>
    Moved,

    /// <summary>A correlation that needs to know of all events of a timespan has not been in force for so long.</summary>
    Warming,
}
