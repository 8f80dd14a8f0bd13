using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Cli.Commands;

/// <summary>The files of a rule set that is to be pushed.</summary>
internal static class PushInput
{
    /// <summary>The files of rules, folders and archives, each under a name of its own.</summary>
    /// <exception cref="CommandException">A file or archive is not of its form, or two files have one name.</exception>
    /// <exception cref="IOException">A path cannot be read.</exception>
    public static List<RuleFile> Read(string[] paths)
    {
        var files = new List<RuleFile>();
        try
        {
            files.AddRange(RuleFile.ReadAll(paths.Where(path => !RuleArchive.IsArchive(path))));
        }
        catch (InvalidDataException exception)
        {
            throw new CommandException(exception.Message);
        }

        foreach (string archive in paths.Where(RuleArchive.IsArchive))
        {
            try
            {
                files.AddRange(RuleArchive.Read(File.ReadAllBytes(archive), Path.GetFileNameWithoutExtension(archive) + "/"));
            }
            catch (InvalidDataException exception)
            {
                throw new CommandException($"the archive '{archive}' cannot be read: {exception.Message}");
            }
        }

        return files.GroupBy(file => file.Path, StringComparer.Ordinal).FirstOrDefault(group => group.Skip(1).Any()) is { } twice
            ? throw new CommandException($"two files are named '{twice.Key}': push a folder that holds both")
            : files;
    }

    /// <summary>A file that goes with the rules: the one that an option names, or the one at their top.</summary>
    /// <exception cref="CommandException">There are both.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static RuleFile? Extra(string option, string? path, RuleFile? atTop) => (path, atTop) switch
    {
        (null, _) => atTop,
        (_, null) => new RuleFile(path, File.ReadAllText(path)),
        _ => throw new CommandException($"there is '{atTop.Path}' at the top of the rules, and {option} names another: keep one"),
    };

    /// <summary>Tells which overrides are for none of the rules.</summary>
    /// <exception cref="CommandException">The file is not of its form.</exception>
    public static async Task CheckOverridesAsync(RuleFile? file, RuleSet rules, Terminal terminal)
    {
        if (file is null)
        {
            return;
        }

        RuleOverrides overrides;
        try
        {
            overrides = RuleOverrides.Parse(file);
        }
        catch (InvalidDataException exception)
        {
            throw new CommandException(exception.Message);
        }

        var known = rules.Rules.Select(rule => rule.Id).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (string id in overrides.Ids.Where(id => !known.Contains(id)).Order(StringComparer.Ordinal))
        {
            await terminal.Errors.WriteLineAsync($"sigmaf: the overrides change {id}, which is not among these rules; the app's package may have it");
        }
    }
}
