using System.IO.Compression;
using System.Runtime.CompilerServices;
using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Scanning;

/// <summary>One Event Hub body with the input line it stood on.</summary>
/// <param name="Line">Line from 0, over all inputs.</param>
/// <param name="Body">The body; empty where <paramref name="Fault"/> says why it is missing.</param>
/// <param name="Fault">Why the line could not be taken as a body.</param>
internal readonly record struct InputBody(long Line, ReadOnlyMemory<byte> Body, string? Fault = null);

/// <summary>Files of bodies, one a line, plain or gzip; and files that are one body each.</summary>
internal sealed class EventInput(Terminal terminal)
{
    /// <summary>Longest line that is taken for a body: more than any that Event Hubs carries, packed or not.</summary>
    public const int MaxLineBytes = 64 * 1024 * 1024;

    private const int BufferBytes = 256 * 1024;

    /// <summary>The bodies of all inputs in order. Blank lines are counted and passed over.</summary>
    /// <param name="files">Files of one body a line; <c>-</c> is standard input.</param>
    /// <param name="wholeFiles">Files that are one body each; they count as one line.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async IAsyncEnumerable<InputBody> ReadAsync(
        IReadOnlyList<string> files, IReadOnlyList<string> wholeFiles, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long line = 0;
        foreach (string file in files)
        {
            await using Stream stream = await OpenAsync(file, cancellationToken);
            await foreach (InputBody body in ReadLinesAsync(file, stream, line, cancellationToken))
            {
                line = body.Line + 1;
                if (body.Fault is not null || body.Body.Span.ContainsAnyExcept(" \t\r"u8))
                {
                    yield return body;
                }
            }
        }

        foreach (string file in wholeFiles)
        {
            yield return new InputBody(line++, await File.ReadAllBytesAsync(file, cancellationToken));
        }
    }

    /// <summary>Fails early, before rules are loaded, where an input is not there.</summary>
    public static void Require(IEnumerable<string> files)
    {
        foreach (string file in files.Where(file => file != "-" && !File.Exists(file)))
        {
            throw new CommandException(Directory.Exists(file) ? $"{file} is a folder, not a file of events" : $"{file} does not exist");
        }
    }

    private async Task<Stream> OpenAsync(string file, CancellationToken cancellationToken)
    {
        Stream stream = file == "-"
            ? terminal.Input
            : new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan);
        byte[] magic = new byte[2];
        int read = await stream.ReadAtLeastAsync(magic, 2, throwOnEndOfStream: false, cancellationToken).AsTask().WaitAsync(cancellationToken);
        var whole = new PrefixedStream(magic.AsMemory(0, read), stream);
        return magic is [0x1f, 0x8b] ? new GZipStream(whole, CompressionMode.Decompress) : whole;
    }

    private static async IAsyncEnumerable<InputBody> ReadLinesAsync(
        string file, Stream stream, long line, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        int start = 0;
        int end = 0;

        // Up to here the line that begins at start has no end; without it a long line would be searched again at every read.
        int searched = 0;
        bool tooLong = false;
        bool any = false;
        while (true)
        {
            int newline = buffer.AsSpan(searched, end - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                newline += searched;
                yield return Take(newline);
                searched = start = newline + 1;
                (tooLong, any) = (false, false);
                continue;
            }

            any |= end > start;
            if (tooLong || end - start > MaxLineBytes)
            {
                tooLong = true;
                start = end;
            }

            if (end == buffer.Length)
            {
                byte[] target = start > 0 ? buffer : new byte[buffer.Length * 2];
                buffer.AsSpan(start, end - start).CopyTo(target);
                (buffer, start, end) = (target, 0, end - start);
            }

            searched = end;

            int read = await FillAsync(file, stream, buffer.AsMemory(end), cancellationToken);
            if (read == 0)
            {
                break;
            }

            end += read;
        }

        if (any)
        {
            yield return Take(end);
        }

        // The buffer is used again, bodies are kept.
        InputBody Take(int lineEnd) => tooLong || lineEnd - start > MaxLineBytes
            ? new InputBody(line++, default, "the line is longer than 64 MiB")
            : new InputBody(line++, buffer.AsSpan(start, lineEnd - start).ToArray());
    }

    private static async ValueTask<int> FillAsync(string file, Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            // A read of a terminal or pipe cannot be called off; Ctrl-C leaves it behind.
            ValueTask<int> reading = stream.ReadAsync(buffer, cancellationToken);
            return reading.IsCompleted ? await reading : await reading.AsTask().WaitAsync(cancellationToken);
        }
        catch (InvalidDataException)
        {
            throw new CommandException($"{(file == "-" ? "standard input" : file)} is damaged gzip");
        }
    }

    /// <summary>A stream of which the first bytes were looked at already.</summary>
    private sealed class PrefixedStream(ReadOnlyMemory<byte> prefix, Stream rest) : Stream
    {
        private ReadOnlyMemory<byte> _prefix = prefix;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer) => _prefix.IsEmpty ? rest.Read(buffer) : TakePrefix(buffer);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _prefix.IsEmpty ? rest.ReadAsync(buffer, cancellationToken) : ValueTask.FromResult(TakePrefix(buffer.Span));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                rest.Dispose();
            }

            base.Dispose(disposing);
        }

        private int TakePrefix(Span<byte> buffer)
        {
            int taken = Math.Min(buffer.Length, _prefix.Length);
            _prefix.Span[..taken].CopyTo(buffer);
            _prefix = _prefix[taken..];
            return taken;
        }
    }
}
