using System.Buffers;

namespace SigmaFunctions.Telemetry.Shapes.Defender;

/// <summary>The host of a URL, or of what stands for one (RFC 3986, 3.2.2), without the brackets of an IPv6 address.</summary>
internal static class UrlHost
{
    private static readonly SearchValues<byte> Scheme = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."u8);

    // No URL has a backslash; programs that take one all the same take it as a slash.
    private static readonly SearchValues<byte> EndsOfAuthority = SearchValues.Create("/?#\\"u8);

    /// <summary>The host: a part of <paramref name="url"/>; empty where there is none.</summary>
    /// <param name="url"><c>scheme://user:password@host:port/path</c>, of which all but the host may be missing.</param>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> url)
    {
        int scheme = url.IndexOfAnyExcept(Scheme);
        ReadOnlySpan<byte> authority = scheme >= 0 && url[scheme..].StartsWith("://"u8) ? url[(scheme + 3)..]
            : url.StartsWith("//"u8) ? url[2..]
            : url;
        int end = authority.IndexOfAny(EndsOfAuthority);
        authority = end < 0 ? authority : authority[..end];

        // Whatever stands before the last @ is the user.
        ReadOnlySpan<byte> host = authority[(authority.LastIndexOf((byte)'@') + 1)..];
        if (host is [(byte)'[', ..])
        {
            int bracket = host.IndexOf((byte)']');
            return bracket < 0 ? host : host[1..bracket];
        }

        // More than one colon is an IPv6 address without its brackets.
        int colon = host.IndexOf((byte)':');
        return colon >= 0 && colon == host.LastIndexOf((byte)':') ? host[..colon] : host;
    }
}
