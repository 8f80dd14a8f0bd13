using System.Collections.Immutable;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.Tests;

public sealed class PlaceholderFileTests
{
    [Fact]
    public void Names_have_a_value_or_a_list()
    {
        PlaceholderSet placeholders = Parse("one: a\nmany: [b, 'c*', 5]\nnone: []\n");
        Assert.Equal(["a"], Values("one"));
        Assert.Equal(["b", "c*", "5"], Values("many"));
        Assert.Empty(Values("none"));
        Assert.False(placeholders.TryGetValues("other", out _));
        Assert.False(Parse("").TryGetValues("one", out _));

        IEnumerable<string> Values(string name)
        {
            Assert.True(placeholders.TryGetValues(name, out ImmutableArray<string> values));
            return values;
        }
    }

    [Theory]
    [InlineData("- a", "p.yml(1,1)")]
    [InlineData("a: b\nc: {d: e}", "p.yml(2,4)")]
    [InlineData("a: [b, [c]]", "p.yml(1,8)")]
    [InlineData("a: b\na: c", "p.yml(2,1)")]
    [InlineData("a:", "p.yml(1,3)")]
    [InlineData("a: [", "p.yml(")]
    public void What_is_wrong_is_told_with_its_place(string text, string place) =>
        Assert.Contains(place, Assert.Throws<InvalidDataException>(() => Parse(text)).Message, StringComparison.Ordinal);

    private static PlaceholderSet Parse(string text) => PlaceholderFile.Parse(new RuleFile("p.yml", text));
}
