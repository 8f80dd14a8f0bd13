using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Telemetry;
using SigmaFunctions.Telemetry.Mappings;

namespace SigmaFunctions.Cli.Commands;

/// <summary>Kinds of options that several commands have.</summary>
internal static class CommandOptions
{
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

    /// <summary>The option for the format of a report: text or json.</summary>
    public static Option<string> Format()
    {
        var format = new Option<string>("--format") { Description = "text or json.", DefaultValueFactory = _ => "text", HelpName = "FORMAT" };
        format.AcceptOnlyFromAmong("text", "json");
        return format;
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
