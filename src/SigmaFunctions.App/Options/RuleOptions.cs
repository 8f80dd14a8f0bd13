using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Storage.Rules;

namespace SigmaFunctions.App.Options;

/// <summary>Which rules run: settings <c>Rules__*</c>. Lists are separated by <c>;</c>.</summary>
public sealed class RuleOptions
{
    /// <summary>Name of the section.</summary>
    public const string Section = "Rules";

    /// <summary>
    /// Files and folders of rules, or one pack; relative ones start from the app's folder. The rules that ship with the app where nothing is set.
    /// </summary>
    public string? Path { get; set; }

    /// <summary>
    /// File with the values of placeholders (modifier <c>expand</c>), a YAML map of names; a relative one starts from the app's folder.
    /// </summary>
    public string? Placeholders { get; set; }

    /// <summary>
    /// File with what is changed about rules without editing them (<see cref="RuleOverrides"/>); a relative one starts from the
    /// app's folder.
    /// </summary>
    public string? Overrides { get; set; }

    /// <summary>Blob container of further rules in the storage account of detections (<see cref="RuleStore"/>); none where empty.</summary>
    [RegularExpression(
        "(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*",
        ErrorMessage = "Rules__BlobContainer must be 3 to 63 lower-case letters, digits and single hyphens between them.")]
    public string? BlobContainer { get; set; }

    /// <summary>Blob container in which the app keeps what it compiled of those rules, for its next start. It writes there, and never where the rules are.</summary>
    [Required(ErrorMessage = "Rules__CompiledContainer must not be empty.")]
    [RegularExpression(
        "(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*",
        ErrorMessage = "Rules__CompiledContainer must be 3 to 63 lower-case letters, digits and single hyphens between them.")]
    public string CompiledContainer { get; set; } = RuleStore.DefaultCompiledName;

    /// <summary>Table that tells which rules of the container run (<see cref="RuleSetTable"/>).</summary>
    [Required(ErrorMessage = "Rules__TableName must not be empty.")]
    [RegularExpression(
        "[A-Za-z][A-Za-z0-9]{2,62}",
        ErrorMessage = "Rules__TableName must be 3 to 63 letters and digits, and start with a letter.")]
    public string TableName { get; set; } = RuleSetTable.DefaultName;

    /// <summary>How often the container is looked at.</summary>
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Statuses of rules that run; all where empty (<see cref="RuleSelection.Statuses"/>).</summary>
    public string? Statuses { get; set; }

    /// <summary>Levels of rules that run; all where empty (<see cref="RuleSelection.Levels"/>).</summary>
    public string? Levels { get; set; }

    /// <summary>Tags of rules that run; all where empty (<see cref="RuleSelection.Tags"/>).</summary>
    public string? Tags { get; set; }

    /// <summary>Products of rules that run; all where empty (<see cref="RuleSelection.Products"/>).</summary>
    public string? Products { get; set; }

    /// <summary>Ids of rules that run; all where empty (<see cref="RuleSelection.Ids"/>).</summary>
    public string? Ids { get; set; }

    /// <summary>Which rules run.</summary>
    internal RuleSelection Selection => new()
    {
        Statuses = List(Statuses),
        Levels = List(Levels),
        Tags = List(Tags),
        Products = List(Products),
        Ids = List(Ids),
    };

    /// <summary>The file of overrides with its full name; null where there is none.</summary>
    /// <param name="applicationFolder">The folder of the app's binaries.</param>
    public string? FullOverrides(string applicationFolder) =>
        string.IsNullOrWhiteSpace(Overrides) ? null : System.IO.Path.GetFullPath(Overrides, applicationFolder);

    /// <summary>The placeholder file with its full name; null where there is none.</summary>
    /// <param name="applicationFolder">The folder of the app's binaries.</param>
    public string? FullPlaceholders(string applicationFolder) =>
        string.IsNullOrWhiteSpace(Placeholders) ? null : System.IO.Path.GetFullPath(Placeholders, applicationFolder);

    /// <summary>The files and folders, with full names.</summary>
    /// <param name="applicationFolder">The folder of the app's binaries.</param>
    public IReadOnlyList<string> FullPaths(string applicationFolder)
    {
        ImmutableArray<string> paths = List(Path);
        return [.. (paths.IsEmpty ? ["rules"] : paths).Select(path => System.IO.Path.GetFullPath(path, applicationFolder))];
    }

    private static ImmutableArray<string> List(string? text) =>
        [.. (text ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
}

/// <summary>Checks <see cref="RuleOptions"/>.</summary>
[OptionsValidator]
internal sealed partial class RuleOptionsValidator : IValidateOptions<RuleOptions>;

/// <summary>Checks of <see cref="RuleOptions"/> what its attributes do not say: the interval and the lists.</summary>
internal sealed class RuleSettingsValidator : IValidateOptions<RuleOptions>
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, RuleOptions options)
    {
        List<string> faults = [.. options.Selection.Faults().Select(fault => $"Rules__Statuses or Rules__Levels: {fault}")];
        if (options.CheckInterval < Shortest || options.CheckInterval > Longest)
        {
            faults.Add("Rules__CheckInterval must be between 00:00:01 and 01:00:00.");
        }

        return faults is [] ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }
}
