using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// The values of one view of an event, by slot: their text as UTF-8, the same folded, and on demand as UTF-16. Nothing is allocated once it
/// has grown. Not safe for concurrent use.
/// </summary>
internal sealed class ValueBuffer
{
    // Buffers that an unusually large event made grow beyond this are given back.
    private const int MaxKeptBytes = 1024 * 1024;
    private const int InitialBytes = 16 * 1024;
    private const int InitialValues = 64;

    private byte[] _text = new byte[InitialBytes];
    private byte[] _folded = new byte[InitialBytes];
    private int _used;
    private char[] _chars = [];
    private int _charsUsed;
    private Value[] _values = new Value[InitialValues];
    private int _valueCount;

    // By slot.
    private ValueId[] _first = [];
    private ValueId[] _last = [];

    /// <summary>Whether the values of each slot stand one after another, with none of another slot between.</summary>
    public bool AreAdjacent { get; private set; } = true;

    /// <summary>Begins a view: every slot is absent.</summary>
    public void Begin(int slotCount)
    {
        if (_first.Length < slotCount)
        {
            (_first, _last) = (new ValueId[slotCount], new ValueId[slotCount]);
        }

        _used = _charsUsed = _valueCount = 0;
        AreAdjacent = true;
        _first.AsSpan(0, slotCount).Fill(ValueId.Absent);
    }

    /// <summary>Gives back what an unusually large event made it grow to. No view is at hand then.</summary>
    public void Trim()
    {
        if (_text.Length > MaxKeptBytes)
        {
            (_text, _folded, _chars) = (new byte[InitialBytes], new byte[InitialBytes], []);
        }

        if (_values.Length > MaxKeptBytes / 16)
        {
            _values = new Value[InitialValues];
        }
    }

    /// <summary>Makes a slot present, without values; those it had are forgotten.</summary>
    public void Set(Slot slot) => _first[slot.Index] = ValueId.None;

    /// <summary>Whether a slot is present.</summary>
    public bool IsSet(Slot slot) => !_first[slot.Index].IsAbsent;

    /// <summary>Adds a value to a slot that was set.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="kind">Not <see cref="FieldValueKind.Array"/>.</param>
    /// <param name="text">Its text, well-formed UTF-8.</param>
    public void Add(Slot slot, FieldValueKind kind, ReadOnlySpan<byte> text)
    {
        text.CopyTo(Reserve(text.Length));
        Add(slot, kind, text.Length);
    }

    /// <summary>Adds a value to a slot that was set. A surrogate without its partner becomes U+FFFD, as decoders make it.</summary>
    public void Add(Slot slot, FieldValueKind kind, ReadOnlySpan<char> text) =>
        Add(slot, kind, Encoding.UTF8.GetBytes(text, Reserve(Encoding.UTF8.GetMaxByteCount(text.Length))));

    /// <summary>Folds the text of all values; nothing is added afterwards.</summary>
    public void Fold()
    {
        if (_folded.Length < _text.Length)
        {
            _folded = new byte[_text.Length];
        }

        FoldedText.Fold(_text, _folded, _used);
    }

    /// <summary>Adds one for each slot that has a value which is not empty. An object is such a value.</summary>
    /// <param name="counts">By slot, for the first of them.</param>
    public void CountStated(Span<int> counts)
    {
        Span<int> first = MemoryMarshal.Cast<ValueId, int>(_first.AsSpan(0, counts.Length));
        int slot = 0;
        for (; slot <= counts.Length - Vector<int>.Count; slot += Vector<int>.Count)
        {
            // What holds is −1.
            Span<int> block = counts[slot..];
            (new Vector<int>(block) - Vector.GreaterThanOrEqual(new Vector<int>(first[slot..]), Vector<int>.Zero)).CopyTo(block);
        }

        for (; slot < counts.Length; slot++)
        {
            counts[slot] += first[slot] >= 0 ? 1 : 0;
        }

        ReadOnlySpan<Value> values = _values.AsSpan(0, _valueCount);
        for (int index = 0; index < values.Length; index++)
        {
            // The slot may have been set anew since.
            if (values[index].Length == 0
                && values[index].Slot is int empty
                && empty < counts.Length
                && first[empty] == index
                && !HasText(new ValueId(index)))
            {
                counts[empty]--;
            }
        }
    }

    /// <summary>By slot, the first value; <see cref="ValueId.Absent"/> or <see cref="ValueId.None"/> if it has none.</summary>
    public ReadOnlySpan<ValueId> FirstBySlot => _first;

    /// <summary>The first value of a slot, as <see cref="FirstBySlot"/> has it.</summary>
    public ValueId FirstOf(Slot slot) => _first[slot.Index];

    /// <summary>The last value of a slot that has one.</summary>
    public ValueId LastOf(Slot slot) => _last[slot.Index];

    /// <summary>The value of the same slot that was added next; <see cref="ValueId.None"/> if it is the last.</summary>
    public ValueId Next(ValueId value) => _values[value.Index].Next;

    /// <summary>The kind of a value.</summary>
    public FieldValueKind KindOf(ValueId value) => _values[value.Index].Kind;

    /// <summary>Bytes of a value's text.</summary>
    public int LengthOf(ValueId value) => _values[value.Index].Length;

    /// <summary>A value's text as UTF-8.</summary>
    public ReadOnlySpan<byte> TextOf(ValueId value)
    {
        ref readonly Value entry = ref _values[value.Index];
        return _text.AsSpan(entry.Start, entry.Length);
    }

