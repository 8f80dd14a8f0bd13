using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Engine.Correlating;

namespace SigmaFunctions.Catalog.Site;

/// <summary>Writes a catalogue as JSON (docs/catalog.schema.json).</summary>
public static class CatalogueJson
{
    /// <summary>Version of the schema: raised where something is taken away or means something else.</summary>
    public const int SchemaVersion = 1;

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the whole catalogue.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="baseUrl">Address of the site, which ends in a slash; without it pages are relative to the file.</param>
    public static void Write(Stream stream, RuleCatalogue catalogue, Uri? baseUrl = null)
    {
        ArgumentNullException.ThrowIfNull(catalogue);
        using var json = new Utf8JsonWriter(stream, Options);
        json.WriteStartObject();
        json.WriteNumber("schemaVersion", SchemaVersion);
        json.WriteString("revision", catalogue.Revision);
        json.WriteString("attackVersion", AttackCatalogue.Version);
        json.WriteNumber("rejected", catalogue.Rejected);
        json.WriteStartArray("sources");
        foreach (RuleSource source in catalogue.Sources)
        {
            json.WriteStringValue(source.Name);
        }

        json.WriteEndArray();
        json.WriteStartArray("rules");
        foreach (RulePage page in catalogue.Rules)
        {
            Rule(json, page, baseUrl);
            json.Flush();
        }

        json.WriteEndArray();
        json.WriteStartArray("correlations");
        foreach (CorrelationPage page in catalogue.Correlations)
        {
            Correlation(json, page, baseUrl);
        }

        json.WriteEndArray();
        json.WriteStartArray("filters");
        foreach (FilterPage page in catalogue.Filters)
        {
            json.WriteStartObject();
            Common(json, page.Link, page.Source, page.Path, baseUrl);
            Optional(json, "description", page.Filter.Description);
            Ids(json, "rules", page.Rules);
            json.WriteString("yaml", page.Yaml);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Writes one rule's page, in the form that it has in the whole catalogue.</summary>
    public static void Write(Stream stream, RulePage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        using var json = new Utf8JsonWriter(stream, Options);
        Rule(json, page, baseUrl: null);
    }

    /// <summary>Writes one correlation's page, in the form that it has in the whole catalogue.</summary>
    public static void Write(Stream stream, CorrelationPage page)
    {
        ArgumentNullException.ThrowIfNull(page);
        using var json = new Utf8JsonWriter(stream, Options);
        Correlation(json, page, baseUrl: null);
    }

    private static void Correlation(Utf8JsonWriter json, CorrelationPage page, Uri? baseUrl)
    {
        json.WriteStartObject();
        Common(json, page.Link, page.Source, page.Path, baseUrl);
        Optional(json, "status", page.Correlation.Status);
        Optional(json, "level", page.Link.Level);
        Optional(json, "author", page.Correlation.Author);
        Optional(json, "description", page.Correlation.Description);
        json.WriteString("type", page.Correlation.TypeName);
        Texts(json, "groupBy", page.Correlation.GroupBy);
        json.WriteString("timespan", page.Correlation.TimespanText);
        json.WriteString("condition", CorrelationText.ConditionOf(page.Correlation));
        json.WriteString("decided", page.Decision switch { CorrelationDecision.AtOnce => "at once", CorrelationDecision.AfterLateEvents => "after late events", _ => "after timespan" });
        Texts(json, "tags", page.Correlation.Tags);
        Ids(json, "rules", page.Rules);
        Ids(json, "correlations", page.Correlations);
        json.WriteBoolean("silent", page.IsSilent);
        json.WriteString("yaml", page.Yaml);
        json.WriteEndObject();
    }

    private static void Rule(Utf8JsonWriter json, RulePage page, Uri? baseUrl)
    {
        json.WriteStartObject();
        Common(json, page.Link, page.Source, page.Path, baseUrl);
        Optional(json, "status", page.Rule.Status);
        Optional(json, "level", page.Rule.Level);
        json.WriteStartObject("logsource");
        Optional(json, "product", page.Rule.LogSource.Product);
        Optional(json, "category", page.Rule.LogSource.Category);
        Optional(json, "service", page.Rule.LogSource.Service);
        json.WriteEndObject();
        Optional(json, "author", page.Rule.Author);
        Optional(json, "description", page.Rule.Description);
        Optional(json, "date", page.Rule.Date);
        Optional(json, "modified", page.Rule.Modified);
        Texts(json, "references", page.Rule.References);
        Texts(json, "falsepositives", page.Rule.FalsePositives);
        Texts(json, "tags", page.Rule.Tags);
        Texts(json, "tactics", page.Tactics.Select(tactic => tactic.ShortName));
        json.WriteStartArray("techniques");
        foreach (AttackTechnique technique in page.Techniques)
        {
            json.WriteStartObject();
            json.WriteString("id", technique.Id);
            json.WriteString("name", technique.FullName);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("retiredTags");
        foreach (RetiredAttackTag tag in page.Attack.Retired)
        {
            json.WriteStartObject();
            json.WriteString("tag", tag.Tag);
            json.WriteString("name", tag.Was.Name);
            json.WriteString("state", tag.State.ToString().ToLowerInvariant());
            Texts(json, "replacedBy", tag.Now.Select(now => now.Id));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Coverage(json, page.Coverage);
        json.WriteStartArray("stages");
        foreach (Stage stage in page.Stages)
        {
            json.WriteStartObject();
            json.WriteNumber("number", stage.Number);
            json.WriteString("name", stage.Name);
            json.WriteString("text", stage.Text);
            json.WriteBoolean("excluded", stage.IsExcluded);
            if (stage.Predicates is { } predicates)
            {
                json.WritePropertyName("predicates");
                Logic(json, predicates);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("indicators");
        foreach (IndicatorGroup group in page.Indicators)
        {
            foreach (Indicator indicator in group.Values)
            {
                json.WriteStartObject();
                json.WriteString("field", group.Field);
                json.WriteString("kind", group.Kind);
                json.WriteBoolean("cased", group.IsCased);
                json.WriteBoolean("excluded", group.IsExcluded);
                json.WriteString("value", indicator.Value);
                json.WriteNumber("corpus", indicator.Count);
                json.WriteStartObject("corpusBySource");
                foreach (SourceCount count in indicator.CountBySource)
                {
                    json.WriteNumber(count.Source, count.Count);
                }

                json.WriteEndObject();
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
        json.WriteStartArray("related");
        foreach (Relation relation in page.Related)
        {
            json.WriteStartObject();
            json.WriteString("id", relation.Id);
            json.WriteString("type", relation.Type);
            json.WriteBoolean("statedHere", relation.IsStatedHere);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        Ids(json, "similar", page.Similar.Select(similar => similar.Link));
        Ids(json, "correlations", page.Correlations);
        json.WriteBoolean("silent", page.IsSilent);
        Ids(json, "filters", page.Filters);
        json.WriteString("yaml", page.Yaml);
        json.WriteEndObject();
    }

    private static void Common(Utf8JsonWriter json, PageLink link, RuleSource source, string path, Uri? baseUrl)
    {
        string page = $"rules/{link.Page}.html";
        json.WriteString("id", link.Id);
        json.WriteString("title", link.Title);
        json.WriteString("page", baseUrl is null ? page : new Uri(baseUrl, page).AbsoluteUri);
        json.WriteString("source", source.Name);
        json.WriteString("path", path);
    }

    private static void Coverage(Utf8JsonWriter json, ImmutableArray<SourceCoverage> coverage)
    {
        json.WriteStartArray("coverage");
        foreach (SourceCoverage source in coverage)
        {
            json.WriteStartObject();
            json.WriteString("telemetry", source.Telemetry.Name);
            json.WriteString("verdict", NameOf(source.Verdict));
            Texts(json, "missing", source.Missing);
            json.WriteStartArray("events");
            foreach (EventCoverage one in source.Events)
            {
                json.WriteStartObject();
                json.WriteString("name", one.Name);
                Optional(json, "action", one.Action);
                json.WriteString("verdict", NameOf(one.Verdict));
                Texts(json, "missing", one.Missing);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Logic(Utf8JsonWriter json, LogicNode node)
    {
        json.WriteStartObject();
        if (node.Predicate is { } predicate)
        {
            json.WriteString("field", predicate.Field);
            json.WriteString("kind", predicate.Kind);
            json.WriteBoolean("cased", predicate.IsCased);
            json.WriteBoolean("all", predicate.All);
            Texts(json, "values", predicate.Values);
        }
        else
        {
            json.WriteStartArray(node.Kind switch { LogicKind.All => "allOf", LogicKind.Any => "anyOf", _ => "not" });
            foreach (LogicNode part in node.Parts)
            {
                Logic(json, part);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static string NameOf(CoverageVerdict verdict) => verdict switch
    {
        CoverageVerdict.Full => "full",
        CoverageVerdict.Weakened => "weakened",
        _ => "blind",
    };

    private static void Ids(Utf8JsonWriter json, string name, IEnumerable<PageLink> links) => Texts(json, name, links.Select(link => link.Id));

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void Optional(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }
}
