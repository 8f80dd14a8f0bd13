using System.Collections.Frozen;
using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>
/// Which rules of a set run, by what they say of themselves. A list names what is taken; an entry with <c>!</c> before it names what is
/// left out, and a list of such entries alone takes all else. Letter case does not matter. A rule runs if every list takes it.
/// </summary>
public sealed class RuleSelection
{
    /// <summary>Statuses: <c>stable</c>, <c>test</c>, <c>experimental</c>, <c>deprecated</c>, <c>unsupported</c>; a rule that states none has none of them.</summary>
    public ImmutableArray<string> Statuses { get; init; } = [];

    /// <summary>Levels: <c>informational</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>critical</c>.</summary>
    public ImmutableArray<string> Levels { get; init; } = [];

    /// <summary>Tags, such as <c>attack.execution</c>; <c>attack.t1059</c> also means the techniques below it (<c>attack.t1059.001</c>).</summary>
    public ImmutableArray<string> Tags { get; init; } = [];

    /// <summary>Products of log sources, such as <c>windows</c>; a rule whose log source names none is taken by none of them.</summary>
    public ImmutableArray<string> Products { get; init; } = [];

    /// <summary>Ids.</summary>
    public ImmutableArray<string> Ids { get; init; } = [];

    /// <summary>Whether every rule is taken.</summary>
    public bool IsAll => Statuses.IsEmpty && Levels.IsEmpty && Tags.IsEmpty && Products.IsEmpty && Ids.IsEmpty;

    /// <summary>What is wrong with the lists, each as a sentence.</summary>
    public IEnumerable<string> Faults() => Unknown("status", Statuses, RuleReader.Statuses).Concat(Unknown("level", Levels, RuleReader.Levels));

    /// <summary>Whether a rule is taken.</summary>
    public bool Takes(SigmaRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        return Takes(Statuses, rule.Status, Same)
            && Takes(Levels, rule.Level, Same)
            && Takes(Products, rule.LogSource.Product, Same)
            && Takes(Ids, rule.Id, Same)
            && Takes(Tags, rule.Tags, static (entry, tags) => tags.Any(tag => IsTag(entry, tag)));
    }

    /// <summary>Whether <see cref="Tags"/> and <see cref="Products"/> take a rule of which no more is known.</summary>
    /// <param name="tags">Its tags.</param>
    /// <param name="products">The products of its log source, or of the rules of a correlation; null where they are not known, which no product leaves out.</param>
    public bool Takes(ImmutableArray<string> tags, ImmutableArray<string>? products) =>
        Takes(Tags, tags, static (entry, all) => all.Any(tag => IsTag(entry, tag)))
        && (products is not { } known || Takes(Products, known, static (entry, all) => all.Any(product => Same(entry, product))));

    /// <summary>Whether an id is named as left out.</summary>
    internal bool Excludes(string id) => Ids.Any(entry => entry.StartsWith('!') && Same(entry[1..], id));

    /// <summary>Whether a correlation is taken: by its own level, or that of its rules, and by the products of its rules, of which one has to be meant.</summary>
    /// <param name="correlation">The correlation.</param>
    /// <param name="ruleAt">The rule of a place among those of the set.</param>
    internal bool Takes(CompiledCorrelation correlation, Func<int, SigmaRule> ruleAt)
    {
        SigmaCorrelation written = correlation.Correlation;
        return Takes(Statuses, written.Status, Same)
            && Takes(Levels, correlation.Level, Same)
            && Takes(Ids, written.Id, Same)
            && Takes(Tags, written.Tags, static (entry, tags) => tags.Any(tag => IsTag(entry, tag)))
            && Takes(
                Products,
                correlation.Parts.Where(part => part.Rule is not null).Select(part => ruleAt(part.Rule!.Value).LogSource.Product),
                static (entry, products) => products.Any(product => Same(entry, product)));
    }

    private static bool Takes<T>(ImmutableArray<string> list, T value, Func<string, T, bool> isMeant)
    {
        bool named = false;
        bool hasNames = false;
        foreach (string entry in list)
        {
            bool excludes = entry.StartsWith('!');
            bool meant = isMeant(excludes ? entry[1..] : entry, value);
            if (excludes && meant)
            {
                return false;
            }

            hasNames |= !excludes;
            named |= !excludes && meant;
        }

        return named || !hasNames;
    }

    private static bool Same(string entry, string? value) => string.Equals(entry, value, StringComparison.OrdinalIgnoreCase);

    private static bool IsTag(string entry, string tag) =>
        tag.StartsWith(entry, StringComparison.OrdinalIgnoreCase) && (tag.Length == entry.Length || tag[entry.Length] == '.');

    private static IEnumerable<string> Unknown(string what, ImmutableArray<string> list, FrozenSet<string> known) =>
        list.Select(entry => entry.TrimStart('!'))
            .Where(entry => !known.Contains(entry.ToLowerInvariant()))
            .Select(entry => $"'{Shortened.Of(entry)}' is no {what}: there are {string.Join(", ", known.Order(StringComparer.Ordinal))}.");
}
