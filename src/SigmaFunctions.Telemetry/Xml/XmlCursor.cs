using System.Buffers;
using System.Globalization;
using System.Runtime.Intrinsics;
using System.Text;
using System.Text.Unicode;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Xml;

/// <summary>
/// Reads XML elements to a tape, as the objects that evtx_dump writes of them: an element with text alone is that text, one with
/// nothing is null, any other is an object with its children under their names, its attributes under <c>#attributes</c> and its text
/// beside those under <c>#text</c>; neighbours of one name are an array. <c>Data</c> elements that have a <c>Name</c> stand under it.
/// Prefixes and declarations of namespaces are dropped. Nothing is copied but text that holds references, sections or carriage returns.
/// <para>
/// What it takes is well-formed XML 1.0 without a document type, and control characters, which Windows writes as programs pass them:
/// nobody can hide an event by them. Nothing is resolved but the predefined entities and references to characters.
/// </para>
/// </summary>
/// <param name="tape">The tape that elements are added to.</param>
/// <param name="xml">The text.</param>
/// <param name="offset">Where it begins in the bytes that the tape reads.</param>
/// <param name="ends">What is known of the text.</param>
internal ref struct XmlCursor(RecordTape tape, ReadOnlySpan<byte> xml, int offset, XmlEnds ends)
{
    /// <summary>Why text ends before its last element does.</summary>
    public const string EndsEarly = "the XML ends early";

    private const string NotXml = "not XML";
    private const int MaxAttributes = 64;
    private const int None = -1;

    // The longest reference is &#x10FFFF; but for zeros in front.
    private const int LongestReference = 16;

    private static readonly SearchValues<byte> NameBytes = SearchValues.Create(
        [.. "-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"u8, .. Enumerable.Range(0x80, 0x80).Select(value => (byte)value)]);

    private static readonly SearchValues<byte> TextBreaks = SearchValues.Create("<&\r"u8);
    private static readonly SearchValues<byte> NameEnds = SearchValues.Create("\"'<&\r\n\t"u8);
    private static readonly SearchValues<byte> ValueBreaks = SearchValues.Create("&\r\n\t"u8);

    private readonly RecordTape _tape = tape;
    private readonly ReadOnlySpan<byte> _xml = xml;
    private readonly int _offset = offset;
    private readonly XmlEnds _ends = ends;
    private RecordTape.NameSlice _attributesName = RecordTape.NameSlice.None;
    private RecordTape.NameSlice _textName = RecordTape.NameSlice.None;

    /// <summary>Place in the text.</summary>
    public int Position { get; set; }

    /// <summary>Bytes that the cursor got over without looking at them, or was told of by <see cref="XmlEnds"/>, which counts those that it looks at.</summary>
    public int Jumped { get; private set; }

    /// <summary>Why the text could not be read; null while it could.</summary>
    public string? Fault { get; private set; }

    /// <summary>Place of the fault in the text.</summary>
    public int FaultPosition { get; private set; }

    /// <summary>Whether a tag, comment or instruction begins at a place.</summary>
    public static bool Opens(ReadOnlySpan<byte> xml) =>
        xml is [(byte)'<', var next, ..] && (next is (byte)'!' or (byte)'?' or (byte)'/' || BeginsName(next));

    /// <summary>Reads the element at the place as the one property of an object.</summary>
    /// <param name="index">The object on the tape; to be dropped where reading fails.</param>
    /// <returns>Whether it could be read.</returns>
    public bool TryReadElement(out int index)
    {
        int start = Position;
        index = _tape.Open(FieldValueKind.Object, None, RecordTape.NameSlice.None);
        int last = None;
        if (!ReadElement(index, ref last, 1))
        {
            return false;
        }

        _tape.Close(index);
        return IsText(start);
    }

    /// <summary>Reads the whole text, elements one after another, as the properties of an object.</summary>
    /// <param name="index">The object on the tape; to be dropped where reading fails.</param>
    /// <returns>Whether it could be read.</returns>
    public bool TryReadAll(out int index)
    {
        index = _tape.Open(FieldValueKind.Object, None, RecordTape.NameSlice.None);
        int last = None;
        while (SkipMiscellany())
        {
            if (Position == _xml.Length)
            {
                _tape.Close(index);
                return last == None ? Fail(NotXml, 0) : IsText(0);
            }

            if (!ReadElement(index, ref last, 1))
            {
                break;
            }
        }

        return false;
    }

    /// <summary>Goes over blanks, comments and processing instructions.</summary>
    /// <returns>Whether they end.</returns>
    public bool SkipMiscellany()
    {
        while (true)
        {
            SkipBlank();
            ReadOnlySpan<byte> rest = _xml[Position..];
            if (rest.StartsWith("<?"u8))
            {
                if (!SkipTo("?>"u8, 2, ref _ends.Instruction))
                {
                    return false;
                }
            }
            else if (rest.StartsWith("<!--"u8))
            {
                if (!SkipTo("-->"u8, 4, ref _ends.Comment))
                {
                    return false;
                }
            }
            else
            {
                return true;
            }
        }
    }

    /// <summary>Goes over the tag at the place.</summary>
    /// <param name="opens">Whether content follows that an end tag ends.</param>
    public bool SkipTag(out bool opens)
    {
        bool ends = _xml[Position + 1] == (byte)'/';
        Position += ends ? 2 : 1;
        Position += NameLength(Position);
        opens = false;
        if (ends)
        {
            return ReadTagEnd();
        }

        bool isRead = ReadAttributes(None, out bool isEmpty);
        opens = !isEmpty;
        return isRead;
    }

    /// <summary>Name of the element whose tag begins at the place, without its prefix.</summary>
    public readonly ReadOnlySpan<byte> LocalName()
    {
        int start = Position + (_xml[Position..].StartsWith("</"u8) ? 2 : 1);
        return start < _xml.Length ? Local(_xml.Slice(start, NameLength(start))) : default;
    }

    private static bool BeginsName(byte first) => first is >= (byte)'a' and <= (byte)'z' or >= (byte)'A' and <= (byte)'Z' or (byte)'_' or >= 0x80;

    private static ReadOnlySpan<byte> Local(ReadOnlySpan<byte> name) => name[(name.LastIndexOf((byte)':') + 1)..];

    private bool ReadElement(int parent, ref int last, int depth)
    {
        int start = Position;
        int nameStart = start + 1;
        if (_xml[start] != (byte)'<' || (nameStart < _xml.Length && !BeginsName(_xml[nameStart])))
        {
            return Fail(_xml[start..].StartsWith("<!DOCTYPE"u8) ? "XML with a document type" : NotXml, start);
        }

        if (nameStart == _xml.Length)
        {
            return FailAtEnd();
        }

        // Nearly all elements are these.
        bool isData = _xml[nameStart..].StartsWith("Data "u8);
        ReadOnlySpan<byte> name = _xml.Slice(nameStart, isData ? 4 : NameLength(nameStart));
        ReadOnlySpan<byte> local = isData ? name : Local(name);
        if (depth > 1 && local.SequenceEqual("Event"u8))
        {
            return Fail("an event begins before the one before it ends", start);
        }

        // The record that holds the element is a level too.
        if (depth >= RecordTape.MaxDepth)
        {
            return Fail("nested deeper than 64 levels", start);
        }

        Position = nameStart + name.Length;
        isData = isData || local.SequenceEqual("Data"u8);
        int index;
        if (isData && TryReadDataName(out RecordTape.NameSlice dataName, out bool isEmpty))
        {
            index = Append(parent, dataName, ref last);
        }
        else
        {
            index = Append(parent, SourceName(local, Position - local.Length), ref last);
            if (!ReadAttributes(index, out isEmpty))
            {
                return false;
            }
        }

        if (isEmpty)
        {
            AddText(index, default, isData, isLeaf: true);
        }
        else if (!ReadContent(index, name, isData, depth))
        {
            return false;
        }

        _tape.Close(index);
        if (last != index)
        {
            _tape.Close(last);
        }

        return true;
    }

    /// <summary>Reads the content of an element and its end tag.</summary>
    private bool ReadContent(int index, ReadOnlySpan<byte> name, bool isData, int depth)
    {
        int last = None;
        bool isLeaf = true;
        while (ReadText(out TextSlice text))
        {
            if (_xml[Position..].StartsWith("</"u8))
            {
                AddText(index, text, isData, isLeaf);
                return ReadEndTag(name);
            }

            isLeaf = false;
            _tape[index].Kind = (byte)FieldValueKind.Object;
            if (AddText(index, text, isData: false, isLeaf))
            {
                // What follows text is no neighbour of what stands before it.
                last = None;
            }

            if (!ReadElement(index, ref last, depth + 1))
            {
                return false;
            }
        }

        return false;
    }

    private bool ReadEndTag(ReadOnlySpan<byte> name)
    {
        int start = Position + 2;
        ReadOnlySpan<byte> rest = _xml[start..];
        if (!rest.StartsWith(name))
        {
            return name.StartsWith(rest) ? FailAtEnd() : Fail("not XML: the end of another element", Position);
        }

        Position = start + name.Length;
        return ReadTagEnd();
    }

    private bool ReadTagEnd()
    {
        SkipBlank();
        if (Position == _xml.Length)
        {
            return FailAtEnd();
        }

        return _xml[Position] == (byte)'>' ? Advance(1) : Fail(NotXml, Position);
    }

    /// <summary>Reads attributes up to the end of the tag.</summary>
    /// <param name="index">The element; -1 where they are only gone over.</param>
    /// <param name="isEmpty">Whether the tag is the whole element.</param>
    private bool ReadAttributes(int index, out bool isEmpty)
    {
        isEmpty = false;
        int attributes = None;
        for (int count = 0; ; count++)
        {
            int blank = Position;
            SkipBlank();
            ReadOnlySpan<byte> rest = _xml[Position..];
            isEmpty = rest.StartsWith("/>"u8);
            if (isEmpty || rest.StartsWith(">"u8))
            {
                if (attributes != None)
                {
                    _tape.Close(attributes);
                }

                return Advance(isEmpty ? 2 : 1);
            }

            if (rest.IsEmpty || rest.SequenceEqual("/"u8))
            {
                return FailAtEnd();
            }

            if (Position == blank || !BeginsName(rest[0]) || count == MaxAttributes)
            {
                return Fail(count == MaxAttributes ? "an element with more than 64 attributes" : NotXml, Position);
            }

            int nameStart = Position;
            ReadOnlySpan<byte> name = rest[..NameLength(nameStart)];
            Position += name.Length;
            if (!ReadValue(out TextSlice value))
            {
                return false;
            }

            if (index != None && !name.SequenceEqual("xmlns"u8) && !name.StartsWith("xmlns:"u8))
            {
                if (attributes == None)
                {
                    _tape[index].Kind = (byte)FieldValueKind.Object;
                    attributes = _tape.Open(FieldValueKind.Object, index, FixedName(ref _attributesName, "#attributes"u8));
                    _tape.Close(attributes);
                }

                ReadOnlySpan<byte> local = Local(name);
                if (_tape.Find(attributes, local) >= 0)
                {
                    return Fail("not XML: an attribute stands twice", nameStart);
                }

                _tape.AddText(attributes, SourceName(local, nameStart + name.Length - local.Length), value.Start, value.Length, value.IsComposed);
                _tape.Close(attributes);
            }
        }
    }

    /// <summary>Reads the equals sign and the value of an attribute.</summary>
    private bool ReadValue(out TextSlice value)
    {
        value = default;
        SkipBlank();
        if (!_xml[Position..].StartsWith("="u8))
        {
            return Position == _xml.Length ? FailAtEnd() : Fail(NotXml, Position);
        }

        Position++;
        SkipBlank();
        if (_xml[Position..] is not [(byte)'"' or (byte)'\'', ..])
        {
            return Position == _xml.Length ? FailAtEnd() : Fail(NotXml, Position);
        }

        byte quote = _xml[Position++];
        int start = Position;
        int length = _xml[start..].IndexOfAny(quote, (byte)'<');
        if (length < 0)
        {
            return FailWithoutEnd();
        }

        Position += length;
        if (_xml[Position] == (byte)'<')
        {
            return Fail(NotXml, Position);
        }

        Position++;
        ReadOnlySpan<byte> raw = _xml.Slice(start, length);
        if (!raw.ContainsAny(ValueBreaks))
        {
            value = new TextSlice(_offset + start, length, false);
            return true;
        }

        _tape.HasRewritten = true;
        return Resolve(raw, start, isValue: true, out value);
    }

    /// <summary>Reads the attributes of a <c>Data</c> element that has a name, up to the end of the tag.</summary>
    /// <returns>Whether it has; if not, nothing was read.</returns>
    private bool TryReadDataName(out RecordTape.NameSlice name, out bool isEmpty)
    {
        ReadOnlySpan<byte> rest = _xml[Position..];
        if (rest.StartsWith(" Name="u8) && rest.Length > 8 && rest[6] is (byte)'"' or (byte)'\'')
        {
            int length = rest[7..].IndexOfAny(NameEnds);
            if (length > 0 && rest[7 + length] == rest[6])
            {
                ReadOnlySpan<byte> end = rest[(8 + length)..];
                isEmpty = end.StartsWith("/>"u8);
                if (isEmpty || end.StartsWith(">"u8))
                {
                    name = SourceName(rest.Slice(7, length), Position + 7);
                    return Advance(8 + length + (isEmpty ? 2 : 1));
                }
            }
        }

        return TryFindDataName(out name, out isEmpty);
    }

    private bool TryFindDataName(out RecordTape.NameSlice name, out bool isEmpty)
    {
        int start = Position;
        int count = _tape.Count;
        int index = _tape.Open(FieldValueKind.Null, None, RecordTape.NameSlice.None);
        name = ReadAttributes(index, out isEmpty) && index + 1 < _tape.Count && _tape.Find(index + 1, "Name"u8) is >= 0 and int found
            ? _tape.NameOfText(found)
            : RecordTape.NameSlice.None;
        _tape.Truncate(count);
        if (name.Length > 0)
        {
            return true;
        }

        // Whatever is wrong is found again.
        Position = start;
        Fault = null;
        return false;
    }

    /// <summary>Adds an element under its name, or to the array of its neighbours of that name.</summary>
    private readonly int Append(int parent, in RecordTape.NameSlice name, ref int last)
    {
        if (last == None || !_tape.IsNamed(last, name))
        {
            last = _tape.Open(FieldValueKind.Null, parent, name);
            return last;
        }

        if (_tape[last].Kind != (byte)FieldValueKind.Array)
        {
            _ends.Work.Add((long)(_tape.Count - last) * WorkMeter.PerValue);
            _tape.Wrap(last);
        }

        return _tape.Open(FieldValueKind.Null, last, RecordTape.NameSlice.None);
    }

    /// <summary>Adds the text of an element, unless it only separates elements.</summary>
    private bool AddText(int index, TextSlice text, bool isData, bool isLeaf)
    {
        bool isAlone = isLeaf && _tape[index].Kind != (byte)FieldValueKind.Object;

        // Data that holds nothing is an empty value; of other elements nobody can say.
        if (text.Length == 0 ? !isAlone || !isData : !isLeaf && IsBlank(text))
        {
            return false;
        }

        if (isAlone)
        {
            _tape.SetText(index, text.Start, text.Length, text.IsComposed);
        }
        else
        {
            _tape.AddText(index, FixedName(ref _textName, "#text"u8), text.Start, text.Length, text.IsComposed);
        }

        return true;
    }

    private readonly bool IsBlank(TextSlice text) =>
        !(text.IsComposed ? _tape.Composed(text.Start, text.Length) : _xml.Slice(text.Start - _offset, text.Length)).ContainsAnyExcept(" \t\r\n"u8);

    /// <summary>Reads text up to the next tag; comments and instructions within are passed over.</summary>
    private bool ReadText(out TextSlice text)
    {
        int start = Position;
        int found = _xml[start..].IndexOfAny(TextBreaks);
        if (found >= 0 && _xml[start + found] == (byte)'<' && !IsWithinText(start + found))
        {
            Position = start + found;
            text = new TextSlice(_offset + start, found, false);
            return true;
        }

        text = default;
        return SkipText() && Resolve(_xml[start..Position], start, isValue: false, out text);
    }

    private bool SkipText()
    {
        while (_xml[Position..].IndexOf((byte)'<') is >= 0 and int found)
        {
            Position += found;
            if (!IsWithinText(Position))
            {
                return true;
            }

            ReadOnlySpan<byte> rest = _xml[Position..];
            bool isRead = rest.StartsWith("<!--"u8) ? SkipTo("-->"u8, 4, ref _ends.Comment)
                : rest.StartsWith("<![CDATA["u8) ? SkipTo("]]>"u8, 9, ref _ends.Section)
                : rest.StartsWith("<?"u8) ? SkipTo("?>"u8, 2, ref _ends.Instruction)
                : "<![CDATA["u8.StartsWith(rest) || "<!--"u8.StartsWith(rest) ? FailAtEnd()
                : Fail(NotXml, Position);
            if (!isRead)
            {
                return false;
            }
        }

        return FailWithoutEnd();
    }

    private readonly bool IsWithinText(int start) => start + 1 < _xml.Length && _xml[start + 1] is (byte)'!' or (byte)'?';

    /// <summary>Composes the text that text with references, sections or line breaks stands for.</summary>
    private bool Resolve(ReadOnlySpan<byte> raw, int start, bool isValue, out TextSlice text)
    {
        _ends.Work.Add(raw.Length);

        // Neither a reference nor a section is shorter than what it stands for.
        Span<byte> composed = _tape.Reserve(raw.Length);
        int written = 0;
        int read = 0;
        text = default;
        while (read < raw.Length)
        {
            ReadOnlySpan<byte> rest = raw[read..];
            int plain = rest.IndexOfAny(isValue ? ValueBreaks : TextBreaks);
            plain = plain < 0 ? rest.Length : plain;
            rest[..plain].CopyTo(composed[written..]);
            written += plain;
            read += plain;
            rest = rest[plain..];
            if (rest.IsEmpty)
            {
                break;
            }

            switch (rest[0])
            {
                case (byte)'&':
                    if (!ResolveReference(rest, composed, ref written, out int length))
                    {
                        return Fail(length == 0 ? "not XML: an entity that is not defined" : "not XML: a reference to no character", start + read);
                    }

                    read += length;
                    break;
                case (byte)'<':
                    read += ResolveSection(rest, composed, ref written);
                    break;
                case (byte)'\r' when rest is [_, (byte)'\n', ..]:
                    read++;
                    break;
                default:
                    composed[written++] = isValue ? (byte)' ' : (byte)'\n';
                    read++;
                    break;
            }
        }

        text = new TextSlice(_tape.Keep(written), written, true);
        return true;
    }

    /// <summary>Copies what a section of character data holds; of a comment or an instruction nothing.</summary>
    /// <returns>Its length.</returns>
    private readonly int ResolveSection(ReadOnlySpan<byte> raw, Span<byte> composed, ref int written)
    {
        _tape.HasRewritten = true;
        if (raw.StartsWith("<!--"u8))
        {
            return 4 + raw[4..].IndexOf("-->"u8) + 3;
        }

        if (raw.StartsWith("<?"u8))
        {
            return 2 + raw[2..].IndexOf("?>"u8) + 2;
        }

        int length = raw[9..].IndexOf("]]>"u8);
        ReadOnlySpan<byte> data = raw.Slice(9, length);
        while (!data.IsEmpty)
        {
            int plain = data.IndexOf((byte)'\r');
            plain = plain < 0 ? data.Length : plain;
            data[..plain].CopyTo(composed[written..]);
            written += plain;
            data = data[plain..];
            if (!data.IsEmpty)
            {
                composed[written++] = (byte)'\n';
                data = data[(data is [_, (byte)'\n', ..] ? 2 : 1)..];
            }
        }

        return 9 + length + 3;
    }

    /// <summary>Writes what a reference stands for; half a surrogate pair becomes U+FFFD, as everywhere.</summary>
    /// <param name="raw">Text from the reference on.</param>
    /// <param name="composed">Where to write.</param>
    /// <param name="written">What has been written.</param>
    /// <param name="length">Length of the reference; 0 where it is no predefined entity.</param>
    private readonly bool ResolveReference(ReadOnlySpan<byte> raw, Span<byte> composed, ref int written, out int length)
    {
        length = raw[..Math.Min(raw.Length, LongestReference)].IndexOf((byte)';') + 1;
        ReadOnlySpan<byte> name = length == 0 ? default : raw[1..(length - 1)];
        if (name is not [(byte)'#', .. var digits])
        {
            byte character = name switch
            {
                _ when name.SequenceEqual("amp"u8) => (byte)'&',
                _ when name.SequenceEqual("lt"u8) => (byte)'<',
                _ when name.SequenceEqual("gt"u8) => (byte)'>',
                _ when name.SequenceEqual("quot"u8) => (byte)'"',
                _ when name.SequenceEqual("apos"u8) => (byte)'\'',
                _ => 0,
            };
            composed[written++] = character;
            length = character == 0 ? 0 : length;
            return character != 0;
        }

        _tape.HasRewritten = true;
        bool isNumber = digits is [(byte)'x', .. var hexadecimal]
            ? uint.TryParse(hexadecimal, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint number)
            : uint.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out number);
        if (!isNumber || number is 0 or > 0x10FFFF)
        {
            return false;
        }

        written += (Rune.TryCreate(number, out Rune rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(composed[written..]);
        return true;
    }

    /// <summary>Whether what was read is UTF-8 without NULs.</summary>
    private bool IsText(int start)
    {
        ReadOnlySpan<byte> text = _xml[start..Position];
        _ends.Work.Add(text.Length);
        if (text.IndexOf((byte)0) is >= 0 and int zero)
        {
            return Fail("not XML: a NUL", start + zero);
        }

        if (Utf8.IsValid(text))
        {
            return true;
        }

        int place = start;
        while (Rune.DecodeFromUtf8(_xml[place..Position], out _, out int taken) == OperationStatus.Done)
        {
            place += taken;
        }

        return Fail("not UTF-8", place);
    }

    private readonly RecordTape.NameSlice SourceName(ReadOnlySpan<byte> name, int start) =>
        name.Length <= NameTable.BlockSize && start + NameTable.BlockSize <= _xml.Length
            ? _tape.ReadName(Vector256.Create(_xml.Slice(start, NameTable.BlockSize)), _offset + start, name.Length)
            : _tape.ReadName(name, _offset + start, RecordTape.EntryFlags.Clean);

    private readonly RecordTape.NameSlice FixedName(ref RecordTape.NameSlice name, ReadOnlySpan<byte> text)
    {
        if (name.Length == 0)
        {
            text.CopyTo(_tape.Reserve(text.Length));
            name = _tape.NameOfText(_tape.Keep(text.Length), text.Length);
        }

        return name;
    }

    /// <summary>Goes behind the end of what begins at the place.</summary>
    private bool SkipTo(ReadOnlySpan<byte> end, int opening, ref XmlEnds.Known known)
    {
        int found = _ends.Find(_xml, Position + opening, end, ref known);
        if (found == _xml.Length)
        {
            return FailAtEnd();
        }

        Jumped += found - Position;
        Position = found + end.Length;
        return true;
    }

    private void SkipBlank()
    {
        while (Position < _xml.Length && _xml[Position] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            Position++;
        }
    }

    private readonly int NameLength(int start)
    {
        int length = _xml[start..].IndexOfAnyExcept(NameBytes);
        return length < 0 ? _xml.Length - start : length;
    }

    private bool Advance(int length)
    {
        Position += length;
        return true;
    }

    /// <summary>Gives up after a search up to the end of the text.</summary>
    private bool FailWithoutEnd()
    {
        _ends.Work.Add(_xml.Length - Position);
        return FailAtEnd();
    }

    private bool FailAtEnd() => Fail(EndsEarly, _xml.Length);

    /// <summary>Gives up.</summary>
    /// <returns>False.</returns>
    public bool Fail(string fault, int position)
    {
        Fault = fault;
        FaultPosition = position;
        return false;
    }

    /// <summary>Text of an element or attribute.</summary>
    /// <param name="Start">Where it stands in the bytes that the tape reads, or among the tape's own.</param>
    /// <param name="Length">Its length.</param>
    /// <param name="IsComposed">Whether it stands among the tape's own.</param>
    private readonly record struct TextSlice(int Start, int Length, bool IsComposed);
}
