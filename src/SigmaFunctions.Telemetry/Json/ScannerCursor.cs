using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// Goes over JSON text several times as fast as the platform's reader, most of all over long strings. It takes nothing that the
/// reader would not take, to the same tape; where it is not sure it fails, without telling why, and <see cref="ReaderCursor"/> has to
/// read the text again.
/// </summary>
/// <param name="tape">The tape that objects are added to.</param>
/// <param name="json">The text.</param>
/// <param name="offset">Where it begins in the bytes that the tape reads.</param>
internal ref struct ScannerCursor(RecordTape tape, ReadOnlySpan<byte> json, int offset) : IJsonCursor
{
    private const int BlockSize = 64;
    private const int Failure = -1;

    private readonly RecordTape _tape = tape;
    private readonly ReadOnlySpan<byte> _json = json;
    private readonly int _offset = offset;
    private int _tokenStart;
    private int _position;
    private JsonTokenType _token;

    // The containers that are open between records, the innermost in the lowest bit; set for objects.
    private ulong _open;
    private int _depth;
    private bool _isNamedRecords;

    public readonly int TokenStart => _offset + _tokenStart;

    public readonly int Consumed => _offset + _position;

    public bool Failed { get; private set; }

    /// <summary>What may follow a backslash: 1 where that is all, 2 where four hexadecimal digits must come.</summary>
    private static ReadOnlySpan<byte> Escapes =>
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0,
        0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ];

    public JsonTokenType Read()
    {
        if (Failed)
        {
            return JsonTokenType.None;
        }

        int position = SkipBlank(_json, _position);
        bool inObject = (_open & 1) != 0;
        if (_token == JsonTokenType.PropertyName)
        {
            position = SkipBlank(_json, Expect(_json, position, (byte)':'));
        }
        else if (_token != JsonTokenType.None && _depth > 0)
        {
            byte end = inObject ? (byte)'}' : (byte)']';
            if (ByteAt(_json, position) == end)
            {
                _tokenStart = position;
                return Close(position + 1, inObject ? JsonTokenType.EndObject : JsonTokenType.EndArray);
            }

            if (_token is not (JsonTokenType.StartArray or JsonTokenType.StartObject))
            {
                position = SkipBlank(_json, Expect(_json, position, (byte)','));
            }

            if (inObject)
            {
                return ReadName(position);
            }
        }

        return ReadValue(position);
    }

    public void Skip()
    {
        if (_token is not (JsonTokenType.StartArray or JsonTokenType.StartObject) || Failed)
        {
            return;
        }

        // Added to the tape only to be checked: nothing reads it before it is cleared.
        bool isObject = _token == JsonTokenType.StartObject;
        int index = _tape.Open(FieldValueKind.Null, -1, RecordTape.NameSlice.None);
        int end = isObject
            ? AppendProperties(_json, _position, index, _depth, mayBeEnvelope: false)
            : AppendElements(_json, _position, index, _depth);
        Close(end, isObject ? JsonTokenType.EndObject : JsonTokenType.EndArray);
    }

    public bool AppendObject(bool mayBeEnvelope, out int index)
    {
        index = _tape.Open(FieldValueKind.Object, -1, RecordTape.NameSlice.None);
        int end = AppendProperties(_json, _position, index, _depth, mayBeEnvelope);
        if (end >= 0)
        {
            _tape.Close(index);
            Close(end, JsonTokenType.EndObject);
            return true;
        }

        // Where it stopped at records, the token says so.
        Failed = _token != JsonTokenType.PropertyName;
        return false;
    }

    public readonly bool OpensRecords()
    {
        if (!_isNamedRecords)
        {
            return false;
        }

        int position = SkipBlank(_json, _position);
        position = SkipBlank(_json, Expect(_json, position, (byte)':'));
        position = SkipBlank(_json, Expect(_json, position, (byte)'['));
        return ByteAt(_json, position) is (byte)'{' or (byte)']';
    }

    /// <summary>Adds the text to the tape if it is one object and nothing else.</summary>
    public bool TryReadOnlyObject(out int index)
    {
        index = -1;
        return Read() == JsonTokenType.StartObject && AppendObject(mayBeEnvelope: false, out index)
            && SkipBlank(_json, _position) == _json.Length;
    }

    private JsonTokenType Fail()
    {
        Failed = true;
        return _token = JsonTokenType.None;
    }

    private JsonTokenType Close(int position, JsonTokenType token)
    {
        if (position < 0)
        {
            return Fail();
        }

        _depth--;
        _open >>= 1;
        _position = position;
        return _token = token;
    }

    private JsonTokenType ReadName(int position)
    {
        int start = Expect(_json, position, (byte)'"');
        var flags = RecordTape.EntryFlags.None;
        int end = start < 0 ? Failure : EndOfString(_json, start, out flags);
        if (end < 0 || (flags & RecordTape.EntryFlags.Escaped) != 0)
        {
            return Fail();
        }

        _tokenStart = position;
        _position = end + 1;
        _isNamedRecords = _json[start..end].SequenceEqual("records"u8);
        return _token = JsonTokenType.PropertyName;
    }

    private JsonTokenType ReadValue(int position)
    {
        _tokenStart = position;
        byte first = ByteAt(_json, position);
        if (first is (byte)'{' or (byte)'[')
        {
            if (_depth == RecordTape.MaxDepth)
            {
                return Fail();
            }

            _open = (_open << 1) | (first == (byte)'{' ? 1u : 0u);
            _depth++;
            _position = position + 1;
            return _token = first == (byte)'{' ? JsonTokenType.StartObject : JsonTokenType.StartArray;
        }

        int end = first switch
        {
            (byte)'"' => EndOfString(_json, position + 1, out _) + 1,
            (byte)'t' => EndOfLiteral(_json, position, "true"u8),
            (byte)'f' => EndOfLiteral(_json, position, "false"u8),
            (byte)'n' => EndOfLiteral(_json, position, "null"u8),
            _ => EndOfNumber(_json, position),
        };
        if (end <= 0)
        {
            return Fail();
        }

        _position = end;
        return _token = first switch
        {
            (byte)'"' => JsonTokenType.String,
            (byte)'t' => JsonTokenType.True,
            (byte)'f' => JsonTokenType.False,
            (byte)'n' => JsonTokenType.Null,
            _ => JsonTokenType.Number,
        };
    }

    /// <summary>Adds the properties of an object.</summary>
    /// <returns>Where the object ends; negative if it fails or stops at records.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int AppendProperties(ReadOnlySpan<byte> json, int position, int parent, int depth, bool mayBeEnvelope)
    {
        position = SkipBlank(json, position);
        if (ByteAt(json, position) == (byte)'}')
        {
            return position + 1;
        }

        RecordTape to = _tape;
        while (ByteAt(json, position) == (byte)'"')
        {
            int start = position + 1;
            int length = LengthOfShortName(json, start, out Vector256<byte> block);
            int end = start + length;
            RecordTape.NameSlice name;
            if (length >= 0)
            {
                name = to.ReadName(block, _offset + start, length);
            }
            else if (!ReadLongName(json, start, out end, out name))
            {
                return Failure;
            }

            if (mayBeEnvelope && name.Length == "records"u8.Length && StandsAtRecords(name, position, end + 1))
            {
                return Failure;
            }

            position = SkipBlank(json, end + 1);
            if (ByteAt(json, position) != (byte)':')
            {
                return Failure;
            }

            position = SkipBlank(json, position + 1);
            if (ByteAt(json, position) == (byte)'"')
            {
                start = position + 1;
                end = EndOfString(json, start, out RecordTape.EntryFlags flags);
                if (end < 0)
                {
                    return Failure;
                }

                to.Add(FieldValueKind.Text, parent, name, _offset + start, end - start, flags);
                position = end + 1;
            }
            else
            {
                position = AppendValue(json, position, parent, name, depth);
                if (position < 0)
                {
                    return Failure;
                }
            }

            position = SkipBlank(json, position);
            byte next = ByteAt(json, position);
            if (next != (byte)',')
            {
                return next == (byte)'}' ? position + 1 : Failure;
            }

            position = SkipBlank(json, position + 1);
        }

        return Failure;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly bool ReadLongName(ReadOnlySpan<byte> json, int start, out int end, out RecordTape.NameSlice name)
    {
        end = EndOfString(json, start, out RecordTape.EntryFlags flags);
        name = end < 0
            ? RecordTape.NameSlice.None
            : _tape.ReadName(json[start..end], _offset + start, flags);
        return end >= 0;
    }

    private bool StandsAtRecords(in RecordTape.NameSlice name, int tokenStart, int position)
    {
        if (!_tape.Slice(name).SequenceEqual("records"u8))
        {
            return false;
        }

        _tokenStart = tokenStart;
        _position = position;
        _isNamedRecords = true;
        if (!OpensRecords())
        {
            return false;
        }

        _token = JsonTokenType.PropertyName;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private int AppendElements(ReadOnlySpan<byte> json, int position, int parent, int depth)
    {
        position = SkipBlank(json, position);
        if (ByteAt(json, position) == (byte)']')
        {
            return position + 1;
        }

        while (true)
        {
            position = AppendValue(json, position, parent, RecordTape.NameSlice.None, depth);
            if (position < 0)
            {
                return Failure;
            }

            position = SkipBlank(json, position);
            byte next = ByteAt(json, position);
            if (next == (byte)',')
            {
                position = SkipBlank(json, position + 1);
            }
            else
            {
                return next == (byte)']' ? position + 1 : Failure;
            }
        }
    }

    /// <summary>Adds the value that begins at a position.</summary>
    /// <returns>Where it ends, or <see cref="Failure"/>.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int AppendValue(ReadOnlySpan<byte> json, int position, int parent, in RecordTape.NameSlice name, int depth)
    {
        int end;
        byte first = ByteAt(json, position);
        switch (first)
        {
            case (byte)'"':
                end = EndOfString(json, position + 1, out RecordTape.EntryFlags flags);
                if (end < 0)
                {
                    return Failure;
                }

                _tape.Add(FieldValueKind.Text, parent, name, _offset + position + 1, end - position - 1, flags);
                return end + 1;
            case (byte)'t':
                end = EndOfLiteral(json, position, "true"u8);
                _tape.Add(FieldValueKind.Boolean, parent, name, _offset + position, 4, RecordTape.EntryFlags.True);
                return end;
            case (byte)'f':
                end = EndOfLiteral(json, position, "false"u8);
                _tape.Add(FieldValueKind.Boolean, parent, name, _offset + position, 5, RecordTape.EntryFlags.None);
                return end;
            case (byte)'n':
                end = EndOfLiteral(json, position, "null"u8);
                _tape.Add(FieldValueKind.Null, parent, name, _offset + position, 4, RecordTape.EntryFlags.None);
                return end;
            case (byte)'{' or (byte)'[':
                if (depth == RecordTape.MaxDepth)
                {
                    return Failure;
                }

                bool isObject = first == (byte)'{';
                int index = _tape.Open(isObject ? FieldValueKind.Object : FieldValueKind.Array, parent, name);
                end = isObject
                    ? AppendProperties(json, position + 1, index, depth + 1, mayBeEnvelope: false)
                    : AppendElements(json, position + 1, index, depth + 1);
                _tape.Close(index);
                return end;
            default:
                end = EndOfNumber(json, position);
                _tape.Add(FieldValueKind.Number, parent, name, _offset + position, end - position, RecordTape.EntryFlags.Clean);
                return end;
        }
    }

    /// <summary>The byte at a position; 0, which no JSON has, beyond the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ByteAt(ReadOnlySpan<byte> json, int position) => (uint)position < (uint)json.Length ? json[position] : (byte)0;

    /// <summary>The position behind a byte that must stand at a position; <see cref="Failure"/> if it does not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Expect(ReadOnlySpan<byte> json, int position, byte expected) =>
        ByteAt(json, position) == expected ? position + 1 : Failure;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SkipBlank(ReadOnlySpan<byte> json, int position)
    {
        byte first = ByteAt(json, position);
        return first > (byte)' ' ? position
            : first == (byte)' ' && ByteAt(json, position + 1) > (byte)' ' ? position + 1
            : SkipAnyBlank(json, position);
    }

    private static int SkipAnyBlank(ReadOnlySpan<byte> json, int position)
    {
        while ((uint)position < (uint)json.Length && json[position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            position++;
        }

        return position;
    }

    /// <summary>The length of a name that is ASCII without escapes and shorter than a block; <see cref="Failure"/> for any other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LengthOfShortName(ReadOnlySpan<byte> json, int start, out Vector256<byte> block)
    {
        if (start > json.Length - NameTable.BlockSize)
        {
            block = default;
            return Failure;
        }

        block = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(json), (nuint)start);
        uint special = Special(block) | block.ExtractMostSignificantBits();
        int length = BitOperations.TrailingZeroCount(special);
        return special != 0 && json[start + length] == (byte)'"' ? length : Failure;
    }

    /// <summary>The closing quote of a string, or <see cref="Failure"/>.</summary>
    /// <param name="json">The text.</param>
    /// <param name="position">Behind the opening quote.</param>
    /// <param name="flags">What is known of the string.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfString(ReadOnlySpan<byte> json, int position, out RecordTape.EntryFlags flags)
    {
        if (position <= json.Length - BlockSize)
        {
            ulong special = Special(json, position, out ulong beyondAscii);
            int end = position + BitOperations.TrailingZeroCount(special);
            if (special != 0 && json[end] == (byte)'"')
            {
                // The bits below the lowest one that is set.
                flags = (beyondAscii & (special ^ (special - 1))) == 0
                    ? RecordTape.EntryFlags.Ascii | RecordTape.EntryFlags.Clean
                    : RecordTape.EntryFlags.None;
                return end;
            }
        }

        return EndOfLongString(json, position, out flags);
    }

    /// <summary>As <see cref="EndOfString"/>, for strings that are longer than a block, have escapes or stand at the end of the text.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int EndOfLongString(ReadOnlySpan<byte> json, int position, out RecordTape.EntryFlags flags)
    {
        bool escaped = false;
        ulong foreign = 0;
        while ((uint)position < (uint)json.Length)
        {
            int behind = Math.Max(0, position - Math.Max(0, json.Length - BlockSize));
            ulong special;
            ulong beyondAscii;
            if (json.Length < BlockSize)
            {
                special = SpecialOfShort(json, out beyondAscii);
                behind = position;
            }
            else
            {
                special = Special(json, position - behind, out beyondAscii);
            }

            special >>= behind;
            beyondAscii >>= behind;
            int next = position + BlockSize - behind;
            while (special != 0)
            {
                int bit = BitOperations.TrailingZeroCount(special);
                int at = position + bit;
                byte found = json[at];
                if (found == (byte)'"')
                {
                    foreign |= beyondAscii & ((1UL << bit) - 1);
                    flags = (escaped ? RecordTape.EntryFlags.Escaped : RecordTape.EntryFlags.None)
                        | (foreign != 0 ? RecordTape.EntryFlags.None
                            : escaped ? RecordTape.EntryFlags.Ascii
                            : RecordTape.EntryFlags.Ascii | RecordTape.EntryFlags.Clean);
                    return at;
                }

                if (found != (byte)'\\' || EndOfEscape(json, at) < 0)
                {
                    flags = RecordTape.EntryFlags.None;
                    return Failure;
                }

                // What is escaped may be a quote or a backslash, and the first of the next block.
                escaped = true;
                special &= ~(3UL << bit);
                next = Math.Max(next, at + 2);
            }

            foreign |= beyondAscii;
            position = next;
        }

        flags = RecordTape.EntryFlags.None;
        return Failure;
    }

    /// <summary>A bit for each byte of a block that is a quote, a backslash or a control character.</summary>
    /// <param name="json">The text.</param>
    /// <param name="position">Where the block begins.</param>
    /// <param name="beyondAscii">A bit for each byte that is not ASCII.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Special(ReadOnlySpan<byte> json, int position, out ulong beyondAscii)
    {
        var low = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(json), (nuint)position);
        var high = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(json), (nuint)position + 32);
        beyondAscii = low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << 32);
        return Special(low) | ((ulong)Special(high) << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Special(Vector256<byte> block) =>
        (Vector256.Equals(block, Vector256.Create((byte)'"'))
            | Vector256.Equals(block, Vector256.Create((byte)'\\'))
            | Vector256.Equals(Vector256.Min(block, Vector256.Create((byte)0x1f)), block)).ExtractMostSignificantBits();

    private static ulong SpecialOfShort(ReadOnlySpan<byte> json, out ulong beyondAscii)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Fill((byte)' ');
        json.CopyTo(block);
        return Special(block, 0, out beyondAscii);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfEscape(ReadOnlySpan<byte> json, int backslash)
    {
        byte escape = ByteAt(json, backslash + 1);
        int kind = escape < Escapes.Length ? Escapes[escape] : 0;
        return kind == 1 ? backslash + 2 : kind == 2 ? EndOfUnit(json, backslash) : Failure;
    }

    private static int EndOfUnit(ReadOnlySpan<byte> json, int backslash)
    {
        for (int digit = backslash + 2; digit < backslash + 6; digit++)
        {
            if (!char.IsAsciiHexDigit((char)ByteAt(json, digit)))
            {
                return Failure;
            }
        }

        return backslash + 6;
    }

    private static int EndOfLiteral(ReadOnlySpan<byte> json, int position, ReadOnlySpan<byte> literal) =>
        (uint)position < (uint)json.Length && json[position..].StartsWith(literal) ? position + literal.Length : Failure;

    /// <summary>The end of a number, or <see cref="Failure"/>; what follows it is for the caller to check.</summary>
    private static int EndOfNumber(ReadOnlySpan<byte> json, int position)
    {
        if (ByteAt(json, position) == (byte)'-')
        {
            position++;
        }

        int digits = EndOfDigits(json, position);
        if (digits == position || (digits > position + 1 && json[position] == (byte)'0'))
        {
            return Failure;
        }

        position = digits;
        if (ByteAt(json, position) == (byte)'.')
        {
            digits = EndOfDigits(json, position + 1);
            if (digits == position + 1)
            {
                return Failure;
            }

            position = digits;
        }

        if (ByteAt(json, position) is (byte)'e' or (byte)'E')
        {
            position++;
            if (ByteAt(json, position) is (byte)'+' or (byte)'-')
            {
                position++;
            }

            digits = EndOfDigits(json, position);
            if (digits == position)
            {
                return Failure;
            }

            position = digits;
        }

        return position;
    }

    private static int EndOfDigits(ReadOnlySpan<byte> json, int position)
    {
        while ((uint)position < (uint)json.Length && char.IsAsciiDigit((char)json[position]))
        {
            position++;
        }

        return position;
    }
}
