using System.Collections.Immutable;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Catalog.Site;

/// <summary>The page of a rule.</summary>
internal static class RuleView
{
    /// <summary>More values than this are folded up.</summary>
    private const int MaxShown = 24;

    /// <summary>Indicators of a page that name the other rules; the rest give their number alone.</summary>
    private const int MaxNaming = 60;

    /// <summary>Writes the page.</summary>
    public static void Write(HtmlWriter html, string root, RulePage page, LogSourceNames logSources, bool hasSeveralSources)
    {
        html.Write($"<div class=\"page\">\n<article>\n<p class=\"crumbs\"><a href=\"{root}search.html\">Detection rules</a> <span aria-hidden=\"true\">›</span> {page.Source.Name}</p>\n<h1>{page.Rule.Title}</h1>\n");
        Metadata(html, root, page, logSources);
        if (page.Rule.Description is { } description)
        {
            html.Write($"<p class=\"lead\">{description.Trim()}</p>\n");
        }

        Notes(html, page);
        Attack(html, root, page.Attack);
        Coverage(html, page);
        RuleBody(html, page.Yaml);
        Stages(html, page.Stages);
        Indicators(html, root, page.Indicators, hasSeveralSources);
        Related(html, root, page);
        References(html, page.Rule.References);
        html.Write($"</article>\n");
        Contents(html, page);
        html.Write($"</div>");
    }

    /// <summary>Writes YAML with its heading.</summary>
    public static void RuleBody(HtmlWriter html, string yaml)
    {
        html.Write($"<section id=\"body\"><h2>Rule body <small>yaml</small></h2>\n<div class=\"code\"><pre tabindex=\"0\"><code>");
        YamlHighlighter.Write(html, yaml);
        html.Write($"</code></pre></div></section>\n");
    }

    /// <summary>Writes stages with their predicates.</summary>
    public static void Stages(HtmlWriter html, ImmutableArray<Stage> stages)
    {
        html.Write($"<section id=\"stages\"><h2>Stages and predicates</h2>\n");
        foreach (Stage stage in stages)
        {
            html.Write($"<section class=\"stage\" id=\"stage-{stage.Number}\"><h3>Stage {stage.Number}: <span class=\"name\">{stage.Name}</span>");
            if (stage.IsExcluded)
            {
                html.Write($" <span class=\"tag\">excluded by the condition</span>");
            }

            html.Write($"</h3>\n");
            if (stage.Predicates is null)
            {
                html.Write($"<div class=\"code\"><pre tabindex=\"0\" class=\"condition\"><code>");
                Condition(html, stage.Text, stages);
                html.Write($"</code></pre></div>\n");
            }
            else
            {
                html.Write($"<div class=\"split\"><div class=\"code\"><pre tabindex=\"0\"><code>");
                YamlHighlighter.Write(html, stage.Text);
                html.Write($"</code></pre></div>\n<div class=\"logic\">");
                Logic(html, stage.Predicates);
                html.Write($"</div></div>\n");
            }

            html.Write($"</section>\n");
        }

        html.Write($"</section>\n");
    }

    private static void Metadata(HtmlWriter html, string root, RulePage page, LogSourceNames logSources)
    {
        html.Write($"<dl class=\"facts\">\n<div><dt>Status</dt><dd>{page.Rule.Status ?? "not stated"}</dd></div>\n<div><dt>Severity</dt><dd>");
        Layout.Level(html, page.Rule.Level);
        html.Write($"</dd></div>\n<div><dt>Log source</dt><dd><a href=\"{root}logsources/{logSources.PageOf(page.Rule.LogSource)}.html\">{TextOf(page.Rule.LogSource)}</a></dd></div>\n");
        html.Write($"<div><dt>Author</dt><dd>{page.Rule.Author ?? "not stated"}</dd></div>\n<div><dt>Source</dt><dd>");
        if (page.Source.Url is { } url)
        {
            html.Write($"<a href=\"{url}\" rel=\"noreferrer\">{page.Source.Name}</a>");
        }
        else
        {
            html.Write($"{page.Source.Name}");
        }

        html.Write($" <span class=\"path\">{page.Path}</span></dd></div>\n</dl>\n");
    }

