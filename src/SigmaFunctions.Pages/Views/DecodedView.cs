using System.Collections.Immutable;
using SigmaFunctions.Catalog.Site.Parts;
using SigmaFunctions.Pages.Decoding;
using SigmaFunctions.Pages.Model;

namespace SigmaFunctions.Pages.Views;

/// <summary>What is encoded in a value, as it reads decoded.</summary>
internal static class DecodedView
{
    private const int MaxShown = 4_000;

    /// <summary>Writes what is encoded in a value, and the addresses that it names, encoded or not.</summary>
    public static void Write(HtmlWriter html, string value)
    {
        DecodedValue decoded = ValueDecoder.Decode(value);
        foreach (DecodedPart part in decoded.Parts)
        {
            Write(html, part);
        }

        if (decoded.IsPartial)
        {
            html.Write($"<p class=\"none\">More of it may be encoded than is shown.</p>\n");
        }

        ImmutableArray<string> names = [.. NetworkNames.In(value).Concat(decoded.Parts.SelectMany(part => part.All).SelectMany(part => NetworkNames.In(part.Text))).Distinct(StringComparer.OrdinalIgnoreCase).Take(NetworkNames.Max)];
        if (!names.IsEmpty)
        {
            html.Write($"<p class=\"names\"><span class=\"label\">Addresses</span>");
            foreach (string name in names)
            {
                html.Write($" <code>{name}</code>");
            }

            html.Write($"</p>\n");
        }
    }

    private static void Write(HtmlWriter html, DecodedPart part)
    {
        string shown = new MarkedText(part.Text, []).Around(MaxShown).Text;
        html.Write($"<div class=\"decoded\"><p class=\"label\">{NameOf(part.Encoding)}{(part.IsCut || part.Text.Length > MaxShown ? ", its beginning" : "")}</p><pre tabindex=\"0\"><code>{shown}</code></pre>\n");
        foreach (DecodedPart inner in part.Inner)
        {
            Write(html, inner);
        }

        html.Write($"</div>\n");
    }

    private static string NameOf(PartEncoding encoding) => encoding switch
    {
        PartEncoding.Base64Utf16 => "Base64 of UTF-16, decoded",
        PartEncoding.Base64Utf8 => "Base64, decoded",
        PartEncoding.Base64Compressed => "Base64 of compressed text, decoded",
        PartEncoding.PercentEncoded => "Per cent encoding, decoded",
        PartEncoding.CharacterCodes => "Character codes, decoded",
        PartEncoding.Noise => "Without the characters that the shell takes away",
        _ => throw new ArgumentOutOfRangeException(nameof(encoding)),
    };
}
