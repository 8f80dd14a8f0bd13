using System.Collections.Frozen;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Mappings;

namespace SigmaFunctions.Cli.Commands;

/// <summary>Kinds of options that several commands have.</summary>
internal static class CommandOptions
{
    // Lists and scans once had names of their own for the same.
    private static readonly FrozenDictionary<string, string> Formats = new Dictionary<string, string>
    {
        ["text"] = "text",
        ["json"] = "json",
        ["table"] = "text",
        ["ndjson"] = "json",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>An option for a whole number of at least 1; <see langword="null"/> where it is not given.</summary>
    public static Option<int?> Positive(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[^1].Value, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0)
            {
                return value;
            }

            result.AddError($"{name} must be a whole number of at least 1.");
            return null;
        },
    };

    /// <summary>The option for the format of a report: <c>text</c>, <c>json</c>, or what a command has besides.</summary>
    /// <param name="description">What they are.</param>
    /// <param name="standard">Which it is where none is given.</param>
    /// <param name="others">What the command has besides.</param>
    public static Option<string> Format(string description = "text or json.", string standard = "text", params string[] others)
    {
        string[] names = ["text", "json", .. others];
        var format = new Option<string>("--format")
        {
            Description = description,
            DefaultValueFactory = _ => standard,
            HelpName = "FORMAT",
            CustomParser = result =>
            {
                string given = result.Tokens[^1].Value;
                if ((others.Contains(given) ? given : Formats.GetValueOrDefault(given)) is { } name)
                {
                    return name;
                }

                result.AddError($"--format is {string.Join(", ", names[..^1])} or {names[^1]}, not '{given}'{Suggestion.For(given, names)}");
                return standard;
            },
        };
        format.CompletionSources.Add(names);
        return format;
    }

    /// <summary>The option for a level; it has the word that rules have.</summary>
    public static Option<string?> Level(string description)
    {
        var level = new Option<string?>("--level")
        {
            Description = description,
            HelpName = "LEVEL",
            CustomParser = result =>
            {
                string given = result.Tokens[^1].Value;
                if (RuleLevels.Parse(given) is { } known)
                {
                    return known.Name();
                }

                result.AddError($"--level is one of {string.Join(", ", RuleLevels.Names)}, not '{given}'{Suggestion.For(given, RuleLevels.Names)}");
                return null;
            },
        };
        level.CompletionSources.Add([.. RuleLevels.Names]);
        return level;
    }

    /// <summary>The option for the log source of flat events that do not tell theirs.</summary>
    public static Option<LogSource?> LogSource() => new("--logsource")
    {
        Description = "Log source of flat events that do not tell theirs.",
        HelpName = "product=...,category=...,service=...",
        CustomParser = ParseLogSource,
    };

    /// <summary>The option for the mappings of sources that the decoder does not know.</summary>
    public static Option<string[]> Mappings() => new("--mapping")
    {
        Description = "Mapping file, or folder of them: how records of your own source are read (docs/mappings.md). May be repeated.",
        Arity = ArgumentArity.OneOrMore,
        HelpName = "PATH",
    };

    /// <summary>A decoder with the mappings and the log source that were given; what is wrong with mappings is told.</summary>
    public static async Task<EventDecoder> DecoderAsync(IReadOnlyList<string> mappings, LogSource? logSource, Terminal terminal)
    {
        MappingSet set = await MappingsAsync(mappings, terminal);
        return new EventDecoder(logSource, set.Mappings);
    }

    /// <summary>The mappings that were given; what is wrong with them is told.</summary>
    public static async Task<MappingSet> MappingsAsync(IReadOnlyList<string> mappings, Terminal terminal)
    {
        var set = MappingSet.LoadPaths(mappings);
        foreach (Diagnostic diagnostic in set.Diagnostics)
        {
            await terminal.Errors.WriteLineAsync(diagnostic.ToString());
        }

        return set;
    }

    private static LogSource? ParseLogSource(ArgumentResult result)
    {
        var logSource = new LogSource();
        foreach (string part in string.Join(',', result.Tokens.Select(token => token.Value)).Split(','))
        {
            LogSource? extended = part.Split('=', 2, StringSplitOptions.TrimEntries) switch
            {
                ["category", { Length: > 0 } value] => logSource with { Category = value },
                ["product", { Length: > 0 } value] => logSource with { Product = value },
                ["service", { Length: > 0 } value] => logSource with { Service = value },
                _ => null,
            };
            if (extended is null)
            {
                result.AddError("--logsource is written as product=...,category=...,service=... with at least one of the three.");
                return null;
            }

            logSource = extended;
        }

        return logSource;
    }
}
