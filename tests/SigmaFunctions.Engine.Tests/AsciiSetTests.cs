using SigmaFunctions.Engine.RegularExpressions;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Sets of ASCII characters hold what they say, on both sides of the border between their two words.</summary>
public sealed class AsciiSetTests
{
    [Theory]
    [InlineData('\0', '\0')]
    [InlineData('0', '9')]
    [InlineData('?', '@')]
    [InlineData('@', '@')]
    [InlineData('?', '?')]
    [InlineData(' ', '~')]
    [InlineData('\0', '\x7F')]
    [InlineData('z', '\u0101')]
    [InlineData('\u0100', '\u0101')]
    public void A_range_holds_its_ascii_characters(char first, char last)
    {
        var set = AsciiSet.Between(first, last);
        byte[] expected = [.. Enumerable.Range(0, 128).Where(value => value >= first && value <= last).Select(value => (byte)value)];
        Assert.Equal(expected, set.Bytes);
        Assert.Equal(expected.Length, set.Count);
        Assert.Equal(128 - expected.Length, (~set).Count);
        Assert.Equal(Enumerable.Range(0, 256).Select(value => value < 128 && expected.Contains((byte)value)), Enumerable.Range(0, 256).Select(value => set.Contains((byte)value)));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("a", 'a')]
    [InlineData("A", 'A')]
    [InlineData("aA", 'A')]
    [InlineData("zZ", 'Z')]
    [InlineData("?", '?')]
    [InlineData("\0", '\0')]
    [InlineData("\x7F", '\x7F')]
    [InlineData("aB", null)]
    [InlineData("!1", null)]
    [InlineData("{[", null)]
    [InlineData("aA1", null)]
    public void The_only_member_is_told(string members, char? only) => Assert.Equal(only, SetOf(members).Only);

    [Theory]
    [InlineData("a", "Aa")]
    [InlineData("Z", "Zz")]
    [InlineData("[`{@", "@[`{")]
    [InlineData("k1", "1Kk")]
    public void Both_cases_are_those_of_letters(string members, string expected) =>
        Assert.Equal(expected, string.Concat(SetOf(members).InBothCases().Bytes.Select(value => (char)value)));

    private static AsciiSet SetOf(string members) => members.Aggregate(default(AsciiSet), (set, member) => set | AsciiSet.Of(member));
}
