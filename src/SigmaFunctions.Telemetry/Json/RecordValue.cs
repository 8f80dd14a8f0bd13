using System.Globalization;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>A value of a record: a place on a tape. The default is an absent value.</summary>
internal readonly struct RecordValue
{
    private readonly RecordTape? _tape;

    internal RecordValue(RecordTape tape, int index)
    {
        _tape = tape;
        Index = index;
    }

    /// <summary>Whether there is a value.</summary>
    public bool Exists => _tape is not null;

    /// <summary>What the value is; <see cref="FieldValueKind.Null"/> too where it is absent.</summary>
    public FieldValueKind Kind => _tape is null ? FieldValueKind.Null : (FieldValueKind)_tape[Index].Kind;

    /// <summary>Whether the value is absent or null.</summary>
    public bool IsNull => Kind == FieldValueKind.Null;

    /// <summary>Whether this is an object.</summary>
    public bool IsObject => Kind == FieldValueKind.Object;

    /// <summary>Whether this is a text or number, empty or not.</summary>
    public bool HasText => Kind is FieldValueKind.Text or FieldValueKind.Number;

    /// <summary>The text of a text or number as UTF-8; empty for anything else. Valid as long as the record.</summary>
    public ReadOnlySpan<byte> Text => HasText ? _tape!.TextOf(Index) : default;

    /// <summary>Name of the property that holds this value as UTF-8; empty where none does.</summary>
    public ReadOnlySpan<byte> Name => _tape is null ? default : _tape.NameOf(Index);

    /// <summary>The values within an object or array; none for other values.</summary>
    public ChildEnumerable Children => new(_tape, Index);

    /// <summary>Whether there are values within.</summary>
    public bool HasChildren => _tape is not null && _tape[Index].Next > Index + 1;

    /// <summary>The tape; null for an absent value.</summary>
    internal RecordTape? Tape => _tape;

    /// <summary>Place on the tape.</summary>
    internal int Index { get; }

    /// <summary>The property of that exact name; the last where there are several; absent where there is none.</summary>
    public RecordValue this[Name name] =>
        _tape is not null && _tape.Find(Index, name) is >= 0 and int found ? new RecordValue(_tape, found) : default;

    /// <summary>The value if it has text that is not empty; else absent.</summary>
    public RecordValue IfStated() => Text.IsEmpty ? default : this;

    /// <summary>Whether the bytes of a text, as they stand in the record, hold these.</summary>
    public bool RawContains(ReadOnlySpan<byte> bytes) =>
        Kind == FieldValueKind.Text && _tape!.RawOf(Index).IndexOf(bytes) >= 0;

    /// <summary>Whether this is text that begins so.</summary>
    public bool StartsWith(ReadOnlySpan<byte> prefix) => Kind == FieldValueKind.Text && Text.StartsWith(prefix);

    /// <inheritdoc/>
    public override string ToString() => Exists
        ? string.Create(CultureInfo.InvariantCulture, $"{Kind} {System.Text.Encoding.UTF8.GetString(Name)}")
        : "absent";

    /// <summary>The values within a value.</summary>
    internal readonly struct ChildEnumerable(RecordTape? tape, int index)
    {
        /// <summary>Enumerates them in the order of the record.</summary>
        public Enumerator GetEnumerator() => new(tape, index);
    }

    /// <summary>Walks over the values within a value.</summary>
    internal struct Enumerator
    {
        private readonly RecordTape? _tape;
        private readonly int _end;
        private int _current;
        private int _next;

        internal Enumerator(RecordTape? tape, int index)
        {
            _tape = tape;
            _next = index + 1;
            _end = tape is null ? 0 : tape[index].Next;
        }

        /// <summary>The value.</summary>
        public readonly RecordValue Current => new(_tape!, _current);

        /// <summary>Goes to the next value.</summary>
        public bool MoveNext()
        {
            if (_tape is null || _next >= _end)
            {
                return false;
            }

            _current = _next;
            _next = _tape[_current].Next;
            return true;
        }
    }
}
