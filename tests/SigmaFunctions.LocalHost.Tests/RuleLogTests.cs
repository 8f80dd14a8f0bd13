using SigmaFunctions.LocalHost.Reporting;
using SigmaFunctions.LocalHost.Worker;
using SigmaFunctions.LocalHost.Worker.Protocol;

namespace SigmaFunctions.LocalHost.Tests;

/// <summary>What is logged about single rules does not fill the console.</summary>
public sealed class RuleLogTests
{
    private readonly List<string> _shown = [];
    private readonly RuleLog _log;

    public RuleLogTests() => _log = new RuleLog(line => _shown.Add(line.Message), _shown.Add);

    [Fact]
    public void A_few_are_shown_when_the_rules_are_loaded()
    {
        Assert.True(Take("RuleRejected", "a.yml is wrong"));
        Assert.True(Take("RuleDoubted", "look at b.yml"));
        Assert.Empty(_shown);

        Assert.True(Take("RulesLoaded", "1 rule loaded."));

        Assert.Equal(["a.yml is wrong", "look at b.yml", "1 rule loaded."], _shown);
    }

    [Fact]
    public void Of_many_it_is_told_how_many_there_are()
    {
        for (int i = 0; i < 50; i++)
        {
            Take("RuleDoubted", "look");
        }

        Take("MoreDoubts", "12 more doubts about rules; 'sigmaf check' shows all.");
        Take("RulesLoaded", "3612 rules loaded.");
        Take("RulesLoaded", "3613 rules loaded.");

        Assert.Equal(["3612 rules loaded. 'sigmaf check' shows 62 messages about them.", "3613 rules loaded."], _shown);
    }

    [Theory]
    [InlineData("")]
    [InlineData("InstanceNotReported")]
    public void Other_lines_are_none_of_these(string name) => Assert.False(Take(name, "x"));

    private bool Take(string name, string message) => _log.Take(new WorkerLogLine(RpcLog.Types.Level.Warning, "c", message, name));
}
