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
