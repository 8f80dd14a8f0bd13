using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace SigmaFunctions.Documentation.Tests;

/// <summary>The workflows are YAML, and what they run is Bash: GitHub tells only when they are due.</summary>
public sealed partial class WorkflowTests
{
    private static readonly string Folder = Path.Combine(Repository.Folder, ".github", "workflows");

    private static readonly string[] Names = [.. Directory.EnumerateFiles(Folder).Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> Files() => [.. Names];

    [Fact]
    public void Pull_requests_run_what_must_hold_on_main()
    {
        YamlMappingNode workflow = Load("build.yml");

        Assert.True(((YamlMappingNode)workflow["on"]).Children.ContainsKey("pull_request"));
        Assert.Contains(StepsOf(workflow), step => step.Children.TryGetValue("run", out YamlNode? run) && run.ToString() == "bash .ci/run");
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Each_job_has_permissions_and_an_end_and_nothing_else_has_permissions(string file)
    {
        // .ci/run lets actionlint read these.
        Assert.EndsWith(".yml", file, StringComparison.Ordinal);
        YamlMappingNode workflow = Load(file);

        Assert.Empty(((YamlMappingNode)workflow["permissions"]).Children);
        Assert.All(((YamlMappingNode)workflow["jobs"]).Children, job =>
        {
            Assert.NotEmpty(((YamlMappingNode)job.Value["permissions"]).Children);
            Assert.InRange(int.Parse(job.Value["timeout-minutes"].ToString(), CultureInfo.InvariantCulture), 1, 120);
        });
    }

    [Fact]
    public void Only_what_publishes_or_signs_in_may_write_and_it_builds_nothing()
    {
        IEnumerable<string> writers =
            from file in Names
            from job in ((YamlMappingNode)Load(file)["jobs"]).Children
            from permission in ((YamlMappingNode)job.Value["permissions"]).Children
            where permission.Value.ToString() != "read"
            select $"{file} {job.Key} {permission.Key}";

        Assert.Equal(
            ["release.yml publish attestations", "release.yml publish contents", "release.yml publish id-token", "rules.yml push id-token"],
            writers.Order(StringComparer.Ordinal));
        Assert.DoesNotContain(
            ((YamlSequenceNode)Load("release.yml")["jobs"]["publish"]["steps"]).Cast<YamlMappingNode>(),
            step => step.ToString().Contains("dotnet", StringComparison.Ordinal) || step.ToString().Contains("checkout", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Actions_are_pinned_by_commit_and_name_their_version(string file)
    {
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(Folder, file), TestContext.Current.CancellationToken);
        string[] uses = [.. lines.Where(line => Uses().IsMatch(line))];

        Assert.Equal(StepsOf(Load(file)).Count(step => step.Children.ContainsKey("uses")), uses.Length);
        Assert.All(uses, line => Assert.Matches(@"uses: [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line));
    }

    [Fact]
    public void An_action_is_of_one_version_everywhere()
    {
        string[] pins = [.. Names.SelectMany(file => File.ReadAllLines(Path.Combine(Folder, file))).Where(line => Uses().IsMatch(line))
            .Select(line => line[(line.IndexOf("uses:", StringComparison.Ordinal) + 6)..]).Distinct(StringComparer.Ordinal)];

        Assert.Equal(pins.Length, pins.Select(pin => pin[..pin.IndexOf('@', StringComparison.Ordinal)]).Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task There_are_no_anchors(string file)
    {
        using var reader = new StringReader(await File.ReadAllTextAsync(Path.Combine(Folder, file), TestContext.Current.CancellationToken));
        var parser = new Parser(reader);
        while (parser.MoveNext())
        {
            Assert.IsNotType<AnchorAlias>(parser.Current);
            Assert.True(parser.Current is not NodeEvent node || node.Anchor.IsEmpty, $"{file}({parser.Current!.Start.Line})");
        }
    }

    [Fact]
    public void Both_jobs_of_the_rules_workflow_install_the_same()
    {
        YamlNode jobs = Load("rules.yml")["jobs"];
        YamlNode[] Install(string job) => [.. ((YamlSequenceNode)jobs[job]["steps"]).Skip(1).Take(2)];

        Assert.Equal("Install sigmaf", Install("check")[1]["name"].ToString());
        Assert.Equal(Install("check"), Install("push"));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public async Task Steps_have_an_action_or_a_script_that_parses(string file)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs Bash");
        YamlMappingNode[] steps = StepsOf(Load(file));

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

    private static YamlMappingNode Load(string file)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(File.ReadAllText(Path.Combine(Folder, file))));
        return (YamlMappingNode)yaml.Documents[0].RootNode;
    }

    private static YamlMappingNode[] StepsOf(YamlMappingNode workflow) =>
        [.. ((YamlMappingNode)workflow["jobs"]).Children.Values.SelectMany(job => (YamlSequenceNode)job["steps"]).Cast<YamlMappingNode>()];

    [GeneratedRegex(@"^\s*(- )?uses:")]
    private static partial Regex Uses();
}
