using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Outputs.Formats;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Outputs.Privacy;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.Outputs.Tests;

/// <summary>What of an alert leaves.</summary>
public sealed class AlertPrivacyTests
{
    [Fact]
    public void With_all_parts_and_no_masks_nothing_changes()
    {
        foreach (Notification notification in Alerts.All.Values)
        {
            Notification applied = AlertPrivacy.Apply(notification, Options([.. Enum.GetValues<AlertPart>()]));

            Assert.Equal(notification.Alert.ToJson(), applied.Alert.ToJson());
            Assert.Equal((notification.Id, notification.Burst), (applied.Id, applied.Burst));
        }
    }

    public static TheoryData<AlertPart, string> Parts => new()
    {
        { AlertPart.Host, "ws-042" },
        { AlertPart.User, "anna" },
        { AlertPart.Tenant, "00000000000a" },
        { AlertPart.Hashes, "0123456789abcdef0123456789abcdef0123" },
        { AlertPart.Addresses, "10.1.2.3" },
    };

    /// <summary>In every format, and in the events and groups of a correlation.</summary>
    [Theory]
    [MemberData(nameof(Parts))]
    public void A_part_that_is_left_out_is_nowhere(AlertPart part, string text)
    {
        OutputOptions options = Options([.. Enum.GetValues<AlertPart>().Where(one => one != part)]);
        foreach ((string name, Notification notification) in Alerts.All)
        {
            foreach (OutputFormat format in Enum.GetValues<OutputFormat>())
            {
                string body = Encoding.UTF8.GetString(NotificationBody.Write(format, AlertPrivacy.Apply(notification, options)));
                Assert.False(body.Contains(text, StringComparison.OrdinalIgnoreCase), $"{name} as {format}");
            }
        }
    }

    [Theory]
    [InlineData(AlertPart.Fields)]
    [InlineData(AlertPart.Process)]
    public void The_command_line_is_in_fields_and_process(AlertPart part)
    {
        Alert alert = AlertPrivacy.Apply(Alerts.Full, Options([.. Enum.GetValues<AlertPart>().Where(one => one != part)]));

        Assert.Equal(part == AlertPart.Fields, alert.Fields.IsDefault);
        Assert.Equal(part == AlertPart.Process, alert.Process is null && alert.Parent is null);
    }

    [Fact]
    public void Without_any_part_the_rule_and_where_the_detection_is_are_left()
    {
        foreach (Notification notification in Alerts.All.Values)
        {
            Alert alert = AlertPrivacy.Apply(notification, Options([])).Alert;

            Assert.Equal(
                new Alert
                {
                    Id = alert.Id,
                    Kind = alert.Kind,
                    Rule = notification.Alert.Rule,
                    EventTime = alert.EventTime,
                    HeldBack = alert.HeldBack,
                    MutedUntil = alert.MutedUntil,
                    MutedOn = alert.MutedOn,
                    Omitted = alert.Omitted,
                    Detection = alert.Detection,
                }.ToJson(),
                alert.ToJson());
        }
    }

    [Fact]
    public void Secrets_are_masked_wherever_command_lines_stand_and_only_if_asked()
    {
        OutputOptions masks = Options([.. Enum.GetValues<AlertPart>()]) with { MasksSecrets = true };
        Notification masked = AlertPrivacy.Apply(Alerts.All["full"] with { Matched = ["child_process", "hunter2"] }, masks);

        foreach (OutputFormat format in Enum.GetValues<OutputFormat>())
        {
            Assert.DoesNotContain("hunter2", Encoding.UTF8.GetString(NotificationBody.Write(format, masked)), StringComparison.Ordinal);
        }

        Assert.Equal(["child_process"], masked.Matched);
        Assert.EndsWith("--password …[masked]", masked.Alert.Process!.CommandLine, StringComparison.Ordinal);
        Assert.EndsWith("--password …[masked]", masked.Alert.Fields[1].Value, StringComparison.Ordinal);
        Assert.EndsWith("--password hunter2", AlertPrivacy.Apply(Alerts.Full, masks with { MasksSecrets = false }).Process!.CommandLine, StringComparison.Ordinal);
    }

    private static OutputOptions Options(ImmutableHashSet<AlertPart> parts) => new() { Name = "a", Type = OutputType.Webhook, Format = OutputFormat.Alert, Parts = parts };
}
