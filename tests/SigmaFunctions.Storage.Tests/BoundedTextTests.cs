using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Storage.Tests;

public sealed class BoundedTextTests
{
    [Theory]
    [InlineData("short", 20, "short")]
    [InlineData("01234567890123456789", 20, "01234567890123456789")]
    [InlineData("012345678901234567890", 20, "01234567…[truncated]")]
    [InlineData("0123456😀8901234567890", 20, "0123456…[truncated]")]
    [InlineData("012345😀78901234567890", 20, "012345😀…[truncated]")]
    public void Cuts_between_characters_and_says_so(string text, int maximum, string expected) =>
        Assert.Equal(expected, BoundedText.Cut(text, maximum));

    [Theory]
    [InlineData("short", 32, "^short$")]
    [InlineData("01234567890123456789012345678901", 32, "^01234567890123456789012345678901$")]
    [InlineData("012345678901234567890123456789012", 32, @"^0123456789012…\[[0-9a-f]{16}\]$")]
    [InlineData("012345678901😀45678901234567890123", 32, @"^012345678901…\[[0-9a-f]{16}\]$")]
    public void Cuts_with_a_hash(string text, int maximum, string expected) => Assert.Matches(expected, BoundedText.CutApart(text, maximum));

    [Theory]
    [InlineData("a", "b", true)]
    [InlineData("a", "A", false)]
    public void Texts_that_begin_alike_have_hashes_of_their_own_unless_they_differ_in_case_alone(string one, string other, bool differ)
    {
        string beginning = new('x', 1_000);

        Assert.Equal(differ, BoundedText.CutApart(beginning + one, 256) != BoundedText.CutApart(beginning + other, 256));
    }

    [Theory]
    [InlineData("plain ключ 😀 \t\r\n", "plain ключ 😀 \t\r\n")]
    [InlineData("a\0b\u001fc", "a\uFFFDb\uFFFDc")]
    [InlineData("\uFFFE\uFFFF", "\uFFFD\uFFFD")]
    public void Replaces_what_a_store_may_refuse(string text, string expected) => Assert.Equal(expected, BoundedText.Clean(text));

    [Fact]
    public void Replaces_half_characters()
    {
        Assert.Equal("a\uFFFD", BoundedText.Clean("a\uD83D"));
        Assert.Equal("\uFFFDa", BoundedText.Clean("\uDE00a"));
        Assert.Equal("\uFFFD😀", BoundedText.Clean("\uD83D😀"));
    }
}
