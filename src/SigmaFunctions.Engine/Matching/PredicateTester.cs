using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching;

/// <summary>
/// Tests predicates on the values of a view, as their <see cref="CompiledTest"/> says: what costs least is asked first. Not safe for
/// concurrent use.
/// </summary>
internal sealed class PredicateTester(ValueBuffer values)
{
    // From here on what a test needs is looked for in all values of an array at once.
    private const int ManyValues = 8;

    /// <summary>How often a predicate was tested on a value, so far: what indexes answer is not counted.</summary>
    public long ValueTests { get; private set; }

    /// <summary>Whether a predicate that no index looks for may hold: a value has the length and the rarest characters that it needs.</summary>
    /// <param name="test">The predicate.</param>
    /// <param name="first">The first value of its field.</param>
    public bool MayHold(in TestedPredicate test, ValueId first)
    {
        // What needs neither may hold on a field without values.
        if (test.MinLength == 0 && test.First == 0)
        {
            return true;
        }

        for (ValueId value = first; value.IsValue; value = values.Next(value))
        {
            if (MayHold(test, value, values.FoldedOf(value)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a predicate that no index looks for may hold on a value.</summary>
    /// <param name="test">The predicate.</param>
    /// <param name="value">The value.</param>
    /// <param name="folded">Its text, folded.</param>
    public bool MayHold(in TestedPredicate test, ValueId value, ReadOnlySpan<byte> folded) =>
        folded.Length >= test.MinLength
        && ((Stands(test.First, folded) && Stands(test.Second, folded)) || (test.IsKnownForAsciiOnly && !values.IsAscii(value)));

    /// <summary>Whether a predicate holds on its field.</summary>
    /// <param name="test">The predicate, which no index decides.</param>
    /// <param name="slots">By field of its group, the slot.</param>
    public bool Holds(CompiledTest test, Slot[] slots)
    {
        Slot slot = slots[test.Field.Index];
        ValueId first = values.FirstOf(slot);
        switch (test.Kind)
        {
            case TestKind.Exists:
                return !first.IsAbsent;
            case TestKind.Absent:
                return first.IsAbsent;
            case TestKind.Null when first.IsAbsent:
                return true;
        }

        if (!first.IsValue)
        {
            return false;
        }

        if (test.Sought.Length > 0 && values.AreAdjacent && values.LastOf(slot).Index - first.Index >= ManyValues)
        {
            return HoldsOnOneOfMany(test, first, values.LastOf(slot), slots);
        }

        // Both sides of a reference are the event writer's: of an array the first elements count.
        int left = test.Kind == TestKind.Reference ? FieldReferencePredicate.MaxElements : int.MaxValue;
        for (ValueId value = first; value.IsValue && left > 0; value = values.Next(value), left--)
        {
            if (Holds(test, value, slots))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Stands(byte character, ReadOnlySpan<byte> text) => character == 0 || text.Contains(character);

    /// <summary>Tests a predicate on those values alone that hold what it needs.</summary>
    private bool HoldsOnOneOfMany(CompiledTest test, ValueId first, ValueId last, Slot[] slots)
    {
        bool cased = (test.Traits & TestTraits.Cased) != 0;
        for (ValueId value = values.FirstHolding(test.Sought, cased, first, last); value.IsValue; value = values.FirstHolding(test.Sought, cased, values.Next(value), last))
        {
            if (Holds(test, value, slots))
            {
                return true;
            }
        }

        return false;
    }

    private bool Holds(CompiledTest test, ValueId value, Slot[] slots)
    {
        ValueTests++;
        FieldValueKind kind = values.KindOf(value);
        if (test.Kind == TestKind.Null)
        {
            return kind == FieldValueKind.Null;
        }

        if (!ValueTest.HasText(kind) || ((test.Traits & TestTraits.NeedsMoreThanAscii) != 0 && values.IsAscii(value)) || LacksNeeded(test, value))
        {
            return false;
        }

        switch (test.Kind)
        {
            case TestKind.Value when test.Outline is { } outline && values.IsAscii(value) && outline.Decides(values.TextOf(value)):
                // Or it would lack what it needs.
                return true;
            case TestKind.Value:
                return ValueTest.Holds(test.Predicate, kind, values.CharsOf(value));
            case TestKind.Reference:
                return Relates((FieldReferencePredicate)test.Predicate, value, slots[test.OtherField.Index]);
        }

        ReadOnlySpan<byte> text = (test.Traits & TestTraits.Cased) != 0 ? values.TextOf(value) : values.FoldedOf(value);
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

    private bool Relates(FieldReferencePredicate reference, ValueId value, Slot otherSlot)
    {
        int left = FieldReferencePredicate.MaxElements;
        for (ValueId other = values.FirstOf(otherSlot); other.IsValue && left > 0; other = values.Next(other), left--)
        {
            if (reference is { Relation: TextRelation.Equals, Cased: false } && IsAsciiText(value) && IsAsciiText(other))
            {
                if (values.FoldedOf(value).SequenceEqual(values.FoldedOf(other)))
                {
                    return true;
                }

                continue;
            }

            // The text of the other first: making it may move the buffer.
            values.CharsOf(other);
            if (ValueTest.Relates(reference, values.KindOf(value), values.CharsOf(value), values.KindOf(other), values.CharsOf(other)))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsAsciiText(ValueId value) => values.KindOf(value) == FieldValueKind.Text && values.IsAscii(value);

    /// <summary>Whether a value cannot satisfy a test, being too short or without any of the literals it needs.</summary>
    private bool LacksNeeded(CompiledTest test, ValueId value)
    {
        // UTF-16 has no more units than UTF-8 has bytes.
        if (values.LengthOf(value) < test.MinLength)
        {
            return true;
        }

        if (test.Needed.Length > 0 && ((test.Traits & TestTraits.NeedsKnownForAsciiOnly) == 0 || values.IsAscii(value))
            && !HasOne(test.Needed, values.FoldedOf(value)))
        {
            return true;
        }

        return test.Outline is { } outline && values.IsAscii(value) && !outline.StandsIn(values.TextOf(value));
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
}
