using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Matching.Indexing;
using SigmaFunctions.Engine.RegularExpressions;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Matching.Compiling;

/// <summary>
/// What the indexes can do for a predicate: decide it, or give signs that it may hold; and how it is tested without them.
/// </summary>
/// <param name="Kind">How it is tested without an index.</param>
/// <param name="Literal">The bytes for that, and for the index: folded, or as they are where case counts.</param>
/// <param name="Use">Where the literal stands.</param>
/// <param name="IsDecided">Whether the index of literals or equal texts decides the predicate.</param>
/// <param name="Signals">Signs that it may hold; empty where an absent field makes it hold.</param>
/// <param name="Cost">Estimate of how often the signs are seen.</param>
internal sealed record TestShape(TestKind Kind, byte[] Literal, LiteralUse Use, bool IsDecided, ImmutableArray<Signal> Signals, double Cost)
{
    /// <summary>Estimate of how often the predicate holds.</summary>
    public double Likelihood { get; private init; } = Math.Min(Cost, 0.9);

    /// <summary>Estimate of what a test without an index takes, in nanoseconds; of one that an index decides, what a look at its answer does.</summary>
    public double Effort => Kind switch
    {
        _ when IsDecided && !IsCommon => 1,
        TestKind.Null or TestKind.Exists or TestKind.Absent => 3,
        TestKind.StartsWith or TestKind.EndsWith or TestKind.Equals => 5,
        TestKind.Contains => 10,
        TestKind.Pieces or TestKind.Reference => 20,
        _ when (Traits & (TestTraits.Hinted | TestTraits.NeedsMoreThanAscii)) != 0 => 10,
        _ when Outline is not null => 50,
        _ => 150,
    };

    /// <summary>Whether the literal stands in about every other event, so that an index would be busy finding it.</summary>
    public bool IsCommon { get; } = Kind is TestKind.Contains or TestKind.StartsWith or TestKind.EndsWith && LiteralRarity.IsCommon(Literal);

    /// <summary>Folded literals of which one stands in every value that satisfies it, short ones too; none if unknown.</summary>
    public byte[][] Needed { get; private init; } = [];

    /// <summary>Bytes that stand in every value that satisfies it, folded unless cased; none if there are none that all have.</summary>
    public byte[] Sought => Kind switch
    {
        TestKind.Contains or TestKind.StartsWith or TestKind.EndsWith or TestKind.Equals => Literal,
        TestKind.Pieces => Pieces.MaxBy(piece => piece.Length) ?? [],
        TestKind.Value when Needed is [var only] && (Traits & TestTraits.NeedsKnownForAsciiOnly) == 0 => only,
        _ => [],
    };

    /// <summary>Least length of a value that satisfies it, in UTF-16 units.</summary>
    public int MinLength { get; private init; }

    /// <summary>What stands in every ASCII value that satisfies it; null if nothing is known.</summary>
    public RegexOutline? Outline { get; private init; }

    /// <summary>Of a <see cref="TestKind.Pieces"/>, the bytes that stand in a value one after another with anything between.</summary>
    public byte[][] Pieces { get; private init; } = [];

    /// <summary>Whether a value begins with the first of these.</summary>
    public bool IsFirstAtStart { get; private init; }

    /// <summary>Whether a value ends with the last of these.</summary>
    public bool IsLastAtEnd { get; private init; }

    /// <summary>What spares the test.</summary>
    public TestTraits Traits { get; private init; }

    private const double PresenceCost = LiteralRarity.Always;
    private const double NotAsciiCost = 0.02;

