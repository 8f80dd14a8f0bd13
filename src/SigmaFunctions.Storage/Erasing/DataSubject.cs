namespace SigmaFunctions.Storage.Erasing;

/// <summary>
/// A host or a user by name, without regard to case. A bare name (<c>ws01</c>, <c>ann</c>) stands for all that have it, whatever their domain; a
/// qualified one (<c>ws01.corp.example</c>, <c>CORP\ann</c>, <c>ann@corp.example</c>) only for those whose domain agrees.
/// </summary>
public sealed class DataSubject
{
    /// <summary>Longest name, in UTF-16 units.</summary>
    public const int MaxLength = 256;

    private readonly bool _isHost;
    private readonly string _name;
    private readonly string? _domain;

    private DataSubject(bool isHost, string name, string? domain)
    {
        _isHost = isHost;
        _name = name;
        _domain = domain;

        // Records have account and domain in one value or in two, in this order or that: both are looked for as words.
        Words = isHost
            ? [new SearchedWord(name, MayBeQualified: true)]
            : domain is null ? [new SearchedWord(name, MayBeQualified: false)] : [new SearchedWord(name, MayBeQualified: false), new SearchedWord(FirstLabel(domain), MayBeQualified: true)];
    }

    /// <summary>The words that all stand in a text which names it.</summary>
    internal IReadOnlyList<SearchedWord> Words { get; }

    /// <summary>A host: its whole name, or any beginning of it that ends before a dot.</summary>
    /// <exception cref="FormatException">The text is not the name of a host.</exception>
    public static DataSubject OfHost(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return IsName(name) && !name.AsSpan().ContainsAny(@"\@/ ") && name[0] != '.' && name[^1] != '.'
            ? new DataSubject(isHost: true, name, null)
            : throw new FormatException("the name of a host has up to 256 characters, no blanks, and no dot at an end");
    }

    /// <summary>A user: <c>ann</c>, <c>CORP\ann</c> or <c>ann@corp.example</c>.</summary>
    /// <exception cref="FormatException">The text is not the name of a user.</exception>
    public static DataSubject OfUser(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        (string account, string? domain) = Split(name);
        return IsName(name) && IsName(account) && domain is null or { Length: > 0 } && (domain is null || IsName(FirstLabel(domain)))
            ? new DataSubject(isHost: false, account, domain)
            : throw new FormatException(@"the name of a user is ann, CORP\ann or ann@corp.example, of up to 256 characters");
    }

    /// <summary>Whether a detection is on this host or of this user.</summary>
    public bool Is(string? host, string? user) => _isHost ? IsHost(host) : IsUser(user);

    private bool IsHost(string? host) => host is not null && IsOrBegins(host, _name);

    private bool IsUser(string? user)
    {
        if (user is null)
        {
            return false;
        }

        (string account, string? domain) = Split(user);
        return string.Equals(account, _name, StringComparison.OrdinalIgnoreCase)
            && (_domain is null || (domain is not null && (IsOrBegins(domain, _domain) || IsOrBegins(_domain, domain))));
    }

    private static bool IsOrBegins(string whole, string part) =>
        whole.StartsWith(part, StringComparison.OrdinalIgnoreCase) && (whole.Length == part.Length || whole[part.Length] == '.');

    private static (string Account, string? Domain) Split(string user) => (user.IndexOf('\\', StringComparison.Ordinal), user.LastIndexOf('@')) switch
    {
        ( >= 0 and var slash, _) => (user[(slash + 1)..], user[..slash]),
        (_, > 0 and var at) => (user[..at], user[(at + 1)..]),
        _ => (user, null),
    };

    private static string FirstLabel(string domain) => domain.Split('.', 2)[0];

    private static bool IsName(string name) => name.Length is > 0 and <= MaxLength && !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl);
}

/// <summary>A word that is looked for in text, without regard to case.</summary>
/// <param name="Text">The word.</param>
/// <param name="MayBeQualified">Whether it is still the same where a dot and more follow: a host's or domain's name.</param>
internal sealed record SearchedWord(string Text, bool MayBeQualified)
{
    /// <summary>Whether the word stands in a text, and more than that many characters from its ends, by which one sees whether it is one.</summary>
    public bool IsIn(ReadOnlySpan<char> text, int before, int after)
    {
        int start = 0;
        while (text[start..].IndexOf(Text, StringComparison.OrdinalIgnoreCase) is >= 0 and var found)
        {
            int at = start + found;
            int end = at + Text.Length;
            if (at >= before && text.Length - end >= after && !Continues(text[..at], isBefore: true) && !Continues(text[end..], isBefore: false))
            {
                return true;
            }

            start = at + 1;
        }
        return false;
    }

    // Letters, digits, hyphen and underscore belong to a name; a dot does where a name goes on behind it.
    private bool Continues(ReadOnlySpan<char> text, bool isBefore)
    {
        if (text.IsEmpty)
        {
            return false;
        }

        char next = isBefore ? text[^1] : text[0];
        if (next != '.')
        {
            return IsOfName(next);
        }

        return (isBefore || !MayBeQualified) && text.Length > 1 && IsOfName(isBefore ? text[^2] : text[1]);
    }

    private static bool IsOfName(char character) => char.IsLetterOrDigit(character) || character is '-' or '_' || char.IsSurrogate(character);
}
