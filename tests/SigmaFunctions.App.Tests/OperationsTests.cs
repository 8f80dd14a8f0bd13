using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SigmaFunctions.App.Correlating;
using SigmaFunctions.App.Diagnostics;
using SigmaFunctions.App.Health;
using SigmaFunctions.App.Outputs;
using SigmaFunctions.App.Rules;
using SigmaFunctions.App.Sources;

namespace SigmaFunctions.App.Tests;

/// <summary>docs/operations.md tells of every log event and every metric, and of no others.</summary>
public sealed class OperationsTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "operations.md"));

    [Fact]
    public void Every_log_event_has_an_id_of_its_own_and_is_documented_with_its_level()
    {
        LoggerMessageAttribute[] events =
        [
            .. typeof(Log).GetMethods(BindingFlags.Static | BindingFlags.Public)
                .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().OrderBy(one => one.EventId),
        ];
        (int Id, string Level)[] documented =
        [
            .. Lines.Select(line => line.Split(" | "))
                .Where(cells => cells.Length > 2 && int.TryParse(cells[0].AsSpan().TrimStart("| "), CultureInfo.InvariantCulture, out _))
                .Select(cells => (int.Parse(cells[0].AsSpan().TrimStart("| "), CultureInfo.InvariantCulture), cells[1])),
        ];

        Assert.Equal(events.Select(one => one.EventId).Distinct(), documented.Select(one => one.Id));
        Assert.All(events.Zip(documented), pair => Assert.Equal(
            pair.First.Level == LogLevel.None ? "information, or debug without detections" : $"{pair.First.Level}".ToLowerInvariant(), pair.Second.Level));
    }

    [Fact]
    public void Every_metric_is_documented()
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        var names = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Scope == meters)
                {
                    names.Add(instrument.Name);
                }
            },
        };
        listener.Start();

        _ = new DetectionMetrics(meters);
        _ = new RuleMetrics(meters);
        _ = new WorkInHand(meters, TimeProvider.System);
        _ = new BacklogMetrics(meters, TimeProvider.System);
        _ = new SourceMetrics(meters);
        _ = new OutputMetrics(meters);
        _ = new CorrelationMetrics(meters, TimeProvider.System);

        string[] documented = [.. Lines.Where(line => line.StartsWith("| `sigmafunctions.", StringComparison.Ordinal)).Select(line => line.Split('`')[1])];
        Assert.Equal("", string.Join(' ', names.Except(documented).Select(name => $"{name} is not in docs/operations.md.")));
        Assert.Equal("", string.Join(' ', documented.Except(names).Select(name => $"{name} is in docs/operations.md and no metric.")));
        Assert.Equal(names.Count, documented.Length);
    }
}
