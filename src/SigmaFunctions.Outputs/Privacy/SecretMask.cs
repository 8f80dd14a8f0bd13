using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace SigmaFunctions.Outputs.Privacy;

/// <summary>
/// Masks what looks like a secret in a command line or a value, and leaves the rest as it is. It knows the forms of many programs, not the secrets: what it does not
/// know stays. Work grows with the length of the text, whatever the text.
/// </summary>
public static class SecretMask
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Mark = "…[masked]";

    private const string Value = """("[^"]*"?|'[^']*'?|[^\s"']+)""";

    // A name that is about a secret, and not one that tells of something else with the word in it: --password-file, --pass-through.
    private const string Name = @"(?:[\w.-]*(?:password|passwd|passphrase|passcode|secret)|(?:[\w.-]*[_.-])?(?:client[_-]?secret|api[_-]?key|apikey|access[_-]?key|account[_-]?key|secret[_-]?key|shared[_-]?access[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|sas[_-]?token|bearer[_-]?token|token|pwd))";

    // What ends a command in a shell is no part of its arguments.
    private const string Argument = """("[^"]*"?|'[^']*'?|[^\s"'/*&|<>][^\s"'&|<>]*)""";
    private const string Bare = """[^\s;&"',})]+""";

    // The group "secret" is what is masked. Without backtracking each pattern takes each character a bounded number of times.
    private static readonly ImmutableArray<Regex> Patterns =
    [
        // Keys in blocks, before anything takes parts of them.
        Of("-----BEGIN [A-Z ]*PRIVATE KEY-----(?<secret>.*?)(?:-----END|\\z)"),

        // --password x, -Password:x, /password=x; "--password=x y".
        Of($@"(?:^|[\s""'])(?:--?|/)(?:{Name}|passwordd|passwordo|storepass|keypass|(?:[\w-]+-)?pass)(?:\s+|[=:]\s*)(?<secret>{Value})"),
        Of($@"""(?:--?|/)(?:{Name}|pass)[=:](?<secret>[^""]+)"),
        Of($@"'(?:--?|/)(?:{Name}|pass)[=:](?<secret>[^']+)"),

        // name=value in settings, queries and connection strings. What was opened before the name closes behind it: "password=" *.ini.
        Of($@"(?:^|[\s;&?,{{(=:])(?:\$(?:env:)?)?(?:{Name})\s?[=:]\s?(?<secret>""[^""]*""?|'[^']*'?|{Bare})"),
        Of($@"""(?:\$(?:env:)?)?(?:{Name})\s?[=:]\s?(?<secret>'[^']*'?|{Bare})"),
        Of($@"'(?:\$(?:env:)?)?(?:{Name})\s?[=:]\s?(?<secret>""[^""]*""?|{Bare})"),
        Of($@"[""'](?:{Name})[""']\s?[=:]\s?(?<secret>""[^""]*""?|'[^']*'?|{Bare})"),
        Of($@"\\""(?:{Name})\\""\s?:\s?\\""(?<secret>[^""\\]+)"),
        Of(@"[?&](?:sig|signature|code|key)=(?<secret>[^\s&""'#]+)"),
        Of($@"\bsetx(?:\.exe)?""?\s+(?:{Name})\s+(?<secret>{Argument})"),
        Of($@"\baws(?:\.exe)?""?\s+configure\s+set\s+(?:{Name})\s+(?<secret>{Argument})"),
        Of($@"\breg(?:\.exe)?""?\s+add\s.*?/v\s+""?(?:{Name})""?\s(?:.*?\s)?/d\s+(?<secret>{Value})"),

        // user:password@host, Authorization: Bearer x.
        Of(@"[a-z][a-z0-9+.-]*://[^\s/:@""']*:(?<secret>[^\s/@""']+)@"),
        Of(@"authorization[""']?\s*[:=]\s*[""']*(?:bearer|basic|token|digest|negotiate)\s+(?<secret>[^\s""']+)"),
        Of(@"\bbearer\s+(?<secret>[A-Za-z0-9._~+/-]{16,}=*)"),

        // What single programs take.
        Of($@"\bnet1?(?:\.exe)?""?\s+user\s+(?:/\S+\s+)*(?:""[^""]*""|[^\s""/&|<>]\S*)\s+(?<secret>{Argument})"),
        Of($@"\bnet1?(?:\.exe)?""?\s+use\s.*?\s/u(?:ser)?:(?:""[^""]*""|\S+)\s+(?<secret>{Argument})"),
        Of($@"\bnet1?(?:\.exe)?""?\s+use\s+(?:\S:|\*)?\s*""?\\\\\S+\s+(?<secret>{Argument})\s+/u(?:ser)?:"),
        Of(@"\b(?:curl|wget)(?:\.exe)?""?\s(?:.*?\s)?(?:-u|--user|--proxy-user)[\s=]+[^\s:""']+:(?<secret>[^\s""']+)"),
        Of(@"\b(?:curl|wget)(?:\.exe)?""?\s(?:.*?\s)?(?:-u|--user|--proxy-user)[\s=]*""[^:""]+:(?<secret>[^""]+)"),
        Of(@"\b(?:curl|wget)(?:\.exe)?""?\s(?:.*?\s)?(?:-u|--user|--proxy-user)[\s=]*'[^:']+:(?<secret>[^']+)"),

        // Not -Uri:x of PowerShell, where curl is another program.
        Of(@"\b(?:curl|wget)(?:\.exe)?""?\s(?:.*?\s)?-u(?:[^r\s=:""'][^\s:""']*|r[^i\s:""'][^\s:""']*):(?<secret>[^\s""']+)"),
        Of($@"\bsshpass""?\s+-p\s*(?<secret>{Value})"),
        Of($@"\b(?:plink|pscp|psftp|putty)(?:\.exe)?""?\s(?:.*?\s)?-pw\s+(?<secret>{Value})"),

        // Only beside a user: -p may be an option of what they start.
        Of($@"\b(?:psexec(?:64)?|paexec)(?:\.exe)?""?\s(?:.*?\s)?-u\s+(?:""[^""]*""|\S+)\s+(?:-[a-z]\s+)*-p\s*(?<secret>{Value})"),
        Of($@"\b(?:psexec(?:64)?|paexec)(?:\.exe)?""?\s(?:.*?\s)?-p\s+(?<secret>{Value})\s+(?:-[a-z]\s+)*-u\s"),
        Of(
            $@"\b(?:crackmapexec|cme|nxc|netexec|evil-winrm|mongo|rdesktop|docker(?:\.exe)?""?\s+login|az(?:\.cmd)?""?\s+login)""?\s(?:.*?\s)?-p\s+(?<secret>{Value})",
            ignoresCase: false),
        Of(@"\b(?:smbclient|rpcclient|winexe)""?\s(?:.*?\s)?(?:-U|--user)[\s=]*[""']?[^\s%""']+%(?<secret>[^\s""']+)"),
        Of(@"\b(?:impacket-\w+|(?:ps|wmi|smb|at|dcom)exec\.py|secretsdump(?:\.py)?)""?\s(?:.*?\s)?[^\s:@""']+:(?<secret>""[^""]*""?|'[^']*'?|[^\s@""']+)@"),
        Of(@"(?:\s-hashes\s+|/(?:ntlm|rc4|aes128|aes256):)(?<secret>[0-9a-f:]{32,})"),
        Of($@"\b(?i:mysql|mysqldump|mysqladmin|mariadb)(?i:\.exe)?""?\s(?:.*?\s)?-p(?<secret>{Value})", ignoresCase: false),
        Of($@"\b(?i:sqlcmd|osql|bcp)(?i:\.exe)?""?\s(?:.*?\s)?-P\s*(?<secret>{Value})", ignoresCase: false),
        Of($@"\bschtasks(?:\.exe)?""?\s(?:.*?\s)?/rp(?:\s+|:)(?<secret>{Value})"),
        Of($@"\bcmdkey(?:\.exe)?""?\s(?:.*?\s)?/pass:(?<secret>{Value})"),
        Of($@"\b(?:winrs|[xw]freerdp)(?:\.exe)?""?\s(?:.*?\s)?[/-]p:(?<secret>{Value})"),
        Of($@"\bopenssl(?:\.exe)?""?\s(?:.*?\s)?-pass(?:in|out)\s+""?pass:(?<secret>{Value})"),
        Of($@"\bnetsh(?:\.exe)?""?\s(?:.*?\s)?key(?:material)?=(?<secret>{Value})"),
        Of(@"\b(?:7z|7za|7zr|rar|winrar|unrar)(?:\.exe)?""?\s(?:.*?\s)?-h?p(?<secret>""[^""]*""?|'[^']*'?|[^\s""'-][^\s""']*)"),
        Of($@"\bwmic(?:\.exe)?""?\s(?:.*?\s)?/password:(?<secret>{Value})"),
        Of(@"\bConvertTo-SecureString\s+(?:-(?:AsPlainText|Force|String)\s+)*(?<secret>""[^""]*""?|'[^']*'?|[^\s""'$()|;-][^\s""')|;]*)"),
        Of(@"\bNetworkCredential\s*\(\s*[""'][^""']*[""']\s*,\s*(?<secret>""[^""]*""?|'[^']*'?)"),

        // Addresses that are secrets.
        Of(@"\bhooks\.slack\.com/[a-z]+/(?<secret>[^\s""']+)"),
        Of(@"\bdiscord(?:app)?\.com/api/webhooks/[0-9]+/(?<secret>[^\s""'/?]+)"),

        // Tokens that are known by their form.
        Of(@"\b(?<secret>AKIA[0-9A-Z]{16}|ASIA[0-9A-Z]{16})\b", ignoresCase: false),
        Of(@"\b(?<secret>gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_[A-Za-z0-9_]{20,255}|glpat-[A-Za-z0-9_-]{20,255}|xox[abprs]-[A-Za-z0-9-]{10,255}|sk-[A-Za-z0-9_-]{20,255})", ignoresCase: false),
        Of(@"\b(?<secret>npm_[A-Za-z0-9]{36}|AIza[A-Za-z0-9_-]{35}|[sr]k_live_[A-Za-z0-9]{16,255}|hvs\.[A-Za-z0-9_-]{20,255})", ignoresCase: false),
        Of(@"\b(?<secret>eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*)", ignoresCase: false),
    ];

    /// <summary>The text with a mark in the place of each secret that is known by its form.</summary>
    public static string Apply(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var secrets = new List<(int Start, int End)>();
        foreach (Regex pattern in Patterns)
        {
            for (Match match = pattern.Match(text); match.Success; match = match.NextMatch())
            {
                if (match.Groups["secret"] is { Success: true, Length: > 0 } secret && !IsPlaceholder(secret.ValueSpan))
                {
                    secrets.Add((secret.Index, secret.Index + secret.Length));
                }
            }
        }

        return secrets is [] ? text : Mask(text, secrets);
    }

    private static string Mask(string text, List<(int Start, int End)> secrets)
    {
        var masked = new System.Text.StringBuilder(text.Length);
        int done = 0;
        foreach ((int start, int end) in secrets.Order())
        {
            if (end <= done)
            {
                continue;
            }

            if (start >= done)
            {
                masked.Append(text, done, start - done).Append(Mark);
            }

            done = end;
        }

        return masked.Append(text, done, text.Length - done).ToString();
    }

    // A variable, the next option, or the other half of :: is no secret.
    private static bool IsPlaceholder(ReadOnlySpan<char> value)
    {
        ReadOnlySpan<char> bare = value.Trim("\"'");
        return bare is "" or "*" || bare[0] is '%' or '$' or ':' || (bare[0] is '-' or '/' && value[0] == bare[0]);
    }

    private static Regex Of(string pattern, bool ignoresCase = true) => new(
        pattern,
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline | (ignoresCase ? RegexOptions.IgnoreCase : RegexOptions.None));
}
