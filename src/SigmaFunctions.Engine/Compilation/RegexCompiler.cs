using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.RegularExpressions;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>
/// Compiles regular expressions, if their time is linear in the value and within a bound for each character: no rule can be made to hang by an
/// event. How they are run: <see cref="RegexAutomaton"/>.
/// </summary>
internal static class RegexCompiler
{
    public const int MaxLength = 16_384;

    private static readonly SearchValues<char> ClassName = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ^-");

    /// <summary>
    /// The predicate. A backslash before what is neither an ASCII letter nor a digit makes it stand for itself, as in PCRE, Go and Rust; .NET refuses
    /// that of characters of words, such as <c>\_</c>. Whether it costs too much is for the caller to see (<see cref="MatchingCost"/>).
    /// </summary>
    /// <exception cref="TransformationException">The pattern cannot be used.</exception>
    public static RegexPredicate Compile(string? field, string pattern, RegexOptions options)
    {
        if (pattern.Length > MaxLength)
        {
            throw new TransformationException(DiagnosticCode.InvalidRegex, $"The regular expression is longer than {MaxLength} characters. Split it into several.");
        }

        pattern = WithoutIdleEscapes(pattern);
        if (FindPosixClass(pattern) is { } posixClass)
        {
            throw new TransformationException(
                DiagnosticCode.InvalidRegex,
                $"The POSIX class '{posixClass}' is not part of the dialect and would silently mean something else. Write a range such as [a-zA-Z] or an escape such as \\d.");
        }

        var syntax = RegexSyntax.Read(pattern, options);
        if (syntax is not { Constructs: true })
        {
            Try(pattern, options);
        }

        RegexPositions? positions = syntax is null ? null : RegexPositions.Of(syntax.Root);
        if (syntax is null || (positions is not null && !HasClasses(positions)))
        {
            throw new TransformationException(
                DiagnosticCode.CostlyPattern,
                $"What the regular expression may cost cannot be told: it has more than {RegexSyntax.MaxSize} characters with its repetitions written out, more than 200 groups within each other, or an octal escape without a 0. Write it simpler.");
        }

        return new RegexPredicate(field, pattern, options) { Cost = positions?.Cost ?? int.MaxValue };
    }

    /// <summary>Whether the runtime takes every class by itself, as it will be asked to. What begins and ends a class is read here and there.</summary>
    private static bool HasClasses(RegexPositions positions)
    {
        try
        {
            foreach (RegexClass set in positions.Characters.Select(character => character.Class).Distinct().Where(set => set.Text is ['[', _, _, _, ..]))
            {
                RegexLetters.Construct(set);
            }

            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Asks the runtime about a pattern.</summary>
    /// <exception cref="TransformationException">It is not of the language.</exception>
    private static void Try(string pattern, RegexOptions options)
    {
        try
        {
            _ = new Regex(pattern, options | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (NotSupportedException exception)
        {
            // It may only be large.
            if (RegexSyntax.Read(pattern, options) is null)
            {
                throw new TransformationException(
                    DiagnosticCode.InvalidRegex,
                    $"The regular expression cannot be matched in linear time (look-around, back-references and the like) or is too large: {exception.Message} Rewrite it without, with several items if need be.");
            }
        }
        catch (ArgumentException exception)
        {
            throw new TransformationException(DiagnosticCode.InvalidRegex, $"This is not a valid regular expression: {exception.Message}");
        }
    }

    private static string WithoutIdleEscapes(string pattern)
    {
        if (!pattern.AsSpan().ContainsAnyExceptInRange('\0', '\u007F') && !pattern.Contains(@"\_", StringComparison.Ordinal))
        {
            return pattern;
        }

        var kept = new StringBuilder(pattern.Length);
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\' && i + 1 < pattern.Length)
            {
                i++;
                if (pattern[i] != '_' && char.IsAscii(pattern[i]))
                {
                    kept.Append('\\');
                }
            }

            kept.Append(pattern[i]);
        }

        return kept.ToString();
    }

    /// <summary>A <c>[:name:]</c> inside of a character class, which .NET would read as the single characters.</summary>
    private static string? FindPosixClass(string pattern)
    {
        bool inClass = false;
        for (int i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\')
            {
                i++;
            }
            else if (!inClass)
            {
                inClass = pattern[i] == '[';
                if (inClass && i + 1 < pattern.Length && pattern[i + 1] == '^')
                {
                    i++;
                }
                // A bracket right at the start of a class is a character of it.
                if (inClass && i + 1 < pattern.Length && pattern[i + 1] == ']')
                {
                    i++;
                }
            }
            else if (pattern[i] == '[' && i + 1 < pattern.Length && pattern[i + 1] is ':' or '=' or '.')
            {
                int end = pattern.IndexOf(pattern[i + 1] + "]", i + 2, StringComparison.Ordinal);
                if (end > 0 && pattern.AsSpan(i + 2, end - i - 2).IndexOfAnyExcept(ClassName) < 0)
                {
                    return pattern[i..(end + 2)];
                }
            }
            else if (pattern[i] == ']')
            {
                inClass = false;
            }
        }

        return null;
    }
}
