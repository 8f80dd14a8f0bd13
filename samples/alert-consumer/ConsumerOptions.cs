using Azure.Core;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.Samples;

/// <summary>What the command line and the environment say: the same words as those of <c>sigmaf</c>.</summary>
internal sealed record ConsumerOptions
{
    /// <summary>What may be written.</summary>
    public const string Usage = "usage: alert-consumer [--storage CONNECTION | --account NAME] [--once]";

    /// <summary>Queue of what cannot be handled; with <see cref="HandledTable"/>, what deployments make for the consumer.</summary>
    public const string PoisonQueue = "alerts-poison";

    /// <summary>Table of ids of handled alerts.</summary>
    public const string HandledTable = "HandledAlerts";

    private const string ConnectionVariable = "DetectionStorage";
    private const int AccountNameMinimum = 3;
    private const int AccountNameMaximum = 24;

    /// <summary>Connection string of the storage account; null where it is reached as an identity.</summary>
    public string? ConnectionString { get; private init; }

    /// <summary>Name of the storage account that is reached as the Azure identity that is signed in; null where there is a connection string.</summary>
    public string? Account { get; private init; }

    /// <summary>Whether to end when the queue is empty.</summary>
    public bool IsOnce { get; private init; }

    /// <summary>Reads them.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="environment">Finds a variable of the environment; null where there is none.</param>
    /// <exception cref="UsageException">They are not understood; the message says why and quotes no connection string.</exception>
    public static ConsumerOptions Parse(IReadOnlyList<string> arguments, Func<string, string?> environment)
    {
        string? connection = null;
        string? account = null;
        bool isOnce = false;
        for (int index = 0; index < arguments.Count; index++)
        {
            switch (arguments[index])
            {
                case "--once":
                    isOnce = true;
                    break;
                case "--storage":
                    connection = ValueOf(arguments, ref index);
                    break;
                case "--account":
                    account = ValueOf(arguments, ref index);
                    break;
                default:
                    throw new UsageException(Usage);
            }
        }

        if (account is not null && connection is not null)
        {
            throw new UsageException("--storage and --account exclude each other");
        }

        // The name becomes part of a host that is sent a token.
        if (account is not null
            && !(account.Length is >= AccountNameMinimum and <= AccountNameMaximum && account.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))))
        {
            throw new UsageException("--account is the name of a storage account: 3 to 24 lower-case letters and digits");
        }

        connection = account is null ? connection ?? environment(ConnectionVariable) : null;
        return account is null && string.IsNullOrWhiteSpace(connection)
            ? throw new UsageException($"no storage account: give --storage CONNECTION or --account NAME, or set {ConnectionVariable}")
            : new ConsumerOptions { ConnectionString = connection, Account = account, IsOnce = isOnce };
    }

    /// <summary>What makes clients of the account. The consumer tries again itself, so they give up soon.</summary>
    /// <param name="createIdentity">Makes the identity, where one is used.</param>
    public StorageClients CreateClients(Func<TokenCredential> createIdentity) => Account is null
        ? new StorageClients(ConnectionString!, StoragePatience.Look)
        : new StorageClients(StorageServices.OfAccount(Account), createIdentity(), StoragePatience.Look);

    private static string ValueOf(IReadOnlyList<string> arguments, ref int index) =>
        ++index < arguments.Count ? arguments[index] : throw new UsageException(Usage);
}

/// <summary>What was written is not understood.</summary>
internal sealed class UsageException(string message) : Exception(message);
