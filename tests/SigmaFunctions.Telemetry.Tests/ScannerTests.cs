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
            var body = FuzzTests.Mutated(random);
            taken += AssertAgrees(body) ? 1 : 0;
        }

        Assert.InRange(taken, 1000, 99_000);
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
