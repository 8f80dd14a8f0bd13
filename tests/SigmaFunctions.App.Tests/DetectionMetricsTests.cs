using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using SigmaFunctions.App.Diagnostics;

namespace SigmaFunctions.App.Tests;

public sealed class DetectionMetricsTests
{
    [Fact]
    public void Events_are_counted_by_hub()
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

        Assert.Equal(
            [
                (DetectionMetrics.Events, 3, "hub=first"), (DetectionMetrics.Failed, 1, ""),
                (DetectionMetrics.Events, 2, "hub=second"), (DetectionMetrics.Undecoded, 1, ""), (DetectionMetrics.Omitted, 4, ""),
            ],
            measured);
    }
}
