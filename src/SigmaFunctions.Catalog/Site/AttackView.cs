using System.Collections.Immutable;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site.Parts;

namespace SigmaFunctions.Catalog.Site;

/// <summary>Which rules there are for which techniques, and what of them telemetry can trigger.</summary>
internal sealed class AttackView
{
    private readonly RuleCatalogue _catalogue;

    // Ids of techniques that are no sub-techniques and that are named, by building blocks too.
    private readonly HashSet<string> _named;

    // By id of a technique that is no sub-technique: the rules that name it or one of its sub-techniques. What has no detections of its own covers nothing.
    private readonly Dictionary<string, List<RulePage>> _rules = new(StringComparer.Ordinal);

    // Likewise the correlations.
    private readonly ILookup<string, CorrelationPage> _correlations;

    /// <summary>Counts the rules of a catalogue.</summary>
    public AttackView(RuleCatalogue catalogue)
    {
        _catalogue = catalogue;
        _named = catalogue.Rules.SelectMany(page => page.Techniques).Concat(catalogue.Correlations.SelectMany(page => page.Attack.Techniques))
            .Select(technique => technique.Parent?.Id ?? technique.Id).ToHashSet(StringComparer.Ordinal);
        _correlations = catalogue.Correlations.Where(page => !page.IsSilent)
            .SelectMany(page => page.Attack.Techniques.Select(technique => technique.Parent?.Id ?? technique.Id).Distinct(), (page, id) => (page, id))
            .ToLookup(pair => pair.id, pair => pair.page, StringComparer.Ordinal);
        foreach (RulePage page in catalogue.Rules.Where(page => !page.IsSilent))
        {
            foreach (string id in page.Techniques.Select(technique => technique.Parent?.Id ?? technique.Id).Distinct())
            {
                if (!_rules.TryGetValue(id, out List<RulePage>? rules))
                {
                    _rules.Add(id, rules = []);
                }

                rules.Add(page);
            }
        }
    }

    /// <summary>Number of techniques (not sub-techniques) in force that some rule names.</summary>
    public int Covered => InForce.Count(technique => _rules.ContainsKey(technique.Id));

    /// <summary>Number of techniques in force.</summary>
    public static int Total => InForce.Count();

    /// <summary>The techniques that have a page: those in force, and those that rules or correlations name.</summary>
    public IEnumerable<AttackTechnique> Pages =>
        AttackCatalogue.Enterprise.Techniques.Where(technique => technique.Parent is null && (technique.State == AttackState.Current || _named.Contains(technique.Id)));

    private static IEnumerable<AttackTechnique> InForce =>
        AttackCatalogue.Enterprise.Techniques.Where(technique => technique.Parent is null && technique.State == AttackState.Current);

    /// <summary>The columns of the matrix: every tactic with its techniques, those of most rules first.</summary>
    public IEnumerable<(AttackTactic Tactic, List<(AttackTechnique Technique, List<RulePage> Rules)> Cells)> Columns()
    {
        foreach (AttackTactic tactic in AttackCatalogue.Enterprise.Tactics)
        {
            List<(AttackTechnique Technique, List<RulePage> Rules)> cells =
            [
                .. InForce
                    .Where(technique => technique.Tactics.Contains(tactic))
                    .Select(technique => (technique, _rules.GetValueOrDefault(technique.Id) ?? []))
                    .OrderByDescending(cell => cell.Item2.Count)
                    .ThenBy(cell => cell.technique.Name, StringComparer.Ordinal),
            ];
            yield return (tactic, cells);
        }
    }

    /// <summary>Writes the matrix.</summary>
    public void WriteMatrix(HtmlWriter html, string root)
    {
        html.Write(
            $"""
            <h1>ATT&amp;CK coverage</h1>
            <p class="lead">{Covered} of {Total} techniques have a rule. A cell counts the rules that name the technique or one of its sub-techniques; the stronger its colour, the more. ATT&amp;CK {AttackCatalogue.Version}.</p>

            """);
        if (!_catalogue.Telemetry.IsEmpty)
        {
            html.Write($"<p class=\"choose\" id=\"seen\" hidden><label for=\"seen-by\">Count rules that can match on</label> <select id=\"seen-by\"><option value=\"0\">any telemetry</option>");
            for (int i = 0; i < _catalogue.Telemetry.Length; i++)
            {
                html.Write($"<option value=\"{i + 1}\">{_catalogue.Telemetry[i].Title}</option>");
            }

            html.Write($"</select></p>\n");
        }

        html.Write($"<p class=\"legend\" aria-hidden=\"true\">Rules <span class=\"c0\">0</span><span class=\"c1\">1</span><span class=\"c2\">2–5</span><span class=\"c3\">6–15</span><span class=\"c4\">16–50</span><span class=\"c5\">51+</span></p>\n");
        html.Write($"<div class=\"matrix\" tabindex=\"0\" role=\"region\" aria-label=\"Matrix of tactics and techniques\">\n");
        foreach ((AttackTactic tactic, List<(AttackTechnique Technique, List<RulePage> Rules)> cells) in Columns())
        {
            html.Write($"<section><h2>{tactic.Name}</h2><p class=\"none\">{cells.Count(cell => cell.Rules.Count > 0)} of {PageText.Count(cells.Count, "technique")}</p><ul>\n");
            foreach ((AttackTechnique technique, List<RulePage> rules) in cells)
            {
                html.Write($"<li><a class=\"{Shade(rules.Count)}\" href=\"{root}techniques/{technique.Id}.html\" data-counts=\"{Counts(rules)}\">{technique.Name} <span class=\"id\">{technique.Id}</span> <b>{rules.Count}</b></a></li>\n");
            }

            html.Write($"</ul></section>\n");
        }

        html.Write($"</div>");
        WriteRetired(html, root);
    }

