using System.Globalization;
using System.Reflection;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Engine.Tests;

/// <summary>A pack is the rule set that YAML gives, or it is not used.</summary>
public sealed class PackTests : IDisposable
{
    private static readonly PlaceholderSet Admins = new([new("admins", ["root", "a*"])]);

    private static readonly string BundledRules = typeof(PackTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RulesFolder").Value!;

    /// <summary>Everything that a rule set can hold.</summary>
    private static readonly string[] Documents =
    [
        RuleText.WithDetection("""
            selection_a:
                F|endswith:
                    - '\a.exe'
                    - '*b?c'
                G|contains|all: [' -e ', "x\ty"]
            selection_b:
                - F|re|i: '^a(b|c){1,3}[d-f]+$'
                - F|re: '\p{Lu}+'
                - G|cidr: [10.0.0.0/8, 'fe80::/10', '::ffff:1.2.3.0/120']
                - H: [1, -2.5, null, true, 'x']
                - {F|gt: 5, G|hour|lte: 20, H|fieldref|startswith: F, I|exists: false, J|cased: 'É'}
            filter:
                F|base64offset|contains: 'http://'
                G|windash|contains: ' -a /b'
                H|wide|base64: abc
            keywords: [alpha, 'be*ta', 445, '']
            '|all': [x, y]
            condition: (1 of selection_* or keywords) and not all of filter*
            """) + """
            name: first
            level: severe
            status: test
            description: |
                Two
                lines
            author: Ä 😀
            license: MIT
            date: 2025-01-01
            modified: 2025-01-02
            taxonomy: other
            tags: [attack.t1059.001, attack.t1059.001]
            references: [https://example.org]
            fields: [F]
            falsepositives: [None, '']
            scope: [server]
            related: [{id: 11111111-1111-4111-8111-111111111112, type: similar}]
            custom: {a: [1, 'b']}
            other: ''
            """,
        """
        title: Second
        id: 22222222-2222-4222-8222-222222222222
        logsource: {product: windows, category: process_creation}
        detection: {s: {F|endswith: '\A.EXE', G|expand: '%admins%'}, condition: s}
        ---
        title: Broken
        id: not an id
        logsource: {service: x}
        detection: {s: {F: a}, condition: t}
        """,
        """
        title: Filter
        logsource: {category: process_creation}
        filter: {rules: [first], s: {F: b, G: ' -e '}, condition: not s}
        ---
        title: Filter of nothing
        logsource: {category: none}
        filter: {rules: any, s: {F: only here}, condition: not s}
        ---
        title: Correlation
        correlation:
            type: value_percentile
            rules: [first]
            group-by: [u]
            timespan: 5m
            condition: {field: G, gte: 3.50, lt: 7, percentile: 99.5}
            aliases: {u: {first: F}}
            generate: true
        ---
        title: Expression
        correlation:
            type: temporal_ordered
            timespan: 1h
            condition: first and not (22222222-2222-4222-8222-222222222222)
        """,
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory("sigmafunctions-").FullName;

    private string Rules => Path.Combine(_folder, "rules");

    private string Pack => Path.Combine(_folder, "rules.pack");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_pack_is_what_it_was_made_of()
    {
        WriteRules();
        RuleSet packed = RulePack.Write([Rules], Pack, Admins);
        var yaml = RuleSet.LoadPaths([Rules], Admins);
        Assert.Equal((2, 2, 2, 1), (yaml.Rules.Length, yaml.Correlations.Length, yaml.Filters.Length, yaml.Rejected));
        Assert.Null(packed.Pack);
        Assert.Equal(RuleSetText.Of(yaml), RuleSetText.Of(packed));

        foreach (RuleSet loaded in (RuleSet[])[RulePack.Load(Pack, Admins), RulePack.Load(Pack, Admins, [Rules])])
        {
            Assert.Equal(Pack, loaded.Pack);
            Assert.Equal(RuleSetText.Of(yaml), RuleSetText.Of(loaded));
        }
    }

    [Fact]
    public void Of_the_bundled_rules() => AssertSame([BundledRules]);

    [Fact]
    public void Of_all_of_SigmaHQ() => AssertSame(
        [Corpus.Require("sigmahq/rules"), Corpus.Require("sigmahq/rules-emerging-threats"), Corpus.Require("sigmahq/rules-threat-hunting")]);

    [Fact]
    public void Without_YAML_a_pack_is_used_alone()
    {
        WriteRules();
        RuleSet yaml = RulePack.Write([Rules], Pack, Admins);
        Directory.Delete(Rules, recursive: true);
        Assert.Equal(RuleSetText.Of(yaml), RuleSetText.Of(RulePack.Load(Pack, Admins)));

        RuleSet alone = RulePack.Load(Pack, Admins, []);
        Assert.Equal(yaml.Revision, alone.Revision);
        Assert.All(alone.Rules, rule => Assert.StartsWith("rules" + Path.DirectorySeparatorChar, rule.File));
    }

    [Fact]
    public void Both_may_be_moved_together()
    {
        WriteRules();
        RulePack.Write([Rules], Pack, Admins);
        string moved = Path.Combine(_folder, "moved");
        Directory.CreateDirectory(moved);
        Directory.Move(Rules, Path.Combine(moved, "rules"));
        File.Move(Pack, Path.Combine(moved, "rules.pack"));
        foreach (string file in Directory.EnumerateFiles(moved, "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);
        }

        RuleSet loaded = RulePack.Load(Path.Combine(moved, "rules.pack"), Admins);
        Assert.NotNull(loaded.Pack);
        Assert.Equal(RuleSetText.Of(RuleSet.LoadPaths([Path.Combine(moved, "rules")], Admins)), RuleSetText.Of(loaded));
    }

    public static TheoryData<string, Action<string>> Changes => new()
    {
        { "edited, with the same length and time", folder => Edit(Path.Combine(folder, "0.yml")) },
        { "added", folder => File.WriteAllText(Path.Combine(folder, "sub", "new.yaml"), "title: x") },
        { "removed", folder => File.Delete(Path.Combine(folder, "sub", "2.yml")) },
        { "renamed", folder => File.Move(Path.Combine(folder, "0.yml"), Path.Combine(folder, "9.yml")) },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_has_changed_since_is_read_as_YAML(string change, Action<string> apply)
    {
        WriteRules();
        RulePack.Write([Rules], Pack, Admins);
        apply(Rules);
        RuleSet loaded = RulePack.Load(Pack, Admins);
        Assert.True(loaded.Pack is null, change);
        AssertFellBack(loaded, "SF0603");
    }

    [Fact]
    public void Tests_of_rules_and_empty_files_are_no_rules()
    {
        WriteRules();
        RulePack.Write([Rules], Pack, Admins);
        File.WriteAllText(Path.Combine(Rules, "0.test.yml"), "x");
        File.WriteAllText(Path.Combine(Rules, "empty.yml"), "");
        Assert.NotNull(RulePack.Load(Pack, Admins).Pack);
    }

    [Fact]
    public void Other_paths_are_not_those_of_the_pack()
    {
        WriteRules();
        RulePack.Write([Rules], Pack, Admins);
        AssertFellBack(RulePack.Load(Pack, Admins, [Rules, Path.Combine(Rules, "0.yml")]), "SF0603");
        AssertFellBack(RulePack.Load(Pack, Admins, [Path.Combine(Rules, "0.yml")]), "SF0603");
    }

    [Fact]
    public void Placeholders_are_part_of_a_pack_where_a_rule_has_any()
    {
        WriteRules();
        RulePack.Write([Rules], Pack, Admins);
        AssertFellBack(RulePack.Load(Pack), "SF0604", placeholders: null);
        var others = new PlaceholderSet([new("admins", ["root", "b"])]);
        AssertFellBack(RulePack.Load(Pack, others), "SF0604", others);

        File.Delete(Path.Combine(Rules, "1.yml"));
        RulePack.Write([Rules], Pack);
        Assert.NotNull(RulePack.Load(Pack, others).Pack);
    }

    public static TheoryData<string, Func<byte[], byte[]>, string> Damages => new()
    {
        { "empty", _ => [], "SF0601" },
        { "text", _ => "title: x"u8.ToArray(), "SF0601" },
        { "cut within the header", pack => pack[..20], "SF0601" },
        { "cut at its end", pack => pack[..^1], "SF0601" },
        { "longer", pack => [.. pack, 0], "SF0601" },
        { "a bit of the content", pack => Changed(pack, pack.Length / 2), "SF0601" },
        { "the hash", pack => Changed(pack, PackFormat.HeaderSize - 1), "SF0601" },
        { "format", pack => Changed(pack, 8), "SF0602" },
        { "build of the engine", pack => Changed(pack, 12), "SF0602" },
        { "line ends", pack => [.. pack[..6], (byte)'\n', .. pack[8..]], "SF0601" },
    };

    [Theory]
    [MemberData(nameof(Damages))]
    public void What_is_damaged_or_of_another_build_is_not_used(string damage, Func<byte[], byte[]> apply, string code)
    {
        WriteRules();
        RulePack.Write([Rules], Pack, Admins);
        File.WriteAllBytes(Pack, apply(File.ReadAllBytes(Pack)));
        AssertFellBack(RulePack.Load(Pack, Admins), code);
        AssertFellBack(RulePack.Load(Pack, Admins, [Rules]), code);

        RuleSet alone = RulePack.Load(Pack, Admins, []);
        Assert.True(alone.Rules.IsEmpty, damage);
        Assert.Equal(1, alone.Rejected);
        Assert.Equal((code, DiagnosticSeverity.Error, Pack), alone.Diagnostics.Select(item => (item.Code, item.Severity, item.File)).Single());
    }

    [Fact]
    public void A_pack_of_another_build_still_says_where_its_YAML_is()
    {
        WriteRules();
        string pack = Path.Combine(_folder, "other.pack");
        RulePack.Write([Rules], pack, Admins);
        File.WriteAllBytes(pack, Changed(File.ReadAllBytes(pack), 12));
        RuleSet loaded = RulePack.Load(pack, Admins);
        Assert.Equal(("SF0602", DiagnosticSeverity.Warning), loaded.Diagnostics.Where(item => item.File == pack).Select(item => (item.Code, item.Severity)).Single());
        Assert.Equal(2, loaded.Rules.Length);
    }

    [Fact]
    public void A_pack_that_is_not_there_is_an_error() => Assert.Throws<FileNotFoundException>(() => RulePack.Load(Pack));

    [Fact]
    public void What_cannot_be_read_is_not_packed()
    {
        Assert.Throws<FileNotFoundException>(() => RulePack.Write([Rules], Pack));
        Assert.False(File.Exists(Pack));
    }

    /// <summary>Packs with a right hash and wrong content: read, or refused, and nothing else. The seeds are fixed.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Forged_packs_do_no_harm(int seed)
    {
        WriteRules();
        RulePack.Write([Rules], Pack, Admins);
        byte[] pack = File.ReadAllBytes(Pack);
        var events = ((string[])["{}", """{"F":"x\\a.exe","G":" -e x\ty 10.1.2.3","H":1}"""]).Select(json => EventText.Parse(json)).ToList();
        var random = new Random(seed);
        int read = 0;
        for (int i = 0; i < 1_000; i++)
        {
            byte[] forged = Forge(pack, random);
            long before = GC.GetAllocatedBytesForCurrentThread();
            string[]? roots = [];
            try
            {
                RuleSet rules = new PackReader(forged).Read(Pack, Admins, ref roots);
                read++;
                Assert.NotEmpty(RuleSetText.Of(rules));
                var detector = new Detector(rules);
                foreach (SigmaEvent? sigmaEvent in events)
                {
                    detector.Match(sigmaEvent);
                }
            }
            catch (PackException)
            {
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000_000);
            }
        }

        Assert.InRange(read, 1, 999);
    }

    /// <summary>Lists within lists, each of as many items as there are bytes behind it: no more is allocated than the bytes can hold together.</summary>
    [Fact]
    public void Lists_within_lists_do_not_multiply()
    {
        const int filler = 3_000_000;
        WriteRules();
        RulePack.Write([Rules], Pack, Admins);
        byte[] pack = File.ReadAllBytes(Pack);
        // A conjunction of filler / 2 operands, the first of which is one too, and so on.
        byte[] nested = [.. Enumerable.Range(0, 200).SelectMany(_ => (byte[])[1, 0xE0, 0xC6, 0x5B])];
        var random = new Random(1);
        long most = 0;
        for (int i = 0; i < 300; i++)
        {
            int at = random.Next(PackFormat.HeaderSize, pack.Length);
            byte[] bomb = [.. pack[..at], .. nested, .. new byte[filler]];
            PackFormat.Frame(bomb);
            long before = GC.GetAllocatedBytesForCurrentThread();
            string[]? roots = [];
            Assert.ThrowsAny<PackException>(() => new PackReader(bomb).Read(Pack, Admins, ref roots));
            most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.InRange(most, 10_000_000, 100_000_000);
    }

    /// <summary>A text that the pack has once, and a pattern of it many times over: it is not put together.</summary>
    [Fact]
    public void Texts_are_not_put_together_beyond_what_a_pattern_may_have()
    {
        const byte times = 120;
        Directory.CreateDirectory(Rules);
        File.WriteAllText(Path.Combine(Rules, "long.yml"), RuleText.WithDetection($"s: {{F: '{new string('q', 8_000)}?{new string('r', 100)}'}}\ncondition: s"));
        RulePack.Write([Rules], Pack);
        byte[] pack = File.ReadAllBytes(Pack);
        string[]? roots = [];
        Assert.Single(new PackReader(pack).Read(Pack, null, ref roots).Rules);
        long most = 0;
        int refused = 0;

        // One of these places has the number of the pattern's parts, behind which the first of them is named.
        foreach (int at in Enumerable.Range(PackFormat.HeaderSize, pack.Length - PackFormat.HeaderSize - 1).Where(at => pack[at] == 3))
        {
            byte[] forged = [.. pack[..at], times + 3, .. Enumerable.Repeat(pack[at + 1], times), .. pack[(at + 1)..]];
            PackFormat.Frame(forged);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                new PackReader(forged).Read(Pack, null, ref roots);
            }
            catch (PackException)
            {
                refused++;
                most = Math.Max(most, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }

        Assert.NotEqual(0, refused);
        Assert.InRange(most, 1, 20_000_000);
    }

    private static byte[] Forge(byte[] pack, Random random)
    {
        byte[] forged = [.. pack];
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            int at = random.Next(PackFormat.HeaderSize, forged.Length);
            switch (random.Next(4))
            {
                case 0:
                    forged[at] = (byte)random.Next(256);
                    break;
                case 1:
                    forged = forged[..at];
                    break;
                case 2:
                    forged = [.. forged[..at], .. forged[Math.Min(forged.Length, at + random.Next(1, 20))..]];
                    break;
                default:
                    forged = [.. forged[..at], 0xFF, 0xFF, 0xFF, 0xFF, (byte)random.Next(9), .. forged[at..]];
                    break;
            }

            if (forged.Length <= PackFormat.HeaderSize)
            {
                break;
            }
        }

        PackFormat.Frame(forged);
        return forged;
    }

    private static byte[] Changed(byte[] pack, int at)
    {
        pack[at] ^= 4;
        return pack;
    }

    private static void Edit(string file)
    {
        DateTime time = File.GetLastWriteTimeUtc(file);
        File.WriteAllText(file, File.ReadAllText(file).Replace("a.exe", "b.exe", StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(file, time);
    }

    private void WriteRules()
    {
        Directory.CreateDirectory(Path.Combine(Rules, "sub"));
        for (int i = 0; i < Documents.Length; i++)
        {
            File.WriteAllText(Path.Combine(Rules, i == 2 ? "sub" : "", i.ToString(CultureInfo.InvariantCulture) + ".yml"), Documents[i]);
        }
    }

    private void AssertSame(IReadOnlyList<string> paths)
    {
        var yaml = RuleSet.LoadPaths(paths);
        Assert.NotEmpty(yaml.Rules);
        RulePack.Write(paths, Pack);
        RuleSet loaded = RulePack.Load(Pack, placeholders: null, paths);
        Assert.Equal(Pack, loaded.Pack);
        Assert.Equal(RuleSetText.Of(yaml), RuleSetText.Of(loaded));
    }

    private void AssertFellBack(RuleSet loaded, string code) => AssertFellBack(loaded, code, Admins);

    private void AssertFellBack(RuleSet loaded, string code, PlaceholderSet? placeholders)
    {
        Assert.Null(loaded.Pack);
        Diagnostic warning = Assert.Single(loaded.Diagnostics, item => item.File == Pack);
        Assert.Equal((code, DiagnosticSeverity.Warning), (warning.Code, warning.Severity));
        Assert.NotEmpty(loaded.Rules);
        if (loaded.Rules.Length == RuleSet.LoadPaths([Rules], placeholders).Rules.Length)
        {
            Assert.Equal(
                RuleSetText.Of(RuleSet.LoadPaths([Rules], placeholders).With(warning)).Length, RuleSetText.Of(loaded).Length);
        }
    }
}