    /// <summary>A log source in words, such as <c>product windows, category process_creation</c>.</summary>
    public static string TextOf(LogSource logSource)
    {
        string text = string.Join(
            ", ",
            new[] { ("product", logSource.Product), ("category", logSource.Category), ("service", logSource.Service) }
                .Where(part => part.Item2 is not null)
                .Select(part => $"{part.Item1} {part.Item2}"));
        return text.Length == 0 ? "any" : text;
    }

    private static void Notes(HtmlWriter html, RulePage page)
    {
        if (page.Rule.FalsePositives.IsEmpty)
        {
            return;
        }

        html.Write($"<div class=\"notes\"><h2 class=\"small\">False positives</h2><ul>");
        foreach (string note in page.Rule.FalsePositives)
        {
            html.Write($"<li>{note}</li>");
        }

        html.Write($"</ul></div>\n");
    }

    /// <summary>Writes the tactics and techniques that tags name, and the other tags.</summary>
    public static void Attack(HtmlWriter html, string root, TagNames names)
    {
        html.Write($"<section id=\"attack\"><h2>MITRE ATT&amp;CK coverage</h2>\n");
        if (names.Tactics.IsEmpty && names.Techniques.IsEmpty)
        {
            html.Write($"<p class=\"none\">It names no tactic or technique.</p>\n");
        }

        if (!names.Tactics.IsEmpty)
        {
            html.Write($"<ul class=\"tactics\" aria-label=\"Tactics\">");
            foreach (AttackTactic tactic in names.Tactics)
            {
                if (tactic.Url is { } url)
                {
                    html.Write($"<li><a href=\"{url}\" rel=\"noreferrer\">{tactic.Name} <span class=\"id\">{tactic.Id}</span></a></li>");
                }
                else
                {
                    html.Write($"<li>{tactic.Name}</li>");
                }
            }

            html.Write($"</ul>\n");
        }

        if (!names.Techniques.IsEmpty)
        {
            html.Write($"<ul class=\"techniques\" aria-label=\"Techniques\">");
            foreach (AttackTechnique technique in names.Techniques)
            {
                html.Write($"<li><a class=\"id\" href=\"{technique.Url}\" rel=\"noreferrer\">{technique.Id}</a> ");
                if (technique.Parent is { } parent)
                {
                    html.Write($"<span class=\"parent\">{parent.Name}:</span> ");
                }

                html.Write($"<a href=\"{root}techniques/{technique.Parent?.Id ?? technique.Id}.html\">{technique.Name}</a>");
                if (technique.State != AttackState.Current)
                {
                    html.Write($" <span class=\"tag\">{(technique.State == AttackState.Revoked ? "revoked" : "deprecated")}</span>");
                }

                html.Write($"</li>");
            }

            html.Write($"</ul>\n");
        }

        if (!names.Others.IsEmpty)
        {
            html.Write($"<p class=\"tags\"><span class=\"label\">Other tags</span>");
            foreach (string tag in names.Others)
            {
                html.Write($" <span class=\"tag\">{tag}</span>");
            }

            html.Write($"</p>\n");
        }

        html.Write($"</section>\n");
    }

    private static void Coverage(HtmlWriter html, RulePage page)
    {
        html.Write($"<section id=\"events\"><h2>Event coverage</h2>\n");
        if (page.Coverage.IsEmpty)
        {
            html.Write($"<p class=\"none\">No known source of telemetry has events of this log source ({TextOf(page.Rule.LogSource)}).</p>\n</section>\n");
            return;
        }

        html.Write($"<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Event coverage\"><table class=\"coverage\"><thead><tr><th scope=\"col\">Source</th><th scope=\"col\">Events</th><th scope=\"col\">The rule is</th><th scope=\"col\">Fields that never come</th></tr></thead><tbody>\n");
        foreach (SourceCoverage source in page.Coverage)
        {
            List<(EventCoverage Event, string Actions)> events = Together(source.Events);
            for (int i = 0; i < events.Count; i++)
            {
                html.Write($"<tr>");
                if (i == 0)
                {
                    html.Write($"<th scope=\"rowgroup\" rowspan=\"{events.Count}\">{source.Telemetry.Title}</th>");
                }

                html.Write($"<td>{events[i].Event.Name}");
                if (events[i].Actions.Length > 0)
                {
                    html.Write($" <span class=\"actions\">{events[i].Actions}</span>");
                }

                html.Write($"</td><td>");
                Verdict(html, events[i].Event.Verdict);
                html.Write($"</td><td>");
                Fields(html, events[i].Event.Missing);
                html.Write($"</td></tr>\n");
            }
        }

        html.Write($"</tbody></table></div></section>\n");
    }

