using Azure;
using Azure.Identity;
using Microsoft.Extensions.Options;

namespace SigmaFunctions.App.Starting;

/// <summary>The app cannot start. The message tells an operator what to change, and is all that is shown.</summary>
public sealed class StartException : Exception
{
    private const int MaxFrames = 10;

    /// <summary>Makes the exception.</summary>
    public StartException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>What it means for the start that a storage account did not do what was asked of it; null where the fault is none of storage.</summary>
    /// <param name="section">Name of the account's settings.</param>
    /// <param name="failed">What failed, as the beginning of a sentence, for a request that was refused.</param>
    /// <param name="exception">What was thrown.</param>
    internal static StartException? OfStorage(string section, string failed, Exception exception) => exception switch
    {
        RequestFailedException refused => new(
            $"{failed}: {refused.ErrorCode ?? refused.InnerException?.Message ?? "no answer"} (status {refused.Status}).", exception),
        AggregateException unreachable => new($"The storage account of {section} cannot be reached: {unreachable.InnerExceptions[^1].Message}", exception),
        AuthenticationFailedException => new(
            $"There is no token for the storage account of {section} ({section}__credential, __clientId): {exception.Message}", exception),
        _ => null,
    };

    /// <summary>What is told of anything that ended the start: one line. Of what was not foreseen no message, since that may quote anything.</summary>
    internal static string Tell(Exception exception)
    {
        string told = exception switch
        {
            StartException => exception.Message,
            OptionsValidationException wrong => string.Join(' ', wrong.Failures),
            _ => TellUnforeseen(exception),
        };
        return string.Join(' ', Lines(told));
    }

    private static string TellUnforeseen(Exception exception)
    {
        Exception[] chain = [.. Causes(exception)];
        IEnumerable<string> frames = Lines(chain[^1].StackTrace ?? "").Take(MaxFrames);
        return $"An unforeseen fault, please report it: {string.Join(" by ", chain.Select(one => one.GetType().FullName))} {string.Join(' ', frames)}";
    }

    private static string[] Lines(string text) => text.Split(['\r', '\n'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
