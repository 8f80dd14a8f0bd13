using Azure.Core;
using SigmaFunctions.Outputs.Delivering;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Outputs.Sentinel;
using SigmaFunctions.Outputs.Webhooks;

namespace SigmaFunctions.Outputs;

/// <summary>Makes senders.</summary>
public static class OutputSenders
{
    /// <summary>The sender of an output.</summary>
    /// <param name="options">The output.</param>
    /// <param name="write">The body or row that a notification is sent as: UTF-8 JSON.</param>
    /// <param name="credential">Who the app is to Azure; webhooks need none.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="ArgumentException">What its type needs is missing, or its address is none of https.</exception>
    public static IOutputSender Create(OutputOptions options, Func<Notification, byte[]> write, TokenCredential? credential, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Type switch
        {
            _ when options.UnresolvedSecret is { } setting => new UnresolvedSender(setting),
            OutputType.Webhook => new WebhookSender(options, write, time),
            OutputType.Sentinel => new LogsIngestionSender(
                options, write, credential ?? throw new ArgumentException("An output of Sentinel needs a credential.", nameof(credential)), time),
            _ => throw new ArgumentException("There is no such type of output.", nameof(options)),
        };
    }
}
