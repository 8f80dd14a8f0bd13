using SigmaFunctions.Storage.Verdicts;

namespace SigmaFunctions.Pages.Model;

/// <summary>Names of verdicts in addresses and forms.</summary>
internal static class VerdictName
{
    /// <summary>Name of what has no verdict, or none any more.</summary>
    public const string None = "none";

    /// <summary>Those that somebody can give.</summary>
    public static IEnumerable<VerdictKind> Kinds => Enum.GetValues<VerdictKind>();

    /// <summary>The name of a verdict.</summary>
    public static string Of(VerdictKind kind) => kind switch
    {
        VerdictKind.TruePositive => "truePositive",
        VerdictKind.FalsePositive => "falsePositive",
        VerdictKind.Benign => "benign",
        VerdictKind.Withdrawn => None,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}
