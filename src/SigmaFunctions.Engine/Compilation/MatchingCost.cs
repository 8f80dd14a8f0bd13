using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>
/// What looking for a pattern may cost, as steps for each character of a value, whatever the value: a step is about a nanosecond. A literal costs
/// nothing by itself, since all of them are looked for at once. Those of SigmaHQ need up to 202.
/// </summary>
internal static class MatchingCost
{
    /// <summary>Most that one pattern may cost.</summary>
    public const int MaxOfPattern = 4_096;

    /// <summary>Most that the patterns of a rule may cost together.</summary>
    public const int MaxOfRule = 4 * MaxOfPattern;

    /// <summary>From here on a warning is given.</summary>
    public const int NoticeOfPattern = MaxOfPattern / 2;

    /// <summary>From here on a warning is given.</summary>
    public const int NoticeOfRule = MaxOfRule / 2;

    // Where a place is compared, each part of a pattern is, and each character of a literal; one that is not ASCII is folded first.
    private const int StepsOfPart = 8;
    private const int StepsOfFolding = 8;

    /// <summary>What a predicate costs.</summary>
    public static int Of(Predicate predicate) => predicate switch
    {
        RegexPredicate regex => regex.Cost,
        TextPredicate text => Of(text.Pattern),
        _ => 0,
    };

    /// <summary>What the patterns of search identifiers cost together.</summary>
    public static long Of(ImmutableArray<CompiledIdentifier> identifiers) => identifiers.Sum(identifier => Of(identifier.Expression));

    private static long Of(Expression expression) => expression switch
    {
        AndExpression and => and.Operands.Sum(Of),
        OrExpression or => or.Operands.Sum(Of),
        NotExpression not => Of(not.Operand),
        PredicateExpression test => Of(test.Predicate),
        _ => 0,
    };

    /// <summary>
    /// What a pattern costs. A <c>?</c> between two <c>*</c> makes a search that compares at every place; without one it is linear, and what stands at an end
    /// of the value is compared once.
    /// </summary>
    public static int Of(TextPattern pattern)
    {
        int worst = 0;
        int runs = 0;
        int steps = 0;
        bool isLinear = true;
        foreach (PatternPart part in pattern.Parts)
        {
            if (part.Kind == PatternPartKind.AnyRun)
            {
                if (runs++ > 0)
                {
                    worst = Math.Max(worst, isLinear ? 0 : steps);
                }

                (steps, isLinear) = (0, true);
                continue;
            }

            steps += StepsOfPart + (Ascii.IsValid(part.Text) ? part.Text.Length : StepsOfFolding * part.Text.Length);
            isLinear &= part.Kind == PatternPartKind.Literal && FoldedText.IsWellFormed(part.Text);
        }

        // What stands alone between the ends of a value is found with all others.
        return runs > 2 ? Math.Max(worst, 1) : worst;
    }
}
