using System.Text;
using SigmaFunctions.Telemetry.Json;

namespace SigmaFunctions.Telemetry.Events;

/// <summary>What a record looks like, without anything that it says: names of its properties.</summary>
public static class RecordOutline
{
    /// <summary>Most names.</summary>
    public const int MaxNames = 16;

    private const int MaxLength = 40;

    /// <summary>
    /// The names of its properties, then those within objects (<c>properties.DeviceId</c>), as far as there is room. A name is cut after 40 characters;
    /// whatever is not printable ASCII is <c>?</c>.
    /// </summary>
    internal static string Of(RecordValue record)
    {
        var text = new StringBuilder();
        int names = 0;
        bool isWhole = Add(text, record, prefix: "", ref names);
        foreach (RecordValue child in record.Children)
        {
            if (!isWhole)
            {
                break;
            }

            if (child.IsObject)
            {
                isWhole = Add(text, child, Printable(child.Name) + ".", ref names);
            }
        }

        return isWhole ? text.ToString() : text.Append(", …").ToString();
    }

    /// <summary>Text of an event for people to look at: cut, and printable ASCII.</summary>
    internal static string Printable(ReadOnlySpan<byte> text, int maxLength = MaxLength)
    {
        bool isCut = text.Length > maxLength;
        string printable = string.Concat(Encoding.UTF8.GetString(isCut ? text[..maxLength] : text).Select(c => c is >= ' ' and <= '~' ? c : '?'));
        return isCut ? printable + "…" : printable;
    }

    private static bool Add(StringBuilder text, RecordValue record, string prefix, ref int names)
    {
        foreach (RecordValue child in record.Children)
        {
            if (names++ == MaxNames)
            {
                return false;
            }

            text.Append(text.Length > 0 ? ", " : "").Append(prefix).Append(Printable(child.Name));
        }

        return true;
    }
}