    /// <summary>Events of one name on which the rule can do the same, with their actions.</summary>
    private static List<(EventCoverage Event, string Actions)> Together(ImmutableArray<EventCoverage> events) =>
    [
        .. events.GroupBy(one => (one.Name, one.Verdict, string.Join(' ', one.Missing)))
            .Select(group => (group.First(), string.Join(", ", group.Select(one => one.Action).OfType<string>().Distinct()))),
    ];

    /// <summary>Writes what a rule can do on telemetry.</summary>
    public static void Verdict(HtmlWriter html, CoverageVerdict verdict)
    {
        (string css, string word) = verdict switch
        {
            CoverageVerdict.Full => ("full", "fully able"),
            CoverageVerdict.Weakened => ("weak", "weakened"),
            _ => ("blind", "blind"),
        };
        html.Write($"<span class=\"verdict {css}\">{word}</span>");
    }

    /// <summary>Writes names of fields.</summary>
    public static void Fields(HtmlWriter html, ImmutableArray<string> fields)
    {
        if (fields.IsEmpty)
        {
            html.Write($"<span class=\"none\">none</span>");
        }

        for (int i = 0; i < fields.Length; i++)
        {
            html.Write($"{(i == 0 ? "" : " ")}<code class=\"field\">{fields[i]}</code>");
        }
    }

    /// <summary>The condition with its words marked, and links to the stages it names.</summary>
    private static void Condition(HtmlWriter html, string condition, ImmutableArray<Stage> stages)
    {
        int i = 0;
        while (i < condition.Length)
        {
            int start = i;
            while (i < condition.Length && !char.IsWhiteSpace(condition[i]) && condition[i] is not ('(' or ')'))
            {
                i++;
            }

            string word = condition[start..i];
            if (stages.FirstOrDefault(stage => stage.Number > 0 && stage.Name == word) is { } named)
            {
                html.Write($"<a href=\"#stage-{named.Number}\">{word}</a>");
            }
            else if (word.ToUpperInvariant() is "AND" or "OR" or "NOT" or "OF" or "ALL" or "ANY" or "THEM" or "1")
            {
                html.Write($"<span class=\"k\">{word}</span>");
            }
            else
            {
                html.Text(word);
            }

            if (i < condition.Length)
            {
                html.Text(condition.AsSpan(i, 1));
                i++;
            }
        }
    }

    private static void Logic(HtmlWriter html, LogicNode node)
    {
        if (node.Predicate is { } predicate)
        {
            Predicate(html, predicate);
            return;
        }

        html.Write($"<p class=\"op\">{node.Kind switch { LogicKind.All => "all of", LogicKind.Any => "any of", _ => "not" }}</p><ul>");
        int shown = 0;
        foreach (LogicNode part in node.Parts)
        {
            if (shown++ == MaxShown && node.Parts.Length > MaxShown + 6)
            {
                html.Write($"<li><details><summary>{Layout.Count(node.Parts.Length - MaxShown, "more part")}</summary><ul>");
            }

            html.Write($"<li>");
            Logic(html, part);
            html.Write($"</li>");
        }

        html.Write($"</ul>");
        if (node.Parts.Length > MaxShown + 6)
        {
            html.Write($"</details></li></ul>");
        }
    }

