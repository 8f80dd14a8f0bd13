using System.Collections.Immutable;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>Words as pages write them.</summary>
internal static class PageText
{
    /// <summary>Whether a reference is an address that may be followed.</summary>
    public static bool IsLink(string reference) =>
        Uri.TryCreate(reference, UriKind.Absolute, out Uri? uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);

    /// <summary>A number with its noun.</summary>
    public static string Count(int count, string noun) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count:N0} {noun}{(count == 1 ? "" : "s")}");

    /// <summary>A log source in words, such as <c>product windows, category process_creation</c>.</summary>
    public static string Of(LogSource logSource)
    {
        string text = string.Join(
            ", ",
            new[] { ("product", logSource.Product), ("category", logSource.Category), ("service", logSource.Service) }
                .Where(part => part.Item2 is not null)
                .Select(part => $"{part.Item1} {part.Item2}"));
        return text.Length == 0 ? "any" : text;
    }

    /// <summary>Counts by source in words, such as <c>sigma 14, mine 2</c>.</summary>
    public static string Of(ImmutableArray<SourceCount> counts) =>
        string.Join(", ", counts.Select(one => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{one.Source} {one.Count}")));
}
