using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Printing;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>How matches are written. One writer is used by one worker at a time.</summary>
internal interface IMatchWriter : IDisposable
{
    /// <summary>Appends a match.</summary>
    void Write(IBufferWriter<byte> output, long line, int record, SigmaRule rule);
}

/// <summary>One JSON object a line.</summary>
internal sealed class NdjsonMatchWriter : IMatchWriter
{
    private readonly Utf8JsonWriter _json = new(Stream.Null, JsonOutput.Options);

    public void Write(IBufferWriter<byte> output, long line, int record, SigmaRule rule)
    {
        _json.Reset(output);
        _json.WriteStartObject();
        _json.WriteNumber("line"u8, line);
        _json.WriteNumber("record"u8, record);
        _json.WriteString("rule"u8, rule.Id);
        _json.WriteString("title"u8, rule.Title);
        _json.WriteString("level"u8, rule.Level);
        _json.WriteEndObject();
        _json.Flush();
        output.Write("\n"u8);
    }

    public void Dispose() => _json.Dispose();
}

/// <summary>Columns for people. Their widths are fixed, so that matches appear as they are found.</summary>
internal sealed class TableMatchWriter : IMatchWriter
{
    /// <summary>The line above the matches.</summary>
    public static string Header { get; } = Row("line", "record", "level", "rule", "title");

    public void Write(IBufferWriter<byte> output, long line, int record, SigmaRule rule) => Encoding.UTF8.GetBytes(
        Row(
            line.ToString(CultureInfo.InvariantCulture),
            record.ToString(CultureInfo.InvariantCulture),
            PrintableText.Of(rule.Level ?? "-"),
            PrintableText.Of(rule.Id),
            PrintableText.Of(rule.Title)) + "\n",
        output);

    public void Dispose()
    {
    }

    private static string Row(string line, string record, string level, string rule, string title) =>
        $"{line,8} {record,6}  {level,-13} {rule,-36}  {title}";
}
