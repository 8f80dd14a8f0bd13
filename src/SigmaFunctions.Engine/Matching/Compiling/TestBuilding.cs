using SigmaFunctions.Engine.Matching.Indexing;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>Builds the tests of predicates; of those that an index answers nothing else is kept.</summary>
internal static class TestBuilding
{
    /// <summary>Builds the tests.</summary>
    /// <param name="predicates">The predicates of a group.</param>
    /// <param name="isIndexed">By predicate, whether an index answers it.</param>
    public static CompiledTest[] Build(NumberedPredicates predicates, bool[] isIndexed)
    {
        var tests = new CompiledTest[predicates.All.Count];
        foreach (NumberedPredicate predicate in predicates.All)
        {
            tests[predicate.Id.Index] = isIndexed[predicate.Id.Index] ? OfIndexed(predicate) : Of(predicate);
        }

        return tests;
    }

    private static CompiledTest OfIndexed(NumberedPredicate numbered) =>
        new() { Kind = TestKind.Indexed, Predicate = numbered.Predicate, Field = numbered.Field, OtherField = numbered.OtherField };

    private static CompiledTest Of(NumberedPredicate numbered)
    {
        TestShape shape = numbered.Shape;
        return new CompiledTest
        {
            Kind = shape.Kind,
            Predicate = numbered.Predicate,
            Field = numbered.Field,
            OtherField = numbered.OtherField,
            Traits = shape.Traits,
            Literal = shape.Literal,
            Needed = shape.Needed,
            MinLength = shape.MinLength,
            Sought = shape.Sought,
            Outline = shape.Outline,
            Pieces = shape.Pieces,
            IsFirstAtStart = shape.IsFirstAtStart,
            IsLastAtEnd = shape.IsLastAtEnd,
        };
    }
}
