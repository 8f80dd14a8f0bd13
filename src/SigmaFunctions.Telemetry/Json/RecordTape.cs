using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// The values of one record, JSON or XML, as a flat list over the record's bytes; nothing is copied or decoded until it is asked for.
/// A tape is used for one record after another, and body after body, so a <see cref="RecordValue"/> does not outlive the record it
/// was read from. Names that are in the tape's table are resolved while the record is read: finding a property by one takes the
/// same time in a small object and a large one.
/// </summary>
internal sealed class RecordTape
{
    /// <summary>Deepest nesting that is read. Real telemetry stays below 20.</summary>
    public const int MaxDepth = 64;

    /// <summary>Most values that one record, or what is text in it, may hold. Real records stay below 1,000.</summary>
    public const int MaxValues = 64 * 1024;

    // Equal names in other objects that are passed over before an object's own properties are searched instead: the sender decides
    // how many there are.
    private const int MaxHops = 8;

    // Entries that a tape keeps room for between bodies, and bytes of text.
    private const int KeptEntries = 64 * 1024;
    private const int KeptText = 1024 * 1024;

    // Text that may be made while a record is read. Names of one that is not too long make no more than four times its bytes, XML less.
    private const int MaxReadText = 5 * RecordTooLargeException.MaxBytes;

    // Text that may be composed of a record: all its values without their escapes, and a few of them together.
    private const int MaxComposedText = 5 * RecordTooLargeException.MaxBytes;

    private int[] _last;
    private Entry[] _entries = new Entry[256];
    private int _count;

    // Entries are numbered on from record to record, so that what _last says of former records needs no clearing.
    private int _firstNumber = 1;
    private byte[] _body = [];
    private int _bodyOffset;
    private byte[] _text = new byte[4096];
    private int _textLength;

    // What is on the tape at most before a record is too large.
    private int _maxCount = MaxValues;
    private int _maxText = MaxReadText;

    // As far as text goes without growing.
    private int _textEnd;
    private EntryFlags _source;
    private RepeatedNames? _repeatedNames;

    /// <summary>Makes a tape.</summary>
    /// <param name="names">The names that properties are found by.</param>
    public RecordTape(NameTable names)
    {
        Names = names;
        _last = new int[names.Count];
    }

    /// <summary>The names that properties are found by.</summary>
    public NameTable Names { get; private set; }

    /// <summary>The bytes that are read, from the body's first on.</summary>
    public ReadOnlySpan<byte> Body => _body.AsSpan(_bodyOffset);

    /// <summary>Number of entries.</summary>
    public int Count => _count;

    /// <summary>Whether the record was read from XML.</summary>
    public bool IsXml { get; set; }

    /// <summary>
    /// Whether the record may hold text that does not stand in its bytes, nor in escapes of JSON: XML can write any character in more
    /// than one way, and a number with an exponent is read as a plain one.
    /// </summary>
    public bool HasRewritten { get; set; }

    /// <summary>
    /// Whether a name of the record, or of what is text in it, has a space, a dot or any other character of ASCII before the digits. Few
    /// records have, so that shapes need not look for such names in the others.
    /// </summary>
    public bool HasPunctuatedNames { get; private set; }

    /// <summary>Begins a body.</summary>
    public void Begin(ReadOnlyMemory<byte> body)
    {
        ArraySegment<byte> bytes = MemoryMarshal.TryGetArray(body, out ArraySegment<byte> array) ? array : body.ToArray();
        (_body, _bodyOffset) = (bytes.Array!, bytes.Offset);
        if (_entries.Length > KeptEntries)
        {
            _entries = new Entry[256];
        }

        if (_text.Length > KeptText)
        {
            _text = new byte[4096];
        }

        Clear();
    }

    /// <summary>Drops the record that was read.</summary>
    public void Clear()
    {
        _firstNumber += _count;
        if (_firstNumber > int.MaxValue / 2)
        {
            Array.Clear(_last);
            _firstNumber = 1;
        }

        _count = 0;
        _textLength = 0;
        _source = EntryFlags.None;
        IsXml = false;
        HasRewritten = false;
        HasPunctuatedNames = false;
        BeginReading();
    }

