namespace SigmaFunctions.Cli;

/// <summary>What a command reads from and writes to.</summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Standard output as bytes (UTF-8 without byte order mark).</param>
/// <param name="Text">Standard output as text; writes through to <paramref name="Output"/> at once.</param>
/// <param name="Errors">Standard error.</param>
internal sealed record Terminal(Stream Input, Stream Output, TextWriter Text, TextWriter Errors)
{
    /// <summary>Whether a person looks at the output: colours, and lines as long as the window.</summary>
    public bool IsInteractive { get; init; }

    /// <summary>Value of an environment variable.</summary>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <summary>Writes bytes of unknown contents: as they are, or without what could steer it where a person looks.</summary>
    public async Task WriteBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (IsInteractive)
        {
            await Text.WriteLineAsync(PrintableText.Lines(bytes.Span).AsMemory(), cancellationToken);
            return;
        }

        await Output.WriteAsync(bytes, cancellationToken);
        await Output.FlushAsync(cancellationToken);
    }
}
