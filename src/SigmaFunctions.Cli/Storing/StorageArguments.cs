using System.CommandLine;
using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using SigmaFunctions.Cli.Output;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.Cli.Storing;

/// <summary>How commands reach the storage account, and what they say where they do not.</summary>
internal sealed class StorageArguments
{
    private const string ConnectionVariable = "DetectionStorage";
    private const int AccountNameMinimum = 3;
    private const int AccountNameMaximum = 24;

    private readonly Terminal _terminal;
    private readonly Option<string?> _connection = new("--storage")
    {
        Description = $"Connection string of the storage account; else the environment variable {ConnectionVariable}.",
        HelpName = "CONNECTION",
    };

    private readonly Option<string?> _account = new("--account")
    {
        Description = "Name of the storage account, reached as the Azure identity that is signed in (az login, managed identity, ...).",
        HelpName = "NAME",
    };

    public StorageArguments(Terminal terminal) => _terminal = terminal;

    /// <summary>The option for the oldest that is wanted.</summary>
    public static Option<Moment?> Since(string description) => MomentOption("--since", description);

    /// <summary>The option for what is too new.</summary>
    public static Option<Moment?> Until() => MomentOption("--until", "Only what was enqueued before then; likewise.");

    /// <summary>The option for a container's or table's name.</summary>
    public static Option<string> Name(string option, string description, string standard) =>
        new(option) { Description = description, DefaultValueFactory = _ => standard, HelpName = "NAME" };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_connection);
        command.Add(_account);
    }

    /// <summary>A client of a table.</summary>
    /// <exception cref="CommandException">The account is not given, or not usably.</exception>
    public TableClient Table(ParseResult parsed, string name) => Create(parsed, clients => clients.CreateTableClient(name));

    /// <summary>A client of a blob container.</summary>
    /// <exception cref="CommandException">The account is not given, or not usably.</exception>
    public BlobContainerClient Container(ParseResult parsed, string name) => Create(parsed, clients => clients.CreateContainerClient(name));

    /// <summary>A client of a queue whose messages are in Base64.</summary>
    /// <exception cref="CommandException">The account is not given, or not usably.</exception>
    public QueueClient Queue(ParseResult parsed, string name) => Create(parsed, clients => clients.CreateQueueClient(name, QueueMessageEncoding.Base64));

    /// <summary>Runs what works with the account, and tells what goes wrong there.</summary>
    /// <exception cref="CommandException">The account could not be reached or refused.</exception>
    public static async Task<int> RunAsync(Func<Task<int>> work)
    {
        try
        {
            return await work();
        }
        catch (RequestFailedException exception)
        {
            throw new CommandException(ReasonOf(exception));
        }
        catch (AggregateException exception) when (exception.InnerExceptions.All(inner => inner is RequestFailedException))
        {
            throw new CommandException(ReasonOf((RequestFailedException)exception.InnerExceptions[^1]));
        }
        catch (AuthenticationFailedException)
        {
            throw new CommandException("no Azure identity is signed in here, or it gets no token: see 'az login'");
        }
        catch (FormatException exception)
        {
            throw new CommandException(exception.Message, ExitCode.Failure);
        }
    }

    private static string ReasonOf(RequestFailedException e) => e switch
    {
        { Status: 0 } => "the storage account cannot be reached",
        { ErrorCode: "TableNotFound" } => "the storage account has no such table",
        { ErrorCode: "QueueNotFound" } => "the storage account has no such queue",
        { ErrorCode: "ContainerNotFound" } => "the storage account has no such container",
        { Status: 401 or 403 } => $"the storage account denies this ({e.ErrorCode}): the key is wrong, or the identity lacks the role (docs/cli.md)",
        _ => $"the storage account answered {e.Status} {e.ErrorCode}",
    };

    private static Option<Moment?> MomentOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        CustomParser = result =>
        {
            if (Moment.TryParse(result.Tokens[^1].Value, out Moment moment))
            {
                return moment;
            }

            result.AddError($"{name} is so long ago (90m, 24h, 7d) or a date or time in UTC (2026-11-26, 2026-11-26T10:30Z).");
            return null;
        },
    };

    private T Create<T>(ParseResult parsed, Func<StorageClients, T> create)
    {
        string? account = parsed.GetValue(_account);
        string? connection = parsed.GetValue(_connection);
        if (account is not null && connection is not null)
        {
            throw new CommandException("--storage and --account exclude each other");
        }

        if (account is not null)
        {
            // The name becomes part of a host that is sent a token.
            return account.Length is >= AccountNameMinimum and <= AccountNameMaximum && account.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
                ? create(new StorageClients(StorageServices.OfAccount(account), new DefaultAzureCredential(), StoragePatience.Person))
                : throw new CommandException("--account is the name of a storage account: 3 to 24 lower-case letters and digits");
        }

        connection ??= _terminal.Environment(ConnectionVariable);
        if (string.IsNullOrWhiteSpace(connection))
        {
            throw new CommandException($"no storage account: give --storage CONNECTION or --account NAME, or set {ConnectionVariable}");
        }

        try
        {
            return create(new StorageClients(connection, StoragePatience.Person));
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            // Without the inner message: it may quote the string, and that holds a key.
            throw new CommandException("the connection string is not one of a storage account: DefaultEndpointsProtocol=https;AccountName=...;AccountKey=...");
        }
    }
}
