using System.Text.Json;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>Goes over JSON text token by token: all of RFC 8259, and exact about what is wrong.</summary>
/// <param name="tape">The tape that objects are added to.</param>
/// <param name="json">The text.</param>
/// <param name="offset">Where it begins in the bytes that the tape reads.</param>
internal ref struct ReaderCursor(RecordTape tape, ReadOnlySpan<byte> json, int offset) : IJsonCursor
{
    private TokenReader _reader = new(json);

    // Containers that are open behind the object that was read last.
    private int _depth;

    public readonly int TokenStart => offset + _reader.TokenStart;

    public readonly int Consumed => offset + _reader.Consumed;

    public readonly bool Failed => _reader.Fault >= 0;

    /// <summary>The first byte that no JSON has there, where the cursor failed.</summary>
    public readonly int Fault => offset + _reader.Fault;

    /// <summary>Whether it failed only for the depth of the text.</summary>
    public readonly bool IsTooDeep => _reader.IsTooDeep;

    public JsonTokenType Read() => _reader.Read() ? _reader.Token : JsonTokenType.None;

    public void Skip() => _reader.Skip();

    public bool AppendObject(Envelope envelope, out int index)
    {
        _depth = _reader.Depth - 1;
        index = tape.Open(FieldValueKind.Object, -1, RecordTape.NameSlice.None);
        while (_reader.Read() && _reader.Token != JsonTokenType.EndObject)
        {
            if (envelope != Envelope.None && OpensRecords(envelope, out _))
            {
                return false;
            }

            RecordTape.NameSlice name = ReadName();
            if (_reader.Read())
            {
                AppendValue(index, name);
            }
        }

        tape.Close(index);
        return !Failed;
    }

    public void SkipRest() => _reader.SkipTo(_depth);

    public readonly bool OpensRecords(Envelope envelope, out Envelope elements)
    {
        // Each byte of the name may be an escape of six.
        const int Longest = 26 * 6;
        Span<byte> text = stackalloc byte[Longest + JsonText.Slack];
        scoped ReadOnlySpan<byte> name = _reader.Value;
        if (_reader.IsEscaped)
        {
            name = name.Length <= Longest ? text[..JsonText.Unescape(name, .., text)] : default;
        }

        elements = envelope.Within(name);
        if (!envelope.Opens(name))
        {
            return false;
        }

        TokenReader ahead = _reader;
        return ahead.Read() && ahead.Token == JsonTokenType.StartArray
            && ahead.Read() && ahead.Token is JsonTokenType.StartObject or JsonTokenType.EndArray;
    }

    /// <summary>Adds the text to the tape if it is one object and nothing else.</summary>
    public bool TryReadOnlyObject(out int index)
    {
        index = -1;
        return _reader.Read() && _reader.Token == JsonTokenType.StartObject && AppendObject(Envelope.None, out index)
            && !_reader.Read() && !Failed;
    }

    private void AppendValue(int parent, in RecordTape.NameSlice name)
    {
        int length = _reader.Value.Length;
        switch (_reader.Token)
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
                tape.Add(FieldValueKind.Number, parent, name, TokenStart, length, tape.FlagsOfNumber(JsonNumber.HasExponent(_reader.Value)));
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
        while (_reader.Read() && _reader.Token is not (JsonTokenType.EndArray or JsonTokenType.EndObject))
        {
            RecordTape.NameSlice name = RecordTape.NameSlice.None;
            if (_reader.Token == JsonTokenType.PropertyName)
            {
                name = ReadName();
                if (!_reader.Read())
                {
                    break;
                }
            }

            AppendValue(index, name);
        }

        tape.Close(index);
    }

    private readonly RecordTape.NameSlice ReadName() =>
        tape.ReadName(_reader.Value, TokenStart + 1, FlagsOfString());

    private readonly RecordTape.EntryFlags FlagsOfString() =>
        _reader.IsEscaped ? RecordTape.EntryFlags.Escaped : RecordTape.EntryFlags.None;
}
