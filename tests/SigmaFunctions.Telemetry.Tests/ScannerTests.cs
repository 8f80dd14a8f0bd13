using System.Text;
using System.Text.Json;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>The fast scanner takes nothing that the platform's reader would not take, and reads it alike.</summary>
public sealed class ScannerTests
{
    private static readonly NameTable Names = new(["a", "b", "records", "a name of more than thirty-two bytes in all", "\u00e9"]);

    /// <summary>Text, and whether the scanner has to take it.</summary>
    public static TheoryData<string, bool> Texts => new()
    {
        { "{}", true },
        { " \t\r\n{ \"a\" : 1 , \"b\" : [ ] , \"c\" : { } } \n", true },
        { """{"a":"","b":"x","a name of more than thirty-two bytes in all":"y","é":"ü"}""", true },
        { """{"a":-0,"b":0.5,"c":1e5,"d":-1.5E-10,"e":1E+2,"f":123456789012345678901234567890}""", true },
        { """{"a":true,"b":false,"c":null,"d":[true,false,null,1,"x",{"a":[]},[]]}""", true },
        { """{"a":"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00\ud800"}""", true },
        { """{"\u0061":1,"\ud800":2}""", true },
        { """{"a":1,"a":2}""", true },
        { "{\"a\":\"\u007f\"}", true },
        { "", false },
        { "{", false },
        { "}", false },
        { "[]", false },
        { "{}{}", false },
        { "{} x", false },
        { "{,}", false },
        { """{"a":1,}""", false },
        { """{"a":1 "b":2}""", false },
        { """{"a" 1}""", false },
        { """{"a"::1}""", false },
        { """{a:1}""", false },
        { """{'a':1}""", false },
        { """{"a":}""", false },
        { """{"a":[1,]}""", false },
        { """{"a":[,1]}""", false },
        { """{"a":[1}}""", false },
        { """{"a":[1 2]}""", false },
        { """{"a":01}""", false },
        { """{"a":-}""", false },
        { """{"a":1.}""", false },
        { """{"a":.5}""", false },
        { """{"a":1e}""", false },
        { """{"a":1e+}""", false },
        { """{"a":+1}""", false },
        { """{"a":1x}""", false },
        { """{"a":0x1}""", false },
        { """{"a":NaN}""", false },
        { """{"a":tru}""", false },
        { """{"a":trues}""", false },
        { """{"a":nul""", false },
        { """{"a":"\x"}""", false },
        { """{"a":"\u00g0"}""", false },
        { """{"a":"\u00""", false },
        { """{"a":"\""", false },
        { """{"a":"\\""", false },
        { """{"a":"b""", false },
        { "{\"a\":\"\u0000\"}", false },
        { "{\"a\":\"x\ny\"}", false },
        { "{\"a\":\"\u001f\"}", false },
        { "{\"a\nb\":1}", false },
        { "{\u00a0\"a\":1}", false },
        { "\uFEFF{}", false },
        { "{\"a\":1}\u0000", false },
        { "// c\n{}", false },
    };

    [Theory]
    [MemberData(nameof(Texts))]
    public void It_takes_what_the_reader_takes(string text, bool taken)
    {
        // At every distance from the end of a block, and of the text.
        for (int indent = 0; indent < 70; indent++)
        {
            byte[] json = Encoding.UTF8.GetBytes(new string(' ', indent) + text);
            Assert.Equal(taken, AssertAgrees(json));
            Assert.Equal(taken, AssertAgrees([.. json, .. new byte[indent].Select(_ => (byte)' ')]));
        }
    }

    [Theory]
    [InlineData("a")]
    [InlineData("\\")]
    [InlineData("\"")]
    [InlineData("\n")]
    [InlineData("\u0001")]
    [InlineData("é")]
    [InlineData("\U0001F600")]
    [InlineData("\\\\\\\\")]
    public void A_string_of_any_length_ends_where_it_ends(string last)
    {
        for (int length = 0; length < 140; length++)
        {
            string text = new string('x', length) + last;
            byte[] json = Encoding.UTF8.GetBytes($$"""{"a":{{JsonSerializer.Serialize(text)}},"b":"{{text.Replace("\\", "\\\\", StringComparison.Ordinal)}}","c":1}""");
            AssertAgrees(json);
            AssertAgrees(Encoding.UTF8.GetBytes($$"""{"{{text}}":1}"""));
            AssertAgrees(Encoding.UTF8.GetBytes($$"""{{{JsonSerializer.Serialize(text)}}:"{{last}}"}"""));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("n")]
    [InlineData("x")]
    [InlineData("\"")]
    [InlineData("\",\"c\":\"")]
    [InlineData("u0041")]
    [InlineData("u00g1")]
    [InlineData("u00")]
    [InlineData("\n")]
    [InlineData("é")]
    [InlineData("\u0000")]
    public void A_run_of_backslashes_escapes_what_follows_if_it_is_odd(string next)
    {
        // Over the borders of the first, second and third block.
        for (int length = 50; length < 200; length = length == 70 ? 114 : length == 134 ? 178 : length + 1)
        {
            for (int run = 0; run < 70; run = run < 8 ? run + 1 : run == 8 ? 61 : run + 1)
            {
                string value = new string('x', length) + new string('\\', run) + next;
                AssertTakesTheSame($$"""{"a":"{{value}}","b":1}""");
                AssertTakesTheSame($$"""{"a":"{{value}}{{new string('y', 80)}}\\\n","b":1}""" + new string(' ', 80));
            }
        }
    }

    [Fact]
    public void It_takes_any_string_that_the_reader_takes()
    {
        string[] parts =
        [
            "\\\\", "\\\\", "\\\\", "\\", "\\\"", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t", "\\u0041", "\\ud83d\\ude00", "x", "xyz", "é", new('x', 30), new('y', 61),
        ];
        string[] faults = ["\\a", "\\B", "\\1", "\\u", "\\u123", "\\U0041", "\"", "\n", "\u001f", "\\\u0002", "\\\u00e9"];
        var random = new Random(20250404);
        int taken = 0;
        for (int round = 0; round < 20_000; round++)
        {
            var text = new StringBuilder();
            for (int count = random.Next(40); count > 0; count--)
            {
                text.Append(random.Next(200) == 0 ? faults[random.Next(faults.Length)] : parts[random.Next(parts.Length)]);
            }

            taken += AssertTakesTheSame($$"""{"a":"{{text}}","b":1}""" + new string(' ', random.Next(2) * 70)) ? 1 : 0;
        }

        Assert.InRange(taken, 2_000, 18_000);
    }

    [Fact]
    public void A_name_of_any_length_is_found_and_no_other()
    {
        string[] names = [.. Enumerable.Range(1, 100).Select(length => new string('n', length - 1) + "a")];
        var table = new NameTable([.. names]);
        for (int id = 0; id < names.Length; id++)
        {
            string name = names[id];
            string others = $$"""
                "{{name}}n":2,"n{{name[..^1]}}":3,"{{name[..^1]}}b":4,"x{{name[1..]}}b":5,"{{name[..^1]}}\u0062":6,"\n{{name}}":7
                """;
            string escaped = $"\\u00{(int)name[0]:x2}{name[1..]}";
            foreach (string json in new[]
            {
                $$"""{"{{name}}":1}""",
                $$"""{"{{name}}":1,{{others}}}""",
                $$"""{{{others}},"{{name}}":1}""",
                $$"""{"{{name}}":0,{{others}},"{{name}}":1}""",
                $$"""{"{{name}}":0,"{{escaped}}":1}""",
                $$"""{"{{name}}" : 1 }{{new string(' ', 100)}}""",
            })
            {
                byte[] bytes = Encoding.UTF8.GetBytes(json);
                var tape = new RecordTape(table);
                tape.Begin(bytes);
                Assert.True(new ScannerCursor(tape, bytes, 0).TryReadOnlyObject(out int index));
                Assert.Equal("1", Encoding.UTF8.GetString(new RecordValue(tape, index)[new Name(id)].Text));
                Assert.Equal(name, Encoding.UTF8.GetString(new RecordValue(tape, index)[new Name(id)].Name));
                Assert.All(
                    Enumerable.Range(0, names.Length).Where(other => other != id && !json.Contains($"\"{names[other]}\"", StringComparison.Ordinal)),
                    other => Assert.False(new RecordValue(tape, index)[new Name(other)].Exists));
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xff })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    [InlineData(new byte[] { 0xe2, 0x82 })]
    [InlineData(new byte[] { 0xff, 0x5c, 0x6e })]
    [InlineData(new byte[] { 0x5c, 0x6e, 0xc0, 0xaf })]
    public void Bytes_that_are_not_utf8_are_replaced_wherever_they_stand(byte[] bytes)
    {
        byte[] blank = new byte[100];
        blank.AsSpan().Fill((byte)' ');
        for (int length = 0; length < 140; length++)
        {
            byte[] text = [.. Encoding.ASCII.GetBytes(new string('x', length)), .. bytes, .. blank[..(length % 70)]];
            Assert.True(AssertAgrees([.. "{\"a\":\""u8, .. text, .. "\",\""u8, .. text, .. "\":1}"u8, .. blank]));
        }
    }

    /// <summary>Text that turns out to be no JSON leaves nothing behind.</summary>
    [Fact]
    public void A_broken_object_in_a_text_hides_no_property()
    {
        byte[] json = """{"a":1,"t":"{\"b\":1,\"b\":2,\"a\":3,x","u":"{\"x\":4,\"x\":5,\"records\":6}"}"""u8.ToArray();
        var tape = new RecordTape(Names);
        tape.Begin(json);
        Assert.True(new ScannerCursor(tape, json, 0).TryReadOnlyObject(out int index));

        Assert.False(tape.TryParseObject(new RecordValue(tape, tape.Find(index, "t"u8)), out _));
        Assert.True(tape.TryParseObject(new RecordValue(tape, tape.Find(index, "u"u8)), out RecordValue parsed));

        Assert.Equal("1", Encoding.UTF8.GetString(new RecordValue(tape, index)[Names.Find("a"u8)].Text));
        Assert.Equal("6", Encoding.UTF8.GetString(parsed[Names.Find("records"u8)].Text));
    }

    [Theory]
    [InlineData(62, true)]
    [InlineData(63, true)]
    [InlineData(64, false)]
    [InlineData(10_000, false)]
    public void It_goes_as_deep_as_the_reader(int depth, bool taken)
    {
        string arrays = $$"""{"a":{{new string('[', depth)}}{{new string(']', depth)}}}""";
        string objects = $$"""{"a":{{string.Concat(Enumerable.Repeat("{\"b\":", depth - 1))}}{}{{new string('}', depth)}}""";

        Assert.Equal(taken, AssertAgrees(Encoding.UTF8.GetBytes(arrays)));
        Assert.Equal(taken, AssertAgrees(Encoding.UTF8.GetBytes(objects)));
    }

    [Theory]
    [InlineData("defender/process_events.records.ndjson")]
    [InlineData("mordor/process_creation.ndjson")]
    [InlineData("mordor/mixed.ndjson.gz")]
    [InlineData("azure_monitor/WindowsEvent_sysmon_log4shell.ndjson")]
    public void It_gives_up_on_no_real_event(string file)
    {
        foreach (byte[] line in Corpus.Lines(Corpus.Require(file)).Take(2000))
        {
            Assert.True(AssertAgrees(line));
        }
    }

    [Fact]
    public void It_agrees_on_mutated_text()
    {
        var random = new Random(20250202);
        int taken = 0;
        for (int round = 0; round < 100_000; round++)
        {
            byte[] body = FuzzTests.Mutated(random);
            taken += AssertAgrees(body) ? 1 : 0;
        }

        Assert.InRange(taken, 1000, 99_000);
    }

    /// <summary>As <see cref="AssertAgrees"/>; asserts that the scanner takes all that the reader takes, too.</summary>
    private static bool AssertTakesTheSame(string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(json);
        bool taken = AssertAgrees(bytes);
        if (!taken)
        {
            var exact = new RecordTape(Names);
            exact.Begin(bytes);
            Assert.False(new ReaderCursor(exact, bytes, 0).TryReadOnlyObject(out _));
        }

        return taken;
    }

    /// <summary>Whether the scanner takes the text; asserts that the reader then does, and that both read the same.</summary>
    private static bool AssertAgrees(byte[] json)
    {
        var tape = new RecordTape(Names);
        tape.Begin(json);
        if (!new ScannerCursor(tape, json, 0).TryReadOnlyObject(out int index))
        {
            return false;
        }

        var exact = new RecordTape(Names);
        exact.Begin(json);
        Assert.True(new ReaderCursor(exact, json, 0).TryReadOnlyObject(out int exactIndex));
        string expected = Show(exact, exactIndex);
        Assert.Equal(expected, Show(tape, index));
        return true;
    }

    private static string Show(RecordTape tape, int index)
    {
        var text = new StringBuilder();
        Append(new RecordValue(tape, index));
        for (int id = 0; id < Names.Count; id++)
        {
            text.Append(' ').Append(tape.Find(index, new Name(id)) - index);
        }

        return text.ToString();

        void Append(RecordValue value)
        {
            RecordTape.Entry entry = tape[value.Index];
            text.Append(value.Kind).Append(' ').Append(entry.Name.Id).Append(' ').Append(Convert.ToHexString(value.Name)).Append('=')
                .Append(Convert.ToHexString(value.Text)).Append(entry.Flags & RecordTape.EntryFlags.True).Append('(');
            foreach (RecordValue child in value.Children)
            {
                Append(child);
            }

            text.Append(')');
        }
    }
}
