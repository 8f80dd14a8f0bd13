namespace SigmaFunctions.Catalog.Site;

/// <summary>The files that every catalogue has beside its pages: style sheet, scripts, icon.</summary>
public static class SiteAssets
{
    private const string Prefix = "assets/";

    /// <summary>Their names.</summary>
    public static IEnumerable<string> Names => typeof(SiteAssets).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .Select(name => name[Prefix.Length..]);

    /// <summary>The content of one; null where there is none of this name.</summary>
    public static byte[]? Find(string name)
    {
        using Stream? stream = typeof(SiteAssets).Assembly.GetManifestResourceStream(Prefix + name);
        if (stream is null)
        {
            return null;
        }

        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
