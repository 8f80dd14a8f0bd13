using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>
/// The log sources that events state themselves. Those are the sender's words: one that no rule states is as good as none, so that
/// there is no more to keep than what rules state.
/// </summary>
internal sealed class StatedLogSources
{
    // Attributes of the rules combined: far fewer in practice.
    private const int MaxSets = 4096;

    private readonly ImmutableArray<LogSource> _known;
    private readonly NameTable _categories;
    private readonly NameTable _products;
    private readonly NameTable _services;
    private readonly Dictionary<(int Category, int Product, int Service), LogSourceSet?> _sets = [];

    /// <summary>Makes it.</summary>
    /// <param name="known">The log sources that rules state.</param>
    public StatedLogSources(IEnumerable<LogSource> known)
    {
        _known = [.. known];
        _categories = new NameTable(WordsOf(source => source.Category));
        _products = new NameTable(WordsOf(source => source.Product));
        _services = new NameTable(WordsOf(source => source.Service));
    }

    /// <summary>
    /// A set that the same rules see as a log source, an empty attribute not being stated; null if no rule sees its events.
    /// </summary>
    public LogSourceSet? Find(ReadOnlySpan<byte> category, ReadOnlySpan<byte> product, ReadOnlySpan<byte> service)
    {
        (int, int, int) key = (_categories.Find(category).Id, _products.Find(product).Id, _services.Find(service).Id);
        if (!_sets.TryGetValue(key, out LogSourceSet? set))
        {
            if (_sets.Count == MaxSets)
            {
                _sets.Clear();
            }

            set = Make(new LogSource(TextOf(_categories, key.Item1), TextOf(_products, key.Item2), TextOf(_services, key.Item3)));
            _sets.Add(key, set);
        }

        return set;
    }

    private LogSourceSet? Make(LogSource stated)
    {
        ImmutableArray<LogSource> covering = [.. _known.Where(source => source.Covers(stated))];
        return covering.IsEmpty
            ? null
            :
            [
                new LogSource(
                    covering.Any(source => source.Category is not null) ? stated.Category : null,
                    covering.Any(source => source.Product is not null) ? stated.Product : null,
                    covering.Any(source => source.Service is not null) ? stated.Service : null),
            ];
    }

    private static string? TextOf(NameTable table, int id) => id < 0 ? null : table.TextOf(new Name(id));

    private ImmutableArray<string> WordsOf(Func<LogSource, string?> attribute) =>
        [.. _known.Select(attribute).OfType<string>().Where(word => word.Length > 0).Distinct(StringComparer.Ordinal)];
}
