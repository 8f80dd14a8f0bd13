using System.Collections.Immutable;

namespace SigmaFunctions.Engine.Model;

/// <summary>The levels of the Sigma specification, in order.</summary>
public enum RuleLevel
{
    /// <summary>Informational.</summary>
    Informational,

    /// <summary>Low.</summary>
    Low,

    /// <summary>Medium.</summary>
    Medium,

    /// <summary>High.</summary>
    High,

    /// <summary>Critical.</summary>
    Critical,
}

/// <summary>Levels as rules write them.</summary>
public static class RuleLevels
{
    /// <summary>The words of all levels, such as <c>high</c>, the lowest first.</summary>
    public static ImmutableArray<string> Names { get; } = [.. Enum.GetNames<RuleLevel>().Select(name => name.ToLowerInvariant())];

    /// <summary>The level that a rule states, in whatever letter case; null where it states none, or one that Sigma does not have.</summary>
    public static RuleLevel? Parse(string? text)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (string.Equals(text, Names[i], StringComparison.OrdinalIgnoreCase))
            {
                return (RuleLevel)i;
            }
        }

        return null;
    }

    /// <summary>The word for a level.</summary>
    public static string Name(this RuleLevel level) => Names[(int)level];
}
