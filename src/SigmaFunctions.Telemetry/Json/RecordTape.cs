using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// The values of one JSON record as a flat list over the record's bytes; nothing is copied or decoded until it is asked for.
/// A tape is used for one record after another, so a <see cref="RecordValue"/> does not outlive the record it was read from.
/// </summary>
internal sealed class RecordTape(ReadOnlyMemory<byte> bytes)
{
    /// <summary>Deepest nesting that is read. Real telemetry stays below 20.</summary>
    public const int MaxDepth = 64;

    /// <summary>How every reader of telemetry reads: nothing beyond RFC 8259.</summary>
    public static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    private Entry[] _entries = new Entry[64];
    private int _count;

    /// <summary>Drops the record that was read.</summary>
    public void Clear()
    {
        Array.Clear(_entries, 0, _count);
        _count = 0;
    }

    /// <summary>Adds the value the reader stands on, with all that is in it, and leaves the reader on its last token.</summary>
    /// <param name="reader">A reader of this tape's bytes.</param>
    /// <param name="offset">Where in this tape's bytes the reader began.</param>
    /// <exception cref="JsonException">The bytes are not JSON.</exception>
    public RecordValue Append(ref Utf8JsonReader reader, int offset)
    {
        int index = _count;
        AppendValue(ref reader, offset, default);
        return new RecordValue(this, index);
    }

    /// <summary>Begins an object whose properties are added one by one with <see cref="AppendProperty"/>.</summary>
    public int BeginObject() => Add(new Entry { Kind = FieldValueKind.Object });

    /// <summary>Adds the property whose name the reader stands on.</summary>
    public void AppendProperty(ref Utf8JsonReader reader, int offset)
    {
        NameSlice name = NameOf(ref reader, offset);
        reader.Read();
        AppendValue(ref reader, offset, name);
    }

    /// <summary>Ends the object that <see cref="BeginObject"/> began.</summary>
    public RecordValue EndObject(int index)
    {
        _entries[index].Next = _count;
        return new RecordValue(this, index);
    }

    /// <summary>Reads a JSON object that came as text inside another value.</summary>
    public static bool TryParseObject(ReadOnlyMemory<byte> json, out RecordValue value)
    {
        value = default;
        var reader = new Utf8JsonReader(json.Span, ReaderOptions);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            RecordValue read = new RecordTape(json).Append(ref reader, 0);
            if (reader.Read())
            {
                return false;
            }

            value = read;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    internal ref Entry this[int index] => ref _entries[index];

    internal ReadOnlySpan<byte> Slice(int start, int length) => bytes.Span.Slice(start, length);

    private void AppendValue(ref Utf8JsonReader reader, int offset, NameSlice name)
    {
        int start = offset + (int)reader.TokenStartIndex;
        var entry = new Entry { Name = name, Start = start, Length = reader.ValueSpan.Length };
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                entry.Kind = FieldValueKind.Text;
                entry.Start = start + 1;
                entry.Escaped = reader.ValueIsEscaped;
                Add(entry);
                return;
            case JsonTokenType.Number:
                entry.Kind = FieldValueKind.Number;
                Add(entry);
                return;
            case JsonTokenType.True or JsonTokenType.False:
                entry.Kind = FieldValueKind.Boolean;
                entry.IsTrue = reader.TokenType == JsonTokenType.True;
                Add(entry);
                return;
            case JsonTokenType.StartArray:
                entry.Kind = FieldValueKind.Array;
                break;
            case JsonTokenType.StartObject:
                entry.Kind = FieldValueKind.Object;
                break;
            default:
                entry.Kind = FieldValueKind.Null;
                Add(entry);
                return;
        }

        int index = Add(entry);
        while (reader.Read() && reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            NameSlice childName = default;
            if (reader.TokenType == JsonTokenType.PropertyName)
            {
                childName = NameOf(ref reader, offset);
                reader.Read();
            }

            AppendValue(ref reader, offset, childName);
        }

        _entries[index].Next = _count;
    }

    private static NameSlice NameOf(ref Utf8JsonReader reader, int offset) =>
        new(offset + (int)reader.TokenStartIndex + 1, reader.ValueSpan.Length, reader.ValueIsEscaped);

    private int Add(Entry entry)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
        }

        int index = _count++;
        entry.Next = _count;
        _entries[index] = entry;
        return index;
    }

    internal readonly record struct NameSlice(int Start, int Length, bool Escaped);

    /// <summary>One value; the values within it follow directly and end before <see cref="Next"/>.</summary>
    [SuppressMessage("Performance", "CA1815", Justification = "Never compared.")]
    internal struct Entry
    {
        public FieldValueKind Kind;
        public bool Escaped;
        public bool IsTrue;
        public NameSlice Name;
        public int Start;
        public int Length;
        public int Next;

        /// <summary>The value once it was asked for: a field and an own value are one object.</summary>
        public FieldValue? Value;
    }
}
