using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Tests;

/// <summary>The levels of Sigma.</summary>
public sealed class RuleLevelTests
{
    [Fact]
    public void Levels_are_in_the_order_of_the_specification() =>
        Assert.Equal(["informational", "low", "medium", "high", "critical"], RuleLevels.Names);

    [Theory]
    [InlineData("informational", RuleLevel.Informational)]
    [InlineData("medium", RuleLevel.Medium)]
    [InlineData("CritiCal", RuleLevel.Critical)]
    [InlineData(null, null)]
    [InlineData("", null)]
    [InlineData("weird", null)]
    [InlineData(" high", null)]
    [InlineData("1", null)]
    [InlineData("low, high", null)]
    public void A_level_is_a_word_in_any_letter_case(string? text, RuleLevel? level)
    {
        Assert.Equal(level, RuleLevels.Parse(text));
        Assert.Equal(level is null ? null : text?.ToLowerInvariant(), level?.Name());
    }
}
