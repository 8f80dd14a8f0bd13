using Microsoft.Extensions.Options;

namespace SigmaFunctions.App.Options;

/// <summary>How correlations run: settings <c>Correlation__*</c>.</summary>
public sealed class CorrelationOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Correlation";

    /// <summary>For how long after the arrival of an event late ones are waited for, where one of them may take back what was detected; up to a day.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromMinutes(2);
}

/// <summary>Checks <see cref="CorrelationOptions"/>.</summary>
internal sealed class CorrelationOptionsValidator : IValidateOptions<CorrelationOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, CorrelationOptions options) =>
        options.Grace < TimeSpan.Zero || options.Grace > TimeSpan.FromDays(1)
            ? ValidateOptionsResult.Fail("Correlation__Grace must be 00:00:00 to 1.00:00:00.")
            : ValidateOptionsResult.Success;
}
