using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>A correlation, and where its parts stand in its file.</summary>
/// <param name="Correlation">The correlation.</param>
/// <param name="Places">Their places.</param>
internal sealed record CorrelationSyntax(SigmaCorrelation Correlation, CorrelationPlaces Places);

/// <summary>Where the parts of a correlation stand: keys of its section, and texts below them, each where it stands first.</summary>
internal sealed class CorrelationPlaces
{
    private readonly Dictionary<(string Key, string Item), Position> _places = [];
    private readonly Position _section;

    /// <param name="section">The section.</param>
    public CorrelationPlaces(YamlMapping section)
    {
        _section = section.Position;
        foreach ((YamlScalar? key, YamlNode? value) in section.Entries)
        {
            _places.TryAdd((key.Value, ""), key.Position);
            AddTexts(key.Value, value);
        }
    }

    /// <summary>Adds the names of an expression, which may be the only place where rules are named.</summary>
    public void AddNames(IEnumerable<IdentifierCondition> names)
    {
        foreach (IdentifierCondition name in names)
        {
            _places.TryAdd(("rules", name.Name), name.Position);
            _places.TryAdd(("condition", name.Name), name.Position);
        }
    }

    /// <summary>
    /// Where a text stands below a key of the section, or a key of a map there (<c>condition</c>, <c>gte</c>); a value within such a map stands below
    /// that key (<c>field</c>, a field), the rules of all aliases below <c>aliases</c>. If there is none, where the key stands, or the section.
    /// </summary>
    public Position Of(string key, string item = "") =>
        _places.TryGetValue((key, item), out Position position) || _places.TryGetValue((key, ""), out position) ? position : _section;

    private void AddTexts(string key, YamlNode value)
    {
        switch (value)
        {
            case YamlScalar scalar:
                _places.TryAdd((key, scalar.Value), scalar.Position);
                break;
            case YamlSequence list:
                foreach (YamlScalar item in list.Items.OfType<YamlScalar>())
                {
                    _places.TryAdd((key, item.Value), item.Position);
                }

                break;
            case YamlMapping map:
                foreach ((YamlScalar? inner, YamlNode? below) in map.Entries)
                {
                    _places.TryAdd((key, inner.Value), inner.Position);
                    if (key == "aliases" && below is YamlMapping rules)
                    {
                        AddTexts(key, rules);
                    }
                    else if (inner.Value == "field")
                    {
                        AddTexts(inner.Value, below);
                    }
                }

                break;
        }
    }
}
