using System.Text;
using System.Text.Json;

namespace SigmaFunctions.Engine.Yaml;

/// <summary>Writes nodes in YAML's flow style, one way for equal content: plain text stays plain, quoted text is written as JSON.</summary>
internal static class YamlText
{
    public static string Write(YamlNode node)
    {
        var text = new StringBuilder();
        Append(text, node);
        return text.ToString();
    }

    private static void Append(StringBuilder into, YamlNode node)
    {
        switch (node)
        {
            case YamlScalar { IsPlain: true } plain:
                into.Append(plain.Value);
                break;
            case YamlScalar quoted:
                into.Append(JsonSerializer.Serialize(quoted.Value));
                break;
            case YamlSequence list:
                into.Append('[');
                for (int i = 0; i < list.Items.Length; i++)
                {
                    into.Append(i == 0 ? "" : ", ");
                    Append(into, list.Items[i]);
                }

                into.Append(']');
                break;
            case YamlMapping map:
                into.Append('{');
                for (int i = 0; i < map.Entries.Length; i++)
                {
                    into.Append(i == 0 ? "" : ", ");
                    Append(into, map.Entries[i].Key);
                    into.Append(": ");
                    Append(into, map.Entries[i].Value);
                }

                into.Append('}');
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(node));
        }
    }
}
