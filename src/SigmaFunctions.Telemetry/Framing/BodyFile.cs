using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;

namespace SigmaFunctions.Telemetry.Framing;

/// <summary>A line of a file of bodies.</summary>
/// <param name="Line">Its number, from 0.</param>
/// <param name="Body">The body; empty where <paramref name="Fault"/> says why it is missing.</param>
/// <param name="Fault">Why the line could not be taken as a body.</param>
public readonly record struct BodyLine(long Line, ReadOnlyMemory<byte> Body, string? Fault = null)
{
    /// <summary>Whether there is nothing on the line: it is counted, and no body.</summary>
    public bool IsBlank => Fault is null && !Body.Span.ContainsAnyExcept(" \t\r"u8);
}

/// <summary>A file of bodies is damaged.</summary>
/// <param name="message">Which, and how.</param>
/// <param name="inner">What found it.</param>
public sealed class BodyFileException(string message, Exception inner) : IOException(message, inner);

/// <summary>
/// Reads files of Event Hub bodies, one a line: UTF-8 or whatever else a sender writes, or UTF-16; plain or compressed by gzip. Which it is shows
/// in the content, never in the name. A body has the bytes of its line, a carriage return at its end among them; only a byte order mark, which
/// is the file's, is left out, and what is UTF-16 is turned into UTF-8, as lines cannot be cut otherwise.
/// </summary>
public static class BodyFile
{
    /// <summary>Longest line that is taken for a body: more than any that Event Hubs carries, packed or not.</summary>
    public const int MaxLineBytes = 64 * 1024 * 1024;

    private const int BufferBytes = 256 * 1024;

    /// <summary>The lines of a file in order, blank ones too.</summary>
    /// <exception cref="BodyFileException">The file is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async IAsyncEnumerable<BodyLine> ReadAsync(string path, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, 1, FileOptions.SequentialScan);
        await foreach (BodyLine line in ReadAsync(file, path, cancellationToken))
        {
            yield return line;
        }
    }

    /// <summary>The lines of a stream in order, blank ones too. The stream is closed at the end.</summary>
    /// <param name="stream">What is read; a read that does not end, as of a terminal, is left behind when the token is cancelled.</param>
    /// <param name="name">What to call it in messages.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="BodyFileException">What is read is damaged.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async IAsyncEnumerable<BodyLine> ReadAsync(Stream stream, string name, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using Stream raw = stream;
        await using Stream text = await OpenAsync(stream, name, cancellationToken);
        byte[] buffer = new byte[BufferBytes];
        long line = 0;
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

            int read = await FillAsync(text, name, buffer.AsMemory(end), cancellationToken);
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
        BodyLine Take(int lineEnd)
        {
            ReadOnlySpan<byte> bytes = buffer.AsSpan(start, lineEnd - start);
            if (tooLong || bytes.Length > MaxLineBytes)
            {
                return new BodyLine(line++, default, "the line is longer than 64 MiB");
            }

            int mark = line == 0 && bytes.StartsWith("\uFEFF"u8) ? 3 : 0;
            return new BodyLine(line++, bytes[mark..].ToArray());
        }
    }

    /// <summary>The text of a stream as UTF-8, unpacked.</summary>
    private static async Task<Stream> OpenAsync(Stream stream, string name, CancellationToken cancellationToken)
    {
        (byte[] first, Stream whole) = await PeekAsync(stream, name, cancellationToken);
        if (GzipBody.IsGzip(first))
        {
            (first, whole) = await PeekAsync(new GZipStream(whole, CompressionMode.Decompress), name, cancellationToken);
        }

        return Utf16Body.IsUtf16(first)
            ? Encoding.CreateTranscodingStream(whole, Utf16Body.IsBigEndian(first) ? Encoding.BigEndianUnicode : Encoding.Unicode, Encoding.UTF8)
            : whole;
    }

    private static async Task<(byte[] First, Stream Whole)> PeekAsync(Stream stream, string name, CancellationToken cancellationToken)
    {
        byte[] first = new byte[2];
        int length = 0;
        while (length < first.Length && await FillAsync(stream, name, first.AsMemory(length), cancellationToken) is var read and > 0)
        {
            length += read;
        }

        first = first[..length];
        return (first, new PrefixedStream(first, stream));
    }

    private static async ValueTask<int> FillAsync(Stream stream, string name, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            // A read of a terminal or pipe cannot be called off; Ctrl-C leaves it behind.
            ValueTask<int> reading = stream.ReadAsync(buffer, cancellationToken);
            return reading.IsCompleted ? await reading : await reading.AsTask().WaitAsync(cancellationToken);
        }
        catch (InvalidDataException exception)
        {
            throw new BodyFileException($"{name} is damaged gzip", exception);
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
