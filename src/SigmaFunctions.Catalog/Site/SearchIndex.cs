using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Site;

/// <summary>
/// What the search page loads: a script, since pages opened as files may not read others, that holds names once and a short row for every
/// rule, correlation and filter (<c>assets/search.js</c> reads it).
/// </summary>
internal static class SearchIndex
{
    /// <summary>Characters of a rule's text that are searched; lists of thousands of values are cut.</summary>
    private const int MaxText = 6000;

    private static readonly string[] Kinds = ["rule", "correlation", "filter"];

    /// <summary>The script.</summary>
    public static byte[] Write(RuleCatalogue catalogue)
    {
        var buffer = new ArrayBufferWriter<byte>();
        buffer.Write("window.catalogIndex="u8);
        using (var json = new Utf8JsonWriter(buffer))
        {
            var products = new NameList();
            var categories = new NameList();
            var services = new NameList();
            var statuses = new NameList();
            var tactics = new NameList();
            var techniques = new NameList();
            var sources = new NameList();
            json.WriteStartObject();
            json.WriteStartArray("kinds");
            foreach (string kind in Kinds)
            {
                json.WriteStringValue(kind);
            }

            json.WriteEndArray();
            json.WriteStartArray("rules");
            foreach (Entry entry in Entries(catalogue).OrderBy(entry => entry.Link.Title, StringComparer.OrdinalIgnoreCase).ThenBy(entry => entry.Link.Id, StringComparer.Ordinal))
            {
                json.WriteStartArray();
                json.WriteNumberValue(entry.Kind);
                json.WriteStringValue(entry.Link.Page);
                json.WriteStringValue(entry.Link.Title);
                json.WriteNumberValue(LevelOf(entry.Link.Level));
                json.WriteNumberValue(statuses.IndexOf(entry.Status));
                json.WriteNumberValue(products.IndexOf(entry.LogSource?.Product));
                json.WriteNumberValue(categories.IndexOf(entry.LogSource?.Category));
                json.WriteNumberValue(services.IndexOf(entry.LogSource?.Service));
                Write(json, entry.Attack.Tactics.Select(tactic => tactics.IndexOf(tactic.Name)));
                Write(json, entry.Attack.Techniques.Select(technique => techniques.IndexOf(technique.Id)));
                Write(json, entry.Coverage.Where(source => source.Verdict != CoverageVerdict.Blind).Select(source => catalogue.Telemetry.IndexOf(source.Telemetry)));
                json.WriteNumberValue(sources.IndexOf(entry.Source.Name));
                json.WriteStringValue(entry.Changed?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) ?? "");
                json.WriteStringValue(TextOf(entry));
                json.WriteEndArray();
            }

            json.WriteEndArray();
            products.Write(json, "products");
            categories.Write(json, "categories");
            services.Write(json, "services");
            statuses.Write(json, "statuses");
            tactics.Write(json, "tactics");
            techniques.Write(json, "techniques");
            sources.Write(json, "sources");
            json.WriteStartArray("telemetry");
            foreach (TelemetryName telemetry in catalogue.Telemetry)
            {
                json.WriteStringValue(telemetry.Title);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        buffer.Write(";\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static IEnumerable<Entry> Entries(RuleCatalogue catalogue) =>
    [
        .. catalogue.Rules.Select(page => new Entry(
            0, page.Link, page.Rule.Status, page.Rule.LogSource, page.Attack, page.Coverage, page.Source, page.Changed,
            [page.Rule.Id, page.Rule.Description, page.Rule.Author, page.Path, .. page.Rule.Tags],
            page.Indicators.SelectMany(group => group.Values.Select(indicator => indicator.Value).Prepend(group.Field)))),
        .. catalogue.Correlations.Select(page => new Entry(
            1, page.Link, page.Correlation.Status, null, page.Attack, [], page.Source, null,
            [page.Correlation.Id, page.Correlation.Description, page.Correlation.Author, page.Path, .. page.Correlation.Tags],
            [page.Correlation.TypeName, .. page.Correlation.GroupBy, .. page.Correlation.Fields, .. page.Rules.Select(rule => rule.Title)])),
        .. catalogue.Filters.Select(page => new Entry(
            2, page.Link, null, page.Filter.LogSource, TagNames.None, [], page.Source, null,
            [page.Filter.Id, page.Filter.Description, page.Path],
            page.Stages.SelectMany(stage => Values(stage.Predicates)).Concat(page.Rules.Select(rule => rule.Title)))),
    ];

    private static IEnumerable<string> Values(LogicNode? node) =>
        node is null ? []
        : node.Predicate is { } predicate ? predicate.Values.Prepend(predicate.Field)
        : node.Parts.SelectMany(Values);

    /// <summary>What is searched but not shown, in lower case: parts are separated by line ends, which no query holds.</summary>
    private static string TextOf(Entry entry)
    {
        var text = new StringBuilder();
        foreach (string? part in entry.Words.Concat(entry.Attack.Techniques.Select(technique => technique.Name)).Concat(entry.Attack.Retired.Select(tag => tag.Was.Name)))
        {
            Add(part);
        }

        foreach (string value in entry.Values)
        {
            if (text.Length > MaxText)
            {
                break;
            }

            Add(value);
        }

        return text.ToString();

        void Add(string? part)
        {
            if (!string.IsNullOrEmpty(part))
            {
                text.Append(text.Length == 0 ? "" : "\n").Append(part.ReplaceLineEndings(" ").ToLowerInvariant());
            }
        }
    }

    private static int LevelOf(string? level) => (int?)RuleLevels.Parse(level) ?? -1;

    private static void Write(Utf8JsonWriter json, IEnumerable<int> numbers)
    {
        json.WriteStartArray();
        foreach (int number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

    /// <summary>A row.</summary>
    /// <param name="Kind">Number of its kind.</param>
    /// <param name="Link">The page.</param>
    /// <param name="Status">Maturity as written.</param>
    /// <param name="LogSource">Where it looks; null for a correlation.</param>
    /// <param name="Attack">What its tags name.</param>
    /// <param name="Coverage">What telemetry can trigger it.</param>
    /// <param name="Source">Where it comes from.</param>
    /// <param name="Changed">Day of the last change.</param>
    /// <param name="Words">Texts that are searched whole.</param>
    /// <param name="Values">Texts that are searched as far as there is room.</param>
    private sealed record Entry(
        int Kind,
        PageLink Link,
        string? Status,
        LogSource? LogSource,
        TagNames Attack,
        ImmutableArray<SourceCoverage> Coverage,
        RuleSource Source,
        DateOnly? Changed,
        IEnumerable<string?> Words,
        IEnumerable<string> Values);

    /// <summary>Names that rows refer to by number; -1 for none.</summary>
    private sealed class NameList
    {
        private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

        public int IndexOf(string? name)
        {
            if (name is null)
            {
                return -1;
            }

            if (!_numbers.TryGetValue(name, out int number))
            {
                _numbers.Add(name, number = _numbers.Count);
            }

            return number;
        }

        public void Write(Utf8JsonWriter json, string property)
        {
            json.WriteStartArray(property);
            foreach (string name in _numbers.Keys)
            {
                json.WriteStringValue(name);
            }

            json.WriteEndArray();
        }
    }
}
