using System.Text;
using SigmaFunctions.Packaging.Reading;

namespace SigmaFunctions.Packaging.Writing;

/// <summary>Third-party notices: which packages an output ships files of, whose they are, and the texts that must go with them.</summary>
internal static class Notices
{
    private static readonly string Rule = new('-', 80);

    /// <summary>The notices as text.</summary>
    /// <param name="shipment">What is shipped.</param>
    /// <param name="others">Notices on what is no package, as they stand.</param>
    public static string Write(Shipment shipment, IEnumerable<string> others)
    {
        var text = new StringBuilder();
        text.Append("Third-party notices of ").Append(shipment.Name).Append(' ').Append(shipment.Version).Append("\n\n");
        text.Append("It has files of the packages below. Their licenses follow, each once, with the packages that it is for.\n");
        foreach (Component component in shipment.Components)
        {
            PackageLicense license = component.License;
            text.Append('\n').Append(component.Id).Append(' ').Append(component.Version).Append('\n');
            text.Append("  ").Append(license.Copyright).Append('\n');
            text.Append("  License: ").Append(license.Expression ?? license.Address ?? "see below").Append('\n');
            if (license.Project is not null)
            {
                text.Append("  ").Append(license.Project).Append('\n');
            }

            text.Append("  Files: ").AppendJoin(", ", component.Files).Append('\n');
        }
        foreach (string file in shipment.Unknown)
        {
            text.Append('\n').Append(file).Append("\n  of an unknown package\n");
        }

        IEnumerable<IGrouping<string, (Component Component, string Title, string Text)>> texts = shipment.Components
            .SelectMany(component => component.License.Texts, (component, item) => (Component: component, item.Title, item.Text))
            .GroupBy(item => item.Text, StringComparer.Ordinal);
        foreach (IGrouping<string, (Component Component, string Title, string Text)> group in texts)
        {
            text.Append('\n').Append(Rule).Append('\n');
            text.Append(group.First().Title).Append(", for ")
                .AppendJoin(", ", group.Select(item => item.Component.Id).Distinct(StringComparer.Ordinal)).Append("\n\n");
            text.Append(group.Key).Append('\n');
        }
        foreach (string other in others)
        {
            text.Append('\n').Append(Rule).Append("\n\n").Append(other.ReplaceLineEndings("\n").Trim('\n')).Append('\n');
        }

        return text.ToString();
    }
}
