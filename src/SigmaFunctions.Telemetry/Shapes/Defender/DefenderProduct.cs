using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>The operating system of a device: Sigma's product.</summary>
internal enum DefenderProduct
{
    Windows,
    Linux,
    MacOS,
}

/// <summary>The log sources of one kind of row, by the operating system.</summary>
/// <param name="categories">The categories that it is of.</param>
internal sealed class DefenderLogSources(params string[] categories)
{
    private readonly LogSourceSet[] _sets =
    [
        .. new[] { "windows", "linux", "macos" }
            .Select(product => LogSourceSet.Create([.. categories.Select(category => new LogSource(category, product))])),
    ];

    /// <summary>Those of a device's rows.</summary>
    public LogSourceSet this[DefenderProduct product] => _sets[(int)product];
}
