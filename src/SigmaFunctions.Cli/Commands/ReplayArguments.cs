using System.CommandLine;
using SigmaFunctions.Cli.Sending;
using SigmaFunctions.Cli.Storing;

namespace SigmaFunctions.Cli.Commands;

/// <summary>Which dead letters, and where they are sent: the arguments of <c>sigmaf deadletters replay</c>.</summary>
internal sealed class ReplayArguments
{
    /// <summary>The oldest that is sent.</summary>
    public Option<Moment?> Since { get; } = StorageArguments.Since("All that was enqueued since: so long ago (90m, 24h, 7d), or a date or time in UTC.");

    /// <summary>What is too new.</summary>
    public Option<Moment?> Until { get; } = StorageArguments.Until();

    /// <summary>Text that the reason contains.</summary>
    public Option<string?> Reason { get; } = DeadLettersCommand.ReasonOption();

    /// <summary>Names of letters.</summary>
    public Option<string[]> Names { get; } = new("--name") { Description = "The letter of this name; may be repeated.", Arity = ArgumentArity.OneOrMore, HelpName = "NAME" };

    /// <summary>The most that are sent.</summary>
    public Option<int?> Limit { get; } = CommandOptions.Positive("--limit", "At most that many.");

    /// <summary>Connection string of the namespace or hub.</summary>
    public Option<string?> Connection { get; } = new("--hub-connection")
    {
        Description = $"Connection string of the Event Hubs namespace or hub; else the environment variable {HubConnection.Variable}.",
        HelpName = "STRING",
    };

    /// <summary>Host name of the namespace.</summary>
    public Option<string?> Namespace { get; } = new("--hub-namespace")
    {
        Description = "Host name of the Event Hubs namespace, reached as the Azure identity that is signed in.",
        HelpName = "HOST",
    };

    /// <summary>The hub for all.</summary>
    public Option<string?> Hub { get; } = new("--hub")
    {
        Description = "Name of the hub that takes them all, where the connection string has no EntityPath. [default: the hub that each came from]",
        HelpName = "NAME",
    };

    /// <summary>Whether letters stay.</summary>
    public Option<bool> Keep { get; } = new("--keep") { Description = "Leaves the letters where they are." };

    /// <summary>Whether nothing is done.</summary>
    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Tells which letters would be sent, and does nothing." };

    /// <summary>The container of letters.</summary>
    public Option<string> Container { get; } = DeadLettersCommand.ContainerOption();

    /// <summary>Adds them to a command, which must be told which letters to send.</summary>
    public void AddTo(Command command)
    {
        command.Add(Since);
        command.Add(Until);
        command.Add(Reason);
        command.Add(Names);
        command.Add(Limit);
        command.Add(Connection);
        command.Add(Namespace);
        command.Add(Hub);
        command.Add(Keep);
        command.Add(DryRun);
        command.Add(Container);
        command.Validators.Add(result =>
        {
            if (result.GetResult(Since) is null == result.GetResult(Names) is null)
            {
                result.AddError("Give either --since TIME or --name NAME: which letters to send.");
            }

            if (result.GetResult(Connection) is not null && result.GetResult(Namespace) is not null)
            {
                result.AddError("--hub-connection and --hub-namespace exclude each other.");
            }
        });
    }
}
