using System.Text;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.Rules.Yaml;

namespace SigmaFunctions.Engine.Tests;

/// <summary>What <see cref="PlainYamlReader"/> gives is what the parser gives, node for node and place for place; where it cannot tell it gives nothing.</summary>
public sealed class PlainYamlTests
{
    private const string Sample = """
        # A comment
        title: A rule of it's own
        id: 8ab0e42e-5d4c-4b5c-8f5e-6d6d3f6f5d10
        description: |
            First line

              indented
            # no comment
        references:
            - https://example.com/#part
            - 'it''s: quoted' # a comment
            - "double: quoted"
        author: Somebody,
          and somebody else

          of another line
        logsource: # where
            category: process_creation
            product: windows
        tags:
        - attack.t1059
        - a - b
        detection:
            selection_img:
                - Image|endswith: '\cmd.exe'
                  OriginalFileName: Cmd.Exe
                - Image|re: |-
                    ^a
            selection:
                CommandLine|contains|all:
                    - -enc
                    - ' /c '
                EventID: 4688
            condition: 1 of selection*
        level: high
        """;

    [Fact]
    public void A_rule_as_people_write_them_is_read_without_the_parser() => Assert.NotNull(Check(Sample));

    // What the parser makes of these is not what they look like, or a fault that it tells.
    [Theory]
    [InlineData("a: [b]")]
    [InlineData("a: {b: c}")]
    [InlineData("a: &x b")]
    [InlineData("a: *x")]
    [InlineData("a: !!str b")]
    [InlineData("a: >\n  b\n")]
    [InlineData("a: |2\n   b\n")]
    [InlineData("a: |\n\n  b\n")]
    [InlineData("a: |\n  b")]
    [InlineData("a: |\n    b\n  c\n")]
    [InlineData("a:\n")]
    [InlineData("a:\nb: c")]
    [InlineData("a: b\n---\nc: d")]
    [InlineData("%YAML 1.2\n---\na: b")]
    [InlineData("---\na: b")]
    [InlineData("a: b\na: c")]
    [InlineData("a: b: c")]
    [InlineData("a: b:")]
    [InlineData("a: b\n  c: d")]
    [InlineData("a: b # c\n  d")]
    [InlineData("a: b\n  # c\n  d")]
    [InlineData("a: 'b\n  c'")]
    [InlineData("a: 'b' c")]
    [InlineData("a: 'b'#c")]
    [InlineData("a: 'b'\n  c")]
    [InlineData("a: \"b\\nc\"")]
    [InlineData("a:b")]
    [InlineData("a:\tb")]
    [InlineData("a: b\r\nc: d")]
    [InlineData("a: \u0085b")]
    [InlineData("a: \uD83D\uDE00")]
    [InlineData("- a")]
    [InlineData("a")]
    [InlineData("")]
    [InlineData("  a: b")]
    [InlineData("a:\n  b: c\n d: e")]
    [InlineData("a:\n    - b\n  - c")]
    [InlineData("a:\n  - b\n  c: d")]
    [InlineData("a: b\n- c")]
    [InlineData("a:\n  - - b")]
    [InlineData("a:\n  -\n    b: c")]
    [InlineData("a:\n  -b")]
    [InlineData("a: - b")]
    [InlineData("'a': b")]
    [InlineData("<<: b")]
    [InlineData("a: @b")]
    [InlineData("a: ? b")]
    public void What_is_not_sure_is_left_to_the_parser(string text) => Assert.Null(Check(text));

    [Theory]
    [InlineData("a: b\n...\n")]
    [InlineData("a: b-\n  ? c")]
    [InlineData("a: b\n  - c")]
    [InlineData("a: b\n  'c'")]
    [InlineData("a: b\n   \n\n  c   \n d")]
    [InlineData("a: b \n # c\n\n")]
    [InlineData("a: |-   \n  b  \n\n \nc: |\n d\n\n# e\nf: g")]
    [InlineData("a:\n - |\n  b\n - c")]
    [InlineData("a:\n  # b\n\n- c\n- d: e\n  f:\n  - g\n  h: i\n-   j: k\n    l: m\nn: o")]
    [InlineData("a: '''' \nb: ''\nc: \"\"\nd: '#'")]
    [InlineData("a: b#c\nd: e:f\ng: h,[i]{j}&k*l!m|n>o'p\"q%r@s`t")]
    [InlineData("a: -\nb: --\nc: ~\nd: .")]
    [InlineData("a: \u00A0b\u00A0\nc: \u00E9\u4E2D")]
    public void What_it_reads_is_what_the_parser_reads(string text) => Check(text);

    [Fact]
    public void Changed_rules_are_read_as_the_parser_reads_them_or_not_at_all()
    {
        var random = new Random(20_261_126);
        string[] pieces = [" ", "  ", "\n", "\n\n", ":", ": ", "-", "- ", "#", " #", "'", "\"", "|", "|-", ">", "?", "&a", "*a", "a", "a: b", "\t", "\r", "\\", "''", "---", "\u2028", "~", "[", "{"];
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            var text = new StringBuilder(Sample);
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                int place = random.Next(text.Length);
                if (random.Next(3) > 0)
                    text.Remove(place, Math.Min(random.Next(1, 8), text.Length - place));
                if (random.Next(3) > 0)
                    text.Insert(Math.Min(place, text.Length), pieces[random.Next(pieces.Length)]);
            }

            read += Check(text.ToString()) is null ? 0 : 1;
        }

        Assert.InRange(read, 2_000, 18_000);
    }

    [Fact]
    public void Nearly_all_of_sigmahq_is_read_so_and_as_the_parser_reads_it()
    {
        int files = 0;
        int read = 0;
        foreach (var path in RuleFiles.Find(Corpus.Require("sigmahq")))
        {
            files++;
            read += Check(path.ReadText()!) is null ? 0 : 1;
        }

        Assert.True(read > files * 0.9, $"{read} of {files}");
    }

    /// <summary>What the reader gives, after comparing it with what the parser gives.</summary>
    private static YamlMapping? Check(string text)
    {
        if (PlainYamlReader.Read(text) is not { } read)
            return null;
        var parsed = Assert.Single(YamlDocumentReader.Parse(new RuleFile("a.yml", text)));
        Assert.Empty(parsed.Diagnostics.Diagnostics);
        Assert.Equal(Text(parsed.Root), Text(read), ignoreLineEndingDifferences: false);
        return read;
    }

    private static string Text(YamlNode node) => node switch
    {
        YamlScalar scalar => $"{scalar.Position} {scalar.IsPlain} {scalar.Value.Length} {scalar.Value}\n",
        YamlSequence list => $"{list.Position} list of {list.Size}\n{string.Concat(list.Items.Select(Text))}",
        YamlMapping map => $"{map.Position} map of {map.Size}\n{string.Concat(map.Entries.Select(entry => Text(entry.Key) + Text(entry.Value)))}",
        _ => throw new ArgumentOutOfRangeException(nameof(node)),
    };
}