    /// <summary>
    /// Ends what was begun by <see cref="Clear"/>: from here on values are only composed of what is there, of which there is a bound too.
    /// </summary>
    /// <exception cref="RecordTooLargeException">The record has more than <see cref="MaxValues"/>.</exception>
    public void EndReading()
    {
        if (_count > _maxCount)
        {
            throw new RecordTooLargeException();
        }

        _maxCount = int.MaxValue;
        SetMaxText(MaxComposedText);
    }

    /// <summary>Goes over to a table with further names behind the present ones; the record at hand is found by them too.</summary>
    public void Learn(NameTable names)
    {
        Names = names;
        _last = new int[names.Count];
        for (int index = 0; index < _count; index++)
        {
            ref Entry entry = ref _entries[index];
            NameSlice name = entry.Name;
            if (entry.Parent >= 0 && _entries[entry.Parent].Kind == (byte)FieldValueKind.Object)
            {
                name = new NameSlice(name.Start, name.Length, name.Hash, names.Find(NameOf(index), name.Hash).Id, name.IsInText);
            }

            SetName(ref entry, index, name);
        }
    }

    /// <summary>Reads a JSON object that is the text of a value; leaves nothing behind if it is none.</summary>
    /// <exception cref="RecordTooLargeException">It has more than <see cref="MaxValues"/>.</exception>
    public bool TryParseObject(RecordValue text, out RecordValue parsed)
    {
        parsed = default;
        if (text.Kind != FieldValueKind.Text)
        {
            return false;
        }

        ReadOnlySpan<byte> json = text.Text;
        Nested nested = BeginNested(text);
        bool isObject = new ScannerCursor(this, json, nested.Start).TryReadOnlyObject(out int index);
        if (!isObject)
        {
            Truncate(nested.Count);
            isObject = new ReaderCursor(this, json, nested.Start).TryReadOnlyObject(out index);
        }

        return EndNested(nested, isObject, index, out parsed);
    }

    /// <summary>Begins to read what is the text of a value, as a record of its own on the same tape.</summary>
    /// <param name="text">The text.</param>
    public Nested BeginNested(RecordValue text)
    {
        ref Entry entry = ref _entries[text.Index];
        _source = entry.Flags & EntryFlags.InText;
        BeginReading();
        return new Nested(_count, entry.Start);
    }

    /// <summary>Ends what <see cref="BeginNested"/> began.</summary>
    /// <param name="nested">What it gave.</param>
    /// <param name="isRead">Whether the text could be read; if not nothing is left behind.</param>
    /// <param name="index">The entry that was read.</param>
    /// <param name="parsed">It as a value.</param>
    /// <returns>Whether it was read.</returns>
    /// <exception cref="RecordTooLargeException">It has more than <see cref="MaxValues"/>.</exception>
    public bool EndNested(Nested nested, bool isRead, int index, out RecordValue parsed)
    {
        _source = EntryFlags.None;
        EndReading();
        if (!isRead)
        {
            Truncate(nested.Count);
        }

        parsed = isRead ? new RecordValue(this, index) : default;
        return isRead;
    }

    /// <summary>A value that stands nowhere in the record: the text of all parts together.</summary>
    public RecordValue Compose(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second = default, ReadOnlySpan<byte> third = default)
    {
        int length = first.Length + second.Length + third.Length;
        Span<byte> text = Reserve(length);
        first.CopyTo(text);
        second.CopyTo(text[first.Length..]);
        third.CopyTo(text[(first.Length + second.Length)..]);
        return Take(length);
    }

    /// <summary>Room for text that <see cref="Take"/> makes a value of. Must be well-formed UTF-8.</summary>
    public Span<byte> Reserve(int length)
    {
        if (_textEnd - _textLength < length)
        {
            GrowText(length);
        }

        return _text.AsSpan(_textLength, length);
    }

    /// <summary>Keeps the first bytes that were reserved last, without making a value of them.</summary>
    /// <returns>Where they begin.</returns>
    public int Keep(int length)
    {
        int start = _textLength;
        _textLength += length;
        return start;
    }

    /// <summary>A value of the first bytes that were reserved last.</summary>
    public RecordValue Take(int length)
    {
        ref Entry entry = ref Append(FieldValueKind.Text, -1);
        entry.Start = _textLength;
        entry.Length = length;
        entry.Flags = EntryFlags.InText | EntryFlags.Clean;
        entry.Name = NameSlice.None;
        _textLength += length;
        return new RecordValue(this, _count - 1);
    }

