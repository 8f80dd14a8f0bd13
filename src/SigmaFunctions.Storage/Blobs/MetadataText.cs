using System.Globalization;
using System.Text;

namespace SigmaFunctions.Storage.Blobs;

/// <summary>
/// Text as the value of a blob's metadata, which travels as an HTTP header: visible ASCII and inner spaces as they are, every other
/// character as its UTF-8 bytes in the form <c>%E2</c>, of bounded length.
/// </summary>
internal static class MetadataText
{
    /// <summary>Longest value, in bytes. The service takes 8 KB for all of a blob's metadata.</summary>
    public const int MaxLength = 768;

    /// <summary>The text as a value; what is too long is left out at the end.</summary>
    public static string Encode(string text)
    {
        var value = new StringBuilder(Math.Min(text.Length, MaxLength));
        Span<byte> bytes = stackalloc byte[4];
        string trimmed = text.Trim(' ');
        foreach (Rune rune in trimmed.EnumerateRunes())
        {
            bool plain = rune.Value is >= ' ' and <= '~' and not '%';
            int length = plain ? 1 : 3 * rune.Utf8SequenceLength;
            if (value.Length + length > MaxLength)
            {
                break;
            }

            if (plain)
            {
                value.Append((char)rune.Value);
                continue;
            }
            foreach (byte part in bytes[..rune.EncodeToUtf8(bytes)])
            {
                value.Append(CultureInfo.InvariantCulture, $"%{part:X2}");
            }
        }
        return value.ToString().TrimEnd(' ');
    }

    /// <summary>The text of a value.</summary>
    public static string Decode(string value) => Uri.UnescapeDataString(value);
}
