using System.Globalization;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

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
        var many = new PlaceholderSet([new("many", [.. Enumerable.Range(0, 10).Select(i => i.ToString(CultureInfo.InvariantCulture))])]);
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

    [Fact]
    public void Patterns_that_are_too_long_are_refused()
    {
        Assert.Empty(RuleText.Load(RuleText.WithSelection($"F|contains: '{new string('a', 8_000)}'")).Diagnostics);
        Assert.Equal(["SF0003"], Codes($"F|contains: '{new string('a', 9_000)}?b'"));
        Assert.Equal(["SF0003"], Codes($"F|base64: '{new string('a', 9_000)}'"));
        Assert.Equal(["SF0206"], Codes($"F|re: '{new string('a', 20_000)}'"));
    }

    [Fact]
    public void Very_many_regular_expressions_in_an_item_are_refused() => Assert.Equal(
        ["SF0003"],
        Codes("F|re: [" + string.Join(", ", Enumerable.Range(0, 251).Select(i => "v.*" + i.ToString(CultureInfo.InvariantCulture))) + "]"));

    [Fact]
    public void Conditions_that_multiply_are_refused()
    {
        string identifiers = string.Concat(Enumerable.Range(0, 400).Select(i => string.Create(CultureInfo.InvariantCulture, $"s{i}: {{F: v{i}}}\n")));
        string many = string.Join(" or ", Enumerable.Repeat("1 of s*", 400));
        Assert.Equal(["SF0003"], RuleText.Load(RuleText.WithDetection($"{identifiers}condition: {many}")).Diagnostics.Select(item => item.Code));
        Assert.True(RuleText.Matches(RuleText.WithDetection($"{identifiers}condition: 1 of s*"), """{"F":"v399"}"""));
    }

    [Fact]
    public void Long_field_names_are_refused()
    {
        Assert.Equal(["SF0003"], Codes($"{{? {new string('a', 1_025)} : x}}"));
        Assert.Equal(["SF0003"], Codes($"{string.Concat(Enumerable.Repeat("a.", 65))}a: x"));
    }

    /// <summary>Both values are the event's; all with all, or a long text in a long one, would take as long as its writer likes.</summary>
    [Fact]
    public void References_to_fields_take_bounded_time()
    {
        string rule = RuleText.WithSelection("F|fieldref|contains: G");
        string text = new('a', 8_000);
        Assert.True(RuleText.Matches(rule, $"{{\"F\":\"x{text}\",\"G\":\"{text}\"}}"));
        Assert.False(RuleText.Matches(rule, $"{{\"F\":\"{new string('a', 500_000)}\",\"G\":\"{new string('a', 250_000)}b\"}}"));
        string many = string.Join(',', Enumerable.Repeat($"\"{new string('a', 300)}\"", 1_500));
        Assert.False(RuleText.Matches(rule, $"{{\"F\":[{many}],\"G\":[{many.Replace("a\"", "b\"", StringComparison.Ordinal)}]}}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("|contains")]
    [InlineData("|contains|cased")]
    public void References_to_fields_look_at_the_first_elements_only(string modifiers)
    {
        string rule = RuleText.WithSelection($"F|fieldref{modifiers}: G");
        string Array(int count, string element) => string.Join(',', Enumerable.Repeat($"\"{element}\"", count));
        Assert.False(RuleText.Matches(rule, $$"""{"F":[{{Array(300_000, "a")}},"b"],"G":[{{Array(300_000, "c")}},"b"]}"""));
        Assert.True(RuleText.Matches(rule, $$"""{"F":[{{Array(99, "a")}},"b"],"G":[{{Array(99, "c")}},"b"]}"""));
        Assert.False(RuleText.Matches(rule, $$"""{"F":[{{Array(100, "a")}},"b"],"G":"b"}"""));
        Assert.False(RuleText.Matches(rule, $$"""{"F":"b","G":[{{Array(100, "a")}},"b"]}"""));
        // Each is nearly in each, everywhere.
        string text = new('a', 4_000);
        Assert.False(RuleText.Matches(rule, $$"""{"F":[{{Array(100, text)}}],"G":[{{Array(100, text[..2_000] + "b")}}]}"""));
    }

    [Fact]
    public void Only_files_that_end_are_read()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Devices are files on Linux.");
        string folder = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;
        File.WriteAllText(Path.Combine(folder, "a.yml"), RuleText.WithSelection("F: a"));
        File.CreateSymbolicLink(Path.Combine(folder, "z.yml"), "/dev/zero");
        File.CreateSymbolicLink(Path.Combine(folder, "loop.yml"), "loop.yml");
        File.CreateSymbolicLink(Path.Combine(folder, "dangling.yml"), "nowhere.yml");
        try
        {
            var ruleSet = RuleSet.LoadPaths([folder]);
            Assert.Single(ruleSet.Rules);
            Assert.Equal(["dangling.yml SF0006", "loop.yml SF0006"], ruleSet.Diagnostics.Select(item => $"{Path.GetFileName(item.File)} {item.Code}"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string> Codes(string selection) =>
        RuleText.Load(RuleText.WithSelection(selection)).Diagnostics.Select(item => item.Code);
}
