using System.Reflection;

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
    public static byte[]? Find(string name) => Read(typeof(SiteAssets).Assembly, Prefix + name);

    /// <summary>The content of a resource; null where an assembly has none of this name.</summary>
    public static byte[]? Read(Assembly assembly, string name)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        using Stream? stream = assembly.GetManifestResourceStream(name);
        if (stream is null)
        {
            return null;
        }

        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }
}
