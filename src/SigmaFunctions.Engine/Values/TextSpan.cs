using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Values;

/// <summary>A part of a text.</summary>
/// <param name="Start">Where it begins, in UTF-16 units from 0.</param>
/// <param name="Length">Number of UTF-16 units, from 1.</param>
public readonly record struct TextSpan(int Start, int Length)
{
    /// <summary>Where it ends.</summary>
    public int End => Start + Length;

    /// <summary>Parts as one list: in order, those that touch or overlap put together, and none that is empty.</summary>
    public static ImmutableArray<TextSpan> Merge(IEnumerable<TextSpan> spans)
    {
        ArgumentNullException.ThrowIfNull(spans);
        ImmutableArray<TextSpan>.Builder merged = ImmutableArray.CreateBuilder<TextSpan>();
        foreach (TextSpan span in spans.Where(span => span.Length > 0).OrderBy(span => span.Start).ThenBy(span => span.Length))
        {
            if (merged.Count > 0 && span.Start <= merged[^1].End)
            {
                merged[^1] = new TextSpan(merged[^1].Start, Math.Max(merged[^1].End, span.End) - merged[^1].Start);
            }
            else
            {
                merged.Add(span);
            }
        }

        return merged.ToImmutable();
    }
}
