using SigmaFunctions.Archives.Unpacking;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>
/// A text whose lines end with a line feed, where the one that is read ends them with a carriage return alone, as older systems do: such a text has
/// no line feed at all. So carriage returns become line feeds up to the first line feed; those that stand before one stay.
/// </summary>
/// <param name="text">The text, in UTF-8 or whatever else has the line ends of ASCII.</param>
internal sealed class LineEndStream(Stream text) : ForwardStream
{
    private const int BufferBytes = 16 * 1024;

    // What was read while it was not known how lines end, and of it what was not given yet.
    private readonly byte[] _buffer = new byte[BufferBytes];
    private ReadOnlyMemory<byte> _ready;
    private bool _isKnown;

    // Whether the last byte was a carriage return, which is given when it is known what follows it.
    private bool _isHeld;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_ready.IsEmpty && _isKnown)
        {
            return await text.ReadAsync(buffer, cancellationToken);
        }

        for (int read = 1; _ready.IsEmpty && read > 0;)
        {
            int held = _isHeld ? 1 : 0;
            _buffer[0] = (byte)'\r';
            read = await text.ReadAsync(_buffer.AsMemory(held), cancellationToken);
            int length = held + read;
            Replace(_buffer.AsSpan(0, length));
            _isHeld = read > 0 && !_isKnown && _buffer[length - 1] == (byte)'\r';
            _ready = _buffer.AsMemory(0, _isHeld ? length - 1 : length);
        }

        int given = Math.Min(buffer.Length, _ready.Length);
        _ready[..given].CopyTo(buffer);
        _ready = _ready[given..];
        return given;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            text.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>Replaces carriage returns that something else follows, up to the first line feed.</summary>
    private void Replace(Span<byte> bytes)
    {
        while (!_isKnown && bytes.IndexOfAny((byte)'\r', (byte)'\n') is >= 0 and int at)
        {
            if (bytes[at] == (byte)'\n' || (at + 1 < bytes.Length && bytes[at + 1] == (byte)'\n'))
            {
                _isKnown = true;
            }
            else if (at + 1 < bytes.Length)
            {
                bytes[at] = (byte)'\n';
                bytes = bytes[(at + 1)..];
            }
            else
            {
                return;
            }
        }
    }
}
