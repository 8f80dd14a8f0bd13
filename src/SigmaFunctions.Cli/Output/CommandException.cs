namespace SigmaFunctions.Cli.Output;

/// <summary>Ends a command with a message for its user.</summary>
internal sealed class CommandException(string message, int exitCode = ExitCode.Unusable) : Exception(message)
{
    /// <summary>The exit code to end with.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>Whoever read the output stopped reading (<c>| head</c>).</summary>
internal sealed class OutputClosedException(Exception inner) : Exception("The output was closed.", inner);
