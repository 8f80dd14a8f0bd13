using System.Runtime.InteropServices;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>Chooses by which of their bytes literals are filed.</summary>
internal static class LiteralWindows
{
    // Longer literals are filed by something near their begin.
    private const int MaxOffset = 255;

    // A window that most events hold is as bad as one that this many literals share.
    private const int CommonCost = 50;

    /// <summary>For each literal the offset of the window that is least common among the literals; they are written in the language of events.</summary>
    public static int[] Choose(IReadOnlyList<IndexedLiteral> literals)
    {
        var counts = new Dictionary<uint, int>();
        foreach (var literal in literals)
            for (int offset = 0; offset <= LastOffset(literal); offset++)
                CollectionsMarshal.GetValueRefOrAddDefault(counts, At(literal, offset), out _)++;
        return [.. literals.Select(literal => Choose(literal, counts))];
    }

    private static int Choose(IndexedLiteral literal, Dictionary<uint, int> counts)
    {
        int best = 0;
        int least = int.MaxValue;
        // From the end: endings tell literals apart better than the folders they begin with.
        for (int offset = LastOffset(literal); offset >= 0; offset--)
        {
            int cost = counts[At(literal, offset)];
            // The eight bytes from the window on are compared at once.
            if (literal.Folded.Length - offset < Math.Min(sizeof(ulong), literal.Folded.Length))
                cost += 1 + (cost / 2);
            if (cost < least && LiteralRarity.IsCommon(literal.Folded.AsSpan(offset, LiteralIndex.MinLength)))
                cost += CommonCost;
            if (cost < least)
                (least, best) = (cost, offset);
        }

        return best;
    }

    private static int LastOffset(IndexedLiteral literal) => Math.Min(MaxOffset, literal.Folded.Length - LiteralIndex.MinLength);

    private static uint At(IndexedLiteral literal, int offset) => MemoryMarshal.Read<uint>(literal.Folded.AsSpan(offset));
}
