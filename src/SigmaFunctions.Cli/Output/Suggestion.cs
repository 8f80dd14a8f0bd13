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

        (string Word, int Distance) nearest = words
            .Where(word => word.Length is > 0 and <= MaxLength)
            .Select(word => (Word: word, Distance: word.Contains(text, StringComparison.OrdinalIgnoreCase) ? 0 : Distance(text.ToUpperInvariant(), word.ToUpperInvariant())))
            .OrderBy(one => one.Distance).ThenBy(one => one.Word.Length).ThenBy(one => one.Word, StringComparer.Ordinal)
            .FirstOrDefault(("", int.MaxValue));
        return nearest.Distance <= Math.Max(1, text.Length / 3) ? nearest.Word : null;
    }

    /// <summary>How many letters are to be put in, taken out, replaced, or swapped with the next.</summary>
    private static int Distance(string left, string right)
    {
        int[,] distances = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
        {
            for (int j = 0; j <= right.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distances[i, j] = i + j;
                    continue;
                }

                int replaced = distances[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                distances[i, j] = Math.Min(replaced, Math.Min(distances[i - 1, j], distances[i, j - 1]) + 1);
                if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                {
                    distances[i, j] = Math.Min(distances[i, j], distances[i - 2, j - 2] + 1);
                }
            }
        }

        return distances[left.Length, right.Length];
    }
}
