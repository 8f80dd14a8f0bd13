using System.Collections.Immutable;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Cli.Output;

namespace SigmaFunctions.Cli.Covering;

/// <summary>The techniques that matter to someone: a file of ids, one a line.</summary>
/// <param name="Techniques">The techniques, each once, in the file's order; for a revoked one that which replaces it.</param>
/// <param name="Retired">Those of the file that are no longer in force.</param>
internal sealed record WantedTechniques(ImmutableArray<AttackTechnique> Techniques, ImmutableArray<AttackTechnique> Retired)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="CommandException">A line names no technique.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static WantedTechniques Read(string file, AttackCatalogue catalogue)
    {
        var techniques = new List<AttackTechnique>();
        int number = 0;
        foreach (string line in File.ReadLines(file))
        {
            number++;
            string id = line.Split('#', 2)[0].Trim();
            if (id.Length > 0)
            {
                techniques.Add(catalogue.FindTechnique(id)
                    ?? throw new CommandException($"{file}({number}): ATT&CK v{AttackCatalogue.Version} has no technique '{id}'"));
            }
        }

        return new WantedTechniques(
            [.. techniques.Select(technique => technique.ReplacedBy ?? technique).Distinct()],
            [.. techniques.Where(technique => technique.State != AttackState.Current).Distinct()]);
    }
}
