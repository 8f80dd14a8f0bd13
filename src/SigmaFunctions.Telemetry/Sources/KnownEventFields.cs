using System.Collections.Concurrent;
using System.Collections.Frozen;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Linting;
using SigmaFunctions.Telemetry.Mappings;

namespace SigmaFunctions.Telemetry.Sources;

/// <summary>What the events of every source have together, and where a mapping may give more. Safe for concurrent use.</summary>
/// <param name="mappings">Mappings of sources that are not built in: any field may come of what they give a log source to.</param>
public sealed class KnownEventFields(IReadOnlyCollection<Mapping> mappings) : IEventFields
{
    private const string ProcessCreation = "process_creation";

    private static readonly FrozenSet<string> FullPaths =
        FrozenSet.ToFrozenSet(["Image", "ImageLoaded", "SourceImage", "TargetImage", "TargetFilename"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> WindowsCategories = TelemetrySource.All
        .SelectMany(source => source.Events)
        .SelectMany(one => one.LogSources)
        .Where(logSource => logSource.Product == "windows")
        .Select(logSource => logSource.Category)
        .OfType<string>()
        .ToFrozenSet(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<LogSource, FrozenSet<string>?> _fields = new();

    /// <inheritdoc/>
    public IReadOnlySet<string>? Of(LogSource logSource) => _fields.GetOrAdd(logSource, FieldsOf);

    /// <inheritdoc/>
    public bool IsFullPath(LogSource logSource, string field)
    {
        ArgumentNullException.ThrowIfNull(logSource);

        // Of other events Defender states the name of the parent alone.
        return Of(logSource) is not null && (FullPaths.Contains(field) || (field == "ParentImage" && logSource.Category == ProcessCreation));
    }

    /// <inheritdoc/>
    public bool HasCategory(string category, string product) =>
        (product == "windows" && WindowsCategories.Contains(category))
        || mappings.Any(mapping => MayGive(mapping.Category, category) && MayGive(mapping.Product, product));

    private FrozenSet<string>? FieldsOf(LogSource logSource)
    {
        if (mappings.Any(mapping => MayGive(mapping.Category, logSource.Category) && MayGive(mapping.Product, logSource.Product) && MayGive(mapping.Service, logSource.Service)))
        {
            return null;
        }

        List<SourceEvent> events = [.. TelemetrySource.All.SelectMany(source => source.Events).Where(one => one.LogSources.Any(logSource.Covers))];
        return events.Count == 0 || events.Any(one => one.Scope.IsOpen)
            ? null
            : events.SelectMany(one => one.Fields).Select(field => field.Name).ToFrozenSet(StringComparer.Ordinal);
    }

    private static bool MayGive(MappingAttribute attribute, string? wanted) =>
        wanted is null || attribute.Text == wanted || (!attribute.Values.IsDefault && attribute.Values.Any(value => value.Text == wanted));
}
