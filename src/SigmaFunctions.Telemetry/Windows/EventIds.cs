using System.Globalization;

namespace SigmaFunctions.Telemetry.Windows;

/// <summary>Ids of events of the Windows event log, as records write them.</summary>
internal static class EventIds
{
    /// <summary>The number that an id is. Tables that keep whole numbers as others write <c>4688.0</c>, which rules take for 4688, too.</summary>
    /// <param name="text">The id; with zeros in front it is none, as rules would not find it.</param>
    /// <param name="id">The number, from 1.</param>
    public static bool TryRead(ReadOnlySpan<byte> text, out int id)
    {
        id = 0;
        if (text is [(byte)'0', ..])
        {
            return false;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id))
        {
            return true;
        }

        int point = text.IndexOf((byte)'.');
        return point > 0 && !text[(point + 1)..].ContainsAnyExcept((byte)'0') && int.TryParse(text[..point], NumberStyles.None, CultureInfo.InvariantCulture, out id);
    }
}