    private static void Predicate(HtmlWriter html, PredicateText predicate)
    {
        html.Write($"<p class=\"test\">");
        Field(html, predicate.Field);
        html.Write($" <span class=\"op\">{Words(predicate)}</span></p><ul class=\"values\">");
        for (int i = 0; i < predicate.Values.Length; i++)
        {
            if (i == MaxShown && predicate.Values.Length > MaxShown + 6)
            {
                html.Write($"</ul><details><summary>{Layout.Count(predicate.Values.Length - MaxShown, "more value")}</summary><ul class=\"values\">");
            }

            html.Write($"<li><code>{predicate.Values[i]}</code></li>");
        }

        html.Write($"</ul>");
        if (predicate.Values.Length > MaxShown + 6)
        {
            html.Write($"</details>");
        }
    }

    private static void Field(HtmlWriter html, string field)
    {
        if (field.Length == 0)
        {
            html.Write($"<em>any value</em>");
        }
        else
        {
            html.Write($"<code class=\"field\">{field}</code>");
        }
    }

    private static string Words(PredicateText predicate)
    {
        string kind = predicate.Kind switch
        {
            "startswith" => "starts with",
            "endswith" => "ends with",
            "wildcard" => "fits",
            "cidr" => "is within",
            "exists" => "exists:",
            "re" => "matches",
            _ => predicate.Kind,
        };
        return kind
            + (predicate.Values.Length == 1 ? "" : predicate.All ? " all of" : " any of")
            + (predicate.IsCased ? " (case counts)" : "");
    }

    private static void Indicators(HtmlWriter html, string root, ImmutableArray<IndicatorGroup> groups, bool hasSeveralSources)
    {
        html.Write(
            $"""
            <section id="indicators"><h2>Indicators</h2>
            <p class="hint">Field, kind and value that the rule looks for. <em>corpus</em> is the number of rules in this catalogue, this one included, that look for the same; without it the indicator is this rule's alone.</p>
            <div class="wide" tabindex="0" role="region" aria-label="Indicators"><table class="indicators"><thead><tr><th scope="col">Field</th><th scope="col">Kind</th><th scope="col">Values</th></tr></thead><tbody>

            """);
        int naming = 0;
        foreach (IndicatorGroup group in groups)
        {
            html.Write($"<tr><td>");
            Field(html, group.Field);
            html.Write($"</td><td>{(group.IsExcluded ? "not " : "")}{group.Kind}{(group.IsCased ? "|cased" : "")}</td><td><ul class=\"values\">");
            for (int i = 0; i < group.Values.Length; i++)
            {
                Indicator indicator = group.Values[i];
                if (i == MaxShown && group.Values.Length > MaxShown + 6)
                {
                    html.Write($"</ul><details><summary>{Layout.Count(group.Values.Length - MaxShown, "more value")}</summary><ul class=\"values\">");
                }

                html.Write($"<li><code>{indicator.Value}</code>");
                if (indicator.Count > 1)
                {
                    Corpus(html, root, indicator, hasSeveralSources, names: naming++ < MaxNaming);
                }

                html.Write($"</li>");
            }

            html.Write($"</ul>");
            if (group.Values.Length > MaxShown + 6)
            {
                html.Write($"</details>");
            }

            html.Write($"</td></tr>\n");
        }

        html.Write($"</tbody></table></div></section>\n");
    }

    private static void Corpus(HtmlWriter html, string root, Indicator indicator, bool hasSeveralSources, bool names)
    {
        if (!names)
        {
            html.Write($" <span class=\"corpus\">");
            Number();
            html.Write($"</span>");
            return;
        }

        html.Write($" <details class=\"corpus\"><summary>");
        Number();
        html.Write($"</summary>");
        Layout.Links(html, root, indicator.Others);
        if (indicator.Count - 1 > indicator.Others.Length)
        {
            html.Write($"<p class=\"none\">and {indicator.Count - 1 - indicator.Others.Length} more</p>");
        }

        html.Write($"</details>");

        void Number()
        {
            html.Write($"corpus {indicator.Count}");
            if (hasSeveralSources)
            {
                html.Write($" ({SharedText(indicator.CountBySource)})");
            }
        }
    }

