using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>A value of a record: a place on a tape, or text that was made from others. The default is an absent value.</summary>
internal readonly struct RecordValue
{
    private readonly RecordTape? _tape;
    private readonly int _index;
    private readonly string? _text;

    internal RecordValue(RecordTape tape, int index)
    {
        _tape = tape;
        _index = index;
    }

    private RecordValue(string text) => _text = text;

    /// <summary>Text that stands nowhere in the record; <see langword="null"/> is an absent value.</summary>
    public static RecordValue FromText(string? text) => text is null ? default : new(text);

    /// <summary>Whether there is a value.</summary>
    public bool Exists => _tape is not null || _text is not null;

    /// <summary>What the value is; <see cref="FieldValueKind.Null"/> too where it is absent.</summary>
    public FieldValueKind Kind =>
        _tape is not null ? _tape[_index].Kind : _text is not null ? FieldValueKind.Text : FieldValueKind.Null;

    /// <summary>Whether the value is absent or null.</summary>
    public bool IsNull => Kind == FieldValueKind.Null;

    /// <summary>Whether this is an object.</summary>
    public bool IsObject => Kind == FieldValueKind.Object;

    /// <summary>The text of a text or number; <see langword="null"/> for anything else.</summary>
    public string? Text => Kind is FieldValueKind.Text or FieldValueKind.Number ? ToFieldValue().Text : null;

    /// <summary>Name of the property that holds this value; empty where none does.</summary>
    public string Name => _tape is null ? "" : ReadName(_tape, _tape[_index].Name);

    /// <summary>The values within an object or array; none for other values.</summary>
    public ChildEnumerable Children => new(_tape, _index);

    /// <summary>The property of that exact name; the last where there are several; absent where there is none.</summary>
    public RecordValue this[ReadOnlySpan<byte> name]
    {
        get
        {
            RecordValue found = default;
            if (!IsObject)
            {
                return found;
            }

            foreach (RecordValue child in Children)
            {
                if (child.IsNamed(name))
                {
                    found = child;
                }
            }

            return found;
        }
    }

    /// <summary>Whether the property that holds this value has that exact name.</summary>
    public bool IsNamed(ReadOnlySpan<byte> name)
    {
        if (_tape is null)
        {
            return false;
        }

        RecordTape.NameSlice slice = _tape[_index].Name;
        return slice.Escaped
            ? ReadName(_tape, slice) == System.Text.Encoding.UTF8.GetString(name)
            : _tape.Slice(slice.Start, slice.Length).SequenceEqual(name);
    }

    /// <summary>Whether this is text that begins so.</summary>
    public bool StartsWith(string prefix) =>
        Kind == FieldValueKind.Text && ToFieldValue().Text.StartsWith(prefix, StringComparison.Ordinal);

    /// <summary>The value as rules see it; an absent one is null.</summary>
    public FieldValue ToFieldValue()
    {
        if (_tape is null)
        {
            return _text is null ? FieldValue.Null : FieldValue.FromText(_text);
        }

        // The entry is looked up again for writing: reading children never moves it, but keep no reference across the call.
        if (_tape[_index].Value is { } known)
        {
            return known;
        }

        FieldValue made = Make(_tape, _tape[_index]);
        _tape[_index].Value = made;
        return made;
    }

    private FieldValue Make(RecordTape tape, RecordTape.Entry entry)
    {
        switch (entry.Kind)
        {
            case FieldValueKind.Text:
                return FieldValue.FromText(JsonText.Read(tape.Slice(entry.Start, entry.Length), entry.Escaped));
            case FieldValueKind.Number:
                return FieldValue.FromNumber(System.Text.Encoding.ASCII.GetString(tape.Slice(entry.Start, entry.Length)));
            case FieldValueKind.Boolean:
                return FieldValue.FromBoolean(entry.IsTrue);
            case FieldValueKind.Array:
                ImmutableArray<FieldValue>.Builder items = ImmutableArray.CreateBuilder<FieldValue>();
                foreach (RecordValue child in Children)
                {
                    items.Add(child.ToFieldValue());
                }

                return FieldValue.FromItems(items.DrainToImmutable());
            case FieldValueKind.Object:
                var properties = new Dictionary<string, FieldValue>(StringComparer.Ordinal);
                foreach (RecordValue child in Children)
                {
                    properties[child.Name] = child.ToFieldValue();
                }

                return FieldValue.FromProperties(properties);
            default:
                return FieldValue.Null;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Exists ? string.Create(CultureInfo.InvariantCulture, $"{Kind} {Name}") : "absent";

    private static string ReadName(RecordTape tape, RecordTape.NameSlice slice) =>
        JsonText.Read(tape.Slice(slice.Start, slice.Length), slice.Escaped);

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
