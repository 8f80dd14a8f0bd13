namespace SigmaFunctions.Telemetry.Xml;

/// <summary>Lines of syslog that hold an event of Sysmon for Linux.</summary>
internal static class SysmonMessage
{
    private static ReadOnlySpan<byte> Tag => "sysmon"u8;

    /// <summary>
    /// Where the XML begins in a line: at its beginning, be it behind a byte order mark or an XML declaration, or behind Sysmon's tag as RFC 3164 (<c>sysmon[42]:</c>) or RFC 5424
    /// (<c>sysmon 42 - -</c>) write it; -1 where there is none. What other programs write does not count: it may be anybody's.
    /// </summary>
    public static int FindXml(ReadOnlySpan<byte> line)
    {
        int xml = line.IndexOf("<Event"u8);
        return xml >= 0 && line.Length > xml + 6 && line[xml + 6] is (byte)'>' or (byte)' ' && EndsWithTag(line[..xml]) ? xml : -1;
    }

    private static bool EndsWithTag(ReadOnlySpan<byte> header)
    {
        header = (header.StartsWith("\uFEFF"u8) ? header[3..] : header).Trim(" \t\r\n"u8);
        if (header.IsEmpty || (header.StartsWith("<?xml "u8) && header.IndexOf("?>"u8) == header.Length - 2))
        {
            return true;
        }

        int word;
        if (header[^1] == (byte)':')
        {
            header = header[..^1];
            word = header.LastIndexOf((byte)' ') + 1;
            ReadOnlySpan<byte> tag = header[word..];
            return tag.StartsWith(Tag) && (tag.Length == Tag.Length || tag[Tag.Length] == (byte)'[');
        }

        // Process id, message id and structured data, of which Sysmon writes none.
        for (int skipped = 0; skipped < 3; skipped++)
        {
            word = header.LastIndexOf((byte)' ');
            if (word < 0)
            {
                return false;
            }

            header = header[..word];
        }

        return header[(header.LastIndexOf((byte)' ') + 1)..].SequenceEqual(Tag);
    }
}
