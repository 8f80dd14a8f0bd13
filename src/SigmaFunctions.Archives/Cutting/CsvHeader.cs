using System.Buffers;

namespace SigmaFunctions.Archives.Cutting;

/// <summary>Tells a table of values separated by commas, semicolons or tabs by its first line, which names the columns.</summary>
internal static class CsvHeader
{
    /// <summary>Bytes behind the first line that suffice.</summary>
    public const int Window = 4096;

    /// <summary>What to say of such a file, as it follows the file's name.</summary>
    public const string Advice = "is CSV, which is not read: turn each row into a line of JSON, for example with 'mlr --icsv --ojsonl cat FILE', or in PowerShell with "
        + "'Import-Csv FILE | ForEach-Object { $_ | ConvertTo-Json -Compress }'";

    private const int MaxName = 128;

    // Of ASCII these; of others all, as names are of any language.
    private static readonly SearchValues<byte> OfNames = SearchValues.Create(
        [.. "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-. /@()[]#:%$+?*&'"u8, .. Enumerable.Range(0x80, 0x80).Select(one => (byte)one)]);

    /// <summary>Whether a line names columns, and the lines behind it can be rows and begin no record.</summary>
    /// <param name="line">The first line.</param>
    /// <param name="behind">What follows it: all there is, or its first <see cref="Window"/> bytes.</param>
    public static bool IsHeader(ReadOnlySpan<byte> line, ReadOnlySpan<byte> behind)
    {
        if (line.StartsWith("#TYPE "u8) || line.StartsWith("sep="u8))
        {
            // PowerShell and Excel have a line of their own before the header.
            int end = behind.IndexOf((byte)'\n');
            return end >= 0 && IsHeader(behind[..end], behind[(end + 1)..]);
        }

        foreach (byte separator in ",;\t"u8)
        {
            if (line.Count(separator) > 0 && AreNames(line, separator))
            {
                return IsRow(behind, separator);
            }
        }

        return false;
    }

    private static bool AreNames(ReadOnlySpan<byte> line, byte separator)
    {
        foreach (Range range in line.Split(separator))
        {
            ReadOnlySpan<byte> name = line[range].Trim(" \t\r"u8);
            if (name is [(byte)'"', .., (byte)'"'])
            {
                name = name[1..^1];
            }

            // A value rather than a name: a number, a date, a sentence.
            if (name.IsEmpty || name.Length > MaxName || name.ContainsAnyExcept(OfNames) || char.IsAsciiDigit((char)name[0]) || name.Count((byte)' ') > 4)
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsRow(ReadOnlySpan<byte> behind, byte separator)
    {
        bool any = false;
        foreach (Range range in behind.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = behind[range].Trim(" \t\r"u8);
            if (line.IsEmpty)
            {
                continue;
            }

            if (line[0] is (byte)'{' or (byte)'[' or (byte)'<' || (!any && !line.Contains(separator)))
            {
                return false;
            }

            any = true;
        }

        return any;
    }
}