    /// <summary>A value's text, folded. Behind its end are at least <see cref="FoldedText.Slack"/> bytes more.</summary>
    public Span<byte> FoldedOf(ValueId value)
    {
        ref readonly Value entry = ref _values[value.Index];
        return _folded.AsSpan(entry.Start, entry.Length);
    }

    /// <summary>A value's text as UTF-16. Valid until the next value's is made.</summary>
    public ReadOnlySpan<char> CharsOf(ValueId value)
    {
        ref Value entry = ref _values[value.Index];
        if (entry.CharStart < 0)
        {
            // UTF-16 has no more units than UTF-8 has bytes.
            if (_chars.Length - _charsUsed < entry.Length)
            {
                Array.Resize(ref _chars, Math.Max(_chars.Length * 2, _charsUsed + entry.Length));
            }

            entry.CharStart = _charsUsed;
            entry.CharLength = Encoding.UTF8.GetChars(_text.AsSpan(entry.Start, entry.Length), _chars.AsSpan(_charsUsed));
            _charsUsed += entry.CharLength;
        }

        return _chars.AsSpan(entry.CharStart, entry.CharLength);
    }

    /// <summary>Whether a value's text is ASCII.</summary>
    public bool IsAscii(ValueId value)
    {
        ref Value entry = ref _values[value.Index];
        if (entry.Characters == Characters.Unknown)
        {
            entry.Characters = Ascii.IsValid(_text.AsSpan(entry.Start, entry.Length)) ? Characters.Ascii : Characters.Any;
        }

        return entry.Characters == Characters.Ascii;
    }

    /// <summary>Whether the texts of a value and of those after it in its slot are ASCII.</summary>
    public bool AreAscii(ValueId first)
    {
        for (ValueId value = first; value.IsValue; value = Next(value))
        {
            if (!IsAscii(value))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// The first value in whose text bytes stand, of some that stand one after another. A hundred thousand of them are searched as one text of
    /// their length.
    /// </summary>
    /// <param name="sought">At least one byte.</param>
    /// <param name="cased">Whether they stand in the text as it is, rather than folded.</param>
    /// <param name="first">The first value to look in; if it is none, there is none.</param>
    /// <param name="last">The last value of the same slot. The values are adjacent (<see cref="AreAdjacent"/>).</param>
    public ValueId FirstHolding(ReadOnlySpan<byte> sought, bool cased, ValueId first, ValueId last)
    {
        if (!first.IsValue)
        {
            return ValueId.None;
        }

        byte[] all = cased ? _text : _folded;
        int from = _values[first.Index].Start;
        int end = EndOf(last);
        while (all.AsSpan(from, end - from).IndexOf(sought) is >= 0 and var offset)
        {
            first = ValueAt(from + offset, first, last);
            int endOfValue = EndOf(first);
            if (from + offset + sought.Length <= endOfValue)
            {
                return first;
            }
            // What begins later in this value and was not found in it ends in the next.
            from = endOfValue;
        }

        return ValueId.None;
    }

    /// <summary>Whether a value or one after it in its slot is not empty.</summary>
    private bool HasText(ValueId value)
    {
        while (value.IsValue && IsEmpty(in _values[value.Index]))
        {
            value = _values[value.Index].Next;
        }

        return value.IsValue;
    }

    private static bool IsEmpty(ref readonly Value value) => value.Length == 0 && value.Kind != FieldValueKind.Object;

    private int EndOf(ValueId value)
    {
        ref readonly Value entry = ref _values[value.Index];
        return entry.Start + entry.Length;
    }

    /// <summary>The value that a place of the buffer belongs to, of values that stand one after another.</summary>
    private ValueId ValueAt(int place, ValueId from, ValueId to)
    {
        (int first, int last) = (from.Index, to.Index);
        while (first < last)
        {
            int middle = first + ((last - first + 1) / 2);
            if (_values[middle].Start <= place)
            {
                first = middle;
            }
            else
            {
                last = middle - 1;
            }
        }

        return new ValueId(first);
    }

    private Span<byte> Reserve(int length)
    {
        if (_text.Length - _used < length + FoldedText.Slack)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _used + length + FoldedText.Slack));
        }

        return _text.AsSpan(_used, length);
    }

    /// <summary>Adds a value whose text is at the start of what was reserved last.</summary>
    private void Add(Slot slot, FieldValueKind kind, int length)
    {
        Debug.Assert(IsSet(slot), "Values are added to slots that were set.");
        if (_valueCount == _values.Length)
        {
            Array.Resize(ref _values, _values.Length * 2);
        }

        var value = new ValueId(_valueCount++);
        _values[value.Index] = new Value { Start = _used, Length = length, Kind = kind, Slot = slot.Index, Next = ValueId.None, CharStart = -1 };
        _used += length;
        if (_first[slot.Index].IsValue)
        {
            ValueId last = _last[slot.Index];
            _values[last.Index].Next = value;
            AreAdjacent &= last.Index == value.Index - 1;
        }
        else
        {
            _first[slot.Index] = value;
        }

        _last[slot.Index] = value;
    }

    /// <summary>What a value is made of.</summary>
    private enum Characters : byte
    {
        Unknown,
        Ascii,
        Any,
    }

    private struct Value
    {
        public int Start;
        public int Length;
        public int CharStart;
        public int CharLength;
        public int Slot;
        public ValueId Next;
        public FieldValueKind Kind;
        public Characters Characters;
    }
}
