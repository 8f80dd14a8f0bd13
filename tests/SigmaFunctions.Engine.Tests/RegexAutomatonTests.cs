using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.RegularExpressions;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Regular expressions cost what was counted at load, and are found where the runtime finds them.</summary>
public sealed class RegexAutomatonTests
{
    private const RegexOptions Linear = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant;

    private static readonly Gen<RegexOptions> Options = Gen.OneOf(
        RegexOptions.None, RegexOptions.IgnoreCase, RegexOptions.Multiline, RegexOptions.Singleline, RegexOptions.IgnoreCase | RegexOptions.Multiline);

    private static readonly Gen<string> Atom = Gen.OneOf(
        Gen.OneOf(
            "a", "b", "k", "K", "0", "_", " ", "\n", "é", "ſ", "K", "\u200C", "\ud83d", ".", "[ab]", "[^a]", "[a-f]", "[^\\n]", "\\w", "\\W", "\\d", "\\s", "\\S", "[\\w-]", "[a-z-[bk]]", "[^a-[b]]",
            "\\p{Lu}", "\\P{Lu}", "[\\p{L}0]", "[^\\P{L}k]", "\\.", "\\x41", "\\u00e9", "\\cJ", "\\012", "{", "}", "]", "[[a]", "(?#c)a"),
        Gen.OneOf("^", "$", "\\b", "\\B", "\\A", "\\z", "\\Z"));

    /// <summary>Patterns that are put together from the whole language.</summary>
    private static readonly Gen<string> Pattern = Gen.Recursive<string>((depth, inner) => depth > 3
        ? Atom
        : Gen.Frequency(
            (4, Atom),
            (4, Gen.Select(inner, inner, (left, right) => left + right)),
            (2, Gen.Select(inner, inner, (left, right) => $"(?:{left}|{right})")),
            (1, Gen.Select(inner, Gen.OneOf("(", "(?<n>", "(?i:", "(?-i:", "(?s:", "(?m:", "(?x: ", "(?i)(", "((?s)"), (part, open) => $"{open}{part})")),
            (3, Gen.Select(inner, Gen.OneOf("*", "+", "?", "*?", "{2}", "{1,3}", "{0,12}", "{2,}"), (part, times) => $"(?:{part}){times}"))));

    private static readonly Gen<string> Text = Gen.OneOf("a", "b", "k", "K", "0", "_", " ", "\n", "é", "É", "ſ", "K", "\u200C", "\ud83d\ude00", "f", ".", "A", "{", "]", "[", "\r")
        .Array[0, 14].Select(parts => string.Concat(parts));

    [Fact]
    public void Finds_what_the_runtime_finds() => Gen.Select(Pattern, Options, Text.Array[6]).Sample(
        (pattern, options, texts) =>
        {
            if (Runtime(pattern, options) is not { } runtime)
                return;
            // Whatever the runtime takes is read; so no rule is lost for want of knowing what it costs.
            if (RegexSyntax.Read(pattern, options) is not { } syntax)
                throw new InvalidOperationException($"{pattern} {options} is not read");
            if (RegexPositions.Of(syntax.Root) is not { } positions)
                return;
            var automaton = new RegexAutomaton(positions);
            foreach (string text in texts)
                Assert.True(runtime.IsMatch(text) == automaton.IsMatch(text), $"{pattern} {options} on {string.Join(' ', text.Select(unit => ((int)unit).ToString("x4", CultureInfo.InvariantCulture)))}: the runtime says {runtime.IsMatch(text)}");
        },
        iter: 4_000);

