namespace SigmaFunctions.App.Options;

/// <summary>Whether the app sends events to its own hubs: settings <c>Canary__*</c>.</summary>
public sealed class CanaryOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Canary";

    /// <summary>Whether it does. Its identity must then be allowed to send to the hubs.</summary>
    public bool Enabled { get; set; }
}
