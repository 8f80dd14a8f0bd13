using System.Runtime.InteropServices;

namespace SigmaFunctions.Engine.Matching.Indexing;

/// <summary>A window that a literal is filed by.</summary>
/// <param name="Literal">Index of the literal.</param>
/// <param name="Offset">Where the window begins in it.</param>
internal sealed record LiteralWindow(int Literal, int Offset);

/// <summary>Chooses by which of their bytes literals are filed.</summary>
internal static class LiteralWindows
{
    // Longer literals are filed by something near their begin.
    private const int MaxOffset = 255;

    // A window that most events hold is as bad as one that this many literals share.
    private const int CommonCost = 50;

    /// <summary>
    /// Offsets of windows, so that of each literal one begins at a multiple of a stride wherever the literal itself begins: of those that
    /// would do, the one that is least common among the literals; they are written in the language of events.
    /// </summary>
    /// <param name="literals">The literals.</param>
    /// <param name="stride">The stride; none but those at the start of a value is shorter than it and a window less one.</param>
    /// <returns>The windows, literal by literal.</returns>
    public static List<LiteralWindow> Choose(IReadOnlyList<IndexedLiteral> literals, int stride)
    {
        var counts = new Dictionary<uint, int>();
        foreach (IndexedLiteral literal in literals)
        {
            for (int offset = 0; offset <= LastOffset(literal); offset++)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, At(literal, offset), out _)++;
            }
        }

        var windows = new List<LiteralWindow>(literals.Count * stride);
        for (int i = 0; i < literals.Count; i++)
        {
            // What begins with the value has its windows at places that are known.
            int phases = (literals[i].Use & LiteralUse.AtStart) != 0 ? 1 : stride;
            for (int phase = 0; phase < phases; phase++)
            {
                windows.Add(new LiteralWindow(i, Choose(literals[i], counts, phase, stride)));
            }
        }

        return windows;
    }

    private static int Choose(IndexedLiteral literal, Dictionary<uint, int> counts, int phase, int stride)
    {
        int best = phase;
        int least = int.MaxValue;
        // From the end: endings tell literals apart better than the folders they begin with.
        for (int offset = LastOffset(literal); offset >= 0; offset--)
        {
            if (offset % stride != phase)
            {
                continue;
            }

            int cost = counts[At(literal, offset)];
            // The eight bytes from the window on are compared at once.
            if (literal.Folded.Length - offset < Math.Min(sizeof(ulong), literal.Folded.Length))
            {
                cost += 1 + (cost / 2);
            }

            if (cost < least && LiteralRarity.IsCommon(literal.Folded.AsSpan(offset, LiteralIndex.MinLength)))
            {
                cost += CommonCost;
            }

            if (cost < least)
            {
                (least, best) = (cost, offset);
            }
        }

        return best;
    }

    private static int LastOffset(IndexedLiteral literal) => Math.Min(MaxOffset, literal.Folded.Length - LiteralIndex.MinLength);

    private static uint At(IndexedLiteral literal, int offset) => MemoryMarshal.Read<uint>(literal.Folded.AsSpan(offset));
}
