namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>A rule that events of process creation match if their command line says so.</summary>
internal static class MarkedRule
{
    /// <summary>The rule; it looks for <c>marker</c>.</summary>
    public const string Yaml = """
        title: Marked process
        id: 11111111-1111-4111-8111-111111111111
        level: high
        tags: [attack.t1059]
        logsource: {category: process_creation, product: windows}
        detection:
            selection:
                CommandLine|contains: marker
            condition: selection
        """;

    /// <summary>An event of process creation, which the rule matches where the command line says <c>marker</c>.</summary>
    public static string Event(string commandLine) =>
        $$"""{"category":"process_creation","product":"windows","Computer":"ws01","Image":"C:\tool.exe","CommandLine":"{{commandLine}}"}""";
}
