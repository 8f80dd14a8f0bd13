using System.ComponentModel.DataAnnotations;
using Azure.Storage.Queues;
using Microsoft.Extensions.Options;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.DeadLetters;
using SigmaFunctions.Storage.Detections;

namespace SigmaFunctions.App.Options;

/// <summary>Where detections and alerts go within the storage account: settings <c>Detections__*</c>.</summary>
public sealed class DetectionOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Detections";

    /// <summary>Table of detections; others have its name with a word such as <c>Index</c> or <c>Outbox</c> behind it.</summary>
    [Required(ErrorMessage = "Detections__TableName must not be empty.")]
    [RegularExpression(
        "[A-Za-z][A-Za-z0-9]{2,53}",
        ErrorMessage = "Detections__TableName must be 3 to 54 letters and digits, and start with a letter.")]
    public string TableName { get; set; } = DetectionTable.DefaultName;

    /// <summary>Queue of alerts.</summary>
    [Required(ErrorMessage = "Detections__QueueName must not be empty.")]
    [RegularExpression(
        "(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*",
        ErrorMessage = "Detections__QueueName must be 3 to 63 lower-case letters, digits and single hyphens between them.")]
    public string QueueName { get; set; } = AlertQueue.DefaultName;

    /// <summary>How alerts are written on the queue: <c>Base64</c>, which queue triggers of Functions expect, or <c>None</c> for plain text.</summary>
    [EnumDataType(typeof(QueueMessageEncoding), ErrorMessage = "Detections__QueueMessageEncoding must be Base64 or None.")]
    public QueueMessageEncoding QueueMessageEncoding { get; set; } = QueueMessageEncoding.Base64;

    /// <summary>Blob container of dead letters.</summary>
    [Required(ErrorMessage = "Detections__DeadLetterContainer must not be empty.")]
    [RegularExpression(
        "(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*",
        ErrorMessage = "Detections__DeadLetterContainer must be 3 to 63 lower-case letters, digits and single hyphens between them.")]
    public string DeadLetterContainer { get; set; } = DeadLetterStore.DefaultName;

    /// <summary>Blob container of records that are too large for the table.</summary>
    [Required(ErrorMessage = "Detections__OriginalContainer must not be empty.")]
    [RegularExpression(
        "(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*",
        ErrorMessage = "Detections__OriginalContainer must be 3 to 63 lower-case letters, digits and single hyphens between them.")]
    public string OriginalContainer { get; set; } = OriginalStore.DefaultName;

    /// <summary>Days for which detections are kept, from their enqueuing; 0: for ever.</summary>
    [RetentionDays("Detections__RetentionDays")]
    public int RetentionDays { get; set; }

    /// <summary>Days for which verdicts are kept, from the enqueuing of their detections; 0: for ever.</summary>
    [RetentionDays("Detections__VerdictRetentionDays")]
    public int VerdictRetentionDays { get; set; }

    /// <summary>Whether the app creates tables, queue and containers at its start. A deployment has done so already; a development machine has not.</summary>
    public bool CreateIfNotExists { get; set; }

    /// <summary>Address of the catalogue of the rules, as <c>sigmaf catalog</c> writes it, for alerts to link to; none where empty.</summary>
    [CatalogAddress]
    public string? CatalogAddress { get; set; }

    /// <summary>The address of a rule's page; null where no catalogue is configured.</summary>
    internal string? PageOf(string ruleId) =>
        string.IsNullOrEmpty(CatalogAddress) ? null : CatalogAddressAttribute.Folder(CatalogAddress) + RulePageName.PathOf(ruleId);
}

/// <summary>
/// An absolute http or https address of a folder. No user, query or fragment: pages are added to it, and what it holds is in every alert.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class CatalogAddressAttribute : ValidationAttribute
{
    /// <summary>Most characters of the address as it is written into alerts.</summary>
    private const int MaxLength = Alert.MaxPageLength - RulePageName.MaxPathLength;

    /// <summary>The address with a slash at its end and everything else than ASCII escaped.</summary>
    public static string Folder(string address) => new Uri(address).AbsoluteUri is var uri && uri.EndsWith('/') ? uri : uri + "/";

    /// <inheritdoc/>
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        if (value is not string { Length: > 0 } text)
        {
            return ValidationResult.Success;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0
            || text.AsSpan().ContainsAny('?', '#'))
        {
            return new ValidationResult("Detections__CatalogAddress must be an absolute https or http address without user, query and fragment, "
                + "such as https://rules.contoso.example/.");
        }
        return Folder(text).Length <= MaxLength
            ? ValidationResult.Success
            : new ValidationResult($"Detections__CatalogAddress must have at most {MaxLength} characters (those that are escaped count as three or more).");
    }
}

/// <summary>Days that something is kept. The platform's own attribute of ranges loses its message in validators that are generated.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RetentionDaysAttribute(string setting) : ValidationAttribute($"{setting} must be 0 (for ever) to 36500.")
{
    /// <summary>Name of the setting.</summary>
    public string Setting { get; } = setting;

    /// <inheritdoc/>
    public override bool IsValid(object? value) => value is >= 0 and <= 36_500;
}

/// <summary>Checks <see cref="DetectionOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class DetectionOptionsValidator : IValidateOptions<DetectionOptions>;
