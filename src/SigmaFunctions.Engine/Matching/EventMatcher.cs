using System.Runtime.CompilerServices;
using System.Text;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// Matches one event after another against a detector's rules. A decoder writes the values of the fields that rules look at, as
/// UTF-8, view by view; nothing else of an event is needed, and nothing is allocated once the buffers have grown. Not safe for
/// concurrent use: each thread has its own.
/// </summary>
/// <remarks>
/// The order of calls is <c>BeginEvent, (BeginView, (Set, (Reserve, Add)*)*, EndView)*, EndEvent</c>.
/// </remarks>
public sealed class EventMatcher
{
    private const int Absent = -1;
    private const int WithoutValue = -2;

    // Buffers that an unusually large event made grow beyond this are given back.
    private const int MaxKeptBytes = 1024 * 1024;
    private const int InitialBytes = 16 * 1024;

    // From here on what a test needs is looked for in all values of an array at once.
    private const int ManyValues = 8;

    private readonly Detector _detector;
    private readonly bool[] _isMatched;
    private readonly int[] _matches;
    private int _matchCount;

    private Route _route = new([], null);
    private byte[] _text = new byte[InitialBytes];
    private byte[] _folded = new byte[InitialBytes];
    private byte[] _scratch = [];
    private int _used;
    private char[] _chars = [];
    private int _charsUsed;
    private Value[] _values = new Value[64];
    private int _valueCount;

    // Whether values of one slot stand between those of another.
    private bool _areScattered;

    // By slot: the first value or Absent or WithoutValue, and the last.
    private int[] _first = [];
    private int[] _last = [];

    private readonly Findings _findings = new();
    private int[] _slots = [];

    /// <summary>Makes a matcher for the rules of a detector.</summary>
    public EventMatcher(Detector detector)
    {
        ArgumentNullException.ThrowIfNull(detector);
        _detector = detector;
        _isMatched = new bool[detector.Rules.Length];
        _matches = new int[detector.Rules.Length];
    }

    /// <summary>The rules that are matched.</summary>
    public Detector Detector => _detector;

    /// <summary>Begins an event and forgets the one before.</summary>
    public void BeginEvent()
    {
        foreach (int rule in _matches.AsSpan(0, _matchCount))
        {
            _isMatched[rule] = false;
        }

        _matchCount = 0;
        if (_text.Length > MaxKeptBytes)
        {
            (_text, _folded, _chars) = (new byte[InitialBytes], new byte[InitialBytes], []);
        }

        if (_scratch.Length > MaxKeptBytes * 2)
        {
            _scratch = [];
        }

        if (_values.Length > MaxKeptBytes / 16)
        {
            _values = new Value[64];
        }
    }

    /// <summary>Begins a view of the event. Every slot is absent.</summary>
    public void BeginView(Route route)
    {
        ArgumentNullException.ThrowIfNull(route);
        if (!ReferenceEquals(route, _route))
        {
            Prepare(route);
        }

        _used = _charsUsed = _valueCount = 0;
        _areScattered = false;
        _first.AsSpan(0, route.SlotCount).Fill(Absent);
    }

    /// <summary>Makes a field present, without values (as an empty array is); values it had are forgotten.</summary>
    public void Set(int slot) => _first[slot] = WithoutValue;

    /// <summary>Whether a field is present.</summary>
    public bool IsSet(int slot) => _first[slot] != Absent;

