namespace SigmaFunctions.Archives.Cutting;

/// <summary>The tags of events in XML, and of what is around them.</summary>
internal static class XmlTags
{
    /// <summary>Bytes of the longest tag that is known by its beginning: <c>&lt;/Events</c>.</summary>
    public const int LongestName = 8;

    /// <summary>The name of an event's element.</summary>
    public static ReadOnlySpan<byte> Event => "Event"u8;

    /// <summary>Whether it is an event that begins, or what may be around events: an XML declaration, <c>Events</c>.</summary>
    public static bool BeginsEvents(ReadOnlySpan<byte> xml) =>
        xml[0] == (byte)'<' && (IsTag(xml, Event) || IsTag(xml, "Events"u8) || IsTag(xml, "?xml"u8) || IsTag(xml, "/Events"u8));

    /// <summary>Whether it begins with a tag.</summary>
    /// <param name="xml">The XML.</param>
    /// <param name="name">The tag's name, with what is before it.</param>
    public static bool IsTag(ReadOnlySpan<byte> xml, ReadOnlySpan<byte> name) =>
        xml[0] == (byte)'<' && xml[1..].StartsWith(name) && (xml.Length == name.Length + 1 || IsBehindName(xml[name.Length + 1]));

    /// <summary>Whether a name ends before a byte.</summary>
    public static bool IsBehindName(byte one) => one is (byte)'>' or (byte)'/' or (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    /// <summary>Whether the events of a line end on it, and those that are around them.</summary>
    public static bool AreWhole(ReadOnlySpan<byte> line)
    {
        line = line.TrimEnd(" \t\r"u8);
        return line.EndsWith("</Events>"u8) ? line[1] != (byte)'/' : line.EndsWith("</Event>"u8) && IsTag(line, Event);
    }
}
