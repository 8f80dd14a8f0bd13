using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>Reads the log source of a rule or filter.</summary>
internal static class LogSourceReader
{
    /// <summary>The log source, or null after reporting why there is none.</summary>
    public static LogSource? Read(AttributeReader document, DiagnosticSink sink)
    {
        if (document.Map["logsource"] is not YamlMapping map)
        {
            sink.Report(
                DiagnosticCode.MissingLogSource,
                document.PositionOf("logsource"),
                "There is no log source. Add a 'logsource' map with category, product or service.");
            return null;
        }

        var attributes = new AttributeReader(map, sink);
        var logSource = new LogSource(attributes.Text("category"), attributes.Text("product"), attributes.Text("service"));
        if (logSource == new LogSource())
        {
            sink.Report(DiagnosticCode.MissingLogSource, map.Position, "The log source states nothing. Give it a category, a product or a service.");
            return null;
        }

        foreach (string key in (string[])["category", "product", "service"])
        {
            if (map[key] is YamlScalar { Value: var value } && value.AsSpan().ContainsAnyInRange('A', 'Z'))
            {
                sink.Report(
                    DiagnosticCode.LogSourceCase,
                    map[key]!.Position,
                    $"'{Shortened.Of(value)}' is compared exactly, and log sources are written in lower case. Write it so.");
            }
        }

        return logSource;
    }
}