    /// <summary>Room for the text of the next value; what <see cref="Add(int, FieldValueKind, int)"/> does not take is given back.</summary>
    /// <param name="length">Most bytes that will be written.</param>
    public Span<byte> Reserve(int length)
    {
        if (_text.Length - _used < length + FoldedText.Slack)
        {
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _used + length + FoldedText.Slack));
        }

        return _text.AsSpan(_used, length);
    }

    /// <summary>Adds a value to a field that was set: the only one, or the next element of an array.</summary>
    /// <param name="slot">The field.</param>
    /// <param name="kind">Not <see cref="FieldValueKind.Array"/>: elements of arrays in arrays are added one by one. An object has no
    /// text and satisfies nothing.</param>
    /// <param name="length">Bytes of text at the start of what was reserved last: well-formed UTF-8, as
    /// <see cref="FieldValue.Text"/> would have it. 0 for null and objects.</param>
    public void Add(int slot, FieldValueKind kind, int length)
    {
        if (_valueCount == _values.Length)
        {
            Array.Resize(ref _values, _values.Length * 2);
        }

        int value = _valueCount++;
        _values[value] = new Value { Start = _used, Length = length, Kind = kind, Next = -1, CharStart = -1 };
        _used += length;
        if (_first[slot] == WithoutValue)
        {
            _first[slot] = value;
        }
        else
        {
            _values[_last[slot]].Next = value;
            _areScattered |= _last[slot] != value - 1;
        }

        _last[slot] = value;
    }

    /// <summary>Adds a value whose text is at hand.</summary>
    public void Add(int slot, FieldValueKind kind, ReadOnlySpan<byte> text)
    {
        text.CopyTo(Reserve(text.Length));
        Add(slot, kind, text.Length);
    }

    /// <summary>Ends the view and finds the rules that hold on it.</summary>
    public void EndView()
    {
        if (_folded.Length < _text.Length)
        {
            _folded = new byte[_text.Length];
        }

        FoldedText.Fold(_text, _folded, _used);
        foreach (Route.RoutedGroup routed in _route.Groups)
        {
            Match(routed.Group, routed.Slots);
        }
    }

    /// <summary>Ends the event.</summary>
    /// <returns>The rules that hold on some view: indices into <see cref="Detector.Rules"/>, ascending. Valid until the next event.</returns>
    public ReadOnlySpan<int> EndEvent()
    {
        Span<int> matches = _matches.AsSpan(0, _matchCount);
        if (matches.Length > 1)
        {
            matches.Sort();
        }

        return matches;
    }

    /// <summary>Folds a text.</summary>
    /// <returns>The first of the folded bytes, with <see cref="FoldedText.Slack"/> behind them; valid until the next text.</returns>
    internal ref byte Fold(ReadOnlySpan<byte> text)
    {
        if (_scratch.Length < text.Length + FoldedText.Slack)
        {
            _scratch = new byte[Math.Max(InitialBytes, (text.Length * 2) + FoldedText.Slack)];
        }

        text.CopyTo(_scratch);
        FoldedText.Fold(_scratch, _scratch, text.Length);
        return ref _scratch[0];
    }

    /// <summary>Room for <see cref="LiteralIndex"/>.</summary>
    internal int[] Places => _findings.Places;

    /// <summary>How often a predicate was tested on a value, so far: what indexes answer is not counted.</summary>
    internal long ValueTests { get; private set; }

    private void Prepare(Route route)
    {
        _route = route;
        if (_first.Length < route.SlotCount)
        {
            (_first, _last) = (new int[route.SlotCount], new int[route.SlotCount]);
        }

        _findings.Prepare(route.MostTests, route.MostRules);
    }

    private void Match(RuleGroup group, int[] slots)
    {
        _slots = slots;
        _findings.Begin(group);
        for (int field = 0; field < slots.Length; field++)
        {
            int first = _first[slots[field]];
            if (first != Absent)
            {
                Look(group, group.Fields[field], first);
            }
        }

        foreach (int rule in _findings.Awake)
        {
            int index = group.Rules[rule];
            if (_isMatched[index])
            {
                continue;
            }

            if (!Holds(group, group.Conditions[rule]))
            {
                continue;
            }

            _isMatched[index] = true;
            _matches[_matchCount++] = index;
        }

        _findings.End();
    }

    /// <summary>Asks the indexes of a field about its values.</summary>
    private void Look(RuleGroup group, FieldIndex field, int first)
    {
        _findings.Wake(field.RulesIfPresent);
        if (field.Tested.Length > 0)
        {
            Test(group, field.Tested, first);
        }

        for (int value = first; value >= 0; value = _values[value].Next)
        {
            (int start, int length, FieldValueKind kind) = (_values[value].Start, _values[value].Length, _values[value].Kind);
            if (!ValueTest.HasText(kind))
            {
                continue;
            }

            ref byte text = ref _folded[start];
            field.Literals?.Scan(ref text, length, _findings);
            field.Endings?.Find(ref text, length, _findings);
            field.Texts?.Find(ref text, length, isNumber: false, _findings);
            if (field.Numbers is { } numbers && kind != FieldValueKind.Boolean
                && NumberText.TryNormalize(_folded.AsSpan(start, length), out int normalLength, out bool isNegativeZero))
            {
                FindNumber(numbers, ref text, normalLength, kind == FieldValueKind.Number, isNegativeZero);
            }

            if (field.RulesIfNotAscii.Length > 0 && !IsAscii(value))
            {
                _findings.Wake(field.RulesIfNotAscii);
            }
        }
    }

    /// <summary>Tests predicates that no index looks for, where a value has the length and the rarest characters that they need.</summary>
    private void Test(RuleGroup group, TestedPredicate[] tested, int first)
    {
        foreach (ref readonly TestedPredicate test in tested.AsSpan())
        {
            if (MayHold(test, first) && Test(group, test.Predicate))
            {
                _findings.WakeRulesOf(test.Predicate);
            }
        }
    }

    private bool MayHold(in TestedPredicate test, int first)
    {
        // What needs neither may hold on a field without values.
        if (test.MinLength == 0 && test.First == 0)
        {
            return true;
        }

        for (int value = first; value >= 0; value = _values[value].Next)
        {
            ReadOnlySpan<byte> text = FoldedOf(value);
            if (text.Length >= test.MinLength
                && ((Stands(test.First, text) && Stands(test.Second, text)) || (test.IsKnownForAsciiOnly && !IsAscii(value))))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Stands(byte character, ReadOnlySpan<byte> text) => character == 0 || text.Contains(character);

    private void FindNumber(EqualityIndex numbers, ref byte text, int length, bool isNumber, bool isNegativeZero)
    {
        // A zero stands right behind its sign.
        if (isNegativeZero)
        {
            numbers.Find(ref Unsafe.Add(ref text, 1), 1, isNumber, _findings);
        }
        else
        {
            numbers.Find(ref text, length, isNumber, _findings);
        }
    }

    private bool Holds(RuleGroup group, int node)
    {
        ref readonly ConditionNode condition = ref group.Nodes[node];
        return condition.Kind switch
        {
            NodeKind.And => HoldsAll(group, condition),
            NodeKind.Or => HoldsOne(group, condition),
            var kind => Test(group, condition.First) == (kind == NodeKind.Test),
        };
    }

    private bool HoldsAll(RuleGroup group, in ConditionNode node)
    {
        byte[] state = _findings.State;
        Span<int> operands = group.Operands.AsSpan(node.First, node.Count);
        int excluded = node.Indexed + node.Excluded;
        for (int i = 0; i < operands.Length; i++)
        {
            bool holds = i < node.Indexed ? state[operands[i]] == Findings.True
                : i < excluded ? state[operands[i]] != Findings.True
                : Holds(group, operands[i]);
            if (!holds)
            {
                return false;
            }
        }

        return true;
    }

    private bool HoldsOne(RuleGroup group, in ConditionNode node)
    {
        byte[] state = _findings.State;
        Span<int> operands = group.Operands.AsSpan(node.First, node.Count);
        foreach (int predicate in operands[..node.Indexed])
        {
            if (state[predicate] == Findings.True)
            {
                return true;
            }
        }

        foreach (int operand in operands[node.Indexed..])
        {
            if (Holds(group, operand))
            {
                return true;
            }
        }

        return false;
    }

    private bool Test(RuleGroup group, int predicate)
    {
        byte state = _findings.State[predicate];
        if (state is Findings.True or Findings.False)
        {
            return state == Findings.True;
        }

        if (group.IsIndexed[predicate])
        {
            return false;
        }

        CompiledTest test = group.Tests[predicate];
        bool isRuledOut = (test.Traits & TestTraits.Hinted) != 0 && state == Findings.Unknown
            && ((test.Traits & TestTraits.NeedsKnownForAsciiOnly) == 0 || AreAscii(_first[_slots[test.Slot]]));
        bool holds = !isRuledOut && Test(test);
        _findings.Decide(predicate, holds);
        return holds;
    }

    private bool Test(CompiledTest test)
    {
        int first = _first[_slots[test.Slot]];
        switch (test.Kind)
        {
            case TestKind.Exists:
                return first != Absent;
            case TestKind.Absent:
                return first == Absent;
            case TestKind.Null when first == Absent:
                return true;
        }

        if (first >= 0 && test.Sought.Length > 0 && !_areScattered && _last[_slots[test.Slot]] - first >= ManyValues)
        {
            return TestMany(test, first, _last[_slots[test.Slot]]);
        }

        // Both sides of a reference are the event writer's: of an array the first elements count.
        int left = test.Kind == TestKind.Reference ? FieldReferencePredicate.MaxElements : int.MaxValue;
        for (int value = first; value >= 0 && left > 0; value = _values[value].Next, left--)
        {
            if (Test(test, value))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Tests a predicate on those values alone that hold what it needs. Values of an array stand one after another in the buffer, so a hundred
    /// thousand of them cost each predicate as much as one text of their length.
    /// </summary>
    private bool TestMany(CompiledTest test, int first, int last)
    {
        byte[] all = (test.Traits & TestTraits.Cased) != 0 ? _text : _folded;
        int from = _values[first].Start;
        int end = _values[last].Start + _values[last].Length;
        while (all.AsSpan(from, end - from).IndexOf(test.Sought) is >= 0 and var offset)
        {
            first = ValueAt(from + offset, first, last);
            int endOfValue = _values[first].Start + _values[first].Length;
            if (from + offset + test.Sought.Length <= endOfValue && Test(test, first))
            {
                return true;
            }
            // What begins later in this value and was not found in it ends in the next.
            from = endOfValue;
        }

        return false;
    }

    /// <summary>The value that a place of the buffer belongs to, of values that stand one after another.</summary>
    private int ValueAt(int place, int first, int last)
    {
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

        return first;
    }

    private bool Test(CompiledTest test, int value)
    {
        ValueTests++;
        (int start, int length, FieldValueKind kind) = (_values[value].Start, _values[value].Length, _values[value].Kind);
        if (test.Kind == TestKind.Null)
        {
            return kind == FieldValueKind.Null;
        }

        if (!ValueTest.HasText(kind) || ((test.Traits & TestTraits.NeedsMoreThanAscii) != 0 && IsAscii(value)) || LacksNeeded(test, value))
        {
            return false;
        }

        switch (test.Kind)
        {
            case TestKind.Value when test.Outline is { } outline && IsAscii(value) && outline.Decides(_text.AsSpan(start, length)):
                // Or it would lack what it needs.
                return true;
            case TestKind.Value:
                return ValueTest.Holds(test.Predicate, kind, TextOf(value));
            case TestKind.Reference:
                return Relates((FieldReferencePredicate)test.Predicate, value, _slots[test.OtherSlot]);
        }

        Span<byte> text = ((test.Traits & TestTraits.Cased) != 0 ? _text : _folded).AsSpan(start, length);
        return test.Kind switch
        {
            TestKind.Contains => text.IndexOf(test.Literal) >= 0,
            TestKind.StartsWith => text.StartsWith(test.Literal),
            TestKind.EndsWith => text.EndsWith(test.Literal),
            TestKind.Equals => text.SequenceEqual(test.Literal),
            TestKind.Pieces => HasPieces(test, text),
            _ => throw new InvalidOperationException($"No test of a value is of kind {test.Kind}."),
        };
    }

    private bool Relates(FieldReferencePredicate reference, int value, int otherSlot)
    {
        int others = FieldReferencePredicate.MaxElements;
        for (int other = _first[otherSlot]; other >= 0 && others > 0; other = _values[other].Next, others--)
        {
            if (reference is { Relation: TextRelation.Equals, Cased: false } && IsAsciiText(value) && IsAsciiText(other))
            {
                if (FoldedOf(value).SequenceEqual(FoldedOf(other)))
                {
                    return true;
                }

                continue;
            }

            // The text of the other first: making it may move the buffer.
            TextOf(other);
            if (ValueTest.Relates(reference, _values[value].Kind, TextOf(value), _values[other].Kind, TextOf(other)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a value cannot satisfy a test, being too short or without any of the literals it needs.</summary>
    private bool LacksNeeded(CompiledTest test, int value)
    {
        // UTF-16 has no more units than UTF-8 has bytes.
        int length = _values[value].Length;
        if (length < test.MinLength)
        {
            return true;
        }

        if (test.Needed.Length > 0 && ((test.Traits & TestTraits.NeedsKnownForAsciiOnly) == 0 || IsAscii(value))
            && !HasOne(test.Needed, FoldedOf(value)))
        {
            return true;
        }

        return test.Outline is { } outline && IsAscii(value) && !outline.StandsIn(_text.AsSpan(_values[value].Start, length));
    }

    private static bool HasOne(byte[][] literals, ReadOnlySpan<byte> text)
    {
        foreach (byte[] literal in literals)
        {
            if (text.IndexOf(literal) >= 0)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether pieces stand in a text one after another, the first found first.</summary>
    private static bool HasPieces(CompiledTest test, ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte[]> pieces = test.Pieces;
        if (test.IsFirstAtStart)
        {
            if (!text.StartsWith(pieces[0]))
            {
                return false;
            }

            text = text[pieces[0].Length..];
            pieces = pieces[1..];
        }

        if (test.IsLastAtEnd)
        {
            if (!text.EndsWith(pieces[^1]))
            {
                return false;
            }

            text = text[..^pieces[^1].Length];
            pieces = pieces[..^1];
        }

        foreach (byte[] piece in pieces)
        {
            int place = text.IndexOf(piece);
            if (place < 0)
            {
                return false;
            }

            text = text[(place + piece.Length)..];
        }

        return true;
    }

    private ReadOnlySpan<byte> FoldedOf(int value) => _folded.AsSpan(_values[value].Start, _values[value].Length);

    private bool IsAsciiText(int value) => _values[value].Kind == FieldValueKind.Text && IsAscii(value);

    private bool AreAscii(int first)
    {
        for (int value = first; value >= 0; value = _values[value].Next)
        {
            if (!IsAscii(value))
            {
                return false;
            }
        }

        return true;
    }

    private bool IsAscii(int value)
    {
        ref Value entry = ref _values[value];
        if (entry.Characters == Characters.Unknown)
        {
            entry.Characters = Ascii.IsValid(_text.AsSpan(entry.Start, entry.Length)) ? Characters.Ascii : Characters.Any;
        }

        return entry.Characters == Characters.Ascii;
    }

    /// <summary>A value as UTF-16. Valid until the next value's is made.</summary>
    private ReadOnlySpan<char> TextOf(int value)
    {
        ref Value entry = ref _values[value];
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
        public int Next;
        public FieldValueKind Kind;
        public Characters Characters;
    }
}
