using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using CsCheck;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Laws that hold for every rule and every event, tried on random ones.</summary>
public sealed class PropertyTests
{
    private const int Iterations = 2_000;

    // Few characters, so that patterns and values meet; some of them change case in uncommon ways or are surrogate pairs.
    private static readonly string[] Alphabet = ["a", "B", "b", "ς", "σ", "K", "k", "ı", "I", "i", "😀", "𐐀", "𐐨", "\n", " ", "\\", "*", "?", "-", "/", "1", "0", "."];

    private static readonly Gen<string> Text = Gen.OneOf(Alphabet).Array[0, 6].Select(parts => string.Concat(parts));

    private static readonly Gen<string> Modifiers = Gen.OneOf("", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|windash");

    private static readonly Gen<string> Value = Gen.OneOf(
        Text.Select(text => JsonSerializer.Serialize(text)), Gen.OneOf("null", "true", "1", "1.0", "-1", "[]", "[\"a\",\"b\"]"));

    private static readonly Gen<string> Event = Gen.Select(Value, Value, Value)
        .Select((f, g, h) => $$"""{"F":{{f}},"G":{{g}},"H":{{h}}}""");

    private static readonly Gen<string> Item = Gen.Select(Gen.OneOf("F", "G", "H", "Absent"), Modifiers, Text.Array[1, 3])
        .Select((field, modifiers, values) => $"{field}{modifiers}: [{string.Join(", ", values.Select(Quote))}]");

    [Theory]
    [InlineData("not (a and b)", "not a or not b")]
    [InlineData("not (a or b)", "not a and not b")]
    [InlineData("not not a", "a")]
    [InlineData("a and b", "b and a")]
    [InlineData("a or b", "b or a")]
    [InlineData("a and (b or c)", "a and b or a and c")]
    [InlineData("a or b and c", "(a or b) and (a or c)")]
    [InlineData("1 of them", "a or b or c")]
    [InlineData("all of them", "a and b and c")]
    [InlineData("not 1 of them", "not a and not b and not c")]
    [InlineData("a or not a", "b or not b")]
    public void Equal_conditions_give_equal_verdicts(string left, string right) =>
        Gen.Select(Item, Item, Item, Event).Sample(
            (a, b, c, json) =>
            {
                string detection = $"a: {{{a}}}\nb: {{{b}}}\nc: {{{c}}}\ncondition: ";
                return Matches(detection + left, json) == Matches(detection + right, json);
            },
            iter: Iterations);

    [Fact]
    public void The_order_of_values_does_not_matter() =>
        Gen.Select(Modifiers, Gen.OneOf("", "|all"), Text.Array[2, 4], Event).Sample(
            (modifiers, all, values, json) =>
                Selects($"F{modifiers}{all}: [{string.Join(", ", values.Select(Quote))}]", json)
                == Selects($"F{modifiers}{all}: [{string.Join(", ", values.Reverse().Select(Quote))}]", json),
            iter: Iterations);

    [Fact]
    public void A_list_is_the_or_of_its_values_and_all_is_their_and() =>
        Gen.Select(Modifiers, Text.Array[2, 4], Event).Sample(
            (modifiers, values, json) =>
            {
                var each = values.Select(value => Selects($"F{modifiers}: {Quote(value)}", json)).ToList();
                string list = string.Join(", ", values.Select(Quote));
                return Selects($"F{modifiers}: [{list}]", json) == each.Any(held => held)
                    && Selects($"F{modifiers}|all: [{list}]", json) == each.All(held => held);
            },
            iter: Iterations);

    [Fact]
    public void Neq_is_the_opposite() =>
        Gen.Select(Gen.OneOf("F", "Absent"), Modifiers, Text, Event).Sample(
            (field, modifiers, value, json) =>
                Selects($"{field}{modifiers}: {Quote(value)}", json) != Selects($"{field}{modifiers}|neq: {Quote(value)}", json),
            iter: Iterations);

    [Theory]
    [InlineData("|cased", "")]
    [InlineData("|cased|contains", "|contains")]
    [InlineData("", "|startswith")]
    [InlineData("", "|endswith")]
    [InlineData("|startswith", "|contains")]
    [InlineData("|endswith", "|contains")]
    [InlineData("", "|windash")]
    [InlineData("|contains", "|contains|windash")]
    public void What_satisfies_the_stricter_modifier_satisfies_the_looser(string stricter, string looser) =>
        // Of texts: a number is also equal to what is written otherwise ('1' and 1.0).
        Gen.Select(Text, Text.Select(text => $"{{\"F\":{JsonSerializer.Serialize(text)}}}")).Sample(
            (value, json) => !Selects($"F{stricter}: {Quote(value)}", json) || Selects($"F{looser}: {Quote(value)}", json),
            iter: Iterations);

    [Fact]
    public void Wildcards_match_as_the_plainest_matcher_does() =>
        Gen.Select(Text, Text, Gen.Bool).Sample(
            (pattern, text, cased) =>
            {
                TextPattern parsed = TextValue.Parse(pattern).Pattern;
                return parsed.IsMatch(text, cased) == PlainMatch(parsed.Parts.SelectMany(Units).ToArray(), [.. text.EnumerateRunes()], cased);
            },
            iter: 50_000);

    [Fact]
    public void Literals_are_found_as_the_runtime_finds_them() =>
        Gen.Select(Text, Text).Sample(
            (literal, text) => literal.Length == 0
                || new TextPattern([PatternPart.AnyRun, PatternPart.Literal(literal), PatternPart.AnyRun]).IsMatch(text + literal + text, cased: false)
                    == (text + literal + text).Contains(literal, StringComparison.OrdinalIgnoreCase)
                && new TextPattern([PatternPart.AnyRun, PatternPart.Literal(literal), PatternPart.AnyRun]).IsMatch(text, cased: false)
                    == text.Contains(literal, StringComparison.OrdinalIgnoreCase),
            iter: 50_000);

    /// <summary>What the search for a literal relies on.</summary>
    [Fact]
    public void An_ASCII_character_equals_only_its_own_two_forms()
    {
        for (int c = 0x80; c <= char.MaxValue; c++)
        {
            for (char ascii = '\0'; ascii < 0x80; ascii++)
            {
                if (new string((char)c, 1).Equals(ascii.ToString(), StringComparison.OrdinalIgnoreCase))
                {
                    Assert.Fail($"U+{c:X4} equals '{ascii}'.");
                }
            }
        }
    }

    [Fact]
    public void A_pattern_is_written_as_it_is_read() =>
        Text.Sample(
            text =>
            {
                TextPattern pattern = TextValue.Parse(text).Pattern;
                return TextValue.Parse(pattern.ToString()).Pattern.Equals(pattern, cased: true);
            },
            iter: Iterations);

    [Fact]
    public void Numbers_compare_exactly() =>
        Gen.Select(Number, Number).Sample(
            (left, right) =>
                SigmaNumber.TryParse(left, out SigmaNumber a) && SigmaNumber.TryParse(right, out SigmaNumber b)
                && Math.Sign(a.CompareTo(b)) == Scaled(left).CompareTo(Scaled(right))
                && (a == b) == (Scaled(left) == Scaled(right))
                && (a != b || a.GetHashCode() == b.GetHashCode()),
            iter: 20_000);

    [Fact]
    public void Any_text_can_be_loaded_as_a_rule_without_harm() =>
        Gen.OneOf("title", "id", ":", " ", "\n", "- ", "[", "]", "{", "}", "&a ", "*a", "'", "\"", "|", ">", "detection", "condition", "selection", "1 of", "them", "(", ")", "not", "\t", "#", "---\n", "!x ", "? ", "%", "<<", "\u0000", "\uD800", "😀", ",")
            .Array[0, 60].Sample(
                parts =>
                {
                    RuleSet ruleSet = RuleText.Load(string.Concat(parts));
                    return ruleSet.Diagnostics.All(item => item.Line >= 1 && item.Column >= 1 && item.Message.Length > 0);
                },
                iter: 20_000);

    private static readonly Gen<string> Number = Gen.Select(
            Gen.Bool, Gen.OneOf("0", "1", "9", "10", "99", "18446744073709551616", "18446744073709551617"), Gen.OneOf("", ".0", ".5", ".50", ".05", ".49", ".51"))
        .Select((negative, integer, fraction) => (negative ? "-" : "") + integer + fraction);

    private static BigInteger Scaled(string number)
    {
        string[] parts = number.Split('.');
        return BigInteger.Parse(parts[0] + (parts.Length > 1 ? parts[1] : "").PadRight(2, '0'), CultureInfo.InvariantCulture);
    }

    private static string Quote(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal).Replace("\n", "\n\n", StringComparison.Ordinal) + "'";

    private static bool Selects(string item, string json) => Matches($"selection: {{{item}}}\ncondition: selection", json);

    private static bool Matches(string detection, string json) => RuleText.Matches(RuleText.WithDetection(detection), json);

    private static IEnumerable<object> Units(PatternPart part) => part.Kind == PatternPartKind.Literal
        ? part.Text.EnumerateRunes().Cast<object>()
        : [part.Kind];

    private static bool PlainMatch(ReadOnlySpan<object> pattern, ReadOnlySpan<Rune> text, bool cased)
    {
        if (pattern.IsEmpty)
        {
            return text.IsEmpty;
        }

        if (pattern[0] is PatternPartKind.AnyRun)
        {
            return PlainMatch(pattern[1..], text, cased) || (!text.IsEmpty && PlainMatch(pattern, text[1..], cased));
        }

        if (text.IsEmpty)
        {
            return false;
        }

        bool fits = pattern[0] is PatternPartKind.AnyOne
            || string.Equals(((Rune)pattern[0]).ToString(), text[0].ToString(), cased ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase);
        return fits && PlainMatch(pattern[1..], text[1..], cased);
    }
}
