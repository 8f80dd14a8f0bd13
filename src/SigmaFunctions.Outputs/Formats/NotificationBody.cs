using SigmaFunctions.Outputs.Model;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>Writes what a receiver is sent.</summary>
public static class NotificationBody
{
    /// <summary>Writes a notification as UTF-8 JSON: the body of a webhook, or a row for Sentinel.</summary>
    public static byte[] Write(OutputFormat format, Notification notification)
    {
        ArgumentNullException.ThrowIfNull(notification);
        return format switch
        {
            OutputFormat.Alert => AlertBody.Write(notification),
            OutputFormat.Slack => SlackMessage.Write(notification),
            OutputFormat.Teams => TeamsMessage.Write(notification),
            OutputFormat.Table => TableRow.Write(notification),
            OutputFormat.Ocsf => OcsfFinding.Write(notification),
            _ => throw new ArgumentOutOfRangeException(nameof(format)),
        };
    }
}