    /// <summary>Writes the page of a technique.</summary>
    public void WriteTechnique(HtmlWriter html, string root, AttackTechnique technique)
    {
        List<RulePage> rules = _rules.GetValueOrDefault(technique.Id) ?? [];
        html.Write($"<p class=\"crumbs\"><a href=\"{root}attack.html\">ATT&amp;CK coverage</a>");
        foreach (AttackTactic tactic in technique.Tactics)
        {
            html.Write($" <span aria-hidden=\"true\">·</span> {tactic.Name}");
        }

        html.Write($"</p>\n<h1>{technique.Name}</h1>\n<p class=\"lead\"><a class=\"id\" href=\"{technique.Url}\" rel=\"noreferrer\">{technique.Id}</a> · {PageText.Count(rules.Count, "rule")}{(technique.State == AttackState.Deprecated ? " · deprecated" : "")}</p>\n");
        Section(null, rules.Where(page => page.Techniques.Contains(technique)));
        foreach (AttackTechnique sub in AttackCatalogue.Enterprise.Techniques.Where(one => one.Parent == technique))
        {
            List<RulePage> under = [.. rules.Where(page => page.Techniques.Contains(sub))];
            if (sub.State == AttackState.Current || under.Count > 0)
            {
                Section(sub, under);
            }
        }

        if (_correlations.Contains(technique.Id))
        {
            html.Write($"<h2>Correlations</h2>\n");
            PageLinks.WriteAll(html, root, _correlations[technique.Id].Select(page => page.Link));
        }

        void Section(AttackTechnique? sub, IEnumerable<RulePage> under)
        {
            List<RulePage> pages = [.. under];
            if (sub is not null)
            {
                html.Write($"<h2>{sub.Name} <small><a class=\"id\" href=\"{sub.Url}\" rel=\"noreferrer\">{sub.Id}</a></small></h2>\n");
            }

            if (pages.Count == 0)
            {
                html.Write($"<p class=\"none\">No rule names {(sub is null ? "the technique itself" : "it")}.</p>\n");
            }
            else
            {
                RuleList.Write(html, root, pages);
            }
        }
    }

    private void WriteRetired(HtmlWriter html, string root)
    {
        IEnumerable<(RetiredAttackTag Tag, PageLink Link)> rules = _catalogue.Rules.SelectMany(page => page.Attack.Retired, (page, tag) => (tag, page.Link));
        IEnumerable<(RetiredAttackTag Tag, PageLink Link)> correlations = _catalogue.Correlations.SelectMany(page => page.Attack.Retired, (page, tag) => (tag, page.Link));
        IGrouping<AttackName, (RetiredAttackTag Tag, PageLink Link)>[] uses =
            [.. rules.Concat(correlations).GroupBy(use => use.Tag.Was).OrderBy(group => group.Key.Id, StringComparer.Ordinal)];
        if (uses.Length == 0)
        {
            return;
        }

        html.Write($"<section id=\"retired\"><h2>Names that ATT&amp;CK retired</h2>\n<p class=\"none\">Rules that use them count where the techniques are now.</p>\n<ul class=\"retired\">\n");
        foreach (IGrouping<AttackName, (RetiredAttackTag Tag, PageLink Link)> use in uses)
        {
            html.Write($"<li>");
            AttackSection.Retired(html, use.First().Tag);
            html.Write($" <details><summary>{PageText.Count(use.Count(), "rule")}</summary>");
            PageLinks.WriteAll(html, root, use.Select(one => one.Link));
            html.Write($"</details></li>\n");
        }

        html.Write($"</ul></section>\n");
    }

    private static string Shade(int count) => count switch { 0 => "c0", 1 => "c1", <= 5 => "c2", <= 15 => "c3", <= 50 => "c4", _ => "c5" };

    private string Counts(List<RulePage> rules) => string.Join(
        ',',
        _catalogue.Telemetry
            .Select(telemetry => rules.Count(page => page.Coverage.Any(source => source.Telemetry == telemetry && source.Verdict != CoverageVerdict.Blind)))
            .Prepend(rules.Count)
            .Select(count => count.ToString(System.Globalization.CultureInfo.InvariantCulture)));
}
