namespace SigmaFunctions.Engine.Diagnostics;

/// <summary>What was probably meant by a word that is not known.</summary>
public static class Spelling
{
    private const int MaxSuggestions = 2;

    // Less of a word says too little of it.
    private const int MinBegun = 3;

    // Of more words only the first are compared.
    private const int MaxWords = 1_000;

    // Texts beyond are no slips of a word.
    private const int MaxLength = 64;

    /// <summary>The sentence that names the nearest of some words, or the nearest two, with a blank before it; empty where none is near.</summary>
    internal static string DidYouMean(IReadOnlyCollection<string> words, string text) => Near(words, text) switch
    {
        [] => Begun(words, text) is { } begun ? $" Did you mean '{begun}'?" : "",
        [var only] => $" Did you mean '{only}'?",
        [var first, var second, ..] => $" Did you mean '{first}' or '{second}'?",
    };

    /// <summary>The only word that a text begins, as <c>info</c> does, or that begins the text.</summary>
    private static string? Begun(IReadOnlyCollection<string> words, string text) => text.Length is < MinBegun or > MaxLength
        ? null
        : words.Take(MaxWords).Where(word => word.Length >= MinBegun && (word.StartsWith(text, StringComparison.OrdinalIgnoreCase) || text.StartsWith(word, StringComparison.OrdinalIgnoreCase))).Take(2).ToList() is [var only] ? only : null;

    /// <summary>The words that are nearest to a text, two at most: equal but for case, or a third of its letters off.</summary>
    internal static IReadOnlyList<string> Near(IEnumerable<string> words, string text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return [];
        }

        int allowed = Math.Clamp(text.Length / 3, 1, 3);
        var near = words.Take(MaxWords).Select(word => (Word: word, Distance: Distance(word, text, allowed)))
            .Where(one => one.Distance <= allowed && one.Distance < text.Length)
            .OrderBy(one => one.Distance).ThenBy(one => one.Word, StringComparer.Ordinal)
            .ToList();
        return [.. near.Where(one => one.Distance == near[0].Distance).Take(MaxSuggestions).Select(one => one.Word)];
    }

    /// <summary>How many letters are to be put in, taken out, replaced, or swapped with the next, whatever their case.</summary>
    /// <param name="left">A text.</param>
    /// <param name="right">Another.</param>
    /// <param name="limit">Where lengths differ by more, one more than this is the answer. The time goes with the product of the lengths.</param>
    public static int Distance(string left, string right, int limit)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        if (Math.Abs(left.Length - right.Length) > limit)
        {
            return limit + 1;
        }

        int[] before = new int[right.Length + 1];
        int[] above = new int[right.Length + 1];
        int[] row = new int[right.Length + 1];
        for (int j = 0; j <= right.Length; j++)
        {
            above[j] = j;
        }

        for (int i = 1; i <= left.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                row[j] = Math.Min(Math.Min(row[j - 1], above[j]) + 1, above[j - 1] + (Same(left[i - 1], right[j - 1]) ? 0 : 1));
                if (i > 1 && j > 1 && Same(left[i - 1], right[j - 2]) && Same(left[i - 2], right[j - 1]))
                {
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
                }
            }

            (before, above, row) = (above, row, before);
        }

        return above[right.Length];

        static bool Same(char one, char other) => char.ToLowerInvariant(one) == char.ToLowerInvariant(other);
    }
}
