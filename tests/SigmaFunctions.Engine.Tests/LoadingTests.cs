using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RegularExpressions;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Files are read on every processor and regular expressions constructed late; neither makes a difference.</summary>
public sealed class LoadingTests
{
    /// <summary>What may stand in a pattern, so put together that much of it is plain.</summary>
    private static readonly Gen<string> Pattern = Gen.OneOf(
            "a", "b", "Z", "0", "_", " ", "é", "İ", "ſ", "😀", "-", "]", "}", ",", ":", "=", "#", "~", "\n", ".", "^", "$", "|", "(", ")", "(?:", "(?i)", "(?<n>", "(?=", "[", "[^", "[a-z]",
            "[^\\]]", "[\\w-.]", "[a-\\x7A]", "[z-a]", "[\\d-z]", "[]a]", "[[:x]", "[a-z-[b]]", "[\\b-\\n]", "[-a]", "[a-]", "*", "+", "?", "*?", "{2}", "{1,3}", "{3,1}", "{2,}", "{,3}", "{1000}",
            "{50}", "\\", "\\.", "\\d", "\\D", "\\w+", "\\s*", "\\b", "\\B", "\\A", "\\z", "\\Z", "\\G", "\\1", "\\k<n>", "\\p{Lu}", "\\x41", "\\x4", "\\u0041", "\\c", "\\e", "\\_", "\\ ", "\\-", "\\\\",
            "(a|b)+", "(ab){1,30}", "((a{20}){20}){20}", "(x?){100}")
        .Array[1, 9].Select(parts => string.Concat(parts));

    [Fact]
    public void What_is_plain_constructs() => Gen.Select(Pattern, Gen.OneOf(RegexOptions.None, RegexOptions.IgnoreCase, RegexOptions.Multiline | RegexOptions.Singleline)).Sample(
        (pattern, options) =>
        {
            if (RegexSyntax.Read(pattern, options) is { Constructs: true })
            {
                _ = new Regex(pattern, options | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
        },
        iter: 15_000);

    [Theory]
    [InlineData("abc", true)]
    [InlineData("(?i)a.*b", true)]
    [InlineData(@"\\[a-z0-9]{8}\.exe$", true)]
    [InlineData(@"^(?:[A-Z]:)?\\(a|b|)+\s\d{1,5}$", true)]
    [InlineData("[^]]", true)]
    [InlineData("", true)]
    [InlineData("a{2", false)]
    [InlineData("a**", false)]
    [InlineData("(a", false)]
    [InlineData("a)", false)]
    [InlineData("[a", false)]
    [InlineData("[z-a]", false)]
    [InlineData("(?=a)", false)]
    [InlineData(@"(a)\1", false)]
    [InlineData("a{3,1}", false)]
    [InlineData("(a{1000}){1000}", false)]
    [InlineData("\\", false)]
    public void Plain_patterns(string pattern, bool plain) => Assert.Equal(plain, Constructs(pattern));

    private static bool Constructs(string pattern) => RegexSyntax.Read(pattern, RegexOptions.None) is { Constructs: true };

    [Fact]
    public void Deep_and_long_patterns_are_not_plain()
    {
        Assert.False(Constructs(new string('(', 10_000) + new string(')', 10_000)));
        Assert.False(Constructs(new string('a', RegexSyntax.MaxSize)));
    }

    [Fact]
    public void Nearly_every_pattern_of_SigmaHQ_is_plain()
    {
        string[] folders = [Corpus.Require("sigmahq/rules"), Corpus.Require("sigmahq/rules-emerging-threats"), Corpus.Require("sigmahq/rules-threat-hunting")];
        var patterns = RuleSet.LoadPaths(folders).Compiled
            .SelectMany(rule => rule.Identifiers).SelectMany(identifier => Predicates(identifier.Expression)).OfType<RegexPredicate>()
            .Select(predicate => predicate.Pattern).Distinct().ToList();
        Assert.NotEmpty(patterns);
        Assert.Equal([], patterns.Where(pattern => !Constructs(pattern)));
    }

    [Fact]
    public void The_result_does_not_depend_on_what_is_read_first()
    {
        var random = new Random(7);
        var files = Enumerable.Range(0, 200).Select(i => new RuleFile(
            string.Create(CultureInfo.InvariantCulture, $"{i:D3}.yml"),
            $$"""
            title: R{{i}}
            id: 11111111-1111-4111-8111-{{i % 150:D12}}
            name: n{{i % 90}}
            logsource: {category: c}
            detection: {s: {F|contains: ['{{(i / 40 % 2 == 0 ? "ABC" : "abc")}}{{i % 40}}', 'x{{i % 7}}'], F|re: 'a{{i % 5}}+'}, condition: {{(i % 11 == 0 ? "t" : "s")}}}
            """)).ToList();
        string expected = RuleSetText.Of(RuleSet.Load(files));
        for (int i = 0; i < 20; i++)
        {
            Assert.Equal(expected, RuleSetText.Of(RuleSet.Load(files.OrderBy(_ => random.Next()))));
        }

        Assert.Contains("SF0104", expected, StringComparison.Ordinal);
        // Of equal predicates the first file's is kept.
        Assert.Contains("LiteralABC1", expected, StringComparison.Ordinal);
    }

    private static IEnumerable<Predicate> Predicates(Expression expression) => expression switch
    {
        AndExpression and => and.Operands.SelectMany(Predicates),
        OrExpression or => or.Operands.SelectMany(Predicates),
        NotExpression not => Predicates(not.Operand),
        PredicateExpression test => [test.Predicate],
        _ => [],
    };
}