    /// <summary>Begins a list that stands nowhere in the record; values are added by <see cref="AddTo"/> until <see cref="Close"/>.</summary>
    public RecordValue OpenList() => new(this, Open(FieldValueKind.Array, -1, NameSlice.None));

    /// <summary>Adds a value other than an object or list, which stands on the tape already, to the list that was opened last.</summary>
    public void AddTo(RecordValue list, RecordValue value)
    {
        Entry source = _entries[value.Index];
        ref Entry entry = ref Append((FieldValueKind)source.Kind, list.Index);
        entry.Start = source.Start;
        entry.Length = source.Length;
        entry.Flags = source.Flags;
        entry.Name = NameSlice.None;
    }

    /// <summary>Begins an object or array, whose values are added until <see cref="Close"/>.</summary>
    /// <returns>Its index.</returns>
    public int Open(FieldValueKind kind, int parent, in NameSlice name)
    {
        int index = _count;
        ref Entry entry = ref Append(kind, parent);
        entry.Start = entry.Length = 0;
        entry.Flags = EntryFlags.None;
        SetName(ref entry, index, name);
        return index;
    }

    /// <summary>Ends an object or array.</summary>
    public void Close(int index) => _entries[index].Next = _count;

    /// <summary>Adds a value other than an object or array.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(FieldValueKind kind, int parent, in NameSlice name, int start, int length, EntryFlags flags)
    {
        int index = _count;
        ref Entry entry = ref Append(parent);
        SetValue(ref entry, kind, start, length, flags);
        SetName(ref entry, index, name);
    }

    /// <summary>The flags of a number. One with an exponent is read as the plain number that it is (<see cref="JsonNumber"/>), which does not stand in the record.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public EntryFlags FlagsOfNumber(bool hasExponent)
    {
        HasRewritten |= hasExponent;
        return hasExponent ? EntryFlags.None : EntryFlags.Clean;
    }

    /// <summary>Adds an entry, whose name and value have to be set before the next is added.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref Entry Append(int parent)
    {
        if (_count == _entries.Length)
        {
            Grow(_count);
        }

        ref Entry entry = ref _entries[_count++];
        entry.Parent = parent;
        entry.Next = _count;
        return ref entry;
    }

    /// <summary>Sets the value of an entry, which is no object or array.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void SetValue(ref Entry entry, FieldValueKind kind, int start, int length, EntryFlags flags)
    {
        entry.Kind = (byte)kind;
        entry.Start = start;
        entry.Length = length;
        entry.Flags = flags | _source;
    }

    /// <summary>Makes the last entry an object or array, as <see cref="Open"/> does.</summary>
    /// <returns>Its index.</returns>
    public int OpenLast(FieldValueKind kind)
    {
        ref Entry entry = ref _entries[_count - 1];
        entry.Kind = (byte)kind;
        entry.Start = entry.Length = 0;
        entry.Flags = EntryFlags.None;
        return _count - 1;
    }

    /// <summary>Sets the name of the last entry.</summary>
    public void SetLastName(ref Entry entry, in NameSlice name) => SetName(ref entry, _count - 1, name);

    /// <summary>Adds well-formed text without escapes.</summary>
    public void AddText(int parent, in NameSlice name, int start, int length, bool inText) =>
        Add(FieldValueKind.Text, parent, name, start, length, inText ? EntryFlags.Clean | EntryFlags.InText : EntryFlags.Clean);

    /// <summary>Makes well-formed text without escapes of a value that was opened.</summary>
    public void SetText(int index, int start, int length, bool inText)
    {
        ref Entry entry = ref _entries[index];
        entry.Kind = (byte)FieldValueKind.Text;
        entry.Start = start;
        entry.Length = length;
        entry.Flags = EntryFlags.Clean | (inText ? EntryFlags.InText : _source);
    }

