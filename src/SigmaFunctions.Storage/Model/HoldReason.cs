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
}
