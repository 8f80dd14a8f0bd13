using System.Net;
using System.Text;
using SigmaFunctions.Catalog.Site;
using SigmaFunctions.Pages.Model;

namespace SigmaFunctions.LocalHost.Live;

/// <summary>The pages that are not the catalogue's own: one frame around them, with the links that its pages have.</summary>
internal static class LivePages
{
    /// <summary>The live view.</summary>
    public static byte[] Live() => Frame("Live", "/", Text("live.html"), "<script src=\"/assets/live.js\" defer></script>\n");

    /// <summary>Stands in for every page of a catalogue that is not there.</summary>
    /// <param name="message">Why.</param>
    public static byte[] NoCatalogue(string message) =>
        Frame("Catalogue", "/catalog/", Text("building.html").Replace("{message}", WebUtility.HtmlEncode(message), StringComparison.Ordinal), "");

    /// <summary>A file among those of the live view.</summary>
    public static byte[] Asset(string name) => SiteAssets.Read(typeof(LivePages).Assembly, $"live/{name}")!;

    private static byte[] Frame(string title, string address, string content, string scripts)
    {
        IEnumerable<(string Address, string Name)> links =
            [("/", "Live"), (PageAddress.List, "Detections"), ("/catalog/", "Catalogue"), .. SiteNavigation.Pages.Select(page => ($"/catalog/{page.Path}", page.Name))];
        string navigation = string.Concat(links.Select(link =>
            $"<li><a href=\"{link.Address}\"{(link.Address == address ? " aria-current=\"page\"" : "")}>{WebUtility.HtmlEncode(link.Name)}</a></li>"));
        return Encoding.UTF8.GetBytes(Text("frame.html")
            .Replace("{title}", title, StringComparison.Ordinal)
            .Replace("{scripts}", scripts, StringComparison.Ordinal)
            .Replace("{navigation}", navigation, StringComparison.Ordinal)
            .Replace("{content}", content, StringComparison.Ordinal));
    }

    private static string Text(string name) => Encoding.UTF8.GetString(Asset(name));
}
