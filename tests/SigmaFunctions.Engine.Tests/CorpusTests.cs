using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

public sealed class CorpusTests
{
    [Theory]
    [InlineData("sigmahq/rules/windows/process_creation", 1183, 0)]
    [InlineData("sigmahq/rules", 3141, 0)]
    [InlineData("sigmahq/rules-emerging-threats", 473, 2)]
    [InlineData("sigmahq/rules-threat-hunting", 140, 0)]
    [InlineData("sigmahq/rules-placeholder", 23, 23)]
    public void Every_rule_of_SigmaHQ_loads_once_its_placeholders_are_defined(string folder, int rules, int needingPlaceholders)
    {
        var without = RuleSet.LoadPaths([Corpus.Require(folder)]);
        var errors = without.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToList();
        Assert.All(errors, error => Assert.Contains("placeholder", error.Message, StringComparison.Ordinal));
        Assert.Equal((rules - needingPlaceholders, needingPlaceholders), (without.Rules.Length, without.Rejected));

        IEnumerable<string> names = errors.Select(error => Regex.Match(error.Message, "%(.+)%").Groups[1].Value).Distinct();
        var with = RuleSet.LoadPaths([Corpus.Require(folder)], new PlaceholderSet(names.Select(name => KeyValuePair.Create<string, System.Collections.Immutable.ImmutableArray<string>>(name, ["10.0.0.1"]))));
        Assert.DoesNotContain(with.Diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        Assert.Equal((rules, 0), (with.Rules.Length, with.Rejected));
    }
}
