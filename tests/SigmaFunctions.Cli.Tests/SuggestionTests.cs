using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Tests;

/// <summary>What was probably meant.</summary>
public sealed class SuggestionTests
{
    [Theory]
    [InlineData("hihg", "high")]
    [InlineData("HIGH", "high")]
    [InlineData("crit", "critical")]
    [InlineData("critcal", "critical")]
    [InlineData("info", "informational")]
    [InlineData("lw", "low")]
    [InlineData("severe", null)]
    [InlineData("x", null)]
    [InlineData("", null)]
    public void The_nearest_word_is_meant(string text, string? word) => Assert.Equal(word, Suggestion.Nearest(text, ["low", "medium", "high", "critical", "informational"]));

    [Fact]
    public void Of_words_that_are_as_near_the_shortest_is_meant_and_nothing_takes_long()
    {
        Assert.Equal("whoami", Suggestion.Nearest("whoam", ["whoami as a service", "whoami"]));
        Assert.Null(Suggestion.Nearest(new string('x', 100_000), [new string('x', 100_000)]));
    }
}
