namespace SigmaFunctions.Infra.Tests;

public sealed class BicepFileTests
{
    [Fact]
    public async Task Every_file_lints_without_a_remark()
    {
        Bicep.Require();
        BicepResult result = await Bicep.RunAsync("lint", "--pattern", Path.Combine(Repository.InfraFolder, "**", "*.bicep"));
        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Diagnostics));
    }

    [Fact]
    public async Task Every_example_of_parameters_lints_and_gives_parameters_that_the_template_has()
    {
        Bicep.Require();
        string[] examples = Directory.GetFiles(Path.Combine(Repository.InfraFolder, "examples"), "*.bicepparam");
        Assert.NotEmpty(examples);
        foreach (string example in examples)
        {
            BicepResult lint = await Bicep.RunAsync("lint", example);
            Assert.Equal((0, "", ""), (lint.ExitCode, lint.Output, lint.Diagnostics));
            BicepResult build = await Bicep.RunAsync("build-params", example, "--stdout");
            Assert.Equal((0, ""), (build.ExitCode, build.Diagnostics));
        }
    }

    [Fact]
    public async Task Every_file_is_formatted()
    {
        Bicep.Require();
        DirectoryInfo copy = Directory.CreateTempSubdirectory("infra-");
        try
        {
            string[] files = Files().ToArray();
            foreach (string file in files)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(copy.FullName, file))!);
                File.Copy(Path.Combine(Repository.InfraFolder, file), Path.Combine(copy.FullName, file));
            }

            foreach (string extension in (string[])["bicep", "bicepparam"])
            {
                BicepResult result = await Bicep.RunAsync("format", "--pattern", Path.Combine(copy.FullName, "**", $"*.{extension}"));
                Assert.Equal((0, ""), (result.ExitCode, result.Diagnostics));
            }
            Assert.NotEmpty(files);
            Assert.All(files, file => Assert.Equal(
                File.ReadAllText(Path.Combine(Repository.InfraFolder, file)), File.ReadAllText(Path.Combine(copy.FullName, file))));
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    private static IEnumerable<string> Files() =>
        Directory.EnumerateFiles(Repository.InfraFolder, "*.bicep*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Repository.InfraFolder, file));
}