    /// <summary>The shape of a predicate.</summary>
    /// <param name="predicate">The predicate.</param>
    /// <param name="id">Its id in the group.</param>
    public static TestShape Of(Predicate predicate, PredicateId id) => predicate switch
    {
        TextPredicate text => OfText(text, id),
        NumberPredicate number => new TestShape(
            TestKind.Value, Encoding.UTF8.GetBytes(number.Number.ToString()), LiteralUse.Anywhere, true, [new Signal(SignalKind.Indexed, id)], 0.05),
        RegexPredicate regex => OfRegex(regex, id),
        NullPredicate => Plain(TestKind.Null, []),
        ExistsPredicate { Expected: false } => Plain(TestKind.Absent, []),
        ExistsPredicate => Plain(TestKind.Exists, [new Signal(SignalKind.Tested, id)]),
        FieldReferencePredicate => Plain(TestKind.Reference, [new Signal(SignalKind.Tested, id)]),
        _ => Plain(TestKind.Value, [new Signal(SignalKind.Tested, id)]),
    };

    private static TestShape Plain(TestKind kind, ImmutableArray<Signal> signals) =>
        new(kind, [], LiteralUse.Anywhere, false, signals, PresenceCost)
        {
            Likelihood = kind switch
            {
                TestKind.Null => 0.03,
                TestKind.Exists => 0.8,
                TestKind.Absent => 0.2,
                _ => 0.1,
            },
        };

    private static TestShape OfText(TextPredicate predicate, PredicateId id)
    {
        ImmutableArray<PatternPart> parts = predicate.Pattern.Parts;
        (TestKind kind, LiteralUse use, string? literal) = parts switch
        {
            [] => (TestKind.Equals, LiteralUse.AtStart | LiteralUse.AtEnd, ""),
            [{ Kind: PatternPartKind.Literal } only] => (TestKind.Equals, LiteralUse.AtStart | LiteralUse.AtEnd, only.Text),
            [{ Kind: PatternPartKind.AnyRun }, { Kind: PatternPartKind.Literal } inner, { Kind: PatternPartKind.AnyRun }] =>
                (TestKind.Contains, LiteralUse.Anywhere, inner.Text),
            [{ Kind: PatternPartKind.Literal } first, { Kind: PatternPartKind.AnyRun }] => (TestKind.StartsWith, LiteralUse.AtStart, first.Text),
            [{ Kind: PatternPartKind.AnyRun }, { Kind: PatternPartKind.Literal } last] => (TestKind.EndsWith, LiteralUse.AtEnd, last.Text),
            _ => (TestKind.Value, LiteralUse.Anywhere, null),
        };

        if (literal is null || !(predicate.Cased ? FoldedText.IsWellFormed(literal) : FoldedText.IsExact(literal)))
        {
            return OfPattern(predicate, id);
        }

        byte[] folded = FoldedText.Of(literal);
        double cost = use switch
        {
            LiteralUse.Anywhere => LiteralRarity.OfContained(folded),
            LiteralUse.AtStart or LiteralUse.AtEnd => LiteralRarity.OfPlaced(folded),
            _ => LiteralRarity.OfWhole(folded),
        };
        if (predicate.Cased)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(literal);
            return folded.Length >= LiteralIndex.MinLength
                ? new TestShape(kind, bytes, use, false, [new Signal(SignalKind.Literal, id, folded)], cost) { Traits = TestTraits.Cased | TestTraits.Hinted, MinLength = literal.Length }
                : new TestShape(kind, bytes, use, false, [new Signal(SignalKind.Tested, id)], PresenceCost) { Traits = TestTraits.Cased, MinLength = literal.Length };
        }

        if (kind == TestKind.Equals || folded.Length >= LiteralIndex.MinLength)
        {
            return new TestShape(kind, folded, use, true, [new Signal(SignalKind.Indexed, id)], cost);
        }

