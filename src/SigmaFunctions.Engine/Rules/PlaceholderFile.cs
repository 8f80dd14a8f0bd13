using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>
/// The file in which a deployment gives placeholders their values: a YAML map of names, each with a value or a list of values.
/// <code>
/// domain_controllers: [dc01, dc02]
/// jump_host: jump-*
/// </code>
/// Under <c>re</c> a value is taken literally; otherwise <c>*</c> and <c>?</c> in it are wildcards.
/// </summary>
public static class PlaceholderFile
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is not of this form; the message names each place.</exception>
    public static PlaceholderSet Load(string path) => Parse(new RuleFile(path, File.ReadAllText(path)));

    /// <summary>Reads a file already in memory.</summary>
    /// <exception cref="InvalidDataException">The file is not of this form; the message names each place.</exception>
    public static PlaceholderSet Parse(RuleFile file)
    {
        var values = new Dictionary<string, ImmutableArray<string>>(StringComparer.Ordinal);
        var faults = new List<string>();
        foreach (YamlDocument document in YamlDocumentReader.Read(file))
        {
            faults.AddRange(document.Diagnostics.Diagnostics.Select(diagnostic => diagnostic.ToString()));
            if (document.Root is not YamlMapping map)
            {
                if (!document.Diagnostics.HasErrors && document.Root is not YamlScalar { IsNull: true })
                {
                    faults.Add(Fault(file, document.Root, "A placeholder file is a map of names to values."));
                }

                continue;
            }

            foreach ((YamlScalar? name, YamlNode? value) in map.Entries)
            {
                IEnumerable<YamlNode> items = value is YamlSequence list ? list.Items : [value];
                foreach (YamlNode item in items)
                {
                    if (item is not YamlScalar { IsNull: false })
                    {
                        faults.Add(Fault(file, item, $"A value of the placeholder '{Shortened.Of(name.Value)}' is not a text."));
                    }
                }

                if (!values.TryAdd(name.Value, [.. items.OfType<YamlScalar>().Select(item => item.Value)]))
                {
                    faults.Add(Fault(file, name, $"The placeholder '{Shortened.Of(name.Value)}' is already defined above."));
                }
            }
        }

        return faults.Count == 0 ? new PlaceholderSet(values) : throw new InvalidDataException(string.Join(Environment.NewLine, faults));
    }

    private static string Fault(RuleFile file, YamlNode node, string message) =>
        $"{file.Path}({node.Position.Line},{node.Position.Column}): error: {message}";
}
