using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Catalog.Site.Parts;

/// <summary>The severity of a rule.</summary>
internal static class LevelBadge
{
    /// <summary>Writes a severity.</summary>
    public static void Write(HtmlWriter html, string? level) =>
        html.Write($"<span class=\"level {ClassOf(level)}\">{level ?? "none"}</span>");

    /// <summary>The class of a severity, which is a word of ours whatever the rule says.</summary>
    public static string ClassOf(string? level) => RuleLevels.Parse(level) is { } known ? $"l{(int)known}" : "ln";
}