        return Ascii.IsValid(literal)
            ? new TestShape(kind, folded, use, false, [new Signal(SignalKind.Tested, id)], PresenceCost) { Likelihood = cost, MinLength = literal.Length }
            : new TestShape(kind, folded, use, false, [new Signal(SignalKind.NotAscii, id)], NotAsciiCost) { Traits = TestTraits.NeedsMoreThanAscii, MinLength = literal.Length };
    }

    private static TestShape OfPattern(TextPredicate predicate, PredicateId id)
    {
        ImmutableArray<PatternPart> parts = predicate.Pattern.Parts;
        var literals = parts.Where(part => part.Kind == PatternPartKind.Literal).Select(part => part.Text).ToList();
        var exact = literals.Where(literal => predicate.Cased ? FoldedText.IsWellFormed(literal) : FoldedText.IsExact(literal)).ToList();
        byte[]? best = exact.Select(FoldedText.Of).Where(folded => folded.Length >= LiteralIndex.MinLength)
            .MinBy(folded => LiteralRarity.OfContained(folded));
        TestTraits traits = predicate.Cased ? TestTraits.Cased : TestTraits.None;
        bool isPieces = exact.Count == literals.Count && parts.All(part => part.Kind != PatternPartKind.AnyOne);
        // What stands nearly everywhere is no sign; where the pieces are compared as bytes, that is cheaper than to find it.
        if (best is not null && isPieces && LiteralRarity.IsCommon(best))
        {
            best = null;
        }

        Signal signal = best is not null ? new Signal(SignalKind.Literal, id, best)
            : exact.Count < literals.Count ? new Signal(SignalKind.NotAscii, id)
            : new Signal(SignalKind.Tested, id);
        double cost = best is not null ? LiteralRarity.OfContained(best) : signal.Kind == SignalKind.NotAscii ? NotAsciiCost : PresenceCost;
        if (best is not null)
        {
            traits |= TestTraits.Hinted;
        }
        else if (signal.Kind == SignalKind.NotAscii)
        {
            traits |= TestTraits.NeedsMoreThanAscii;
        }

        var shape = new TestShape(isPieces ? TestKind.Pieces : TestKind.Value, [], LiteralUse.Anywhere, false, [signal], cost)
        {
            Traits = traits,
            Likelihood = Math.Min(cost, 0.1),
            // Letters that are equal without case have as many units.
            MinLength = literals.Sum(literal => literal.Length) + parts.Count(part => part.Kind == PatternPartKind.AnyOne),
        };
        return !isPieces ? shape : shape with
        {
            Pieces = [.. exact.Select(literal => predicate.Cased ? Encoding.UTF8.GetBytes(literal) : FoldedText.Of(literal))],
            IsFirstAtStart = parts[0].Kind == PatternPartKind.Literal,
            IsLastAtEnd = parts[^1].Kind == PatternPartKind.Literal,
        };
    }

    private static TestShape OfRegex(RegexPredicate predicate, PredicateId id)
    {
        var any = RegexNeeds.Of(predicate.Pattern, predicate.Options, minLiteral: 1);
        TestTraits traits = any.IgnoresCase ? TestTraits.NeedsKnownForAsciiOnly : TestTraits.None;
        TestShape shape = Plain(TestKind.Value, [new Signal(SignalKind.Tested, id)]) with
        {
            Needed = [.. (any.Literals ?? []).Select(FoldedText.Of)],
            MinLength = any.MinLength,
            Outline = any.Outline,
            Traits = traits,
        };
        if (RegexNeeds.Of(predicate.Pattern, predicate.Options, LiteralIndex.MinLength).Literals is not { } literals)
        {
            return shape;
        }

        var folded = literals.Select(FoldedText.Of).ToList();
        var signals = folded.Select(literal => new Signal(SignalKind.Literal, id, literal)).ToList();
        if (any.IgnoresCase)
        {
            signals.Add(new Signal(SignalKind.NotAscii, id));
        }

        double cost = folded.Sum(literal => LiteralRarity.OfContained(literal)) + (any.IgnoresCase ? NotAsciiCost : 0);
        return shape with { Signals = [.. signals], Cost = Math.Min(cost, PresenceCost), Traits = traits | TestTraits.Hinted };
    }
}
