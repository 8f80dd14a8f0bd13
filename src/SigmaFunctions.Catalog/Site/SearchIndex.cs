using System.Buffers;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Catalog.Model;

namespace SigmaFunctions.Catalog.Site;

/// <summary>
/// What the search page loads: a script, since pages opened as files may not read others, that holds names once and a short row for every
/// rule (<c>assets/search.js</c> reads it).
/// </summary>
internal static class SearchIndex
{
    /// <summary>Characters of a rule's text that are searched; lists of thousands of values are cut.</summary>
    private const int MaxText = 6000;

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
            json.WriteStartArray("rules");
            foreach (RulePage page in catalogue.Rules.OrderBy(page => page.Link.Title, StringComparer.OrdinalIgnoreCase).ThenBy(page => page.Link.Id, StringComparer.Ordinal))
            {
                json.WriteStartArray();
                json.WriteStringValue(page.Link.Page);
                json.WriteStringValue(page.Link.Title);
                json.WriteNumberValue(LevelOf(page.Rule.Level));
                json.WriteNumberValue(statuses.IndexOf(page.Rule.Status));
                json.WriteNumberValue(products.IndexOf(page.Rule.LogSource.Product));
                json.WriteNumberValue(categories.IndexOf(page.Rule.LogSource.Category));
                json.WriteNumberValue(services.IndexOf(page.Rule.LogSource.Service));
                Write(json, page.Tactics.Select(tactic => tactics.IndexOf(tactic.Name)));
                Write(json, page.Techniques.Select(technique => techniques.IndexOf(technique.Id)));
                Write(json, page.Coverage.Where(source => source.Verdict != CoverageVerdict.Blind).Select(source => catalogue.Telemetry.IndexOf(source.Telemetry)));
                json.WriteNumberValue(sources.IndexOf(page.Source.Name));
                json.WriteStringValue(page.Changed?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture) ?? "");
                json.WriteStringValue(TextOf(page));
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

    /// <summary>What is searched but not shown, in lower case: parts are separated by line ends, which no query holds.</summary>
    private static string TextOf(RulePage page)
    {
        var text = new StringBuilder();
        Add(page.Rule.Id);
        Add(page.Rule.Description);
        Add(page.Rule.Author);
        Add(page.Path);
        foreach (string tag in page.Rule.Tags)
        {
            Add(tag);
        }

        foreach (string name in page.Techniques.Select(technique => technique.Name))
        {
            Add(name);
        }

        foreach (IndicatorGroup group in page.Indicators)
        {
            Add(group.Field);
            foreach (Indicator indicator in group.Values)
            {
                if (text.Length > MaxText)
                {
                    return text.ToString();
                }

                Add(indicator.Value);
            }
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

    private static int LevelOf(string? level) => level switch
    {
        "informational" => 0,
        "low" => 1,
        "medium" => 2,
        "high" => 3,
        "critical" => 4,
        _ => -1,
    };

    private static void Write(Utf8JsonWriter json, IEnumerable<int> numbers)
    {
        json.WriteStartArray();
        foreach (int number in numbers)
        {
            json.WriteNumberValue(number);
        }

        json.WriteEndArray();
    }

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
