using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace SigmaFunctions.App.Triggers;

/// <summary>
/// Binds a parameter to the messages of an event hub; the binding it describes is that of the Event Hubs host extension
/// (<c>eventHubTrigger</c>). Of this app's own, since the trigger needs nothing else of the Event Hubs worker package.
/// </summary>
/// <param name="eventHubName">Name of the event hub, or <c>%SettingName%</c>.</param>
[AttributeUsage(AttributeTargets.Parameter)]
[BindingCapabilities(KnownBindingCapabilities.FunctionLevelRetry)]
public sealed class EventHubTriggerAttribute(string eventHubName) : TriggerBindingAttribute, ISupportCardinality
{
    private bool _isBatched = true;

    /// <summary>Name of the event hub, or <c>%SettingName%</c>.</summary>
    public string EventHubName { get; } = eventHubName;

    /// <summary>
    /// Name of the setting with the connection: a connection string, or the prefix of settings of an identity
    /// (<c>NAME__fullyQualifiedNamespace</c>).
    /// </summary>
    public string? Connection { get; set; }

    /// <summary>Consumer group, or <c>%SettingName%</c>; the host takes <c>$Default</c> where none is given.</summary>
    public string? ConsumerGroup { get; set; }

    /// <summary>Whether messages come as arrays.</summary>
    [DefaultValue(true)]
    public bool IsBatched
    {
        get => _isBatched;
        set => _isBatched = value;
    }

    Cardinality ISupportCardinality.Cardinality
    {
        get => _isBatched ? Cardinality.Many : Cardinality.One;
        set => _isBatched = value == Cardinality.Many;
    }
}
