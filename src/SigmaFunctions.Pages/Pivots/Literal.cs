using System.Globalization;
using System.Text;

namespace SigmaFunctions.Pages.Pivots;

/// <summary>Values as literals of a language: whatever a value holds, it stays one.</summary>
internal static class Literal
{
    // Of one value: more of it finds nothing else.
    private const int MaxLength = 256;

    /// <summary>A string of KQL.</summary>
    public static string Kql(string value) => Quoted(value, static c => $"\\u{(int)c:x4}");

    /// <summary>A string of SPL's <c>where</c> and <c>eval</c>, in which no wildcard counts; what does not show is left out.</summary>
    public static string Spl(string value) => Quoted(value, static _ => "");

    /// <summary>A word of a shell, PowerShell or POSIX alike; null where no writing means the same to both.</summary>
    public static string? Shell(string value)
    {
        // Quotes do not keep a word from being an option, and Windows PowerShell hands on double quotes and a last backslash as they are.
        if (value.Length is 0 or > MaxLength || value[0] is '-' or '@' || value[^1] == '\\' || value.Any(c => char.IsControl(c) || c is '"' or '\'' or '’' or '‘' or '‚' or '‛'))
        {
            return null;
        }

        return value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') ? value : $"'{value}'";
    }

    /// <summary>A time of KQL, in UTC.</summary>
    public static string KqlTime(DateTimeOffset time) => $"datetime({Iso(time)})";

    /// <summary>A time as ISO 8601 writes it, in UTC and whole seconds.</summary>
    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static string Quoted(string value, Func<char, string> escape)
    {
        var text = new StringBuilder("\"");
        foreach (char c in value.AsSpan(0, Math.Min(value.Length, MaxLength)))
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                _ when char.IsControl(c) || char.IsSurrogate(c) || c is '\u2028' or '\u2029' => text.Append(escape(c)),
                _ => text.Append(c),
            };
        }

        return text.Append('"').ToString();
    }
}
