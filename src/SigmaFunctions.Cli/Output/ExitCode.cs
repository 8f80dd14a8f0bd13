namespace SigmaFunctions.Cli.Output;

/// <summary>Exit codes of <c>sigmaf</c>.</summary>
internal static class ExitCode
{
    /// <summary>The command did what it was asked to.</summary>
    public const int Success = 0;

    /// <summary>The command ran and found something wrong: rules with errors, events that could not be sent.</summary>
    public const int Failure = 1;

    /// <summary>The command could not run: usage, a path that cannot be read, no rule.</summary>
    public const int Unusable = 2;

    /// <summary>A fault of the program itself.</summary>
    public const int InternalError = 70;

    /// <summary>Ended by Ctrl-C.</summary>
    public const int Interrupted = 130;

    /// <summary>Whoever read the output stopped reading.</summary>
    public const int OutputClosed = 141;
}
