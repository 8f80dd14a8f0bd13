namespace SigmaFunctions.Engine.Diagnostics;

/// <summary>Text of a rule as it is quoted in a message.</summary>
internal static class Shortened
{
    private const int MaxLength = 80;

    public static string Of(string text) => text.Length <= MaxLength ? text : text[..MaxLength] + "…";
}
