using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using SigmaFunctions.Engine.Events;

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
