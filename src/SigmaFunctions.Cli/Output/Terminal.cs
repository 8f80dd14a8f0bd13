using System.Text;
using SigmaFunctions.Engine.Printing;

namespace SigmaFunctions.Cli.Output;

/// <summary>What a command reads from and writes to. Nothing but <see cref="WriteBytesAsync"/> into a file or a pipe gets past what keeps text from steering a terminal.</summary>
internal sealed class Terminal
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Stream _raw;

    /// <summary>Makes a terminal of three streams.</summary>
    /// <param name="input">Standard input.</param>
    /// <param name="output">Standard output, which is written to at once.</param>
    /// <param name="errors">Standard error, likewise.</param>
    /// <param name="hasColours">Whether standard output knows colours.</param>
    public Terminal(Stream input, Stream output, Stream errors, bool hasColours = false)
    {
        _raw = output;
        Input = input;
        Output = new PrintableStream(output);
        Text = new LineWriter(output, hasColours);
        Errors = new LineWriter(errors, hasColours: false);
        Help = Lines(Output);
        HelpErrors = Lines(new PrintableStream(errors));
    }

    /// <summary>Standard input.</summary>
    public Stream Input { get; }

    /// <summary>Standard output for documents: JSON, and text of several lines, as UTF-8.</summary>
    public Stream Output { get; }

    /// <summary>Standard output, line by line.</summary>
    public LineWriter Text { get; }

    /// <summary>Standard error, line by line.</summary>
    public LineWriter Errors { get; }

    /// <summary>Standard output for help, which comes in lines already.</summary>
    public TextWriter Help { get; }

    /// <summary>Standard error for what the parser itself has to say, likewise.</summary>
    public TextWriter HelpErrors { get; }

    /// <summary>Whether a person looks at the output: tables with borders, and lines as long as the window.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Value of an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>All environment variables.</summary>
    public Func<IEnumerable<KeyValuePair<string, string?>>> Variables { get; init; } = () =>
        System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(one => KeyValuePair.Create((string)one.Key, (string?)one.Value));

    /// <summary>Writes bytes of unknown contents: as they are, or without what could steer it where a person looks.</summary>
    public async Task WriteBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await (IsInteractive ? Output : _raw).WriteAsync(bytes, cancellationToken);
        await (IsInteractive ? Output : _raw).FlushAsync(cancellationToken);
        if (IsInteractive)
        {
            Text.WriteLine();
        }
    }

    private static StreamWriter Lines(Stream stream) => new(stream, Utf8) { AutoFlush = true, NewLine = "\n" };
}
