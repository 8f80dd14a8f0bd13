using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Model;
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
            "[\\--9]", "[^\\--Z]", "[a\\-c]", "[b\\---[a]]", "[!-\\-]", "\\–", "\v", "\\p{Lu}", "\\P{Lu}", "[\\p{L}0]", "[^\\P{L}k]", "\\.", "\\x41", "\\u00e9", "\\cJ", "\\012", "{", "}", "]", "[[a]", "(?#c)a"),
        Gen.OneOf("^", "$", "\\b", "\\B", "\\A", "\\z", "\\Z"));

    /// <summary>Patterns that are put together from the whole language.</summary>
    private static readonly Gen<string> Pattern = Gen.Recursive<string>((depth, inner) => depth > 3
        ? Atom
        : Gen.Frequency(
            (4, Atom),
            (4, Gen.Select(inner, inner, (left, right) => left + right)),
            (2, Gen.Select(inner, inner, (left, right) => $"(?:{left}|{right})")),
            (1, Gen.Select(inner, Gen.OneOf("(", "(?<n>", "(?i:", "(?-i:", "(?s:", "(?m:", "(?x: ", "(?I:", "(?<1>", "(?i)(", "((?s)"), (part, open) => $"{open}{part})")),
            (3, Gen.Select(inner, Gen.OneOf("*", "+", "?", "*?", "{2}", "{1,3}", "{0,12}", "{2,}"), (part, times) => $"(?:{part}){times}"))));

    private static readonly Gen<string> Text = Gen.OneOf("a", "b", "k", "K", "0", "_", " ", "\n", "é", "É", "ſ", "K", "\u200C", "\ud83d\ude00", "f", ".", "A", "{", "]", "[", "\r", "-", "–", "5", "\v")
        .Array[0, 14].Select(parts => string.Concat(parts));

    [Fact]
    public void Finds_what_the_runtime_finds() => Gen.Select(Pattern, Options, Text.Array[6]).Sample(
        (pattern, options, texts) =>
        {
            if (Runtime(pattern, options) is not { } runtime)
            {
                return;
            }
            // Whatever the runtime takes is read; so no rule is lost for want of knowing what it costs.
            if (RegexSyntax.Read(pattern, options) is not { } syntax)
            {
                throw new InvalidOperationException($"{pattern} {options} is not read");
            }

            if (RegexPositions.Of(syntax.Root) is not { } positions)
            {
                return;
            }

            var automaton = new RegexAutomaton(positions);
            bool isSure = !RepeatsNothing(syntax.Root);
            foreach (string text in texts)
            {
                Assert.True(isSure ? runtime.IsMatch(text) == automaton.IsMatch(text) : !runtime.IsMatch(text) || automaton.IsMatch(text), $"{pattern} {options} on {string.Join(' ', text.Select(unit => ((int)unit).ToString("x4", CultureInfo.InvariantCulture)))}: the runtime says {runtime.IsMatch(text)}");
            }
        },
        iter: 2_500);

    /// <summary>What is looked for before an expression stands in every text that it is found in: nothing is missed for it.</summary>
    [Fact]
    public void What_an_expression_needs_stands_where_it_is_found() => Gen.Select(Gen.OneOf(Pattern, Repeated), Options, Gen.OneOf(Text, Tail).Array[12]).Sample(
        (pattern, options, texts) =>
        {
            if (Runtime(pattern, options) is not { } runtime)
            {
                return;
            }

            var needs = RegexNeeds.Of(pattern, options, minLiteral: 1);
            foreach (string text in texts.Where(text => runtime.IsMatch(text)))
            {
                Assert.True(text.Length >= needs.MinLength, $"{pattern} {options} is found in {text.Length} units and needs {needs.MinLength}");
                if (!Ascii.IsValid(text))
                {
                    continue;
                }

                Assert.True(needs.Literals?.Any(literal => text.Contains(literal, StringComparison.OrdinalIgnoreCase)) ?? true, $"{pattern} {options} is found in '{text}' without its literals");
                Assert.True(needs.Outline?.StandsIn(Encoding.ASCII.GetBytes(text)) ?? true, $"{pattern} {options} is found in '{text}' without its outline");
            }

            if (RegexSyntax.Read(pattern, options) is not { } syntax || RepeatsNothing(syntax.Root))
            {
                return;
            }

            foreach (string text in texts.Where(text => Ascii.IsValid(text) && !runtime.IsMatch(text)))
            {
                Assert.False(
                    needs.Outline is { } outline && outline.StandsIn(Encoding.ASCII.GetBytes(text)) && outline.Decides(Encoding.ASCII.GetBytes(text)),
                    $"{pattern} {options} is not found in '{text}', and its outline decides that it is");
            }
        },
        iter: 2_500);

    /// <summary>Groups that repeat, with what may be left out or repeats within them.</summary>
    private static readonly Gen<string> Repeated = Gen.Select(
        Gen.OneOf("x", "a", "\\S", "[a-c]", "-e", ""), Gen.OneOf("a?", "[a-c]+", "\\d+?", "(?:nc)?", "b{1,2}", ".*", "(a|b)", "a"), Gen.OneOf("y", "b", " ab", "1", ""), Gen.OneOf("+", "{1,2}", "{2,}", "{2}", "*", "?"),
        Gen.OneOf("", " x", "$", "[a-c]", "y+"),
        (first, inner, last, times, rest) => $"(?:{first}{inner}{last}){times}{rest}");

    private static readonly Gen<string> Tail = Gen.OneOf("x", "a", "b", "c", "1", "2", "y", " ", "-e", "nc", " ab").Array[0, 8].Select(parts => string.Concat(parts));

    /// <summary>
    /// Whether something repeats that may be empty. Of such the runtime's engines do not find all that they mean: <c>(?:a|(?:\z)*){2}</c> is in every text.
    /// </summary>
    private static bool RepeatsNothing(RegexNode node) => node switch
    {
        RegexRepetition repetition => RegexLine.MinLength(repetition.Part) == 0 || RepeatsNothing(repetition.Part),
        RegexSequence sequence => sequence.Parts.Any(RepeatsNothing),
        RegexAlternation alternation => alternation.Branches.Any(RepeatsNothing),
        _ => false,
    };

    private static Regex? Runtime(string pattern, RegexOptions options)
    {
        try
        {
            return new Regex(pattern, options | Linear);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }

    /// <summary>Patterns on which the runtime's linear engine takes milliseconds for a character, and how many steps these take.</summary>
    [Theory]
    [InlineData("(a|b|ab)*a.{4500}c", 300)]
    [InlineData("x.*a.{4000}b.*c.*d", 300)]
    [InlineData("(a.{0,20}b.{0,20}){4}c", 100)]
    [InlineData("((((x|a))+|(a*|a)(a){0,3})((.){0,16}|[ab]+.*a*))+c", 200)]
    [InlineData(@"(Copy-Item|cpi) .{2,128} -Destination .{1,32}\\Windows\\(System32|SysWOW64)", 60)]
    [InlineData(@"\\[a-z]{5,6}\.wll", 50)]
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
    [InlineData(@"F|re: '[\---+]'", "SF0206")]
    [InlineData(@"F|re: '[\--9]'")]
    [InlineData(@"F|re: '(a)\101'", "SF0213")]
    [InlineData("F|re: '(a|b|ab)*a.{4500}c'")]
    [InlineData("F|re: 'x.*a.{4000}b.*c.*d'")]
    [InlineData("F|re: '(a?){260}b'", "SF0214")]
    [InlineData("F|re: '(a?){600}b'", "SF0213")]
    [InlineData("F|re: '(a?){4900}b'", "SF0213")]
    [InlineData("F|re: '[a-z]{1,500}'")]
    public void Costly_patterns_are_told(string selection, params string[] codes) => Assert.Equal(codes, Codes(selection));

    /// <summary>Through the whole of the matcher, with what it looks for before.</summary>
    [Theory]
    [InlineData(@"(?:cmd.*/c\s+)+", "cmd.exe /c key=12; abc")]
    [InlineData("(?:[a-z]+=[0-9]+;)+", "cmd.exe /c key=12; abc")]
    [InlineData(@"(\\[a-z]+\.exe){1,2}$", @"C:\abc.exe")]
    [InlineData(@"[^\--Z]", "555")]
    [InlineData("-(W|R)\\s?(\\s|\"|')([0-9a-fA-F]{2}\\s?){2,20}(\\s|\"|')", "pnscan -W \"3f3f\" x")]
    public void What_repeats_is_found(string pattern, string value) =>
        Assert.True(RuleText.Matches(RuleText.WithSelection($"F|re: '{pattern.Replace("'", "''", StringComparison.Ordinal)}'"), $"{{\"F\":{System.Text.Json.JsonSerializer.Serialize(value)}}}"));

    [Fact]
    public void What_a_value_becomes_is_bounded_before_it_is_made()
    {
        string dashes = string.Concat(Enumerable.Range(0, 6).Select(i => $" -{(char)('a' + i)}"));
        Assert.Empty(Codes($"F|windash|contains: 'x{dashes}'"));
        Assert.Equal(["SF0209"], Codes($"F|windash|contains: '{new string('x', 8_000)}{dashes}'"));
        var names = new PlaceholderSet([new("many", [.. Enumerable.Range(0, 1_000).Select(i => i.ToString(CultureInfo.InvariantCulture))])]);
        string longest = new('x', 8_000);
        Assert.Equal(["SF0209"], RuleText.Load(RuleText.WithSelection($"F|expand|re: '%many%%many%{longest}'"), names).Diagnostics.Select(item => item.Code));
        Assert.Equal(["SF0209"], RuleText.Load(RuleText.WithSelection($"F|expand: '%many%{longest}'"), names).Diagnostics.Select(item => item.Code));
        // Lists of plain texts cost nothing by themselves.
        Assert.Empty(Codes("F|contains: [" + string.Join(", ", Enumerable.Range(0, 20_000).Select(i => string.Create(CultureInfo.InvariantCulture, $"'d{i}.example'"))) + "]"));
    }

    [Fact]
    public void Costly_wildcards_are_told()
    {
        Assert.Empty(Codes($"F|contains: '{Repeat("a?", 110)}'"));
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
