using System.Text.Json;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>Goes over JSON text by the platform's reader: all of RFC 8259, and exact about what is wrong.</summary>
/// <param name="tape">The tape that objects are added to.</param>
/// <param name="json">The text; throws <see cref="JsonException"/> where it is not JSON.</param>
/// <param name="offset">Where it begins in the bytes that the tape reads.</param>
internal ref struct ReaderCursor(RecordTape tape, ReadOnlySpan<byte> json, int offset) : IJsonCursor
{
    private Utf8JsonReader _reader = new(json, RecordTape.ReaderOptions);

    // Of the object that was read last.
    private int _depth;

    public readonly int TokenStart => offset + (int)_reader.TokenStartIndex;

    public readonly int Consumed => offset + (int)_reader.BytesConsumed;

    public readonly bool Failed => false;

    public JsonTokenType Read() => _reader.Read() ? _reader.TokenType : JsonTokenType.None;

    public void Skip() => _reader.Skip();

    public bool AppendObject(bool mayBeEnvelope, out int index)
    {
        _depth = _reader.CurrentDepth;
        index = tape.Open(FieldValueKind.Object, -1, RecordTape.NameSlice.None);
        while (_reader.Read() && _reader.TokenType != JsonTokenType.EndObject)
        {
            if (mayBeEnvelope && OpensRecords())
            {
                return false;
            }

            RecordTape.NameSlice name = ReadName();
            _reader.Read();
            AppendValue(index, name);
        }

        tape.Close(index);
        return true;
    }

    public void SkipRest()
    {
        while (_reader.CurrentDepth > _depth || _reader.TokenType != JsonTokenType.EndObject)
        {
            _reader.Read();
        }
    }

    public readonly bool OpensRecords()
    {
        // Not ValueTextEquals: it throws at names with half a surrogate pair.
        bool named = _reader.ValueIsEscaped
            ? IsRecords(_reader.ValueSpan)
            : _reader.ValueSpan.SequenceEqual("records"u8);
        if (!named)
        {
            return false;
        }

        Utf8JsonReader ahead = _reader;
        ahead.Read();
        return ahead.TokenType == JsonTokenType.StartArray
            && ahead.Read()
            && ahead.TokenType is JsonTokenType.StartObject or JsonTokenType.EndArray;
    }

    /// <summary>Adds the text to the tape if it is one object and nothing else.</summary>
    public bool TryReadOnlyObject(out int index)
    {
        index = -1;
        return _reader.Read() && _reader.TokenType == JsonTokenType.StartObject && AppendObject(mayBeEnvelope: false, out index) && !_reader.Read();
    }

    private static bool IsRecords(ReadOnlySpan<byte> escaped)
    {
        // Each byte of the name may be an escape of six.
        const int Longest = 7 * 6;
        Span<byte> text = stackalloc byte[Longest + JsonText.Slack];
        return escaped.Length <= Longest && text[..JsonText.Unescape(escaped, .., text)].SequenceEqual("records"u8);
    }

    private void AppendValue(int parent, in RecordTape.NameSlice name)
    {
        int length = _reader.ValueSpan.Length;
        switch (_reader.TokenType)
        {
            case JsonTokenType.String:
                tape.Add(
                    FieldValueKind.Text,
                    parent,
                    name,
                    TokenStart + 1,
                    length,
                    FlagsOfString());
                break;
            case JsonTokenType.Number:
                tape.Add(FieldValueKind.Number, parent, name, TokenStart, length, RecordTape.EntryFlags.Clean);
                break;
            case JsonTokenType.True:
                tape.Add(FieldValueKind.Boolean, parent, name, TokenStart, length, RecordTape.EntryFlags.True);
                break;
            case JsonTokenType.False:
                tape.Add(FieldValueKind.Boolean, parent, name, TokenStart, length, RecordTape.EntryFlags.None);
                break;
            case JsonTokenType.StartObject:
                AppendChildren(tape.Open(FieldValueKind.Object, parent, name));
                break;
            case JsonTokenType.StartArray:
                AppendChildren(tape.Open(FieldValueKind.Array, parent, name));
                break;
            default:
                tape.Add(FieldValueKind.Null, parent, name, TokenStart, length, RecordTape.EntryFlags.None);
                break;
        }
    }

    private void AppendChildren(int index)
    {
        while (_reader.Read() && _reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            RecordTape.NameSlice name = RecordTape.NameSlice.None;
            if (_reader.TokenType == JsonTokenType.PropertyName)
            {
                name = ReadName();
                _reader.Read();
            }

            AppendValue(index, name);
        }

        tape.Close(index);
    }

    private readonly RecordTape.NameSlice ReadName() =>
        tape.ReadName(_reader.ValueSpan, TokenStart + 1, FlagsOfString());

    private readonly RecordTape.EntryFlags FlagsOfString() =>
        _reader.ValueIsEscaped ? RecordTape.EntryFlags.Escaped : RecordTape.EntryFlags.None;
}
