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

    // The name that the cursor stands on, where that is one that may hold records.
    private int _nameStart;
    private int _nameLength;

    public readonly int TokenStart => _offset + _tokenStart;

    public readonly int Consumed => _offset + _position;

    public bool Failed { get; private set; }

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
        _tape.Clear();
        bool isObject = _token == JsonTokenType.StartObject;
        int index = _tape.Open(FieldValueKind.Null, -1, RecordTape.NameSlice.None);
        int end;
        try
        {
            end = isObject
                ? AppendProperties(_json, _position, index, _depth, Envelope.None)
                : AppendElements(_json, _position, index, _depth);
        }
        catch (RecordTooLargeException)
        {
            // The other cursor can, without the tape.
            end = -1;
        }

        Close(end, isObject ? JsonTokenType.EndObject : JsonTokenType.EndArray);
    }

    public bool AppendObject(Envelope envelope, out int index)
    {
        index = _tape.Open(FieldValueKind.Object, -1, RecordTape.NameSlice.None);
        int end = AppendProperties(_json, _position, index, _depth, envelope);
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

    public readonly bool OpensRecords(Envelope envelope, out Envelope elements)
    {
        ReadOnlySpan<byte> name = _json.Slice(_nameStart, _nameLength);
        elements = envelope.Within(name);
        if (!envelope.Opens(name))
        {
            return false;
        }

        int position = SkipBlank(_json, _position);
        position = SkipBlank(_json, Expect(_json, position, (byte)':'));
        position = SkipBlank(_json, Expect(_json, position, (byte)'['));
        return ByteAt(_json, position) is (byte)'{' or (byte)']';
    }

    public void SkipRest() => Fail();

    /// <summary>Adds the text to the tape if it is one object and nothing else.</summary>
    public bool TryReadOnlyObject(out int index)
    {
        index = -1;
        return Read() == JsonTokenType.StartObject && AppendObject(Envelope.None, out index)
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
        StringEnd end = start < 0 ? StringEnd.None : EndOfString(_json, start);
        if (end.Position < 0 || (end.Flags & RecordTape.EntryFlags.Escaped) != 0)
        {
            return Fail();
        }

        _tokenStart = position;
        _position = end.Position + 1;
        (_nameStart, _nameLength) = (start, end.Position - start);
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
            (byte)'"' => EndOfString(_json, position + 1).Position + 1,
            (byte)'t' => EndOfLiteral(_json, position, "true"u8),
            (byte)'f' => EndOfLiteral(_json, position, "false"u8),
            (byte)'n' => EndOfLiteral(_json, position, "null"u8),
            _ => EndOfNumber(_json, position, out bool _),
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
    private int AppendProperties(ReadOnlySpan<byte> json, int position, int parent, int depth, Envelope envelope)
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
            ref RecordTape.Entry entry = ref to.Append(parent);
            int end = EndOfShortName(json, start, out Vector256<byte> block);
            if (end >= 0)
            {
                to.ReadName(ref entry, block, _offset + start, end - start);
            }
            else
            {
                end = ReadLongName(json, start, ref entry);
                if (end < 0)
                {
                    return Failure;
                }
            }

            // A name with escapes is left to the other cursor.
            if (envelope != Envelope.None && json[start] is (byte)'r' or (byte)'s' or (byte)'l' or (byte)'i' or (byte)'\\'
                && envelope.Opens(to.Slice(entry.Name))
                && (entry.Name.Length != end - start || StandsAtRecords(envelope, position, end)))
            {
                return Failure;
            }

            position = Behind(json, end + 1, (byte)':');
            if (ByteAt(json, position) == (byte)'"')
            {
                start = position + 1;
                StringEnd text = EndOfString(json, start);
                if (text.Position < 0)
                {
                    return Failure;
                }

                to.SetValue(ref entry, FieldValueKind.Text, _offset + start, text.Position - start, text.Flags);
                position = text.Position + 1;
            }
            else
            {
                position = ReadValueOf(json, position, ref entry, depth);
                if (position < 0)
                {
                    return Failure;
                }
            }

            int next = Behind(json, position, (byte)',');
            if (next < 0)
            {
                return Expect(json, SkipBlank(json, position), (byte)'}');
            }

            position = next;
        }

        return Failure;
    }

    /// <summary>Reads a name of any kind.</summary>
    /// <returns>Its closing quote, or <see cref="Failure"/>.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly int ReadLongName(ReadOnlySpan<byte> json, int start, ref RecordTape.Entry entry)
    {
        StringEnd end = EndOfString(json, start);
        if (end.Position < 0)
        {
            entry.Name = RecordTape.NameSlice.None;
            return Failure;
        }

        _tape.SetLastName(ref entry, _tape.ReadName(json[start..end.Position], _offset + start, end.Flags));
        return end.Position;
    }

    private bool StandsAtRecords(Envelope envelope, int tokenStart, int nameEnd)
    {
        _tokenStart = tokenStart;
        _position = nameEnd + 1;
        (_nameStart, _nameLength) = (tokenStart + 1, nameEnd - tokenStart - 1);
        if (!OpensRecords(envelope, out _))
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
            ref RecordTape.Entry entry = ref _tape.Append(parent);
            entry.Name = RecordTape.NameSlice.None;
            position = ReadValueOf(json, position, ref entry, depth);
            if (position < 0)
            {
                return Failure;
            }

            int next = Behind(json, position, (byte)',');
            if (next < 0)
            {
                return Expect(json, SkipBlank(json, position), (byte)']');
            }

            position = next;
        }
    }

    /// <summary>Reads the value of the last entry, which begins at a position.</summary>
    /// <returns>Where it ends, or <see cref="Failure"/>.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int ReadValueOf(ReadOnlySpan<byte> json, int position, ref RecordTape.Entry entry, int depth)
    {
        int end;
        byte first = ByteAt(json, position);
        switch (first)
        {
            case (byte)'"':
                StringEnd text = EndOfString(json, position + 1);
                if (text.Position < 0)
                {
                    return Failure;
                }

                _tape.SetValue(ref entry, FieldValueKind.Text, _offset + position + 1, text.Position - position - 1, text.Flags);
                return text.Position + 1;
            case (byte)'t':
                end = EndOfLiteral(json, position, "true"u8);
                _tape.SetValue(ref entry, FieldValueKind.Boolean, _offset + position, 4, RecordTape.EntryFlags.True);
                return end;
            case (byte)'f':
                end = EndOfLiteral(json, position, "false"u8);
                _tape.SetValue(ref entry, FieldValueKind.Boolean, _offset + position, 5, RecordTape.EntryFlags.None);
                return end;
            case (byte)'n':
                end = EndOfLiteral(json, position, "null"u8);
                _tape.SetValue(ref entry, FieldValueKind.Null, _offset + position, 4, RecordTape.EntryFlags.None);
                return end;
            case (byte)'{' or (byte)'[':
                if (depth == RecordTape.MaxDepth)
                {
                    return Failure;
                }

                bool isObject = first == (byte)'{';
                int index = _tape.OpenLast(isObject ? FieldValueKind.Object : FieldValueKind.Array);
                end = isObject
                    ? AppendProperties(json, position + 1, index, depth + 1, Envelope.None)
                    : AppendElements(json, position + 1, index, depth + 1);
                _tape.Close(index);
                return end;
            default:
                end = EndOfNumber(json, position, out bool hasExponent);
                _tape.SetValue(ref entry, FieldValueKind.Number, _offset + position, end - position, _tape.FlagsOfNumber(hasExponent));
                return end;
        }
    }

    /// <summary>The byte at a position; 0, which no JSON has, beyond the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte ByteAt(ReadOnlySpan<byte> json, int position) =>
        (uint)position < (uint)json.Length ? Unsafe.Add(ref MemoryMarshal.GetReference(json), position) : (byte)0;

    /// <summary>The position behind a byte that must stand at a position; <see cref="Failure"/> if it does not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Expect(ReadOnlySpan<byte> json, int position, byte expected) =>
        ByteAt(json, position) == expected ? position + 1 : Failure;

    /// <summary>The position behind a byte that must stand at a position and the blanks around it; <see cref="Failure"/> if it does not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Behind(ReadOnlySpan<byte> json, int position, byte expected)
    {
        if (ByteAt(json, position) != expected)
        {
            position = SkipAnyBlank(json, position);
            if (ByteAt(json, position) != expected)
            {
                return Failure;
            }
        }

        return SkipBlank(json, position + 1);
    }

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

    /// <summary>The closing quote of a name that is ASCII without escapes and shorter than a block; <see cref="Failure"/> for any other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EndOfShortName(ReadOnlySpan<byte> json, int start, out Vector256<byte> block)
    {
        if (start > json.Length - NameTable.BlockSize)
        {
            block = default;
            return Failure;
        }

        block = Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(json), (nuint)start);
        uint special = Special(block) | block.ExtractMostSignificantBits();
        int end = start + BitOperations.TrailingZeroCount(special);
        return special != 0 && ByteAt(json, end) == (byte)'"' ? end : Failure;
    }

    /// <summary>The closing quote of a string.</summary>
    /// <param name="json">The text.</param>
    /// <param name="position">Behind the opening quote.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static StringEnd EndOfString(ReadOnlySpan<byte> json, int position)
    {
        if (position <= json.Length - BlockSize)
        {
            ulong special = Special(json, position, out ulong beyondAscii);
            int end = position + BitOperations.TrailingZeroCount(special);
            if (special != 0 && ByteAt(json, end) == (byte)'"')
            {
                // The bits below the lowest one that is set.
                return new StringEnd(end, (beyondAscii & (special ^ (special - 1))) == 0
                    ? RecordTape.EntryFlags.Ascii | RecordTape.EntryFlags.Clean
                    : RecordTape.EntryFlags.None);
            }
        }

        return EndOfLongString(json, position);
    }

    /// <summary>As <see cref="EndOfString"/>, for strings that are longer than a block, have escapes or stand at the end of the text.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static StringEnd EndOfLongString(ReadOnlySpan<byte> json, int position)
    {
        if (json.Length < BlockSize)
        {
            return EndOfStringInShort(json, position);
        }

        ulong escapes = 0;
        ulong foreign = 0;
        ulong isFirstEscaped = 0;
        while ((uint)position < (uint)json.Length)
        {
            // The last block reaches back.
            int behind = Math.Max(0, position - (json.Length - BlockSize));
            var block = new Block(in Unsafe.Add(ref MemoryMarshal.GetReference(json), position - behind), behind);
            ulong escaped = EscapedBytes(block.Backslashes, isFirstEscaped, out isFirstEscaped);
            ulong quotes = block.Quotes & ~escaped;

            // The bits below the lowest quote; all if there is none.
            ulong within = (quotes & (0 - quotes)) - 1;
            ulong units = escaped & within & ~block.Escapable;
            if ((block.Controls & within) != 0 || (units != 0 && !AreUnits(json, position, units)))
            {
                break;
            }

            escapes |= block.Backslashes & within;
            foreign |= block.BeyondAscii & within;
            if (quotes != 0)
            {
                return new StringEnd(
                    position + BitOperations.TrailingZeroCount(quotes),
                    (escapes != 0 ? RecordTape.EntryFlags.Escaped : RecordTape.EntryFlags.None)
                    | (foreign != 0 ? RecordTape.EntryFlags.None
                        : escapes != 0 ? RecordTape.EntryFlags.Ascii
                        : RecordTape.EntryFlags.Ascii | RecordTape.EntryFlags.Clean));
            }

            position += BlockSize;
        }

        return StringEnd.None;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static StringEnd EndOfStringInShort(ReadOnlySpan<byte> json, int position)
    {
        Span<byte> block = stackalloc byte[BlockSize];
        block.Fill((byte)' ');
        json.CopyTo(block);
        return EndOfLongString(block, position);
    }

    /// <summary>A bit for each byte of a block that an odd number of backslashes stands before.</summary>
    /// <param name="backslashes">A bit for each backslash.</param>
    /// <param name="isFirstEscaped">Whether, by the block before, the first byte is escaped: 1 or 0.</param>
    /// <param name="isNextEscaped">The same for the next block.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong EscapedBytes(ulong backslashes, ulong isFirstEscaped, out ulong isNextEscaped)
    {
        const ulong Even = 0x5555_5555_5555_5555;

        // Where the first of a run is added to it, it carries to the byte behind the run. Of runs that begin at even places, odd is what
        // ends at odd ones, and the other way round.
        ulong runs = backslashes & ~isFirstEscaped;
        ulong starts = runs & ~(runs << 1);
        ulong behindEven = runs + (starts & Even);
        ulong behindOdd = runs + (starts & ~Even);
        isNextEscaped = behindOdd < runs ? 1u : 0u;
        return (((behindEven & ~Even) | (behindOdd & Even)) & ~runs) | isFirstEscaped;
    }

    /// <summary>Whether there is a <c>u</c> and four hexadecimal digits at all places.</summary>
    /// <param name="json">The text.</param>
    /// <param name="position">Where the block begins.</param>
    /// <param name="places">A bit for each place in it.</param>
    private static bool AreUnits(ReadOnlySpan<byte> json, int position, ulong places)
    {
        for (; places != 0; places &= places - 1)
        {
            int letter = position + BitOperations.TrailingZeroCount(places);
            if (ByteAt(json, letter) != (byte)'u')
            {
                return false;
            }

            for (int digit = letter + 1; digit <= letter + 4; digit++)
            {
                if (!char.IsAsciiHexDigit((char)ByteAt(json, digit)))
                {
                    return false;
                }
            }
        }

        return true;
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

    private static int EndOfLiteral(ReadOnlySpan<byte> json, int position, ReadOnlySpan<byte> literal) =>
        (uint)position < (uint)json.Length && json[position..].StartsWith(literal) ? position + literal.Length : Failure;

    /// <summary>The end of a number, or <see cref="Failure"/>; what follows it is for the caller to check.</summary>
    private static int EndOfNumber(ReadOnlySpan<byte> json, int position, out bool hasExponent)
    {
        hasExponent = false;
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
            hasExponent = true;
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

    /// <summary>The end of a string.</summary>
    /// <param name="position">Its closing quote, or <see cref="Failure"/>.</param>
    /// <param name="flags">What is known of it.</param>
    private readonly struct StringEnd(int position, RecordTape.EntryFlags flags)
    {
        public readonly int Position = position;
        public readonly RecordTape.EntryFlags Flags = flags;

        public static StringEnd None => new(Failure, RecordTape.EntryFlags.None);
    }

    /// <summary>What the bytes of a block are, a bit each.</summary>
    private readonly struct Block
    {
        public readonly ulong Quotes;
        public readonly ulong Backslashes;
        public readonly ulong Controls;
        public readonly ulong BeyondAscii;

        /// <summary>What may follow a backslash, but for <c>u</c>.</summary>
        public readonly ulong Escapable;

        /// <summary>Looks at a block.</summary>
        /// <param name="first">Its first byte.</param>
        /// <param name="left">How many bytes are left out of it, from the first.</param>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Block(ref readonly byte first, int left)
        {
            var low = Vector256.LoadUnsafe(in first);
            var high = Vector256.LoadUnsafe(in first, 32);
            Quotes = Bits(Vector256.Equals(low, Vector256.Create((byte)'"')), Vector256.Equals(high, Vector256.Create((byte)'"'))) >> left;
            Backslashes = Bits(Vector256.Equals(low, Vector256.Create((byte)'\\')), Vector256.Equals(high, Vector256.Create((byte)'\\'))) >> left;
            Controls = Bits(
                Vector256.Equals(Vector256.Min(low, Vector256.Create((byte)0x1f)), low),
                Vector256.Equals(Vector256.Min(high, Vector256.Create((byte)0x1f)), high)) >> left;
            BeyondAscii = Bits(low, high) >> left;
            Escapable = Quotes | Backslashes | (Bits(Letters(low), Letters(high)) >> left);
        }

        // Each letter stands at the place in the table that its lowest five bits say.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<byte> Letters(Vector256<byte> bytes) => Vector256.Equals(bytes, Vector256.ShuffleNative(
            Vector256.Create(
                0, 0, (byte)'b', 0, 0, 0, (byte)'f', 0, 0, 0, 0, 0, 0, 0, (byte)'n', (byte)'/',
                0, 0, (byte)'r', 0, (byte)'t', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            bytes & Vector256.Create((byte)0x1f)));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static ulong Bits(Vector256<byte> low, Vector256<byte> high) =>
            low.ExtractMostSignificantBits() | ((ulong)high.ExtractMostSignificantBits() << 32);
    }
}
