using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Linting;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>An immutable snapshot of rules that were read together, with what was wrong with those that were not.</summary>
public sealed class RuleSet
{
    private readonly Lazy<CorrelationPlan> _correlationPlan;

    internal RuleSet(
        ImmutableArray<CompiledRule> compiled,
        ImmutableArray<SigmaFilter> filters,
        ImmutableArray<SigmaCorrelation> correlations,
        ImmutableArray<Diagnostic> diagnostics,
        int rejected,
        string revision,
        bool usesPlaceholders)
    {
        Compiled = compiled;
        Rules = [.. compiled.Select(rule => rule.Rule)];
        _correlationPlan = new Lazy<CorrelationPlan>(() => new CorrelationPlan(Rules, CorrelationCompiler.Compile(Rules, Correlations)));
        Filters = filters;
        Correlations = correlations;
        Diagnostics = diagnostics;
        Rejected = rejected;
        Revision = revision;
        UsesPlaceholders = usesPlaceholders;
    }

    /// <summary>The rules that loaded, ordered by id.</summary>
    public ImmutableArray<SigmaRule> Rules { get; }

    /// <summary>The filters that loaded, ordered by id; they are already applied to the rules.</summary>
    public ImmutableArray<SigmaFilter> Filters { get; }

    /// <summary>The correlation rules that loaded, ordered by id.</summary>
    public ImmutableArray<SigmaCorrelation> Correlations { get; }

    /// <summary>What was found wrong, ordered by file and line.</summary>
    public ImmutableArray<Diagnostic> Diagnostics { get; }

    /// <summary>Number of documents that were not loaded, and of correlations whose rules do not run.</summary>
    public int Rejected { get; }

    /// <summary>How many loaded, in words, without kinds of which there are none: <c>124 rules, 10 correlations, 1 filter</c>.</summary>
    public string Counts => string.Join(
        ", ",
        new (int Count, string Noun)[] { (Rules.Length, "rule"), (Correlations.Length, "correlation"), (Filters.Length, "filter") }
            .Where((kind, place) => place == 0 || kind.Count > 0)
            .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Count} {kind.Noun}{(kind.Count == 1 ? "" : "s")}")));

    /// <summary>Hash of everything that was read (16 hex digits): equal for equal files, whatever their order.</summary>
    public string Revision { get; }

    /// <summary>The pack that the rules come from (<see cref="Packing.RulePack"/>); <see langword="null"/> if they were read as YAML.</summary>
    public string? Pack { get; private init; }

    internal ImmutableArray<CompiledRule> Compiled { get; }

    /// <summary>The correlations that the rules of the set are enough for.</summary>
    public CorrelationPlan CorrelationPlan => _correlationPlan.Value;

    /// <summary>Whether a rule or filter that was read has the modifier <c>expand</c>, so that placeholders make a difference.</summary>
    internal bool UsesPlaceholders { get; }

    internal RuleSet From(string pack) =>
        new(Compiled, Filters, Correlations, Diagnostics, Rejected, Revision, UsesPlaceholders) { Pack = pack };

    internal static RuleSet Rejecting(Diagnostic diagnostic) => new([], [], [], [diagnostic], rejected: 1, revision: "", usesPlaceholders: false);

    internal RuleSet With(Diagnostic diagnostic) =>
        new(Compiled, Filters, Correlations, [diagnostic, .. Diagnostics], Rejected, Revision, UsesPlaceholders) { Pack = Pack };

    /// <summary>The rules with what a deployment changes about them; the revision is that of the files all the same.</summary>
    public RuleSet With(RuleOverrides overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        if (overrides.Count == 0)
        {
            return this;
        }

        var left = RuleSetNarrowing.Of(this, _ => true, _ => true, id => overrides[id] is { Enabled: false });
        return Of(left with
        {
            Rules = [.. left.Rules.Select(rule => overrides[rule.Rule.Id] is { Level: { } level } ? rule with { Rule = rule.Rule with { Level = level } } : rule)],
            Correlations = [.. left.Correlations.Select(one => overrides[one.Id] is { Level: { } level } ? one with { Level = level } : one)],
        });
    }

