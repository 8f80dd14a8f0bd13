using System.Text;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>Rules of several origins: a later layer counts more than an earlier one.</summary>
public sealed class RuleLayerTests
{
    private const string One = "00000000-0000-4000-8000-000000000001";
    private const string Two = "00000000-0000-4000-8000-000000000002";
    private const string Three = "00000000-0000-4000-8000-000000000003";

    [Fact]
    public void A_later_layer_takes_the_place_of_what_has_the_same_id()
    {
        var rules = RuleSet.LoadLayers([Layer(("b.yml", Rule(One, "package")), ("c.yml", Rule(Two, "package"))), Layer(("z.yml", Rule(One, "mine")), ("a.yml", Rule(Three, "mine")))]);

        Assert.Equal(["mine", "package", "mine"], rules.Rules.Select(rule => rule.Title));
        Assert.Empty(rules.Diagnostics);
        Assert.Equal(0, rules.Rejected);
    }

    [Fact]
    public void Within_a_layer_an_id_is_taken_once()
    {
        var rules = RuleSet.LoadLayers([Layer(("a.yml", Rule(One, "first"))), Layer(("b.yml", Rule(One, "second")), ("c.yml", Rule(One, "third")))]);

        Assert.Equal("second", Assert.Single(rules.Rules).Title);
        Assert.Equal(("c.yml", 1), (Assert.Single(rules.Diagnostics).File, rules.Rejected));
    }

    [Fact]
    public void A_rule_that_is_rejected_does_not_take_the_place_of_one_that_works()
    {
        var rules = RuleSet.LoadLayers([Layer(("a.yml", Rule(One, "package"))), Layer(("b.yml", Rule(One, "mine").Replace("condition: s", "condition: nothing", StringComparison.Ordinal)))]);

        Assert.Equal("package", Assert.Single(rules.Rules).Title);
        Assert.Equal(1, rules.Rejected);
    }