    /// <summary>Counts by source in words, such as <c>sigma 14, mine 2</c>.</summary>
    public static string SharedText(ImmutableArray<SourceCount> counts) =>
        string.Join(", ", counts.Select(one => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{one.Source} {one.Count}")));

    private static void Related(HtmlWriter html, string root, RulePage page)
    {
        if (!page.Correlations.IsEmpty || !page.Filters.IsEmpty)
        {
            html.Write($"<section id=\"involved\"><h2>Correlations and filters</h2>\n");
            if (!page.Correlations.IsEmpty)
            {
                html.Write($"<h3>Correlations that look at its matches</h3>");
                Layout.Links(html, root, page.Correlations);
            }

            if (!page.Filters.IsEmpty)
            {
                html.Write($"<h3>Filters that are applied to it</h3>");
                Layout.Links(html, root, page.Filters);
            }

            html.Write($"</section>\n");
        }

        if (page.Related.IsEmpty && page.Similar.IsEmpty)
        {
            return;
        }

        html.Write($"<section id=\"related\"><h2>Related rules</h2>\n");
        if (!page.Related.IsEmpty)
        {
            html.Write($"<ul class=\"links\">");
            foreach (Relation relation in page.Related)
            {
                html.Write($"<li><span class=\"tag\">{relation.Type}{(relation.IsStatedHere ? "" : " of")}</span> ");
                if (relation.Link is { } link)
                {
                    Layout.Link(html, root, link);
                }
                else
                {
                    html.Write($"<span class=\"id\">{relation.Id}</span> <span class=\"none\">not in this catalogue</span>");
                }

                html.Write($"</li>");
            }

            html.Write($"</ul>\n");
        }

        if (!page.Similar.IsEmpty)
        {
            html.Write($"<h3>By rare indicators that they share</h3>\n<ul class=\"links\">");
            foreach (SimilarRule similar in page.Similar)
            {
                html.Write($"<li>");
                Layout.Link(html, root, similar.Link);
                html.Write($" <span class=\"none\">{Layout.Count(similar.Shared, "indicator")}</span></li>");
            }

            html.Write($"</ul>\n");
        }

        html.Write($"</section>\n");
    }

    private static void References(HtmlWriter html, ImmutableArray<string> references)
    {
        if (references.IsEmpty)
        {
            return;
        }

        html.Write($"<section id=\"references\"><h2>References</h2>\n<ul class=\"references\">");
        foreach (string reference in references)
        {
            if (Layout.IsLink(reference))
            {
                html.Write($"<li><a href=\"{reference}\" rel=\"noreferrer\">{reference}</a></li>");
            }
            else
            {
                html.Write($"<li>{reference}</li>");
            }
        }

        html.Write($"</ul></section>\n");
    }

    /// <summary>What stands beside the page: its parts, and what identifies the rule.</summary>
    private static void Contents(HtmlWriter html, RulePage page)
    {
        html.Write(
            $"""
            <aside aria-label="About this page"><nav aria-label="On this page"><p class="label">On this page</p><ul>
            <li><a href="#attack">ATT&amp;CK coverage</a></li>
            <li><a href="#events">Event coverage</a></li>
            <li><a href="#body">Rule body</a></li>
            <li><a href="#stages">Stages and predicates</a></li>
            <li><a href="#indicators">Indicators</a></li>

            """);
        if (!page.Related.IsEmpty || !page.Similar.IsEmpty)
        {
            html.Write($"<li><a href=\"#related\">Related rules</a></li>");
        }

        if (!page.Rule.References.IsEmpty)
        {
            html.Write($"<li><a href=\"#references\">References</a></li>");
        }

        html.Write($"</ul></nav>\n<dl>");
        Fact("Created", page.Rule.Date);
        Fact("Modified", page.Rule.Modified);
        Fact("Name", page.Rule.Name);
        Fact("Taxonomy", page.Rule.Taxonomy);
        Fact("License", page.Rule.License);
        Fact("Scope", page.Rule.Scope.IsEmpty ? null : string.Join(", ", page.Rule.Scope));
        html.Write($"<div><dt>Id</dt><dd class=\"id\">{page.Rule.Id}</dd></div></dl></aside>");

        void Fact(string name, string? value)
        {
            if (value is not null)
            {
                html.Write($"<div><dt>{name}</dt><dd>{value}</dd></div>");
            }
        }
    }
}
