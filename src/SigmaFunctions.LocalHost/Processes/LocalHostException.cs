namespace SigmaFunctions.LocalHost.Processes;

/// <summary>A failure that the user can act on; the message is one line and says what to do. Ends the program with exit code 2.</summary>
internal sealed class LocalHostException : Exception
{
    /// <summary>Reports <paramref name="message"/>.</summary>
    public LocalHostException(string message, Exception? innerException = null) : base(message, innerException)
    {
    }
}
