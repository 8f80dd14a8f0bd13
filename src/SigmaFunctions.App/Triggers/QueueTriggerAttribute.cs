using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace SigmaFunctions.App.Triggers;

/// <summary>
/// Binds a parameter to a message of a storage queue; the binding it describes is that of the storage queues host extension
/// (<c>queueTrigger</c>). Of this app's own, since the trigger needs nothing else of the storage queues worker package.
/// </summary>
/// <param name="queueName">Name of the queue, or <c>%SettingName%</c>.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class QueueTriggerAttribute(string queueName) : TriggerBindingAttribute
{
    /// <summary>Name of the queue, or <c>%SettingName%</c>.</summary>
    public string QueueName { get; } = queueName;

    /// <summary>
    /// Name of the setting with the connection: a connection string, or the prefix of settings of an identity
    /// (<c>NAME__queueServiceUri</c>).
    /// </summary>
    public string? Connection { get; set; }
}