    /// <summary>The rules and others besides, of the same id these; revision and diagnostics are those of these.</summary>
    public RuleSet Including(RuleSet others)
    {
        ArgumentNullException.ThrowIfNull(others);
        var taken = Rules.Select(rule => rule.Id).ToHashSet(RuleIdComparer.Instance);
        ImmutableArray<CompiledRule> all =
        [
            .. Compiled.Concat(others.Compiled.Where(rule => !taken.Contains(rule.Rule.Id))).OrderBy(rule => rule.Rule.Id, StringComparer.Ordinal),
        ];
        return Of(new RuleSetNarrowing(all, Correlations, []));
    }

    /// <summary>The rules that a selection takes; the revision is that of the files all the same.</summary>
    public RuleSet With(RuleSelection selection)
    {
        ArgumentNullException.ThrowIfNull(selection);
        return selection.IsAll
            ? this
            : Of(RuleSetNarrowing.Of(this, selection.Takes, one => selection.Takes(one, part => Rules[part]), selection.Excludes));
    }

    /// <summary>The rules as if there were no filters; null where none of them has any.</summary>
    public RuleSet? WithoutFilters() => Compiled.All(rule => rule.Filters.IsEmpty)
        ? null
        : new([.. Compiled.Select(rule => rule.WithoutFilters())], [], Correlations, Diagnostics, Rejected, Revision, UsesPlaceholders);

    /// <summary>Reads rules from files already in memory. Never throws for what the files hold.</summary>
    /// <param name="files">The files.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>; without it no placeholder is defined.</param>
    public static RuleSet Load(IEnumerable<RuleFile> files, PlaceholderSet? placeholders = null) =>
        LoadLayers([RuleLayer.FromFiles(files)], placeholders);

    /// <summary>
    /// Reads every <c>*.yml</c> and <c>*.yaml</c> below the given folders and in the given archives (<c>*.zip</c>), and the given files; <c>*.test.yml</c> files
    /// (events for testing a rule) are passed over. A file that cannot be read is a diagnostic.
    /// </summary>
    /// <param name="paths">Folders and files.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>; without it no placeholder is defined.</param>
    /// <param name="events">What events have, for doubts about rules that none can satisfy; without it there are none of these.</param>
    /// <exception cref="IOException">A path does not exist, or an archive cannot be read.</exception>
    public static RuleSet LoadPaths(IEnumerable<string> paths, PlaceholderSet? placeholders = null, IEventFields? events = null) =>
        new RuleLoader(placeholders ?? PlaceholderSet.Empty, events: events).Load([RuleLayer.FromPaths(paths)]);

    /// <summary>
    /// Reads layers of rules: what a later one holds takes the place of what has the same id in an earlier one, which is then not
    /// looked at. Never throws for what the files hold; a file that cannot be read is a diagnostic.
    /// </summary>
    /// <param name="layers">The layers, the last of which counts most.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>; without it no placeholder is defined.</param>
    /// <param name="concurrency">Most threads that read at a time; -1 for one on every processor.</param>
    public static RuleSet LoadLayers(IReadOnlyList<RuleLayer> layers, PlaceholderSet? placeholders = null, int concurrency = -1)
    {
        ArgumentNullException.ThrowIfNull(layers);
        return new RuleLoader(placeholders ?? PlaceholderSet.Empty, concurrency).Load(layers);
    }

    private RuleSet Of(RuleSetNarrowing left) => new(
        left.Rules,
        Filters,
        left.Correlations,
        [.. Diagnostics.Concat(left.Lost).OrderBy(item => item.File, StringComparer.Ordinal).ThenBy(item => item.Line).ThenBy(item => item.Column)],
        Rejected + left.Lost.Length,
        Revision,
        UsesPlaceholders)
    {
        Pack = Pack,
    };
}
