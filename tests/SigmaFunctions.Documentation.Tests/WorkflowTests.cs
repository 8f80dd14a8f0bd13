using System.Diagnostics;
using YamlDotNet.RepresentationModel;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>The workflows are YAML, and what they run is Bash: GitHub tells only when they are due.</summary>
public sealed class WorkflowTests
{
    public static TheoryData<string> Files() =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Folder, ".github", "workflows"), "*.yml").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Steps_have_an_action_or_a_script_that_parses(string file)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Bash");
        var yaml = new YamlStream();
        yaml.Load(new StringReader(await File.ReadAllTextAsync(Path.Combine(Repository.Folder, ".github", "workflows", file), TestContext.Current.CancellationToken)));
        var jobs = (YamlMappingNode)yaml.Documents[0].RootNode["jobs"];
        List<YamlMappingNode> steps = [.. jobs.Children.Values.SelectMany(job => (YamlSequenceNode)job["steps"]).Cast<YamlMappingNode>()];

        Assert.NotEmpty(steps);
        foreach (YamlMappingNode step in steps)
        {
            bool isAction = step.Children.ContainsKey("uses");
            Assert.NotEqual(isAction, step.Children.ContainsKey("run"));
            if (isAction)
            {
                continue;
            }

            string script = ((YamlScalarNode)step["run"]).Value!;
            // What comes from outside must come by a variable: in the text of a script it would be code.
            Assert.DoesNotContain("${{", script, StringComparison.Ordinal);
            using Process bash = Process.Start(new ProcessStartInfo("bash", ["-n", "-c", script]) { RedirectStandardError = true })!;
            string errors = await bash.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await bash.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal("", errors);
        }
    }
}