    private static Regex? Runtime(string pattern, RegexOptions options)
    {
        try
        {
            return new Regex(pattern, options | Linear);
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Patterns on which the runtime's linear engine takes milliseconds for a character, and how many steps these take.</summary>
    [Theory]
    [InlineData("(a|b|ab)*a.{4500}c", 300)]
    [InlineData("x.*a.{4000}b.*c.*d", 300)]
    [InlineData("(a.{0,20}b.{0,20}){4}c", 60)]
    [InlineData("((((x|a))+|(a*|a)(a){0,3})((.){0,16}|[ab]+.*a*))+c", 60)]
    [InlineData(@"(Copy-Item|cpi) .{2,128} -Destination .{1,32}\\Windows\\(System32|SysWOW64)", 60)]
    [InlineData(@"\\[a-z]{5,6}\.wll", 8)]
    public void Work_is_counted_at_load(string pattern, int atMost) => Assert.InRange(CostOf(pattern), 1, atMost);

    /// <summary>Whatever texts come, a bounded number of states is kept, and nothing is allocated from then on.</summary>
    [Theory]
    [InlineData("(a|b|ab)*a.{4500}c")]
    [InlineData("(a.{0,20}b.{0,20}){4}c")]
    public void States_are_bounded(string pattern)
    {
        var automaton = RegexAutomaton.Of(pattern, RegexOptions.None);
        var random = new Random(5);
        string[] texts = [.. Enumerable.Range(0, 2).Select(_ => string.Concat(Enumerable.Range(0, 20_000).Select(_ => "abx"[random.Next(3)])))];
        Assert.False(automaton.IsMatch(texts[0]));
        Assert.Equal(RegexAutomaton.MaxStates, automaton.StateCount);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(automaton.IsMatch(texts[1]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 10_000);
        Assert.True(automaton.IsMatch(texts[1] + "a" + new string('b', 4_500) + "c" + "ababababc"));
    }

    [Fact]
    public void Is_shared_by_threads()
    {
        const string pattern = @"(a|b)\b.{3,9}é\w$";
        var runtime = new Regex(pattern, Linear);
        for (int round = 0; round < 20; round++)
        {
            var automaton = RegexAutomaton.Of(pattern, RegexOptions.None);
            Parallel.For(0, 64, seed =>
            {
                var random = new Random(seed);
                string text = string.Concat(Enumerable.Range(0, 60).Select(_ => "ab é\nкK"[random.Next(7)]));
                Assert.Equal(runtime.IsMatch(text), automaton.IsMatch(text));
            });
        }
    }

    /// <summary>At the bound a pattern is refused, near it there is a warning, and what rules look for is far below.</summary>
    [Theory]
    [InlineData("F|re: '(a|b|ab)*a.{4500}c'")]
    [InlineData("F|re: 'x.*a.{4000}b.*c.*d'")]
    [InlineData("F|re: '(a?){500}b'", "SF0214")]
    [InlineData("F|re: '(a?){900}b'", "SF0213")]
    [InlineData("F|re: '(a?){4900}b'", "SF0213")]
    [InlineData("F|re: '[a-z]{1,500}'")]
    public void Costly_patterns_are_told(string selection, params string[] codes) => Assert.Equal(codes, Codes(selection));

    [Fact]
    public void Costly_wildcards_are_told()
    {
        Assert.Empty(Codes($"F|contains: '{Repeat("a?", 100)}'"));
        Assert.Equal(["SF0214"], Codes($"F|contains: '{Repeat("a?", 150)}'"));
        Assert.Equal(["SF0213"], Codes($"F|contains: '{Repeat("a?", 4_000)}'"));
        Assert.Equal(["SF0213"], Codes($"'*x*{Repeat("a?", 300)}*y*'".Insert(0, "F: ")));
        // At an end of the value there is one place to look at.
        Assert.Empty(Codes($"F|startswith: '{Repeat("a?", 4_000)}'"));
        Assert.Empty(Codes($"F|contains: '{Repeat("a", 8_000)}'"));
    }

    [Fact]
    public void Patterns_that_are_costly_together_are_told()
    {
        string Patterns(int count) => $"F|re: [{string.Join(", ", Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"'{i}(a?){{200}}b'")))}]";
        int each = CostOf("1(a?){200}b");
        Assert.Equal([], Codes(Patterns(MatchingCost.NoticeOfRule / each)));
        Assert.Equal(["SF0214"], Codes(Patterns((MatchingCost.NoticeOfRule / each) + 1)));
        Assert.Equal(["SF0213"], Codes(Patterns((MatchingCost.MaxOfRule / each) + 1)));
    }

    private static IEnumerable<string> Codes(string selection) => RuleText.Load(RuleText.WithSelection(selection)).Diagnostics.Select(item => item.Code);

    private static string Repeat(string part, int times) => string.Concat(Enumerable.Repeat(part, times));

    private static int CostOf(string pattern) => RegexCompiler.Compile("F", pattern, RegexOptions.None).Cost;
}