    /// <summary>Makes an array of the last value of its parent, with the value in it; it takes over the name.</summary>
    public void Wrap(int index)
    {
        NameSlice name = _entries[index].Name;
        int parent = _entries[index].Parent;
        int end = _count;
        Truncate(index);
        if (end == _entries.Length)
        {
            Grow(end);
        }

        Array.Copy(_entries, index, _entries, index + 1, end - index);
        Open(FieldValueKind.Array, parent, name);
        for (int moved = index + 1; moved <= end; moved++)
        {
            ref Entry entry = ref _entries[moved];
            entry.Next++;
            entry.Parent = moved == index + 1 ? index : entry.Parent + 1;
            SetName(ref entry, moved, moved == index + 1 ? NameSlice.None : entry.Name);
        }

        _count = end + 1;
        Close(index);
    }

    /// <summary>Whether a property has that name.</summary>
    public bool IsNamed(int index, in NameSlice name)
    {
        ref NameSlice own = ref _entries[index].Name;
        return own.Hash == name.Hash && own.Length == name.Length && Slice(own).SequenceEqual(Slice(name));
    }

    /// <summary>The text that was reserved and kept.</summary>
    public ReadOnlySpan<byte> Composed(int start, int length) => _text.AsSpan(start, length);

    /// <summary>A name that was reserved and kept.</summary>
    public NameSlice NameOfText(int start, int length)
    {
        ReadOnlySpan<byte> bytes = _text.AsSpan(start, length);
        HasPunctuatedNames |= IsPunctuated(bytes);
        uint hash = NameTable.Hash(bytes);
        return new NameSlice(start, length, hash, Names.Find(bytes, hash).Id, true);
    }

    /// <summary>A name that is the text of a value.</summary>
    public NameSlice NameOfText(int index)
    {
        ref Entry entry = ref _entries[index];
        ReadOnlySpan<byte> bytes = TextOf(index);
        HasPunctuatedNames |= IsPunctuated(bytes);
        uint hash = NameTable.Hash(bytes);
        return new NameSlice(entry.Start, entry.Length, hash, Names.Find(bytes, hash).Id, (entry.Flags & EntryFlags.InText) != 0);
    }

