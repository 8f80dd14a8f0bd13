using System.Buffers;
using System.Runtime.InteropServices;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>What an outline came to.</summary>
internal enum OutlineStep
{
    /// <summary>More bytes are needed.</summary>
    More,

    /// <summary>A value begins at the place.</summary>
    Start,

    /// <summary>A value ends before the place.</summary>
    End,

    /// <summary>The name of a property ends before the place.</summary>
    Name,

    /// <summary>No JSON goes on like this at the place.</summary>
    Fault,
}

/// <summary>
/// Finds where the upper values of a JSON document begin and end as its bytes come in, each of which is looked at once. It is exact about brackets,
/// strings, commas and colons; whether a number or literal is one shows when the value is read. A copy goes on from where it was made.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct JsonOutline
{
    /// <summary>Deepest nesting; what is deeper is a fault.</summary>
    public const int MaxDepth = 64;

    /// <summary>The innermost values that are told: those in a container in the document.</summary>
    public const int ToldDepth = 2;

    private static readonly SearchValues<byte> StringBreaks =
        SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(value => (byte)value)]);

    // The containers that are open, the innermost in the lowest bit; set for objects.
    private ulong _open;
    private Expected _expected;
    private Part _part;
    // Whether the value that begins at the place was told.
    private bool _isTold;

    /// <summary>Makes one for the document that begins at a place.</summary>
    public JsonOutline(long position) => Position = position;

    /// <summary>The place that was reached.</summary>
    public long Position { get; private set; }

    /// <summary>Number of containers around the value that was told.</summary>
    public int Depth { get; private set; }

    private enum Expected : byte
    {
        Value,
        ValueOrEnd,
        NameOrEnd,
        Name,
        Colon,
        CommaOrEnd,
    }

    /// <summary>What the place is in the middle of.</summary>
    private enum Part : byte
    {
        None,
        Text,
        Escape,
        NameText,
        NameEscape,
        Scalar,
    }

    /// <summary>Goes to where the next value begins or ends.</summary>
    /// <param name="bytes">The bytes from <see cref="Position"/> on, as many as there are.</param>
    public OutlineStep Advance(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        OutlineStep step = OutlineStep.More;
        while (step == OutlineStep.More && at < bytes.Length)
        {
            step = _part switch
            {
                Part.None => Token(bytes, ref at),
                Part.Scalar => Scalar(bytes, ref at),
                _ => Text(bytes, ref at),
            };
        }

        Position += at;
        return step;
    }

    /// <summary>Whether the container around the value that was told is an object.</summary>
    public readonly bool IsInObject => (_open & 1) != 0;

    private OutlineStep Token(ReadOnlySpan<byte> bytes, ref int at)
    {
        int found = bytes[at..].IndexOfAnyExcept(" \t\r\n"u8);
        if (found < 0)
        {
            at = bytes.Length;
            return OutlineStep.More;
        }

        at += found;
        byte first = bytes[at];
        switch (_expected)
        {
            case Expected.Value:
            case Expected.ValueOrEnd when first != (byte)']':
                return Begin(first, ref at);
            case Expected.Name when first == (byte)'"':
            case Expected.NameOrEnd when first == (byte)'"':
                _part = Part.NameText;
                at++;
                return OutlineStep.More;
            case Expected.Colon when first == (byte)':':
                _expected = Expected.Value;
                at++;
                return OutlineStep.More;
            case Expected.CommaOrEnd when first == (byte)',':
                _expected = IsInObject ? Expected.Name : Expected.Value;
                at++;
                return OutlineStep.More;
            case Expected.ValueOrEnd:
            case Expected.NameOrEnd or Expected.CommaOrEnd when first == (IsInObject ? (byte)'}' : (byte)']') && Depth > 0:
                _open >>= 1;
                Depth--;
                at++;
                return EndValue();
            default:
                return OutlineStep.Fault;
        }
    }

    /// <summary>Begins a value. It is told before its first byte is passed.</summary>
    private OutlineStep Begin(byte first, ref int at)
    {
        if (Depth <= ToldDepth && !_isTold)
        {
            // The value is told, and begun the next time.
            _isTold = true;
            return OutlineStep.Start;
        }

        _isTold = false;
        switch (first)
        {
            case (byte)'{' or (byte)'[':
                if (Depth == MaxDepth)
                {
                    return OutlineStep.Fault;
                }

                bool isObject = first == (byte)'{';
                _open = (_open << 1) | (isObject ? 1UL : 0);
                Depth++;
                _expected = isObject ? Expected.NameOrEnd : Expected.ValueOrEnd;
                at++;
                return OutlineStep.More;
            case (byte)'"':
                _part = Part.Text;
                at++;
                return OutlineStep.More;
            default:
                if (!IsOfScalar(first))
                {
                    return OutlineStep.Fault;
                }

                _part = Part.Scalar;
                return OutlineStep.More;
        }
    }

    private OutlineStep Text(ReadOnlySpan<byte> bytes, ref int at)
    {
        if (_part is Part.Escape or Part.NameEscape)
        {
            _part = _part == Part.Escape ? Part.Text : Part.NameText;
            at++;
            return OutlineStep.More;
        }

        int found = bytes[at..].IndexOfAny(StringBreaks);
        if (found < 0)
        {
            at = bytes.Length;
            return OutlineStep.More;
        }

        at += found;
        switch (bytes[at])
        {
            case (byte)'\\':
                _part = _part == Part.Text ? Part.Escape : Part.NameEscape;
                at++;
                return OutlineStep.More;
            case (byte)'"':
                bool isName = _part == Part.NameText;
                _part = Part.None;
                at++;
                if (!isName)
                {
                    return EndValue();
                }

                _expected = Expected.Colon;
                return Depth <= ToldDepth ? OutlineStep.Name : OutlineStep.More;
            default:
                return OutlineStep.Fault;
        }
    }

    private OutlineStep Scalar(ReadOnlySpan<byte> bytes, ref int at)
    {
        while (at < bytes.Length)
        {
            if (!IsOfScalar(bytes[at]))
            {
                _part = Part.None;
                return EndValue();
            }

            at++;
        }

        return OutlineStep.More;
    }

    private OutlineStep EndValue()
    {
        _expected = Expected.CommaOrEnd;
        return Depth <= ToldDepth ? OutlineStep.End : OutlineStep.More;
    }

    private static bool IsOfScalar(byte one) => one is (>= (byte)'0' and <= (byte)'9') or (>= (byte)'a' and <= (byte)'z') or (>= (byte)'A' and <= (byte)'Z') or (byte)'-' or (byte)'+' or (byte)'.';
}
