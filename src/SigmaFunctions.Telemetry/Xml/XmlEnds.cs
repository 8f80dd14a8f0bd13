using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Xml;

/// <summary>
/// Where comments, sections and instructions of a text end, so that the text is not searched again for every one of many that
/// begin: from one place to the next end that was found there is no other.
/// </summary>
/// <param name="work">Counts what reading the text takes.</param>
internal sealed class XmlEnds(WorkMeter work)
{
    private readonly Known[] _known = new Known[3];

    /// <summary>Counts what reading the text takes.</summary>
    public WorkMeter Work => work;

    /// <summary>Of comments.</summary>
    public ref Known Comment => ref _known[0];

    /// <summary>Of sections of character data.</summary>
    public ref Known Section => ref _known[1];

    /// <summary>Of processing instructions.</summary>
    public ref Known Instruction => ref _known[2];

    /// <summary>Begins a text.</summary>
    public void Clear() => Array.Clear(_known);

    /// <summary>Finds the next end from a place on.</summary>
    /// <param name="xml">The text.</param>
    /// <param name="start">The place, which may lie behind the text.</param>
    /// <param name="end">What ends it.</param>
    /// <param name="known">What is known of such ends.</param>
    /// <returns>Where it begins; the length of the text where there is none.</returns>
    public int Find(ReadOnlySpan<byte> xml, int start, ReadOnlySpan<byte> end, ref Known known)
    {
        if (start < known.From || start > known.End)
        {
            int found = start < xml.Length ? xml[start..].IndexOf(end) : -1;
            known = new Known(start, found < 0 ? int.MaxValue : start + found);
            work.Add(Math.Max(0, found < 0 ? xml.Length - start : found));
        }

        return Math.Min(known.End, xml.Length);
    }

    /// <summary>A part of the text without an end of a kind.</summary>
    /// <param name="From">Where it begins.</param>
    /// <param name="End">Where the next end begins; beyond the text if there is none. 0 while nothing is known.</param>
    internal readonly record struct Known(int From, int End);
}
