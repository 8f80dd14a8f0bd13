using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Cli.Output;

/// <summary>What was probably meant by a word that is none of those that could be.</summary>
internal static class Suggestion
{
    private const int MaxLength = 200;

    /// <summary>A question to end a message with, such as <c>: did you mean 'high'?</c>; empty where nothing is near.</summary>
    public static string For(string text, IEnumerable<string> words) => Nearest(text, words) is { } word ? $": did you mean '{word}'?" : "";

    /// <summary>The word that is as written but for letter case, holds the text, or is no more than a third of its letters off; null where none is.</summary>
    public static string? Nearest(string text, IEnumerable<string> words)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        int allowed = Math.Max(1, text.Length / 3);
        (string Word, int Distance) nearest = words
            .Where(word => word.Length is > 0 and <= MaxLength)
            .Select(word => (Word: word, Distance: word.Contains(text, StringComparison.OrdinalIgnoreCase) ? 0 : Spelling.Distance(text, word, allowed)))
            .OrderBy(one => one.Distance).ThenBy(one => one.Word.Length).ThenBy(one => one.Word, StringComparer.Ordinal)
            .FirstOrDefault(("", int.MaxValue));
        return nearest.Distance <= allowed ? nearest.Word : null;
    }
}
