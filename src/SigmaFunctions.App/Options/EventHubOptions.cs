using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;
using Azure.Messaging.EventHubs.Consumer;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace SigmaFunctions.App.Options;

/// <summary>Which event hubs are read: setting <c>EventHubName</c>, one name or several with <c>;</c> between them; and as which consumer group.</summary>
public sealed class EventHubOptions
{
    /// <summary>Name of the setting.</summary>
    public const string Setting = "EventHubName";

    /// <summary>Most hubs of one app; a Premium namespace holds as many for each of its processing units.</summary>
    public const int MaxHubs = 100;

    /// <summary>The hubs, as they are set; not yet checked.</summary>
    public ImmutableArray<string> Names { get; set; } = [];

    /// <summary>The consumer group of this app: setting <c>EventHubConsumerGroup</c>, without which the host does not start the trigger.</summary>
    public string ConsumerGroup { get; set; } = EventHubConsumerClient.DefaultConsumerGroupName;

    /// <summary>The enqueued time from which on the host reads partitions without a checkpoint; null where it reads all that they have. A setting of the host.</summary>
    public DateTimeOffset? Start { get; set; }

    // The host takes the setting of a single hub as it is: it is not trimmed here, so that what is checked is what is read.
    internal void Read(IConfiguration configuration)
    {
        string value = configuration[Setting] ?? "";
        Names = value.Contains(';', StringComparison.Ordinal) ? [.. value.Split(';', StringSplitOptions.TrimEntries)] : [value];
        if (configuration["EventHubConsumerGroup"] is { Length: > 0 } group)
        {
            ConsumerGroup = group;
        }

        IConfigurationSection offset = configuration.GetSection("AzureFunctionsJobHost:extensions:eventHubs:initialOffsetOptions");
        Start = "fromEnqueuedTime".Equals(offset["type"], StringComparison.OrdinalIgnoreCase)
            && DateTimeOffset.TryParse(offset["enqueuedTimeUtc"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset start) ? start : null;
    }
}

/// <summary>Checks <see cref="EventHubOptions"/>, and shows no value but names of hubs.</summary>
internal sealed partial class EventHubOptionsValidator : IValidateOptions<EventHubOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, EventHubOptions options)
    {
        string[] failures = [.. Failures(options.Names)];
        return failures is [] ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(ImmutableArray<string> names)
    {
        if (names is [""])
        {
            yield return "EventHubName is not set: name the event hub to read, or several with ; between them.";
            yield break;
        }
        if (names.Length > EventHubOptions.MaxHubs)
        {
            yield return $"EventHubName names {names.Length} event hubs; one app reads at most {EventHubOptions.MaxHubs}.";
        }
        // By position: a connection string that was put here by mistake has ; in it too.
        for (int i = 0; i < names.Length; i++)
        {
            if (names[i] is "")
            {
                yield return $"EventHubName has an empty name at position {i + 1} of {names.Length}: put one ; between two names and none at the ends.";
            }
            else if (!EventHubName().IsMatch(names[i]))
            {
                yield return $"EventHubName has no name of an event hub at position {i + 1} of {names.Length}: 1 to 256 letters, digits, periods, hyphens "
                    + "and underscores, with a letter or digit at both ends.";
            }
        }
        names = [.. names.Where(name => EventHubName().IsMatch(name))];
        foreach (IGrouping<string, string> same in names.GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(same => same.Skip(1).Any()))
        {
            yield return $"EventHubName has '{same.Key}' {same.Count()} times (case does not tell names apart): one function reads a hub.";
        }
    }

    // "Naming rules and restrictions for Azure resources": Microsoft.EventHub, namespaces/eventhubs.
    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9._-]{0,254}[A-Za-z0-9])?\z")]
    private static partial Regex EventHubName();
}