    /// <summary>A property's name, as it stands in the bytes that are read.</summary>
    /// <param name="bytes">The name.</param>
    /// <param name="start">Where it stands.</param>
    /// <param name="flags">What is known of it.</param>
    public NameSlice ReadName(ReadOnlySpan<byte> bytes, int start, EntryFlags flags)
    {
        if ((flags & EntryFlags.Clean) == 0)
        {
            return ReadUncleanName(bytes, start, (flags & EntryFlags.Escaped) != 0);
        }

        HasPunctuatedNames |= IsPunctuated(bytes);
        uint hash = NameTable.Hash(bytes);
        return new NameSlice(start, bytes.Length, hash, Names.Find(bytes, hash).Id, _source != EntryFlags.None);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private NameSlice ReadUncleanName(ReadOnlySpan<byte> bytes, int start, bool escaped)
    {
        if (!escaped && JsonText.IsWellFormed(bytes))
        {
            return ReadName(bytes, start, EntryFlags.Clean);
        }

        (start, int length) = Clean(bytes, .., escaped);
        return NameOfText(start, length);
    }

    /// <summary>As <see cref="ReadName(ReadOnlySpan{byte}, int, EntryFlags)"/>, for a name that is well-formed, has no escapes and is no longer than a block.</summary>
    /// <param name="block">The bytes from the name's first on.</param>
    /// <param name="start">Where it stands.</param>
    /// <param name="length">Its length.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public NameSlice ReadName(Vector256<byte> block, int start, int length)
    {
        block = NameTable.Keep(block, length);
        if (IsPunctuated(block))
        {
            HasPunctuatedNames = true;
        }

        uint hash = NameTable.Hash(block);
        return new NameSlice(start, length, hash, Names.Find(block, length, hash).Id, _source != EntryFlags.None);
    }

    /// <summary>Reads the name of the last entry, as <see cref="ReadName(Vector256{byte}, int, int)"/> does.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReadName(ref Entry entry, Vector256<byte> block, int start, int length) =>
        SetName(ref entry, _count - 1, ReadName(block, start, length));

    /// <summary>The bytes of a name.</summary>
    public ReadOnlySpan<byte> Slice(in NameSlice name) => Slice(name.Start, name.Length, name.IsInText);

    /// <summary>The last property of that name of an object; -1 if there is none.</summary>
    public int Find(int parent, Name name)
    {
        int index = _last[name.Id] - _firstNumber;
        for (int hops = 0; index > parent; hops++)
        {
            ref Entry entry = ref _entries[index];
            if (entry.Parent == parent)
            {
                return index;
            }

            if (hops == MaxHops)
            {
                return Search(parent, name);
            }

            index = entry.Previous;
        }

        return -1;
    }

    /// <summary>The last property of that name of an object, whether or not the name is in the table; -1 if there is none.</summary>
    public int Find(int parent, ReadOnlySpan<byte> name)
    {
        int found = -1;
        for (int child = parent + 1; child < _entries[parent].Next; child = _entries[child].Next)
        {
            if (_entries[child].Name.Length == name.Length && NameOf(child).SequenceEqual(name))
            {
                found = child;
            }
        }

        return found;
    }

    /// <summary>The text of a text or number: well-formed UTF-8, valid until the record is dropped.</summary>
    public ReadOnlySpan<byte> TextOf(int index)
    {
        ref Entry entry = ref _entries[index];
        if ((entry.Flags & EntryFlags.Clean) == 0)
        {
            Clean(ref entry);
        }

        return Slice(entry.Start, entry.Length, (entry.Flags & EntryFlags.InText) != 0);
    }

    /// <summary>The bytes of a value as they stand in the record.</summary>
    public ReadOnlySpan<byte> RawOf(int index) =>
        Slice(_entries[index].Start, _entries[index].Length, (_entries[index].Flags & EntryFlags.InText) != 0);

    /// <summary>Name of the property that holds a value; empty where none does.</summary>
    public ReadOnlySpan<byte> NameOf(int index) => Slice(_entries[index].Name);

    /// <summary>
    /// Marks the properties of an object that a later one of the same name replaces. Done once for an object.
    /// </summary>
    public void MarkReplaced(int parent)
    {
        if ((_entries[parent].Flags & EntryFlags.Marked) == 0)
        {
            _entries[parent].Flags |= EntryFlags.Marked;
            (_repeatedNames ??= new RepeatedNames(this)).Mark(parent);
        }
    }

    internal ref Entry this[int index] => ref _entries[index];

    /// <summary>Drops the entries from the first <paramref name="count"/> on.</summary>
    public void Truncate(int count)
    {
        while (_count > count)
        {
            ref Entry entry = ref _entries[--_count];
            if (entry.Name.Id >= 0)
            {
                _last[entry.Name.Id] = entry.Previous + _firstNumber;
            }
        }
    }

    private static bool IsPunctuated(ReadOnlySpan<byte> name) => name.IndexOfAnyInRange((byte)1, (byte)('0' - 1)) >= 0;

    // What a block is filled up with counts as 255.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsPunctuated(Vector256<byte> name)
    {
        Vector256<byte> lowered = name - Vector256<byte>.One;
        return Vector256.EqualsAny(Vector256.Min(lowered, Vector256.Create((byte)('0' - 2))), lowered);
    }

    private int Search(int parent, Name name)
    {
        int found = -1;
        for (int child = parent + 1; child < _entries[parent].Next; child = _entries[child].Next)
        {
            found = _entries[child].Name.Id == name.Id ? child : found;
        }

        return found;
    }

    private ref Entry Append(FieldValueKind kind, int parent)
    {
        ref Entry entry = ref Append(parent);
        entry.Kind = (byte)kind;
        return ref entry;
    }

    private void BeginReading()
    {
        _maxCount = _count + MaxValues;
        SetMaxText(MaxReadText);
    }

    private void SetMaxText(int length)
    {
        _maxText = _textLength + length;
        _textEnd = Math.Min(_text.Length, _maxText);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int count)
    {
        if (count > _maxCount)
        {
            throw new RecordTooLargeException();
        }

        Array.Resize(ref _entries, count * 2);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GrowText(int length)
    {
        long needed = (long)_textLength + length;
        if (needed > _maxText)
        {
            throw new RecordTooLargeException();
        }

        // Spans of the former array stay good: what was written to it does not change.
        Array.Resize(ref _text, (int)Math.Max(_text.Length * 2L, needed));
        _textEnd = Math.Min(_text.Length, _maxText);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SetName(ref Entry entry, int index, in NameSlice name)
    {
        entry.Name = name;
        if (name.Id >= 0)
        {
            ref int last = ref _last[name.Id];
            entry.Previous = last - _firstNumber;
            last = index + _firstNumber;
        }
    }

    // In its own frame: callers seldom need it, and it would need most of their registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Clean(ref Entry entry)
    {
        if (entry.Kind == (byte)FieldValueKind.Number)
        {
            WritePlain(ref entry);
            return;
        }

        bool inText = (entry.Flags & EntryFlags.InText) != 0;
        bool escaped = (entry.Flags & EntryFlags.Escaped) != 0;
        if (escaped || !JsonText.IsWellFormed(Slice(entry.Start, entry.Length, inText)))
        {
            ReadOnlySpan<byte> all = inText ? _text : _body;
            int start = inText ? entry.Start : _bodyOffset + entry.Start;
            (entry.Start, entry.Length) = Clean(all, start..(start + entry.Length), escaped, (entry.Flags & EntryFlags.Ascii) != 0);
            entry.Flags |= EntryFlags.InText;
        }

        entry.Flags = (entry.Flags & ~EntryFlags.Escaped) | EntryFlags.Clean;
    }

    private void WritePlain(ref Entry entry)
    {
        Span<byte> plain = Reserve(JsonNumber.MaxLength);
        int length = JsonNumber.WritePlain(Slice(entry.Start, entry.Length, (entry.Flags & EntryFlags.InText) != 0), plain);
        if (length > 0)
        {
            (entry.Start, entry.Length) = KeepRange(length);
            entry.Flags |= EntryFlags.InText;
        }

        entry.Flags |= EntryFlags.Clean;
    }

    private (int Start, int Length) Clean(ReadOnlySpan<byte> json, Range content, bool escaped, bool ascii = false)
    {
        ReadOnlySpan<byte> raw = json[content];
        if (escaped)
        {
            Span<byte> text = Reserve(raw.Length + JsonText.Slack);
            raw = text[..JsonText.Unescape(json, content, text)];
            if (ascii || JsonText.IsWellFormed(raw))
            {
                return KeepRange(raw.Length);
            }

            _ = Keep(raw.Length);
        }

        return KeepRange(JsonText.Repair(raw, Reserve(raw.Length * 3)));
    }

    private (int Start, int Length) KeepRange(int length) => (Keep(length), length);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Slice(int start, int length, bool inText) =>
        inText ? _text.AsSpan(start, length) : _body.AsSpan(_bodyOffset + start, length);

    /// <summary>A text that is being read as a record of its own.</summary>
    /// <param name="Count">Entries that were there before.</param>
    /// <param name="Start">Where its text begins.</param>
    internal readonly record struct Nested(int Count, int Start);

    /// <summary>What is known of a value.</summary>
    [Flags]
    internal enum EntryFlags : byte
    {
        None = 0,

        /// <summary>A true boolean.</summary>
        True = 1,

        /// <summary>Text with escapes.</summary>
        Escaped = 2,

        /// <summary>Text that is known to be well-formed UTF-8 without escapes.</summary>
        Clean = 4,

        /// <summary>Text that stands among the tape's own, not in the body.</summary>
        InText = 8,

        /// <summary>An object whose replaced properties are marked.</summary>
        Marked = 16,

        /// <summary>A property that a later one of the same name replaces.</summary>
        Replaced = 32,

        /// <summary>Text whose bytes are all ASCII: well-formed, whatever its escapes stand for.</summary>
        Ascii = 64,
    }

    /// <summary>A property's name: well-formed UTF-8 without escapes.</summary>
    internal readonly struct NameSlice(int start, int length, uint hash, int id, bool isInText)
    {
        public readonly int Start = start;
        public readonly int Length = length;
        public readonly uint Hash = hash;

        /// <summary>Id in the tape's table, or -1.</summary>
        public readonly int Id = id;
        public readonly bool IsInText = isInText;

        /// <summary>The name of what is no property.</summary>
        public static NameSlice None => new(0, 0, 0, -1, true);
    }

    /// <summary>One value; the values within it follow directly and end before <see cref="Next"/>.</summary>
    internal struct Entry
    {
        public NameSlice Name;
        public int Start;
        public int Length;
        public int Next;

        /// <summary>The object or array it is in; -1 for a record and for text that was composed.</summary>
        public int Parent;

        /// <summary>The entry before of the same name; negative if there is none in this record.</summary>
        public int Previous;
        public byte Kind;
        public EntryFlags Flags;
    }
}
