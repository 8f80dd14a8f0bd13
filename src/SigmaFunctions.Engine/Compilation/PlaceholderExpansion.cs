using System.Collections.Immutable;
using System.Text;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.Compilation;

/// <summary>Replaces placeholders <c>%name%</c> by the deployment's values; <c>\%</c> is a percent sign.</summary>
internal static class PlaceholderExpansion
{
    /// <summary>Every text that results, one for each combination of values; the text alone where there is no placeholder.</summary>
    /// <param name="text">The text.</param>
    /// <param name="placeholders">The deployment's values.</param>
    /// <param name="prepare">What a value becomes in the text.</param>
    /// <param name="maximum">Most texts.</param>
    /// <exception cref="TransformationException">A placeholder is not defined, or too much would result.</exception>
    public static List<string> Expand(string text, PlaceholderSet placeholders, Func<string, string> prepare, int maximum)
    {
        var results = new List<StringBuilder> { new() };
        long characters = 0;
        for (int i = 0; i < text.Length; i++)
        {
            int end;
            if (text[i] == '\\' && i + 1 < text.Length)
            {
                string kept = text[i + 1] == '%' ? "%" : text.Substring(i, 2);
                i++;
                Append([kept]);
            }
            else if (text[i] == '%' && (end = text.IndexOf('%', i + 1)) > i + 1 && IsName(text.AsSpan(i + 1, end - i - 1)))
            {
                string name = text[(i + 1)..end];
                if (!placeholders.TryGetValues(name, out ImmutableArray<string> values))
                {
                    throw new TransformationException(
                        DiagnosticCode.UndefinedPlaceholder, $"The placeholder '%{name}%' is not defined. Give it values in the placeholder file.");
                }

                Append([.. values.Select(prepare)]);
                i = end;
            }
            else
            {
                Append([text[i].ToString()]);
            }
        }

        return [.. results.Select(result => result.ToString())];

        void Append(IReadOnlyList<string> alternatives)
        {
            if ((long)results.Count * alternatives.Count > maximum)
            {
                throw new TransformationException(
                    DiagnosticCode.TooManyValues, $"The placeholders of this value would make more than {maximum} values. Use fewer in one value.");
            }

            characters = (characters * alternatives.Count) + (results.Count * alternatives.Sum(one => (long)one.Length));
            if (characters > ItemCompiler.MaxCharacters)
            {
                throw new TransformationException(
                    DiagnosticCode.TooManyValues, $"The placeholders of this value would make texts of more than {ItemCompiler.MaxCharacters} characters together. Use fewer in one value.");
            }

            if (alternatives.Count == 1)
            {
                foreach (StringBuilder result in results)
                {
                    result.Append(alternatives[0]);
                }

                return;
            }

            results = [.. results.SelectMany(result => alternatives.Select(text => new StringBuilder(result.ToString()).Append(text)))];
        }
    }

    private static bool IsName(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
            {
                return false;
            }
        }

        return true;
    }
}
