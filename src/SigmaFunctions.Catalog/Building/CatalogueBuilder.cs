using System.Collections.Immutable;
using System.Globalization;
using SigmaFunctions.Catalog.Attack;
using SigmaFunctions.Catalog.Coverage;
using SigmaFunctions.Catalog.Model;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.RuleSets;

namespace SigmaFunctions.Catalog.Building;

/// <summary>Makes a catalogue of rules.</summary>
public sealed class CatalogueBuilder
{
    private readonly RuleSet _rules;
    private readonly ImmutableArray<RuleSource> _sources;
    private readonly Dictionary<string, Dictionary<int, RuleText>> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, CorrelationDecision> _decisions;
    private readonly ILookup<string, PageLink> _correlationsByRule;

    private CatalogueBuilder(RuleSet rules, ImmutableArray<RuleSource> sources)
    {
        _rules = rules;
        _sources = sources;
        _decisions = DecisionsOf(rules.CorrelationPlan);
        _correlationsByRule = rules.CorrelationPlan.Correlations
            .SelectMany(one => one.Parts, (one, part) => (part.Id, Link: LinkOf(one)))
            .OrderBy(use => use.Link.Id, StringComparer.Ordinal)
            .ToLookup(use => use.Id, use => use.Link, RuleIdComparer.Instance);
    }

    /// <summary>Reads the rules of several sources and makes a catalogue of them.</summary>
    /// <param name="sources">Where the rules are.</param>
    /// <param name="placeholders">Values for the modifier <c>expand</c>.</param>
    /// <param name="coverage">What tells the telemetry that can trigger rules, given the rules; none without it.</param>
    /// <returns>The catalogue, and the rule set that it is of.</returns>
    /// <exception cref="IOException">A path does not exist, or a file cannot be read.</exception>
    public static (RuleCatalogue Catalogue, RuleSet Rules) Load(
        ImmutableArray<RuleSource> sources, PlaceholderSet? placeholders = null, Func<RuleSet, IEventCoverage>? coverage = null)
    {
        var rules = RuleSet.LoadPaths(sources.Select(source => source.Path), placeholders);
        return (Build(rules, sources, coverage?.Invoke(rules)), rules);
    }

