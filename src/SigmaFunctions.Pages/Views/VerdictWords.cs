namespace SigmaFunctions.Pages.Views;

/// <summary>Verdicts for people.</summary>
internal static class VerdictWords
{
    /// <summary>The words for the name that a verdict has in addresses and rows.</summary>
    public static string Of(string name) => name switch
    {
        "truePositive" => "true positive",
        "falsePositive" => "false positive",
        "benign" => "benign",
        _ => "no verdict",
    };
}
