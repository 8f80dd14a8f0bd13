using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

public sealed class RuleOverridesTests
{
    [Fact]
    public void A_rule_has_what_the_file_says_of_it_and_else_what_it_had()
    {
        RuleOverrides overrides = Parse("""
            a: { level: low, suppressFor: 90m }
            b: { enabled: false }
            c: {}
            """);

        Assert.Equal(new RuleOverride { Level = "low", SuppressFor = TimeSpan.FromMinutes(90) }, overrides["A"]);
        Assert.Equal(new RuleOverride { Enabled = false }, overrides["b"]);
        Assert.Equal(new RuleOverride(), overrides["c"]);
        Assert.Null(overrides["d"]);
        Assert.Equal(0, Parse("").Count);
        Assert.Equal(0, Parse("# none yet").Count);
    }

    [Theory]
    [InlineData("[a]", "(1,1): error: A file of overrides is a map of rule ids.")]
    [InlineData("a: off", "(1,4): error: What is changed about the rule 'a' is a map with 'enabled', 'level' or 'suppressFor'.")]
    [InlineData("a: { enabled: 1 }", "(1,15): error: 'enabled' is true or false.")]
    [InlineData("a: { level: loud }", "(1,13): error: 'level' is one of critical, high, informational, low, medium.")]
    [InlineData("a: { suppressFor: 1 }", "(1,19): error: 'suppressFor' is a number and s, m, h or d, such as 4h, up to 7d.")]
    [InlineData("a: { suppressFor: -1h }", "(1,19): error: 'suppressFor' is a number and s, m, h or d, such as 4h, up to 7d.")]
    [InlineData("a: { suppressFor: 8d }", "(1,19): error: 'suppressFor' is a number and s, m, h or d, such as 4h, up to 7d.")]
    [InlineData("a: { suppressFor: 99999999999d }", "(1,19): error: 'suppressFor' is a number and s, m, h or d, such as 4h, up to 7d.")]
    [InlineData("a: { sevreity: low }", "(1,16): error: There is no 'sevreity'; a rule may have 'enabled', 'level' and 'suppressFor'.")]
    [InlineData("a: {}\nA: {}", "(2,1): error: The rule 'A' is already changed above.")]
    public void What_is_wrong_is_said_with_its_place(string text, string said) =>
        Assert.Equal("overrides.yml" + said, Assert.Throws<InvalidDataException>(() => Parse(text)).Message);

    private static RuleOverrides Parse(string text) => RuleOverrides.Parse(new RuleFile("overrides.yml", text));
}
