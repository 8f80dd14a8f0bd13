using System.Collections.Immutable;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Outputs.Privacy;

/// <summary>
/// Takes out of what an output is told the parts that it is not to be told, and masks secrets. A host or user that is left out is left out of the events of a
/// correlation and of values that are that name and nothing else, too; within command lines and paths it may still stand: leave those parts out as well.
/// </summary>
public static class AlertPrivacy
{
    /// <summary>What may leave of a notification.</summary>
    public static Notification Apply(Notification notification, OutputOptions options)
    {
        ArgumentNullException.ThrowIfNull(notification);
        ArgumentNullException.ThrowIfNull(options);
        Alert alert = Apply(notification.Alert, options);
        return notification with
        {
            Alert = alert,
            Matched = [.. notification.Matched.Where(text => Values(alert).Any(value => value.Contains(text, StringComparison.OrdinalIgnoreCase)))],
            Burst = notification.Burst is { } burst && !options.Parts.Contains(AlertPart.Host) ? burst with { Hosts = [] } : notification.Burst,
        };
    }

    /// <summary>What may leave of an alert.</summary>
    public static Alert Apply(Alert alert, OutputOptions options)
    {
        ArgumentNullException.ThrowIfNull(alert);
        ArgumentNullException.ThrowIfNull(options);
        ImmutableHashSet<AlertPart> parts = options.Parts;
        Func<string, string> mask = options.MasksSecrets ? SecretMask.Apply : static text => text;
        string?[] hidden = [parts.Contains(AlertPart.Host) ? null : alert.Host, parts.Contains(AlertPart.User) ? null : alert.User];
        return alert with
        {
            Host = parts.Contains(AlertPart.Host) ? alert.Host : null,
            User = parts.Contains(AlertPart.User) ? alert.User : null,
            TenantId = parts.Contains(AlertPart.Tenant) ? alert.TenantId : null,
            Fields = parts.Contains(AlertPart.Fields) ? Apply(alert.Fields, hidden, mask) : default,
            Process = parts.Contains(AlertPart.Process) ? Apply(alert.Process, mask) : null,
            Parent = parts.Contains(AlertPart.Process) ? Apply(alert.Parent, mask) : null,
            Hashes = parts.Contains(AlertPart.Hashes) ? alert.Hashes : null,
            Addresses = parts.Contains(AlertPart.Addresses) ? alert.Addresses : default,
            Correlation = parts.Contains(AlertPart.Correlation) ? Apply(alert.Correlation, parts, hidden, mask) : null,
        };
    }

    private static ImmutableArray<AlertField> Apply(ImmutableArray<AlertField> fields, string?[] hidden, Func<string, string> mask) => fields.IsDefault
        ? default
        : [.. fields.Where(field => !IsHidden(field.Value, hidden)).Select(field => field with { Value = mask(field.Value) })];

    private static ProcessFacts? Apply(ProcessFacts? process, Func<string, string> mask) =>
        process is { CommandLine: { } command } ? process with { CommandLine = mask(command) } : process;

    private static AlertCorrelation? Apply(AlertCorrelation? correlation, ImmutableHashSet<AlertPart> parts, string?[] hidden, Func<string, string> mask) => correlation is null
        ? null
        : correlation with
        {
            Group = Apply(correlation.Group, hidden, mask),
            Events =
            [
                .. correlation.Events.Select(one => one with
                {
                    Host = parts.Contains(AlertPart.Host) ? one.Host : null,
                    User = parts.Contains(AlertPart.User) ? one.User : null,
                }),
            ],
        };

    private static bool IsHidden(string value, string?[] hidden) => hidden.Any(name => name is not null && name.Equals(value, StringComparison.OrdinalIgnoreCase));

    private static IEnumerable<string> Values(Alert alert) =>
        (alert.Fields.IsDefault ? [] : alert.Fields.Select(field => field.Value)).Append(alert.Process?.CommandLine ?? "");
}
