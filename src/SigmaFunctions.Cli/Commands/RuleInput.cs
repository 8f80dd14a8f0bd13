using System.CommandLine;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Linting;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Packing;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Cli.Commands;

/// <summary>Reading of rules as commands do it.</summary>
internal static class RuleInput
{
    /// <summary>Name of the option of <see cref="PlaceholdersOption"/>.</summary>
    public const string PlaceholdersName = "--placeholders";

    // How many rejected rules are told one by one.
    private const int MaxReports = 20;

    /// <summary>The option that names the file with the values of placeholders.</summary>
    public static Option<string?> PlaceholdersOption() => new(PlaceholdersName)
    {
        Description = "YAML file of values for placeholders (modifier expand): name: value, or name: [value, ...].",
        HelpName = "FILE",
    };

    /// <summary>Reads rules, or a pack of them, with the values of placeholders if there is a file of them.</summary>
    /// <param name="paths">Files, folders and archives, or one pack.</param>
    /// <param name="placeholders">The file of placeholders; null for none.</param>
    /// <param name="events">What events have, for doubts about rules that none can satisfy; those of a pack are not raised again.</param>
    /// <exception cref="CommandException">The placeholder file is not of its form, or a pack does not stand alone.</exception>
    /// <exception cref="IOException">A path does not exist, or the placeholder file cannot be read.</exception>
    public static RuleSet Load(IReadOnlyList<string> paths, string? placeholders, IEventFields? events = null)
    {
        PlaceholderSet? values = Placeholders(placeholders);
        if (!paths.Any(RulePack.IsPack))
        {
            return RuleSet.LoadPaths(paths, values, events);
        }

        return paths is [var pack]
            ? RulePack.Load(pack, values)
            : throw new CommandException("a pack is a rule set by itself: name no other rules beside it");
    }

    /// <summary>As <see cref="Load"/>; tells on standard error how many rules were rejected.</summary>
    /// <exception cref="CommandException">No rule was loaded, or as for <see cref="Load"/>.</exception>
    public static RuleSet LoadSome(IReadOnlyList<string> paths, string? placeholders, Terminal terminal)
    {
        RuleSet rules = Load(paths, placeholders);
        if (rules.Rejected > 0)
        {
            terminal.Errors.WriteLine($"sigmaf: {TerminalText.Plural(rules.Rejected, "rule")} rejected; 'sigmaf check' tells all about them");
        }

        return rules.Rules.IsEmpty ? throw new CommandException("no rule was loaded") : rules;
    }

    /// <summary>The values of placeholders; <see langword="null"/> if there is no file of them.</summary>
    /// <exception cref="CommandException">The file is not of its form.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static PlaceholderSet? Placeholders(string? file) => Placeholders(file is null ? null : new RuleFile(file, File.ReadAllText(file)));

    /// <summary>The values of placeholders; <see langword="null"/> if there is no file of them.</summary>
    /// <exception cref="CommandException">The file is not of its form.</exception>
    public static PlaceholderSet? Placeholders(RuleFile? file)
    {
        try
        {
            return file is null ? null : PlaceholderFile.Parse(file);
        }
        catch (InvalidDataException exception)
        {
            throw new CommandException(exception.Message);
        }
    }

    /// <summary>Tells which rules were rejected; rules that are used for events must be some.</summary>
    /// <exception cref="CommandException">There is no rule.</exception>
    public static async Task RequireAnyAsync(RuleSet rules, Terminal terminal)
    {
        List<Diagnostic> errors = [.. rules.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error || RulePack.IsPack(diagnostic.File))];
        foreach (Diagnostic error in errors.Take(MaxReports))
        {
            await terminal.Errors.WriteLineAsync(error.ToString());
        }

        if (rules.Rejected > 0)
        {
            await terminal.Errors.WriteLineAsync(
                $"sigmaf: {rules.Rejected} {(rules.Rejected == 1 ? "rule was" : "rules were")} rejected; 'sigmaf check' tells all about them");
        }

        if (rules.Rules.IsEmpty)
        {
            throw new CommandException("no rule was loaded");
        }
    }
}