    /// <summary>Makes a catalogue of rules that were read from sources. Their files are read again, for their text.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="OperationCanceledException">Stopped.</exception>
    public static RuleCatalogue Build(
        RuleSet rules, ImmutableArray<RuleSource> sources, IEventCoverage? coverage = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rules);
        return new CatalogueBuilder(rules, sources).Build(coverage, new ParallelOptions { CancellationToken = cancellationToken });
    }

    private RuleCatalogue Build(IEventCoverage? coverage, ParallelOptions parallel)
    {
        ReadTexts(parallel);
        ImmutableArray<CompiledRule> compiled = _rules.Compiled;
        ImmutableArray<PageLink> links = [.. _rules.Rules.Select(LinkOf)];
        (RuleSource Source, string Path)[] places = [.. _rules.Rules.Select(rule => PlaceOf(rule.File))];
        var index = new IndicatorIndex(compiled, links, _sources, [.. places.Select(place => _sources.IndexOf(place.Source))]);
        var byId = new Dictionary<string, PageLink>(StringComparer.OrdinalIgnoreCase);
        foreach (PageLink link in links)
        {
            byId.TryAdd(link.Id, link);
        }

        ILookup<string, (PageLink From, RelatedRule Relation)> relatedTo = _rules.Rules
            .SelectMany((rule, i) => rule.Related.Select(relation => (From: links[i], Relation: relation)))
            .ToLookup(one => one.Relation.Id, StringComparer.OrdinalIgnoreCase);
        var pages = new RulePage[compiled.Length];
        Parallel.For(0, pages.Length, parallel, i =>
        {
            SigmaRule rule = compiled[i].Rule;
            RuleText text = TextOf(rule.File, rule.Line);
            pages[i] = new RulePage
            {
                Rule = rule,
                Link = links[i],
                Source = places[i].Source,
                Path = places[i].Path,
                Yaml = text.Yaml,
                Changed = DayOf(rule.Modified) ?? DayOf(rule.Date),
                Attack = NamesOf(rule.Tags),
                Coverage = coverage?.Of(i) ?? [],
                Stages = StagesOf(text, compiled[i].Identifiers, compiled[i].Condition),
                Indicators = index.GroupsOf(i),
                Related =
                [
                    .. rule.Related.Select(relation => new Relation(relation.Id, relation.Type, true, byId.GetValueOrDefault(relation.Id))),
                    .. relatedTo[rule.Id].Select(one => new Relation(one.From.Id, one.Relation.Type, false, one.From)),
                ],
                Similar = index.SimilarTo(i),
                Correlations = CorrelationsOf(rule.Id),
                IsSilent = _rules.CorrelationPlan.IsSilent(i),
                Filters = [.. compiled[i].Filters.Select(filter => LinkOf(filter.Filter))],
            };
        });

        return new RuleCatalogue(
            _sources,
            _rules.Revision,
            _rules.Rejected,
            coverage?.Telemetry ?? [],
            ImmutableArray.Create(pages),
            [.. _rules.CorrelationPlan.Correlations.OrderBy(one => one.Correlation.Id, StringComparer.Ordinal).Select(Page)],
            [.. Filters()],
            index.Shared());
    }

    private void ReadTexts(ParallelOptions parallel)
    {
        string[] files = [.. _rules.Rules.Select(rule => rule.File)
            .Concat(_rules.Correlations.Select(correlation => correlation.File))
            .Concat(_rules.Filters.Select(filter => filter.File))
            .Distinct(StringComparer.Ordinal)];
        var paths = RuleFiles.FindAll(_sources.Select(source => source.Path)).ToDictionary(path => path.Path, StringComparer.Ordinal);
        var texts = new Dictionary<int, RuleText>[files.Length];
        Parallel.For(0, files.Length, parallel, i =>
            texts[i] = RuleText.Read(new RuleFile(files[i], paths.GetValueOrDefault(files[i])?.ReadText() ?? "")));
        for (int i = 0; i < files.Length; i++)
        {
            _texts.Add(files[i], texts[i]);
        }
    }

    private RuleText TextOf(string file, int line) => _texts[file].TryGetValue(line, out RuleText? text)
        ? text
        : throw new IOException($"{file} was changed while it was read, or is a pipe: run it again, with a file.");

    private (RuleSource Source, string Path) PlaceOf(string file)
    {
        foreach (RuleSource source in _sources)
        {
            if (source.RelativeName(file) is { } name)
            {
                return (source, name);
            }
        }

        throw new ArgumentException($"{file} is of none of the sources.");
    }

    private static ImmutableArray<Stage> StagesOf(RuleText text, ImmutableArray<CompiledIdentifier> identifiers, Expression condition)
    {
        Dictionary<CompiledIdentifier, bool> uses = LogicReader.UsesOf(condition);
        return
        [
            new Stage(0, "condition", text.Condition, IsExcluded: false, null),
            .. identifiers.Where(uses.ContainsKey).Select((identifier, i) => new Stage(
                i + 1,
                identifier.Name,
                text.Identifiers.GetValueOrDefault(identifier.Name, ""),
                uses[identifier],
                LogicReader.Read(identifier.Expression))),
        ];
    }

    private ImmutableArray<PageLink> CorrelationsOf(string id) => [.. _correlationsByRule[id]];

    private CorrelationPage Page(CompiledCorrelation compiled)
    {
        SigmaCorrelation correlation = compiled.Correlation;
        (RuleSource source, string path) = PlaceOf(correlation.File);
        return new CorrelationPage
        {
            Correlation = correlation,
            Link = LinkOf(compiled),
            Source = source,
            Path = path,
            Yaml = TextOf(correlation.File, correlation.Line).Yaml,
            Attack = NamesOf(correlation.Tags),
            IsSilent = compiled.IsSilent,
            Decision = _decisions[compiled.Correlation.Id],
            Stages = [.. compiled.Parts.Select((part, place) => StageOf(compiled, part, place))],
            Correlations = CorrelationsOf(correlation.Id),
        };
    }

    private CorrelationStage StageOf(CompiledCorrelation compiled, CorrelationPart part, int place)
    {
        SigmaCorrelation correlation = compiled.Correlation;
        bool isAbsent = compiled.Logic.Expression is { } terms && !terms.Positive.Contains(place);
        ImmutableArray<(string Name, string Field)> fields =
        [
            .. correlation.GroupBy.Zip(part.GroupBy).Concat(correlation.Fields.Zip(part.Fields)).Where(pair => pair.First != pair.Second).Distinct(),
        ];
        return part.Correlation is { } inner
            ? new CorrelationStage(place + 1, correlation.Rules[place], LinkOf(_rules.CorrelationPlan.Correlations[inner]), null, _rules.CorrelationPlan.Correlations[inner].IsSilent, isAbsent, fields)
            : new CorrelationStage(place + 1, correlation.Rules[place], LinkOf(_rules.Rules[part.Rule!.Value]), _rules.Rules[part.Rule.Value].LogSource, _rules.CorrelationPlan.IsSilent(part.Rule.Value), isAbsent, fields);
    }

    /// <summary>By correlation, when it is certain that it detected something: no sooner than of those that it looks at, which come before it.</summary>
    private static Dictionary<string, CorrelationDecision> DecisionsOf(CorrelationPlan plan)
    {
        var decisions = new Dictionary<string, CorrelationDecision>(RuleIdComparer.Instance);
        foreach (CompiledCorrelation compiled in plan.Correlations)
        {
            decisions.Add(
                compiled.Correlation.Id,
                compiled.Parts.Where(part => part.Correlation is not null).Select(part => decisions[part.Id]).Append(compiled.Logic.Decision).Max());
        }

        return decisions;
    }

    private IEnumerable<FilterPage> Filters()
    {
        ILookup<string, (CompiledFilter Filter, SigmaRule Rule)> uses = _rules.Compiled
            .SelectMany(rule => rule.Filters.Select(filter => (Filter: filter, rule.Rule)))
            .ToLookup(use => use.Filter.Filter.Id, StringComparer.Ordinal);
        foreach (SigmaFilter filter in _rules.Filters)
        {
            RuleText text = TextOf(filter.File, filter.Line);
            (RuleSource source, string path) = PlaceOf(filter.File);
            CompiledFilter? compiled = uses[filter.Id].FirstOrDefault().Filter;
            yield return new FilterPage(
                filter,
                LinkOf(filter),
                source,
                path,
                text.Yaml,
                compiled is null ? [] : StagesOf(text, compiled.Identifiers, compiled.Condition),
                [.. uses[filter.Id].Select(use => LinkOf(use.Rule))]);
        }
    }

    private static PageLink LinkOf(SigmaRule rule) => new(rule.Id, rule.Title, rule.Level);

    private static PageLink LinkOf(CompiledCorrelation compiled) => new(compiled.Correlation.Id, compiled.Correlation.Title, compiled.Level);

    private static PageLink LinkOf(SigmaFilter filter) => new(filter.Id, filter.Title, null);

    private static TagNames NamesOf(ImmutableArray<string> tags) => new(
        AttackCatalogue.Enterprise.TacticsOf(tags),
        AttackCatalogue.Enterprise.TechniquesOf(tags),
        AttackCatalogue.Enterprise.RetiredOf(tags),
        [.. tags.Where(tag => !(AttackTag.TryParse(tag, out AttackTag parsed) && AttackCatalogue.Enterprise.Knows(parsed)))]);

    private static DateOnly? DayOf(string? text) =>
        DateOnly.TryParseExact(text, ["yyyy-MM-dd", "yyyy/MM/dd"], CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day) ? day : null;
}
