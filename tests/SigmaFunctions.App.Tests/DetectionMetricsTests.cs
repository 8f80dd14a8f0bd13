using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.App.Tests;

public sealed class DetectionMetricsTests
{
    [Fact]
    public void Events_are_counted_by_hub_and_those_that_no_rule_can_see_by_kind()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        var measured = new List<(string, long, string)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Scope == meters)
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            measured.Add((instrument.Name, value, string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")))));
        listener.Start();
        var metrics = new DetectionMetrics(meters);

        metrics.AddEvents("first", events: 3, undecoded: 0, failed: 1, omitted: 0);
        metrics.AddEvents("second", events: 2, undecoded: 1, failed: 0, omitted: 4);

        metrics.AddUnseen(new UnseenKind("flat", UnseenReason.NoLogSource, ""), 5);
        metrics.AddUnseen(new UnseenKind("flat", UnseenReason.NoRule, "product=windows"), 6);
        metrics.AddUnseen(new UnseenKind("flat", UnseenReason.NoRuleForStated, ""), 7);
        metrics.AddUnseen(new UnseenKind("defender", UnseenReason.LeftOut, ""), 8);

        Assert.Equal(
            [
                (DetectionMetrics.Events, 3, "hub=first"), (DetectionMetrics.Failed, 1, ""),
                (DetectionMetrics.Events, 2, "hub=second"), (DetectionMetrics.Undecoded, 1, ""), (DetectionMetrics.Omitted, 4, ""),
                (DetectionMetrics.Unseen, 5, "shape=flat reason=no_log_source log_source="),
                (DetectionMetrics.Unseen, 6, "shape=flat reason=no_rule log_source=product=windows"),
                (DetectionMetrics.Unseen, 7, "shape=flat reason=no_rule log_source=stated"),
                (DetectionMetrics.Unseen, 8, "shape=defender reason=left_out log_source="),
            ],
            measured);
    }
}
