using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace SigmaFunctions.App.Tests;

/// <summary>Meters of one test, and what their instruments say.</summary>
internal sealed class Measured : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Dictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public Measured()
    {
        Meters = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == Meters)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Take(instrument, value, tags));
        _listener.Start();
    }

    public IMeterFactory Meters { get; }

    /// <summary>What gauges say now, and what counters have counted, by the tags' values: <c>name hub/partition</c>.</summary>
    public IReadOnlyDictionary<string, double> Read()
    {
        foreach (string gauge in _values.Keys.Where(key => key[0] == '~').ToArray())
        {
            _values.Remove(gauge);
        }

        _listener.RecordObservableInstruments();
        return _values.ToDictionary(value => value.Key.TrimStart('~'), value => value.Value, StringComparer.Ordinal);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        string name = $"{instrument.Name} {string.Join('/', tags.ToArray().Select(tag => tag.Value))}";
        if (instrument.IsObservable)
        {
            _values[$"~{name}"] = value;
        }
        else
        {
            _values[name] = _values.GetValueOrDefault(name) + value;
        }
    }
}
