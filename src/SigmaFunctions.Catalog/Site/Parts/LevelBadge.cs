using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>The severity of a rule.</summary>
public static class LevelBadge
{
    /// <summary>Writes a severity.</summary>
    /// <param name="html">Where it is written.</param>
    /// <param name="level">The level as a rule writes it; null for none.</param>
    public static void Write(HtmlWriter html, string? level)
    {
        ArgumentNullException.ThrowIfNull(html);
        html.Write($"<span class=\"level {ClassOf(level)}\">{level ?? "none"}</span>");
    }

    /// <summary>The class of a severity, which is a word of ours whatever the rule says.</summary>
    public static string ClassOf(string? level) => RuleLevels.Parse(level) is { } known ? $"l{(int)known}" : "ln";
}
