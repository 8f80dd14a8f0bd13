namespace SigmaFunctions.Storage.Model;

/// <summary>What became of a detection's alert.</summary>
/// <param name="Id">The detection.</param>
/// <param name="HeldBack">Why there is none; null where it is on the queue.</param>
/// <param name="HeldBackBy">The alert that stands for it, where there is one.</param>
public readonly record struct AlertOutcome(DetectionId Id, HoldReason? HeldBack = null, DetectionId? HeldBackBy = null);
