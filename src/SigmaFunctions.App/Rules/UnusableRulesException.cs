namespace SigmaFunctions.App.Rules;

/// <summary>Rules cannot be used as a whole. The message tells an operator what, where and why.</summary>
public sealed class UnusableRulesException : Exception
{
    /// <summary>Makes the exception.</summary>
    public UnusableRulesException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
