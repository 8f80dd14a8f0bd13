using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>Builds the indexes of each field.</summary>
internal static class FieldIndexing
{
    /// <summary>Builds the indexes.</summary>
    /// <param name="predicates">The predicates of a group.</param>
    /// <param name="isIndexed">By predicate, whether an index answers it.</param>
    /// <param name="signals">The signs that the group's rules are woken by.</param>
    /// <returns>The fields, by id.</returns>
    public static FieldIndex[] Build(NumberedPredicates predicates, bool[] isIndexed, IReadOnlyList<RuleSignal> signals)
    {
        var drafts = new Draft[predicates.Fields.Count];
        for (int field = 0; field < drafts.Length; field++)
        {
            drafts[field] = new Draft();
        }

        AddAnswered(predicates, isIndexed, drafts);
        AddHints(predicates, drafts);
        AddSigns(predicates, signals, drafts);
        var fields = new FieldIndex[drafts.Length];
        for (int field = 0; field < fields.Length; field++)
        {
            Draft draft = drafts[field];
            fields[field] = new FieldIndex(
                predicates.Fields[field],
                LiteralIndex.Create(draft.Literals),
                EndingIndex.Create(draft.Endings),
                EqualityIndex.Create(draft.Texts),
                EqualityIndex.Create(draft.Numbers),
                Array.ConvertAll(Ordered(draft.Tested), id => Tested(predicates[new PredicateId(id)])),
                Array.ConvertAll(Ordered(draft.RulesIfPresent), rule => new GroupRuleId(rule)),
                Array.ConvertAll(Ordered(draft.RulesIfNotAscii), rule => new GroupRuleId(rule)));
        }

        return fields;
    }

    /// <summary>Files what indexes answer.</summary>
    private static void AddAnswered(NumberedPredicates predicates, bool[] isIndexed, Draft[] drafts)
    {
        foreach ((PredicateId id, Predicate predicate, TestShape shape, FieldId field, _) in predicates.All)
        {
            if (!isIndexed[id.Index])
            {
                continue;
            }

            Draft draft = drafts[field.Index];
            if (predicate is NumberPredicate)
            {
                draft.Numbers.Add(new IndexedLiteral(shape.Literal, id, LiteralUse.Anywhere));
            }
            else if (shape.Kind == TestKind.Equals)
            {
                draft.Texts.Add(new IndexedLiteral(shape.Literal, id, LiteralUse.Anywhere));
            }
            else
            {
                ((shape.Use & LiteralUse.AtEnd) != 0 ? draft.Endings : draft.Literals).Add(new IndexedLiteral(shape.Literal, id, shape.Use));
            }

            if (predicate is TextPredicate { Pattern.Number: { } number })
            {
                draft.Numbers.Add(new IndexedLiteral(FoldedText.Of(number.ToString()), id, LiteralUse.NumbersOnly));
            }
        }
    }

    /// <summary>Files the literals that predicates need.</summary>
    private static void AddHints(NumberedPredicates predicates, Draft[] drafts)
    {
        foreach (NumberedPredicate predicate in predicates.All)
        {
            foreach (Signal signal in predicate.Shape.Signals)
            {
                if (signal.Kind == SignalKind.Literal)
                {
                    drafts[predicate.Field.Index].Literals.Add(new IndexedLiteral(signal.Literal!, signal.Predicate, LiteralUse.Hint));
                }
            }
        }
    }

    /// <summary>Files the signs that no index gives.</summary>
    private static void AddSigns(NumberedPredicates predicates, IReadOnlyList<RuleSignal> signals, Draft[] drafts)
    {
        foreach ((GroupRuleId rule, Signal signal) in signals)
        {
            Draft draft = drafts[predicates[signal.Predicate].Field.Index];
            if (signal.Kind == SignalKind.NotAscii)
            {
                draft.RulesIfNotAscii.Add(rule.Index);
            }
            else if (signal.Kind == SignalKind.Present)
            {
                draft.RulesIfPresent.Add(rule.Index);
            }
            else if (signal.Kind == SignalKind.Tested)
            {
                draft.Tested.Add(signal.Predicate.Index);
            }
        }
    }

    private static TestedPredicate Tested(NumberedPredicate predicate)
    {
        TestShape shape = predicate.Shape;
        byte[] needed = shape.Needed is [var only] ? only : shape.Pieces is { Length: > 0 } pieces ? [.. pieces.SelectMany(piece => piece)] : shape.Literal;
        byte first = Rarest(needed, besides: 0);
        return new TestedPredicate(
            predicate.Id, shape.MinLength, first, Rarest(needed, besides: first), (shape.Traits & TestTraits.NeedsKnownForAsciiOnly) != 0);
    }

    /// <summary>The least common ASCII character of a literal, folded; 0 if there is none besides the one that is named.</summary>
    private static byte Rarest(byte[] literal, byte besides)
    {
        byte rarest = 0;
        foreach (byte value in literal)
        {
            byte folded = FoldedText.Fold(value);
            if (folded < 128 && folded != besides && (rarest == 0 || CharacterRarity.CommonnessOf((char)folded) < CharacterRarity.CommonnessOf((char)rarest)))
            {
                rarest = folded;
            }
        }

        return rarest;
    }

    /// <summary>Each number once, ascending.</summary>
    private static int[] Ordered(List<int> numbers)
    {
        numbers.Sort();
        return [.. numbers.Distinct()];
    }

    /// <summary>What belongs to one field.</summary>
    private sealed class Draft
    {
        public List<IndexedLiteral> Literals { get; } = [];

        public List<IndexedLiteral> Endings { get; } = [];

        public List<IndexedLiteral> Texts { get; } = [];

        public List<IndexedLiteral> Numbers { get; } = [];

        // Predicates and rules by their indices, so that they can be ordered.
        public List<int> Tested { get; } = [];

        public List<int> RulesIfPresent { get; } = [];

        public List<int> RulesIfNotAscii { get; } = [];
    }
}
