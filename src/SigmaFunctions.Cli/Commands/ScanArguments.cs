using System.CommandLine;
using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Cli.Commands;

/// <summary>Which rules and which events: the arguments of commands that bring both together.</summary>
internal sealed class ScanArguments
{
    /// <summary>What files of events may be.</summary>
    public const string FilesDescription = "Files of one Event Hub body a line, or of JSON documents; plain, gzip, zstd or zip; - is standard input.";

    /// <summary>Files of bodies.</summary>
    public Argument<string[]> Events { get; } = new("EVENTS")
    {
        Description = FilesDescription,
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>The rules.</summary>
    public Option<string[]> Rules { get; } = new(ScanCommand.RulesName)
    {
        Description = "Rule files, folders and zip archives, or one pack. The folders, *.yml, *.yaml or *.pack files, and archives of rules that follow belong to it; "
            + "the first other word begins EVENTS.",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
        HelpName = "PATH...",
    };

    /// <summary>Files that are one body.</summary>
    public Option<string[]> Bodies { get; } = new("--body")
    {
        Description = "A file that is one body as a whole (several lines, or packed). It counts as one line, after EVENTS.",
        Arity = ArgumentArity.OneOrMore,
        HelpName = "FILE",
    };

    /// <summary>The log source of flat events that do not tell theirs.</summary>
    public Option<LogSource?> LogSource { get; } = CommandOptions.LogSource();

    /// <summary>How records of other sources are read.</summary>
    public Option<string[]> Mappings { get; } = CommandOptions.Mappings();

    /// <summary>The values of placeholders.</summary>
    public Option<string?> Placeholders { get; } = RuleInput.PlaceholdersOption();

    /// <summary>Adds them to a command, which must be given some events.</summary>
    public void AddTo(Command command)
    {
        command.Add(Events);
        command.Add(Rules);
        command.Add(Bodies);
        command.Add(LogSource);
        command.Add(Mappings);
        command.Add(Placeholders);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Events) is not { Tokens.Count: > 0 } && result.GetResult(Bodies) is not { Tokens.Count: > 0 })
            {
                result.AddError("No EVENTS: give files of events (a folder counts as one of rules), - for standard input, or --body FILE.");
            }
        });
    }
}
