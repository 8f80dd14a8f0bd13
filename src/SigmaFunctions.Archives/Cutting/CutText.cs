using SigmaFunctions.Archives.Bodies;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>
/// What was read of a text and is not cut yet, in a buffer, with the number of the line it begins on. Places are offsets in the text. Each byte is
/// looked for line ends once, and moved no more often than it is read.
/// </summary>
/// <param name="text">The text, in UTF-8 or whatever else has the line ends of ASCII.</param>
/// <param name="source">What it is called, and where its lines begin.</param>
internal sealed class CutText(Stream text, BodySource source)
{
    /// <summary>Longest body: more than any that Event Hubs carries, packed or not.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>A longer object is no record. Where it lists records, these are bodies, and their number does not matter.</summary>
    public const int WholeBytes = 1024 * 1024;

    private const int BufferBytes = 256 * 1024;

    private byte[] _buffer = new byte[BufferBytes];
    private long _base;

    // The place up to which lines were counted.
    private long _counted;

    /// <summary>The first place that is still needed.</summary>
    public long Kept { get; private set; }

    /// <summary>Where what was read ends.</summary>
    public long End { get; private set; }

    /// <summary>Whether that is the end of the text.</summary>
    public bool IsEnd { get; private set; }

    /// <summary>What ended the text before its end, as it follows the source's name.</summary>
    public string? Fault { get; private set; }

    /// <summary>The number of the line up to which lines were counted, from 0 over all that is read.</summary>
    public long Line { get; private set; } = source.FirstLine;

    /// <summary>The byte at a place that is kept.</summary>
    public byte this[long place] => _buffer[(int)(place - _base)];

    /// <summary>Bytes that are kept.</summary>
    public ReadOnlySpan<byte> Bytes(long from, long to) => _buffer.AsSpan((int)(from - _base), (int)(to - from));

    /// <summary>Reads on.</summary>
    /// <returns>False if the text had ended.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (IsEnd)
        {
            return false;
        }

        int kept = (int)(End - Kept);
        if (End - _base == _buffer.Length)
        {
            // Moved only where that makes room for as much, so that the moves are no more work than the reading.
            byte[] target = kept <= _buffer.Length / 2 ? _buffer : new byte[_buffer.Length * 2];
            Bytes(Kept, End).CopyTo(target);
            (_buffer, _base) = (target, Kept);
        }

        try
        {
            // A read of a terminal or pipe cannot be called off; Ctrl-C leaves it behind.
            ValueTask<int> reading = text.ReadAsync(_buffer.AsMemory((int)(End - _base)), cancellationToken);
            int read = reading.IsCompleted ? await reading : await reading.AsTask().WaitAsync(cancellationToken);
            End += read;
            IsEnd = read == 0;
        }
        catch (BodyFileException exception)
        {
            Stop(exception.Message);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Stop($"cannot be read further: {exception.Message}");
        }

        return true;
    }

    /// <summary>Ends the text here. What was cut so far stays; what was not, is no whole body.</summary>
    /// <param name="fault">Why, as it follows the source's name.</param>
    public void Stop(string fault)
    {
        Fault = fault;
        IsEnd = true;
    }

    /// <summary>Lets go of what is before a place, and counts its lines.</summary>
    public void DropTo(long place)
    {
        CountTo(place);
        Kept = place;
    }

    /// <summary>Lets go of what is before a place on the same line.</summary>
    public void PassTo(long place) => Kept = place;

    /// <summary>Lets go of what is before a place, and of as many lines as it is known to have.</summary>
    public void PassTo(long place, int lines)
    {
        Line += lines;
        Kept = _counted = place;
    }

    /// <summary>Counts the lines up to a place.</summary>
    public void CountTo(long place)
    {
        if (place > _counted)
        {
            Line += Bytes(_counted, place).Count((byte)'\n');
            _counted = place;
        }
    }

    /// <summary>A body that begins where lines were counted to. The buffer is used again, bodies are kept.</summary>
    /// <param name="from">Where it begins.</param>
    /// <param name="to">Where it ends.</param>
    /// <param name="record">The number of its first record.</param>
    public BodyLine Take(long from, long to, int record)
    {
        ReadOnlySpan<byte> bytes = Bytes(from, to);
        int ends = bytes.IsEmpty ? 0 : bytes[..^1].Count((byte)'\n');
        return new BodyLine(source, Line, bytes.ToArray()) { Lines = 1 + ends, FirstRecord = record };
    }

    /// <summary>A body that is known to have no line end in it.</summary>
    public BodyLine TakeLine(long from, long to) => new(source, Line, Bytes(from, to).ToArray());

    /// <summary>Blank lines up to a place, as one.</summary>
    public BodyLine TakeBlank(int lines) => new(source, Line, default) { Lines = lines };

    /// <summary>A fault on the line up to which lines were counted.</summary>
    public BodyLine FaultHere(string reason) => FaultFrom(Line, reason);

    /// <summary>A fault that stands on the lines from one to that up to which lines were counted.</summary>
    public BodyLine FaultFrom(long line, string reason) => new(source, line, default, reason) { Lines = (int)Math.Min(Line - line + 1, int.MaxValue) };

    /// <summary>The number of a line as people count, from 1 in its source.</summary>
    public long InSource(long line) => line - source.FirstLine + 1;
}
