using System.Text.RegularExpressions;

namespace SigmaFunctions.Engine.RegularExpressions;

/// <summary>What every text has that a regular expression is found in; coarser than the expression, never finer.</summary>
/// <param name="Literals">Literals (ASCII) of which at least one stands in the text, whatever its case; null if none are known.</param>
/// <param name="MinLength">Least number of UTF-16 units of the text.</param>
/// <param name="Outline">What stands in every ASCII text it is found in; null if nothing is known.</param>
/// <param name="IgnoresCase">Whether the expression ignores case somewhere (<see cref="RegexSyntax.IgnoresCase"/>): a text that is not ASCII
/// need not have the literals then.</param>
internal sealed record RegexNeeds(IReadOnlyList<string>? Literals, int MinLength, RegexOutline? Outline, bool IgnoresCase)
{
    /// <summary>What an expression needs, with literals of at least <paramref name="minLiteral"/> characters.</summary>
    public static RegexNeeds Of(string pattern, RegexOptions options, int minLiteral)
    {
        if (RegexSyntax.Read(pattern, options) is not { } syntax)
        {
            return new RegexNeeds(null, 0, null, IgnoresCase: true);
        }

        var line = new RegexLine(syntax.Root);
        return new RegexNeeds(line.Literals(minLiteral), RegexLine.MinLength(syntax.Root), line.Outline(mayBeAll: !syntax.HasInnerOptions), syntax.IgnoresCase);
    }
}
