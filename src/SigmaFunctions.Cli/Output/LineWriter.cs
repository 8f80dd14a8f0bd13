using System.Text;
using SigmaFunctions.Engine.Printing;

namespace SigmaFunctions.Cli.Output;

/// <summary>Colours and weights of text on a terminal.</summary>
internal enum Ink
{
    Plain,
    Bold,
    Red,
    Green,
    Yellow,
    Blue,
}

/// <summary>
/// The only way by which text reaches a terminal: lines, each ended by this writer alone. What is in a line cannot steer the terminal, whatever it
/// is made of: everything that does not show as itself is escaped, line ends in it too (<see cref="PrintableText"/>).
/// </summary>
/// <param name="stream">Where the text goes, as UTF-8 and at once.</param>
/// <param name="hasColours">Whether the terminal knows colours; nothing else decides it, and no text brings its own.</param>
internal sealed class LineWriter(Stream stream, bool hasColours)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a part of a line.</summary>
    public void Write(string part, Ink ink = Ink.Plain) => Send(Coloured(part, ink));

    /// <summary>Writes a line, or the rest of one.</summary>
    public void WriteLine(string line = "") => Send(PrintableText.Of(line) + "\n");

    /// <summary>Writes a line, or the rest of one.</summary>
    public async Task WriteLineAsync(string line)
    {
        await stream.WriteAsync(Utf8.GetBytes(PrintableText.Of(line) + "\n"));
        await stream.FlushAsync();
    }

    private void Send(string text)
    {
        stream.Write(Utf8.GetBytes(text));
        stream.Flush();
    }

    private string Coloured(string part, Ink ink)
    {
        string text = PrintableText.Of(part);
        return hasColours && ink != Ink.Plain ? $"\u001b[{CodeOf(ink)}m{text}\u001b[0m" : text;
    }

    private static string CodeOf(Ink ink) => ink switch
    {
        Ink.Bold => "1",
        Ink.Red => "91",
        Ink.Green => "32",
        Ink.Yellow => "93",
        _ => "94",
    };
}
