using SigmaFunctions.Catalog.Building;
using SigmaFunctions.Catalog.Coverage;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Catalog.Site;

namespace SigmaFunctions.Catalog.Tests;

/// <summary>SigmaHQ's rules.</summary>
public sealed class CorpusTests
{
    private const string NodeRule = "6640f31c-01ad-49b5-beb5-83498a5cd8bd";

    [Fact]
    public void Indicators_are_counted_over_all_spellings()
    {
        RuleCatalogue catalogue = CatalogueBuilder.Load(RuleSource.Parse([Corpus.Require("sigmahq/rules")])).Catalogue;

        RulePage page = catalogue.Rules.Single(page => page.Rule.Id == NodeRule);
        var counts = page.Indicators.Single(group => group is { Field: "CommandLine", Kind: "contains" }).Values.ToDictionary(one => one.Value, one => one.Count);
        Assert.Equal((16, 2, 1), (counts[" -e "], counts[".connect"], counts["net.socket"]));
        Assert.Equal(["condition", "selection_main", "selection_action_reverse_shell"], page.Stages.Select(stage => stage.Name));
        Assert.All(catalogue.Rules, rule => Assert.All(rule.Stages, stage => Assert.NotEmpty(stage.Text)));
    }

    [Fact]
    public void The_whole_set_makes_a_site_of_bounded_pages_whose_links_lead_somewhere()
    {
        string folder = Directory.CreateTempSubdirectory("catalogue-").FullName;
        try
        {
            RuleCatalogue catalogue = CatalogueBuilder.Load(
                RuleSource.Parse([Corpus.Require("sigmahq/rules"), Corpus.Require("sigmahq/rules-emerging-threats"), Corpus.Require("sigmahq/rules-threat-hunting")]),
                coverage: rules => new TelemetryCoverage(rules)).Catalogue;
            SiteWriter.Write(catalogue, folder);

            FileInfo[] pages = [.. new DirectoryInfo(folder).EnumerateFiles("*.html", SearchOption.AllDirectories)];
            Assert.Equal(catalogue.Rules.Length, Directory.GetFiles(Path.Combine(folder, "rules")).Length);
            Assert.True(catalogue.Rules.Length > 3_700, $"{catalogue.Rules.Length} rules");
            Assert.All(pages, page => Assert.InRange(page.Length, 1_000, 2_000_000));
            Assert.InRange(pages.Sum(page => page.Length) / pages.Length, 1_000, 40_000);
            Assert.InRange(new FileInfo(Path.Combine(folder, "assets", "search-index.js")).Length, 500_000, 5_000_000);
            Assert.All(pages, page => LinkCheck.AssertLinksLead(page.FullName));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
