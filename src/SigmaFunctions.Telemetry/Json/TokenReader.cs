using System.Buffers;
using System.Text.Json;

namespace SigmaFunctions.Telemetry.Json;

/// <summary>
/// Reads JSON (RFC 8259, nested no deeper than <see cref="RecordTape.MaxDepth"/>) token by token. It is exact about where text stops being
/// JSON, and does not throw: telling so of a line costs no more than reading it, since a sender decides how many lines are broken.
/// </summary>
/// <param name="json">The text. Its strings need not be UTF-8.</param>
internal ref struct TokenReader(ReadOnlySpan<byte> json)
{
    private const int None = -1;

    private static readonly SearchValues<byte> StringBreaks = SearchValues.Create([(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(value => (byte)value)]);

    private readonly ReadOnlySpan<byte> _json = json;

    // The containers that are open, the innermost in the lowest bit; set for objects.
    private ulong _open;

    /// <summary>The token at hand; <see cref="JsonTokenType.None"/> before the first.</summary>
    public JsonTokenType Token { get; private set; }

    /// <summary>Where the token begins.</summary>
    public int TokenStart { get; private set; }

    /// <summary>Where the token ends.</summary>
    public int Consumed { get; private set; }

    /// <summary>Number of containers that are open.</summary>
    public int Depth { get; private set; }

    /// <summary>Whether the token is a string or name with escapes.</summary>
    public bool IsEscaped { get; private set; }

    /// <summary>The first byte that no JSON has there; the length of the text where it ends early; -1 where there is no fault.</summary>
    public int Fault { get; private set; } = None;

    /// <summary>Whether the text is at fault only for being nested too deeply.</summary>
    public bool IsTooDeep { get; private set; }

    /// <summary>The token as it stands in the text, a string or name without its quotes.</summary>
    public readonly ReadOnlySpan<byte> Value => Token is JsonTokenType.String or JsonTokenType.PropertyName
        ? _json[(TokenStart + 1)..(Consumed - 1)]
        : _json[TokenStart..Consumed];

    /// <summary>Goes to the next token.</summary>
    /// <returns>Whether there is one: false at the end of the text and at a fault.</returns>
    public bool Read()
    {
        if (Fault >= 0)
        {
            return false;
        }

        int position = SkipBlank(Consumed);
        bool isEnd = position == _json.Length;
        switch (Token)
        {
            case JsonTokenType.None:
                return ReadValue(position);
            case JsonTokenType.PropertyName:
                return isEnd || _json[position] != (byte)':' ? Fail(position) : ReadValue(SkipBlank(position + 1));
            case JsonTokenType.StartObject:
                return !isEnd && _json[position] == (byte)'}' ? Close(position) : ReadName(position);
            case JsonTokenType.StartArray:
                return !isEnd && _json[position] == (byte)']' ? Close(position) : ReadValue(position);
        }

        if (Depth == 0)
        {
            return !isEnd && Fail(position);
        }

        bool isObject = (_open & 1) != 0;
        if (isEnd)
        {
            return Fail(position);
        }

        if (_json[position] == (byte)',')
        {
            position = SkipBlank(position + 1);
            return isObject ? ReadName(position) : ReadValue(position);
        }

        return _json[position] == (isObject ? (byte)'}' : (byte)']') ? Close(position) : Fail(position);
    }

    /// <summary>Goes to the end of the object or array whose beginning is at hand; stays at any other token.</summary>
    public void Skip()
    {
        if (Token is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            SkipTo(Depth - 1);
        }
    }

    /// <summary>Goes to the end of a container, behind which so many are open.</summary>
    public void SkipTo(int depth)
    {
        while (Depth > depth && Read())
        {
        }
    }

    private bool ReadName(int position)
    {
        if (position == _json.Length || _json[position] != (byte)'"')
        {
            return Fail(position);
        }

        return ReadString(position, JsonTokenType.PropertyName);
    }

    private bool ReadValue(int position)
    {
        if (position == _json.Length)
        {
            return Fail(position);
        }

        switch (_json[position])
        {
            case (byte)'{':
                return Open(position, JsonTokenType.StartObject);
            case (byte)'[':
                return Open(position, JsonTokenType.StartArray);
            case (byte)'"':
                return ReadString(position, JsonTokenType.String);
            case (byte)'t':
                return ReadLiteral(position, "true"u8, JsonTokenType.True);
            case (byte)'f':
                return ReadLiteral(position, "false"u8, JsonTokenType.False);
            case (byte)'n':
                return ReadLiteral(position, "null"u8, JsonTokenType.Null);
            default:
                return ReadNumber(position);
        }
    }

    private bool ReadString(int position, JsonTokenType token)
    {
        bool isEscaped = false;
        int end = position + 1;
        while (true)
        {
            int found = _json[end..].IndexOfAny(StringBreaks);
            if (found < 0)
            {
                return Fail(_json.Length);
            }

            end += found;
            if (_json[end] == (byte)'"')
            {
                IsEscaped = isEscaped;
                return Take(position, end + 1, token);
            }

            if (_json[end] != (byte)'\\')
            {
                return Fail(end);
            }

            isEscaped = true;
            end++;
            if (end == _json.Length || !@"""\/bfnrtu"u8.Contains(_json[end]))
            {
                return Fail(end);
            }

            int digits = _json[end++] == (byte)'u' ? 4 : 0;
            for (; digits > 0; digits--, end++)
            {
                if (end == _json.Length || !char.IsAsciiHexDigit((char)_json[end]))
                {
                    return Fail(end);
                }
            }
        }
    }

    private bool ReadLiteral(int position, ReadOnlySpan<byte> literal, JsonTokenType token)
    {
        int same = _json[position..].CommonPrefixLength(literal);
        return same == literal.Length ? Take(position, position + same, token) : Fail(position + same);
    }

    private bool ReadNumber(int position)
    {
        int end = position;
        if (_json[end] == (byte)'-')
        {
            end++;
        }

        int digits = EndOfDigits(end);
        if (digits == end)
        {
            return Fail(end);
        }

        end = _json[end] == (byte)'0' ? end + 1 : digits;
        if (end < _json.Length && _json[end] == (byte)'.')
        {
            digits = EndOfDigits(end + 1);
            if (digits == end + 1)
            {
                return Fail(digits);
            }

            end = digits;
        }

        if (end < _json.Length && _json[end] is (byte)'e' or (byte)'E')
        {
            end++;
            if (end < _json.Length && _json[end] is (byte)'+' or (byte)'-')
            {
                end++;
            }

            digits = EndOfDigits(end);
            if (digits == end)
            {
                return Fail(digits);
            }

            end = digits;
        }

        // A number ends where something else begins, or the whole text does.
        bool isWhole = end == _json.Length
            ? Depth == 0
            : _json[end] is (byte)',' or (byte)'}' or (byte)']' or (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t';
        return isWhole
            ? Take(position, end, JsonTokenType.Number)
            : Fail(end);
    }

    private readonly int EndOfDigits(int position)
    {
        while (position < _json.Length && char.IsAsciiDigit((char)_json[position]))
        {
            position++;
        }

        return position;
    }

    private bool Open(int position, JsonTokenType token)
    {
        if (Depth == RecordTape.MaxDepth)
        {
            IsTooDeep = true;
            return Fail(position);
        }

        Depth++;
        _open = (_open << 1) | (token == JsonTokenType.StartObject ? 1u : 0u);
        return Take(position, position + 1, token);
    }

    private bool Close(int position)
    {
        bool isObject = (_open & 1) != 0;
        Depth--;
        _open >>= 1;
        return Take(position, position + 1, isObject ? JsonTokenType.EndObject : JsonTokenType.EndArray);
    }

    private bool Take(int start, int end, JsonTokenType token)
    {
        (TokenStart, Consumed, Token) = (start, end, token);
        return true;
    }

    private bool Fail(int position)
    {
        Fault = position;
        return false;
    }

    private readonly int SkipBlank(int position)
    {
        while (position < _json.Length && _json[position] is (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t')
        {
            position++;
        }

        return position;
    }
}
