using SigmaFunctions.Storage.Model;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Correlating;

/// <summary>Where events may be in hand that complete a detection.</summary>
public interface ICompletingEvents
{
    /// <summary>An event; null where it is not in hand.</summary>
    /// <param name="identity">The event; namespace and hub in lower case.</param>
    DecodedEvent? Find(HubEventIdentity identity);
}

/// <summary>Completing events of several places.</summary>
internal static class CompletingEvents
{
    /// <summary>None.</summary>
    public static ICompletingEvents None { get; } = new Several([]);

    /// <summary>Those of two places.</summary>
    public static ICompletingEvents Of(ICompletingEvents left, ICompletingEvents right) =>
        ReferenceEquals(left, right) ? left : new Several([left, right]);

    private sealed class Several(IReadOnlyList<ICompletingEvents> places) : ICompletingEvents
    {
        public DecodedEvent? Find(HubEventIdentity identity) => places.Select(place => place.Find(identity)).FirstOrDefault(found => found is not null);
    }
}