    [Fact]
    public void A_filter_of_one_layer_applies_to_rules_of_another()
    {
        const string Filter = """
            title: Not these
            id: 00000000-0000-4000-8000-00000000000f
            logsource: {category: process_creation}
            filter: {rules: [00000000-0000-4000-8000-000000000001], s: {User: root}, condition: not s}
            """;

        var rules = RuleSet.LoadLayers([Layer(("a.yml", Rule(One, "package"))), Layer(("filter.yml", Filter))]);

        Assert.Single(Assert.Single(rules.Compiled).Filters);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void One_thread_gives_what_many_give(int concurrency)
    {
        (string, string)[] files = [.. Enumerable.Range(0, 200).Select(i => ($"{i}.yml", Rule($"00000000-0000-4000-8000-{i:D12}", $"rule {i}")))];

        var rules = RuleSet.LoadLayers([Layer(files)], concurrency: concurrency);

        Assert.Equal(200, rules.Rules.Length);
        Assert.Equal(RuleSet.LoadLayers([Layer([.. files.Reverse()])]).Revision, rules.Revision);
    }

    [Fact]
    public void The_hash_tells_names_and_texts_apart_but_not_their_order()
    {
        string hash = Layer(("a", "1"), ("b", "2")).Hash();

        Assert.Equal(hash, Layer(("b", "2"), ("a", "1")).Hash());
        Assert.All([Layer(("a", "12"), ("b", "")), Layer(("a", "1")), Layer(("ab", "1"), ("", "2")), RuleLayer.Empty], other => Assert.NotEqual(hash, other.Hash()));
    }

    [Fact]
    public void A_pack_in_memory_gives_the_same_rules_and_diagnostics()
    {
        var rules = RuleSet.LoadLayers([Layer(("a.yml", Rule(One, "package"))), Layer(("b.yml", Rule(Two, "mine")), ("broken.yml", "title: x"))]);

        RuleSet read = RulePack.TryRead(RulePack.Write(rules), "a pack", null, out string? reason)!;

        Assert.Null(reason);
        Assert.Equal((rules.Revision, rules.Rejected, "a pack"), (read.Revision, read.Rejected, read.Pack));
        Assert.Equal(rules.Rules.Select(rule => (rule.Id, rule.Title, rule.File)), read.Rules.Select(rule => (rule.Id, rule.Title, rule.File)));
        Assert.Equal(rules.Diagnostics, read.Diagnostics);
    }

    [Theory]
    [InlineData("nothing", "it does not begin like a pack")]
    [InlineData("cut", "it is not as long as it says")]
    [InlineData("changed", "its hash is not that of its content")]
    public void A_pack_in_memory_that_is_damaged_is_not_used(string damage, string expected)
    {
        byte[] pack = RulePack.Write(RuleSet.LoadLayers([Layer(("a.yml", Rule(One, "package")))]));
        byte[] damaged = damage switch { "nothing" => [], "cut" => pack[..^1], _ => [.. pack[..^1], (byte)(pack[^1] ^ 1)] };

        Assert.Null(RulePack.TryRead(damaged, "a pack", null, out string? reason));
        Assert.Equal(expected, reason);
    }

    [Fact]
    public void A_pack_in_memory_is_of_the_placeholders_it_was_made_with()
    {
        var values = new PlaceholderSet([new("admins", ["root"])]);
        var rules = RuleSet.LoadLayers([Layer(("a.yml", Rule(One, "r").Replace("{F: x}", "{F|expand: '%admins%'}", StringComparison.Ordinal)))], values);

        Assert.NotNull(RulePack.TryRead(RulePack.Write(rules, values), "a pack", values, out _));
        Assert.Null(RulePack.TryRead(RulePack.Write(rules, values), "a pack", null, out string? reason));
        Assert.Equal("it was made with other values of placeholders", reason);
    }

    [Fact]
    public void An_archive_is_read_as_its_files()
    {
        RuleFile[] files = [new("windows/b.yml", "b"), new("a.yaml", "ä"), new("a.test.yml", "t"), new("version.txt", "1")];
        byte[] archive = RuleArchive.Write(files);

        Assert.Equal([new("sigma/a.yaml", "ä"), new RuleFile("sigma/windows/b.yml", "b")], RuleArchive.Read(archive, "sigma/"));
        Assert.Equal(archive, RuleArchive.Write(files.Reverse()));
    }

    [Fact]
    public void A_damaged_archive_is_told_from_an_empty_one()
    {
        byte[] archive = RuleArchive.Write([new("a.yml", new string('a', 10_000) + Guid.NewGuid())]);

        Assert.Empty(RuleArchive.Read(RuleArchive.Write([])));
        foreach (byte[] damaged in (byte[][])[[], Encoding.ASCII.GetBytes("title: x"), archive[..^10], Changed(archive)])
        {
            Assert.StartsWith("it is damaged, or no zip archive (", Assert.Throws<InvalidDataException>(() => RuleArchive.Read(damaged)).Message);
        }
    }

    [Fact]
    public void An_archive_that_unpacks_to_too_much_is_refused_before_it_does()
    {
        byte[] bomb = RuleArchive.Write([new("a.yml", new string('a', RuleArchive.MaxSize)), new("b.yml", "b")]);

        Assert.True(bomb.Length < 1_000_000);
        Assert.Equal("it unpacks to more than 256 MiB", Assert.Throws<InvalidDataException>(() => RuleArchive.Read(bomb)).Message);
    }

    private static byte[] Changed(byte[] archive)
    {
        byte[] changed = [.. archive];
        for (int i = 40; i < 60; i++)
        {
            changed[i] ^= 0xFF;
        }

        return changed;
    }

    private static RuleLayer Layer(params (string Name, string Text)[] files) => RuleLayer.FromFiles(files.Select(file => new RuleFile(file.Name, file.Text)));

    private static string Rule(string id, string title) =>
        $"title: {title}\nid: {id}\nstatus: test\nlevel: low\ndescription: A rule of a test\nlogsource: {{category: process_creation, product: windows}}\ndetection: {{s: {{F: x}}, condition: s}}";

    [Fact]
    public void A_layer_with_a_file_that_cannot_be_read_has_no_hash()
    {
        string folder = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;
        try
        {
            for (int i = 0; i < 10; i++)
            {
                File.WriteAllText(Path.Combine(folder, $"{i}.yml"), "a: b");
            }

            var layer = RuleLayer.FromPaths([folder]);
            File.Delete(Path.Combine(folder, "7.yml"));
            Assert.ThrowsAny<IOException>(() => layer.Hash());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
