using SigmaFunctions.Engine.Model;
using SigmaFunctions.Outputs.Model;
using SigmaFunctions.Storage.Alerts;
using SigmaFunctions.Storage.Outputs;

namespace SigmaFunctions.App.Outputs;

/// <summary>An output and its queue.</summary>
/// <param name="Options">The output.</param>
/// <param name="Queue">Its queue.</param>
public sealed record OutputChannel(OutputOptions Options, OutputQueue Queue)
{
    /// <summary>
    /// Whether an alert goes there, whatever its kind, by its rule's level, tags and products. One whose rule no longer runs counts as of any product: it may not
    /// pass in silence.
    /// </summary>
    public bool Takes(Alert alert, RuleDirectory rules)
    {
        ArgumentNullException.ThrowIfNull(alert);
        ArgumentNullException.ThrowIfNull(rules);
        bool isBelow = RuleLevels.Parse(alert.Rule.Level) < Options.MinimumLevel;
        return !isBelow && (Options.Selection.IsAll || Options.Selection.Takes(alert.Rule.Tags, rules.Current.FindProducts(alert.Rule.Id)));
    }
}
