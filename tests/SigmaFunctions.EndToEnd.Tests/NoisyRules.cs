namespace SigmaFunctions.EndToEnd.Tests;

/// <summary>Rules that hold on every process event, as documents of one file.</summary>
internal static class NoisyRules
{
    /// <summary>Makes them.</summary>
    public static string Yaml(int count) => string.Join("\n---\n", Enumerable.Range(0, count).Select(number => $$"""
        title: Noisy {{number}}
        id: 22222222-2222-4222-8222-{{number:d12}}
        level: low
        logsource: {category: process_creation, product: windows}
        detection:
            other:
                CommandLine|contains: nothing-holds-this-{{number}}
            condition: not other
        """));
}
