using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.App.Outputs;

/// <summary>What can be asked of the rules that run by their ids.</summary>
/// <param name="rules">Gives the rules that run.</param>
public sealed class RuleDirectory(Func<RuleSet> rules)
{
    private sealed record Known(RuleSet Rules, RuleLookup Lookup);

    private volatile Known? _known;

    /// <summary>The lookup of the rules that run now; made anew where they were exchanged.</summary>
    public RuleLookup Current
    {
        get
        {
            RuleSet running = rules();
            if (_known is { } known && known.Rules == running)
            {
                return known.Lookup;
            }

            var made = new Known(running, new RuleLookup(running));
            _known = made;
            return made.Lookup;
        }
    }
}
