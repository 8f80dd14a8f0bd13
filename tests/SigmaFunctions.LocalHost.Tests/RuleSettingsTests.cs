using Microsoft.Extensions.Configuration;
using SigmaFunctions.LocalHost.Processes;
using SigmaFunctions.LocalHost.Worker;

namespace SigmaFunctions.LocalHost.Tests;

/// <summary>Which rules the catalogue shows: those that the worker runs.</summary>
public sealed class RuleSettingsTests
{
    private static readonly string App = Path.GetDirectoryName(LocalPaths.AppAssembly)!;

    [Fact]
    public void Without_settings_they_are_the_rules_of_the_app() => Assert.Equal([LocalPaths.AppRules], Create([]).Paths);

    [Fact]
    public void The_command_line_goes_before_the_environment() => Assert.Equal(["/asked"], Create(["/asked"], ("Rules:Path", "/set")).Paths);

    [Fact]
    public void Paths_of_the_environment_start_from_the_apps_folder_as_they_do_for_the_worker()
    {
        RuleSettings settings = Create([], ("Rules:Path", "one; /two ;"), ("Rules:Placeholders", "p.yml"), ("Rules:Overrides", "/o.yml"));

        Assert.Equal([Path.Combine(App, "one"), "/two"], settings.Paths);
        Assert.Equal((Path.Combine(App, "p.yml"), "/o.yml"), (settings.Placeholders, settings.Overrides));
    }

    [Fact]
    public void Blank_settings_are_none()
    {
        RuleSettings settings = Create([], ("Rules:Path", " "), ("Rules:Placeholders", " "), ("Rules:Overrides", ""));

        Assert.Equal([LocalPaths.AppRules], settings.Paths);
        Assert.Equal((null, null), (settings.Placeholders, settings.Overrides));
    }

    private static RuleSettings Create(string[] asked, params (string Key, string Value)[] environment) => RuleSettings.Create(
        [.. asked], new ConfigurationBuilder().AddInMemoryCollection(environment.Select(one => KeyValuePair.Create(one.Key, (string?)one.Value))).Build());
}
