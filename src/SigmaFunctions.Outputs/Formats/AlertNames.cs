using System.Globalization;
using SigmaFunctions.Storage.Alerts;

namespace SigmaFunctions.Outputs.Formats;

/// <summary>Names in an alert, taken apart as other systems want them.</summary>
internal static class AlertNames
{
    private const int TimeDigits = 21;
    private const string TimeFormat = "yyyyMMddHHmmssfffffff";

    /// <summary>When the event was enqueued (UTC), which its id begins with; null where that is no id of this app.</summary>
    public static DateTimeOffset? EnqueuedTime(Alert alert) =>
        alert.Id.Length > TimeDigits
        && DateTime.TryParseExact(alert.Id[..TimeDigits], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out DateTime time)
            ? new DateTimeOffset(time, TimeSpan.Zero)
            : null;

    /// <summary>A host's name and its domain, which is null where there is none: <c>ws-1.contoso.example</c>.</summary>
    public static (string Name, string? Domain) Host(string host)
    {
        // Addresses have dots too.
        int dot = System.Net.IPAddress.TryParse(host, out _) ? -1 : host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && dot < host.Length - 1 ? (host[..dot], host[(dot + 1)..]) : (host, null);
    }

    /// <summary>An account's name and its domain, which is null where there is none: <c>CONTOSO\anna</c>, <c>anna@contoso.example</c>.</summary>
    public static (string Name, string? Domain) Account(string user)
    {
        int slash = user.IndexOf('\\', StringComparison.Ordinal);
        if (slash >= 0 && slash < user.Length - 1)
        {
            return (user[(slash + 1)..], slash == 0 ? null : user[..slash]);
        }

        int at = user.LastIndexOf('@');
        return at > 0 && at < user.Length - 1 ? (user[..at], user[(at + 1)..]) : (user, null);
    }

    /// <summary>The rule's page; null where there is none that a browser opens.</summary>
    public static string? Page(Alert alert) =>
        Uri.TryCreate(alert.Rule.Page, UriKind.Absolute, out Uri? page) && page.Scheme is "https" or "http" && page.AbsoluteUri.Length <= Alert.MaxPageLength ? page.AbsoluteUri : null;

    /// <summary>A file's name at the end of its path, of Windows or another system.</summary>
    public static string File(string path) => path[(path.AsSpan().LastIndexOfAny('\\', '/') + 1)..];
}
