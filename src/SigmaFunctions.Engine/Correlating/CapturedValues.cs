using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>
/// The values of some fields of one match, as bytes: field after field, of each its values and a zero. A value is its length doubled, one more for a
/// number, and one, in groups of seven bits, and its UTF-8. Null, objects and what is absent have no values.
/// </summary>
internal static class CapturedValues
{
    /// <summary>Most values of one field that are kept: elements of a list, the first of them.</summary>
    public const int MaxValues = 1_000;

    /// <summary>Whether a value of a kind is one that is kept.</summary>
    public static bool IsKept(FieldValueKind kind) => kind is FieldValueKind.Text or FieldValueKind.Number or FieldValueKind.Boolean;
}

/// <summary>Writes <see cref="CapturedValues"/>, one match behind another. Not safe for concurrent use.</summary>
internal sealed class CapturedWriter
{
    private byte[] _bytes = new byte[256];

    /// <summary>What was written.</summary>
    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    /// <summary>Room that it has taken, in bytes.</summary>
    public int Capacity => _bytes.Length;

    /// <summary>Its length, in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Adds a value to the field at hand.</summary>
    /// <param name="kind">One that is kept.</param>
    /// <param name="text">Its text.</param>
    public void Add(FieldValueKind kind, ReadOnlySpan<byte> text)
    {
        Reserve(text.Length + 6);
        ulong head = ((ulong)text.Length << 1) + (kind == FieldValueKind.Number ? 2UL : 1UL);
        for (; head >= 0x80; head >>= 7)
        {
            _bytes[Length++] = (byte)(head | 0x80);
        }

        _bytes[Length++] = (byte)head;
        text.CopyTo(_bytes.AsSpan(Length));
        Length += text.Length;
    }

    /// <summary>Ends the field at hand.</summary>
    public void EndField()
    {
        Reserve(1);
        _bytes[Length++] = 0;
    }

    /// <summary>Adds what was written elsewhere.</summary>
    public void Append(ReadOnlySpan<byte> written)
    {
        Reserve(written.Length);
        written.CopyTo(_bytes.AsSpan(Length));
        Length += written.Length;
    }

    /// <summary>Forgets what was written behind a length.</summary>
    public void ReturnTo(int length) => Length = length;

    private void Reserve(int length)
    {
        if (_bytes.Length - Length < length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + length));
        }
    }
}

/// <summary>Reads <see cref="CapturedValues"/>.</summary>
internal ref struct CapturedReader(ReadOnlySpan<byte> values)
{
    private ReadOnlySpan<byte> _left = values;

    /// <summary>What was not read yet.</summary>
    public readonly ReadOnlySpan<byte> Left => _left;

    /// <summary>Reads the next value of the field at hand; none is left where it returns false, and the next field is at hand then.</summary>
    public bool TryRead(out bool isNumber, out ReadOnlySpan<byte> text)
    {
        ulong head = 0;
        int at = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = _left[at++];
            head |= (ulong)(part & 0x7F) << shift;
            if (part < 0x80)
            {
                break;
            }
        }

        if (head == 0)
        {
            isNumber = false;
            text = default;
            _left = _left[at..];
            return false;
        }

        isNumber = (head & 1) == 0;
        int length = (int)((head - 1) >> 1);
        text = _left.Slice(at, length);
        _left = _left[(at + length)..];
        return true;
    }

    /// <summary>Passes over the rest of the field at hand.</summary>
    public void SkipField()
    {
        while (TryRead(out _, out _))
        {
            // Passed over.
        }
    }
}
