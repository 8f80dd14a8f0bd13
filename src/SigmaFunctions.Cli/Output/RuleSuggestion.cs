namespace SigmaFunctions.Cli.Output;

/// <summary>Which rule was probably meant by what is the id of none.</summary>
internal static class RuleSuggestion
{
    /// <summary>A question to end a message with, which names a rule's id and title; empty where no rule is near.</summary>
    /// <param name="wanted">What was given for an id: perhaps a slip of one, or of a title, or a part of it.</param>
    /// <param name="rules">The rules that there are.</param>
    public static string For(string wanted, IEnumerable<(string Id, string Title)> rules)
    {
        (string Id, string Title)[] all = [.. rules.Distinct()];
        string? nearest = Suggestion.Nearest(wanted, all.SelectMany(rule => new[] { rule.Id, rule.Title }));
        return nearest is null ? "" : all.First(rule => nearest == rule.Id || nearest == rule.Title) is var (id, title) ? $": did you mean {id} ({title})?" : "";
    }
}
