using System.Globalization;
using System.Reflection;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>
/// Packs that versions compiled of two rules, a folder for each version: used, or refused with the reason and the YAML read instead.
/// <c>STORED_FORMS=v2</c> adds that of this version (tests/SigmaFunctions.Storage.Tests/Fixtures/README.md).
/// </summary>
public sealed class FormerPackTests
{
    private static readonly string Folder = typeof(FormerPackTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "PackFixtures").Value!;

    public static TheoryData<string> Versions => [.. Find()];

    [Fact]
    public void This_version_packs_and_reads_what_the_newest_one_packed()
    {
        string newest = Find().Last();
        string rules = Path.Combine(Folder, newest, "rules");
        var yaml = RuleSet.LoadPaths([rules]);
        byte[] pack = RulePack.Write(yaml);

        RuleSet? read = RulePack.TryRead(pack, "rules.pack", null, out string? reason);

        Assert.Null(reason);
        Assert.Equal(RuleSetText.Of(yaml), RuleSetText.Of(read!));
        if (Environment.GetEnvironmentVariable("STORED_FORMS") is { Length: > 0 } version && !File.Exists(PackOf(version)))
        {
            string copy = Directory.CreateDirectory(Path.Combine(Folder, version, "rules")).FullName;
            foreach (string file in Directory.GetFiles(rules).Where(file => Path.GetDirectoryName(file) != copy))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }

            RulePack.Write([copy], PackOf(version));
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Beside_its_YAML_it_is_used_or_the_YAML_is(string version)
    {
        RuleSet loaded = RulePack.Load(PackOf(version));

        Assert.Equal(
            ["96acd26b-2454-4d04-a7e2-fe217537d768", "da166d14-9dac-43d3-b6d4-0141cad108b3"],
            loaded.Rules.Select(rule => rule.Id).Order(StringComparer.Ordinal));
        if (loaded.Pack is not null)
        {
            return;
        }

        // Of its rules this version may tell what the former one did not.
        Diagnostic refused = Assert.Single(loaded.Diagnostics, item => item.File == PackOf(version));
        Assert.Equal(("SF0602", DiagnosticSeverity.Warning), (refused.Code, refused.Severity));
        Assert.StartsWith(
            "The pack cannot be used: it was made by another build of the engine. The YAML it was made of is used.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public void Alone_it_is_used_or_is_an_error(string version)
    {
        RuleSet loaded = RulePack.Load(PackOf(version), paths: []);

        if (loaded.Pack is not null)
        {
            Assert.Equal(2, loaded.Rules.Length);
        }
        else
        {
            Assert.Equal(("SF0602", DiagnosticSeverity.Error), loaded.Diagnostics.Select(item => (item.Code, item.Severity)).Single());
        }
    }

    /// <summary>Not what can happen, but what must be harmless: the check of the build is not all that stands between a pack and wrong rules.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public void Taken_for_that_of_this_build_it_gives_the_rules_or_a_reason(string version)
    {
        byte[] pack = File.ReadAllBytes(PackOf(version));
        PackFormat.Compiler.TryWriteBytes(pack.AsSpan(12));

        RuleSet? read = RulePack.TryRead(pack, "rules.pack", null, out string? reason);

        if (read is null)
        {
            Assert.NotEmpty(reason!);
        }
        else
        {
            Assert.Equal(RuleSet.LoadPaths([Path.Combine(Folder, version, "rules")]).Revision, read.Revision);
        }
    }

    private static string PackOf(string version) => Path.Combine(Folder, version, "rules.pack");

    private static IEnumerable<string> Find() => Directory.GetDirectories(Folder)
        .Select(folder => Path.GetFileName(folder))
        .OrderBy(version => int.Parse(version[1..], CultureInfo.InvariantCulture));
}
