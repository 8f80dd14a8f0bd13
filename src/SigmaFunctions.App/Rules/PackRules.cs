using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Printing;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.App.Rules;

/// <summary>
/// Compiles the rules that ship with the app, when it is published: <c>SigmaFunctions.App pack-rules FOLDER PACK</c>. The app does it
/// itself since a pack is only used by the build that made it.
/// </summary>
internal static class PackRules
{
    /// <summary>The first argument.</summary>
    public const string Verb = "pack-rules";

    /// <summary>Writes the pack.</summary>
    /// <returns>The exit code: 0 if it was written.</returns>
    public static int Run(string folder, string pack, TextWriter output, TextWriter errors)
    {
        try
        {
            RuleSet rules = RulePack.Write([folder], pack);
            output.WriteLine(PrintableText.Of($"{rules.Counts} packed into {pack}, {rules.Rejected} rejected"));
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            errors.WriteLine(PrintableText.Of($"The rules of {folder} cannot be packed: {exception.Message}"));
            return 1;
        }
    }
}
