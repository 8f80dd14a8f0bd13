using System.Buffers;
using System.Globalization;
using System.Text;

namespace SigmaFunctions.Engine.Printing;

/// <summary>
/// UTF-8 on its way to a terminal: passes on what shows as itself and line feeds, and escapes everything else as <see cref="PrintableText"/>
/// does. JSON stays the same JSON, since only its strings can hold such characters. A byte that is not of UTF-8 becomes <c>\xFF</c>.
/// </summary>
/// <param name="inner">Where the bytes go; it stays open.</param>
public sealed class PrintableStream(Stream inner) : Stream
{
    private const int LongestSequence = 4;

    private static readonly SearchValues<byte> Plain = SearchValues.Create([(byte)'\n', .. Enumerable.Range(' ', '~' - ' ' + 1).Select(value => (byte)value)]);

    // The beginning of a character of which the rest has not come yet.
    private readonly byte[] _begun = new byte[LongestSequence];
    private int _begunLength;

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        if (IsPlain(buffer))
        {
            inner.Write(buffer);
        }
        else
        {
            inner.Write(Escape(buffer).WrittenSpan);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        await inner.WriteAsync(IsPlain(buffer.Span) ? buffer : Escape(buffer.Span).WrittenMemory, cancellationToken);

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Ends what was written so far: a character that was begun is not one.</summary>
    public override void Flush()
    {
        inner.Write(End());
        inner.Flush();
    }

    /// <inheritdoc cref="Flush"/>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        await inner.WriteAsync(End(), cancellationToken);
        await inner.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    private bool IsPlain(ReadOnlySpan<byte> buffer) => _begunLength == 0 && !buffer.ContainsAnyExcept(Plain);

    private ArrayBufferWriter<byte> Escape(ReadOnlySpan<byte> buffer)
    {
        var shown = new ArrayBufferWriter<byte>(buffer.Length + LongestSequence);
        if (_begunLength > 0)
        {
            byte[] whole = [.. _begun.AsSpan(0, _begunLength), .. buffer];
            _begunLength = 0;
            buffer = whole;
        }

        while (!buffer.IsEmpty)
        {
            int plain = buffer.IndexOfAnyExcept(Plain);
            if (plain != 0)
            {
                plain = plain < 0 ? buffer.Length : plain;
                shown.Write(buffer[..plain]);
                buffer = buffer[plain..];
                continue;
            }

            OperationStatus status = Rune.DecodeFromUtf8(buffer, out Rune rune, out int length);
            if (status == OperationStatus.NeedMoreData)
            {
                buffer.CopyTo(_begun);
                _begunLength = buffer.Length;
                break;
            }

            Append(shown, buffer[..length], status == OperationStatus.Done ? rune : null);
            buffer = buffer[length..];
        }

        return shown;
    }

    private static void Append(ArrayBufferWriter<byte> shown, ReadOnlySpan<byte> sequence, Rune? rune)
    {
        if (rune is not { } known)
        {
            shown.Write(EscapeOf(sequence));
        }
        else if (PrintableText.IsHidden(known))
        {
            Span<char> units = stackalloc char[2];
            foreach (char unit in units[..known.EncodeToUtf16(units)])
            {
                Encoding.UTF8.GetBytes(PrintableText.EscapeOf(unit), shown);
            }
        }
        else
        {
            shown.Write(sequence);
        }
    }

    private byte[] End()
    {
        byte[] end = EscapeOf(_begun.AsSpan(0, _begunLength));
        _begunLength = 0;
        return end;
    }

    private static byte[] EscapeOf(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (byte one in bytes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\\x{one:X2}");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
