using System.Text;
using CsCheck;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Tests;

/// <summary>The search whose time is bounded finds what the runtime's finds.</summary>
public sealed class LinearSearchTests
{
    // Texts that are nearly the literal at many places, in letters whose other case is far away, of another length in UTF-8, or a pair.
    private static readonly Gen<string> Text = Gen.OneOf("a", "A", "b", "aab", "ς", "Σ", "K", "k", "ı", "i", "ſ", "S", "𐐀", "𐐨", "😀", "é", "É", "-")
        .Array[0, 12].Select(string.Concat);

    [Theory]
    [InlineData(true, StringComparison.Ordinal)]
    [InlineData(false, StringComparison.OrdinalIgnoreCase)]
    public void A_literal_is_found_where_the_runtime_finds_it(bool cased, StringComparison comparison) =>
        Gen.Select(Text, Text.Where(text => text.Length > 0), Text).Sample(
            (before, literal, after) =>
                LinearSearch.IndexOf(before + after, literal, cased) == (before + after).IndexOf(literal, comparison)
                && LinearSearch.IndexOf(before + literal + after, literal, cased) == (before + literal + after).IndexOf(literal, comparison),
            iter: 50_000);

    /// <summary>Two characters are equal without case where their upper cases are the same.</summary>
    [Fact]
    public void Characters_are_equal_where_the_runtime_has_them_equal()
    {
        var classes = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var uppers = new HashSet<Rune>();
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (!Rune.TryCreate(value, out Rune rune))
            {
                continue;
            }

            classes.Add(rune.ToString());
            var upper = Rune.ToUpperInvariant(rune);
            uppers.Add(upper);
            Assert.Equal(0, LinearSearch.IndexOf(rune.ToString(), upper.ToString(), cased: false));
            Assert.True(upper.ToString().Equals(rune.ToString(), StringComparison.OrdinalIgnoreCase), $"U+{value:X}");
        }

        Assert.Equal(classes.Count, uppers.Count);
    }

    [Theory]
    [InlineData("a", "a")]
    [InlineData("a", "b")]
    [InlineData("-", "-")]
    [InlineData("é", "É")]
    public void Patterns_are_found_in_texts_that_nearly_hold_them_everywhere(string unit, string last)
    {
        string run = string.Concat(Enumerable.Repeat(unit, LinearSearch.MaxLength / 2));
        string text = string.Concat(Enumerable.Repeat(run, 100));
        var pattern = new TextPattern([PatternPart.AnyRun, PatternPart.Literal(run + last + "z"), PatternPart.AnyRun]);
        Assert.False(pattern.IsMatch(text, cased: false));
        Assert.True(pattern.IsMatch(text + last + "Z" + text, cased: false));
    }
}
