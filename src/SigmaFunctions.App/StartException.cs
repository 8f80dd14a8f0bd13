namespace SigmaFunctions.App;

/// <summary>The app cannot start. The message tells an operator what to change, and is all that is shown.</summary>
public sealed class StartException : Exception
{
    /// <summary>Makes the exception.</summary>
    public StartException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
