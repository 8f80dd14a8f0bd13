using Microsoft.Extensions.Options;
using SigmaFunctions.Storage.Accounts;

namespace SigmaFunctions.App.Options;

/// <summary>How correlations run: settings <c>Correlation__*</c>.</summary>
public sealed class CorrelationOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Correlation";

    /// <summary>For how long after the arrival of an event late ones are waited for, where one of them may take back what was detected; up to a day.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// The account of what correlations keep: the https address of its table service, which is reached as the account of detections is, or a connection
    /// string; that account itself where it is not set.
    /// </summary>
    public string? Storage { get; set; }

    /// <summary>The address of the table service; null where <see cref="Storage"/> is none.</summary>
    internal Uri? StorageUri => Uri.TryCreate(Storage, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps ? uri : null;
}

/// <summary>Checks <see cref="CorrelationOptions"/>.</summary>
internal sealed class CorrelationOptionsValidator : IValidateOptions<CorrelationOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, CorrelationOptions options)
    {
        string[] failures = [.. Failures(options)];
        return failures is [] ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> Failures(CorrelationOptions options)
    {
        if (options.Grace < TimeSpan.Zero || options.Grace > TimeSpan.FromDays(1))
        {
            yield return "Correlation__Grace must be 00:00:00 to 1.00:00:00.";
        }

        if (!string.IsNullOrEmpty(options.Storage) && options.StorageUri is null && !IsConnectionString(options.Storage))
        {
            yield return "Correlation__Storage must be the https address of a table service (https://ACCOUNT.table.core.windows.net), or the connection string of a storage account.";
        }
    }

    // What it says may be a secret.
    private static bool IsConnectionString(string text)
    {
        try
        {
            _ = new StorageClients(text, StoragePatience.Batch).CreateTableClient("table");
            return true;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            return false;
        }
    }
}
