using System.Globalization;

namespace SigmaFunctions.Engine.Tests;

/// <summary>No rule can hang or exhaust the process: it loads, or is refused with a reason.</summary>
public sealed class SafetyTests
{
    [Fact]
    public void A_long_list_survives()
    {
        string values = string.Join(", ", Enumerable.Range(0, 200_000).Select(i => "v" + i.ToString(CultureInfo.InvariantCulture)));
        string rule = RuleText.WithSelection($"F: [{values}]");
        Assert.True(RuleText.Matches(rule, """{"F":"V199999"}"""));
        Assert.False(RuleText.Matches(rule, """{"F":"w"}"""));
    }

    [Fact]
    public void A_list_of_more_than_a_million_values_is_refused() => Assert.Equal(
        ["SF0003"],
        RuleText.Load(RuleText.WithSelection("F: [" + string.Concat(Enumerable.Repeat("a,", 1_000_001)) + "]")).Diagnostics.Select(item => item.Code));

    [Fact]
    public void Spellings_that_multiply_are_refused()
    {
        string value = string.Concat(Enumerable.Repeat("%many%", 8));
        var many = new Rules.PlaceholderSet([new("many", [.. Enumerable.Range(0, 10).Select(i => i.ToString(CultureInfo.InvariantCulture))])]);
        Assert.Equal(["SF0209"], RuleText.Load(RuleText.WithSelection($"F|expand: '{value}'"), many).Diagnostics.Select(item => item.Code));
    }

    /// <summary>Patterns on which a backtracking matcher takes exponential time, on a value of a megabyte.</summary>
    [Theory]
    [InlineData("F|re: '^(a+)+$'")]
    [InlineData("F|re: '(x+x+)+y'")]
    [InlineData("F|re: '(a|aa)*b'")]
    [InlineData("F: '*a*a*a*a*a*a*a*a*a*b'")]
    [InlineData("F|contains: 'a?a?a?a?b'")]
    public void Time_is_bounded_by_the_value(string selection) =>
        Assert.False(RuleText.Matches(RuleText.WithSelection(selection), $"{{\"F\":\"{new string('a', 1_000_000)}c\"}}"));

    [Fact]
    public void Deep_events_are_no_trouble()
    {
        string nested = string.Concat(Enumerable.Repeat("[", 60)) + "\"a\"" + string.Concat(Enumerable.Repeat("]", 60));
        Assert.True(RuleText.Matches(RuleText.WithSelection("F: a"), $"{{\"F\":{nested}}}"));
        Assert.True(RuleText.Matches(RuleText.WithSelection("[a]"), $"{{\"F\":{nested}}}"));
    }
}
