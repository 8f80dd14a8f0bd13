using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>Correlations that can be evaluated, and what is wrong with the others.</summary>
/// <param name="Correlations">Each behind those that it refers to.</param>
/// <param name="SilentRules">Ids of rules that are building blocks of correlations alone, without detections of their own.</param>
/// <param name="Findings">What is wrong with correlations; one with an error is not among those that can be evaluated.</param>
internal sealed record CompiledCorrelations(
    ImmutableArray<CompiledCorrelation> Correlations,
    ImmutableHashSet<string> SilentRules,
    ImmutableArray<CorrelationFinding> Findings)
{
    /// <summary>None.</summary>
    public static CompiledCorrelations None { get; } = new([], ImmutableHashSet<string>.Empty, []);
}

/// <summary>What is wrong with a correlation, or doubtful.</summary>
/// <param name="Correlation">The correlation.</param>
/// <param name="Code">What it is.</param>
/// <param name="Key">The key of its section that is meant.</param>
/// <param name="Item">The text below that key.</param>
/// <param name="Message">Sentences of what is wrong and how to mend it.</param>
internal sealed record CorrelationFinding(SigmaCorrelation Correlation, DiagnosticCode Code, string Key, string Item, string Message);

/// <summary>
/// Resolves what correlations refer to: an id goes before a name, a name of the correlation's own file before those of others; what is missing, ambiguous,
/// refers to itself or depends on what is rejected is rejected.
/// </summary>
internal sealed class CorrelationCompiler
{
    // How many correlations may be over one another.
    private const int MaxHeight = 16;

    private readonly Dictionary<string, Node> _byId = new(RuleIdComparer.Instance);
    private readonly ILookup<string, Node> _byName;
    private readonly Dictionary<SigmaCorrelation, ImmutableArray<Node>> _resolved = [];
    private readonly ImmutableArray<CorrelationFinding>.Builder _findings = ImmutableArray.CreateBuilder<CorrelationFinding>();

    private CorrelationCompiler(IEnumerable<SigmaRule> rules, IEnumerable<SigmaCorrelation> correlations)
    {
        List<Node> nodes =
        [
            .. rules.Select((rule, place) => new Node(rule.Id, rule.Name, rule.File, rule.Line, rule.Level, null, place)),
            .. correlations.Select(one => new Node(one.Id, one.Name, one.File, one.Line, one.Level, one, -1)),
        ];
        foreach (Node node in nodes)
        {
            _byId.TryAdd(node.Id, node);
        }

        _byName = nodes.Where(node => node.Name is not null).ToLookup(node => node.Name!, StringComparer.Ordinal);
    }

    /// <summary>A rule or correlation that can be referred to.</summary>
    private sealed record Node(string Id, string? Name, string File, int Line, string? Level, SigmaCorrelation? Correlation, int Place);

    /// <summary>Compiles correlations over rules.</summary>
    public static CompiledCorrelations Compile(IReadOnlyCollection<SigmaRule> rules, IReadOnlyCollection<SigmaCorrelation> correlations) =>
        correlations.Count == 0 ? CompiledCorrelations.None : new CorrelationCompiler(rules, correlations).Compile(correlations);

    private CompiledCorrelations Compile(IReadOnlyCollection<SigmaCorrelation> correlations)
    {
        foreach (SigmaCorrelation correlation in correlations)
        {
            if (Resolve(correlation) is { } parts)
            {
                _resolved.Add(correlation, parts);
            }
        }

        List<SigmaCorrelation> ordered = Ordered();
        var places = ordered.Select((correlation, place) => (correlation, place)).ToDictionary(one => one.correlation, one => one.place);
        ImmutableHashSet<string> silent = Silent(ordered);
        var levels = new List<string?>();
        ImmutableArray<CompiledCorrelation>.Builder compiled = ImmutableArray.CreateBuilder<CompiledCorrelation>(ordered.Count);
        foreach (SigmaCorrelation correlation in ordered)
        {
            ImmutableArray<Node> parts = _resolved[correlation];
            string? level = correlation.Level ?? Highest(parts.Select(part => part.Correlation is { } inner ? levels[places[inner]] : part.Level));
            levels.Add(level);
            compiled.Add(new CompiledCorrelation(
                correlation,
                level,
                LogicOf(correlation),
                [
                    .. parts.Select((part, place) => new CorrelationPart(
                        part.Id,
                        part.Correlation is null ? part.Place : null,
                        part.Correlation is { } inner ? places[inner] : null,
                        [.. correlation.GroupBy.Select(name => FieldOf(correlation, name, place))],
                        [.. correlation.Fields.Select(name => FieldOf(correlation, name, place))])),
                ],
                silent.Contains(correlation.Id)));
        }

        return new CompiledCorrelations(compiled.DrainToImmutable(), silent, _findings.DrainToImmutable());
    }

    private ImmutableArray<Node>? Resolve(SigmaCorrelation correlation)
    {
        ImmutableArray<Node>.Builder parts = ImmutableArray.CreateBuilder<Node>(correlation.Rules.Length);
        var known = new HashSet<string>(RuleIdComparer.Instance);
        foreach (string reference in correlation.Rules)
        {
            if (Find(reference, correlation) is not { } part)
            {
                return null;
            }

            if (!known.Add(part.Id))
            {
                return Fault(correlation, DiagnosticCode.InvalidCorrelation, "rules", reference, $"The correlation refers to '{Shortened.Of(reference)}' twice. Keep one of them.");
            }

            parts.Add(part);
        }

        foreach (CorrelationAlias alias in correlation.Aliases)
        {
            foreach (string rule in alias.FieldByRule.Keys)
            {
                if (!parts.Any(part => IsMeant(rule, part, correlation)))
                {
                    return Fault(
                        correlation,
                        DiagnosticCode.InvalidCorrelation,
                        "aliases",
                        rule,
                        $"The alias '{Shortened.Of(alias.Name)}' is for the rule '{Shortened.Of(rule)}', which the correlation does not look at. Name one of its 'rules'.");
                }
            }
        }

        return parts.DrainToImmutable();
    }

    /// <summary>Whether an alias is for a rule that a correlation refers to.</summary>
    private bool IsMeant(string rule, Node part, SigmaCorrelation from) => Meant(rule, from) is [var only] && RuleIdComparer.Instance.Equals(only.Id, part.Id);

    /// <summary>What a reference may mean: an id before a name, one of the own file before those of others.</summary>
    private List<Node> Meant(string reference, SigmaCorrelation from)
    {
        if (_byId.TryGetValue(reference, out Node? byId))
        {
            return [byId];
        }

        List<Node> own = [.. _byName[reference].Where(node => node.File == from.File)];
        return own.Count > 0 ? own : [.. _byName[reference]];
    }

    private Node? Find(string reference, SigmaCorrelation from)
    {
        List<Node> named = Meant(reference, from);
        if (named is [{ } mine] && mine.Name == reference && mine.File == from.File && _byName[reference].FirstOrDefault(node => node.File != from.File) is { } other)
        {
            Fault(
                from,
                DiagnosticCode.NameElsewhere,
                "rules",
                reference,
                $"The name '{Shortened.Of(reference)}' means the rule of this file; {other.File}({other.Line}) has the same. Refer to the rule by its id, or give one of them another name.");
        }

        if (named is [var only])
        {
            return only;
        }

        Fault(
            from,
            DiagnosticCode.UnresolvedReference,
            "rules",
            reference,
            named.Count == 0
                ? $"The correlation refers to '{Shortened.Of(reference)}', which is no loaded rule or correlation.{Spelling.DidYouMean([.. _byName.Select(group => group.Key)], reference)} Correct the id or name."
                : $"The correlation refers to '{Shortened.Of(reference)}', and {named.Count} rules are named so: {string.Join(", ", named.Take(3).Select(node => node.File))}. Refer to one by its id.");
        return null;
    }

    /// <summary>Each behind those that it refers to; what refers to itself or to what is rejected is rejected.</summary>
    private List<SigmaCorrelation> Ordered()
    {
        // Without recursion: a file has as many documents as its writer likes.
        List<SigmaCorrelation> left = [.. _resolved.Keys.OrderBy(one => one.Id, StringComparer.Ordinal)];
        ILookup<SigmaCorrelation, SigmaCorrelation> outer = left
            .SelectMany(one => InnerOf(one), (one, inner) => (one, inner)).ToLookup(pair => pair.inner, pair => pair.one);
        var waiting = left.ToDictionary(one => one, one => InnerOf(one).Count());
        var heights = new Dictionary<SigmaCorrelation, int>();
        var ordered = new List<SigmaCorrelation>();
        var ready = new Queue<SigmaCorrelation>(left.Where(one => waiting[one] == 0));
        while (ready.TryDequeue(out SigmaCorrelation? correlation))
        {
            heights[correlation] = 1 + InnerOf(correlation).Select(inner => heights[inner]).DefaultIfEmpty().Max();
            if (heights[correlation] > MaxHeight)
            {
                Fault(
                    correlation,
                    DiagnosticCode.InvalidCorrelation,
                    "rules",
                    correlation.Rules[0],
                    $"The correlation is over {heights[correlation] - 1} others, each over the next; at most {MaxHeight - 1} may be so. Refer to rules directly.");
                continue;
            }

            ordered.Add(correlation);
            foreach (SigmaCorrelation next in outer[correlation])
            {
                if (--waiting[next] == 0)
                {
                    ready.Enqueue(next);
                }
            }
        }

        RejectOthers([.. left.Except(ordered)], outer);
        return ordered;
    }

    private IEnumerable<SigmaCorrelation> InnerOf(SigmaCorrelation correlation) => _resolved[correlation].Select(part => part.Correlation).OfType<SigmaCorrelation>();

    /// <summary>Rejects what waits for itself, or for what is rejected.</summary>
    /// <param name="others">Those that cannot be put in order.</param>
    /// <param name="outer">By correlation, those that refer to it.</param>
    private void RejectOthers(ImmutableArray<SigmaCorrelation> others, ILookup<SigmaCorrelation, SigmaCorrelation> outer)
    {
        // What none of them refers to is in no circle; nor is, without it, what it refers to.
        var circular = others.ToHashSet();
        var open = new Queue<SigmaCorrelation>(others);
        while (open.TryDequeue(out SigmaCorrelation? correlation))
        {
            if (!outer[correlation].Any(circular.Contains) && circular.Remove(correlation))
            {
                foreach (SigmaCorrelation inner in InnerOf(correlation))
                {
                    open.Enqueue(inner);
                }
            }
        }

        var told = _findings.Where(finding => finding.Code.Severity == DiagnosticSeverity.Error).Select(finding => finding.Correlation).ToHashSet();
        foreach (SigmaCorrelation correlation in others.Where(one => !told.Contains(one)))
        {
            bool isCircular = circular.Contains(correlation);
            ImmutableArray<Node> parts = _resolved[correlation];
            int part = parts.IndexOf(parts.First(node =>
                node.Correlation is { } inner && (isCircular ? circular.Contains(inner) : others.Contains(inner) || !_resolved.ContainsKey(inner))));
            Fault(
                correlation,
                DiagnosticCode.UnresolvedReference,
                "rules",
                correlation.Rules[part],
                isCircular
                    ? "The correlation refers to itself, directly or through others. Break the circle."
                    : $"The correlation refers to '{Shortened.Of(parts[part].Correlation!.Name ?? parts[part].Id)}', which was rejected. Correct that one.");
        }
    }

    /// <summary>What is silenced in the files of correlations, unless some correlation wants it to be told of.</summary>
    private ImmutableHashSet<string> Silent(List<SigmaCorrelation> correlations)
    {
        HashSet<string> wanted = new(RuleIdComparer.Instance);
        HashSet<string> blocks = new(RuleIdComparer.Instance);
        foreach (SigmaCorrelation correlation in correlations)
        {
            foreach (Node part in _resolved[correlation])
            {
                if (correlation.Generate)
                {
                    wanted.Add(part.Id);
                }
                else if (part.File == correlation.File)
                {
                    blocks.Add(part.Id);
                }
            }
        }

        blocks.ExceptWith(wanted);
        return blocks.ToImmutableHashSet(RuleIdComparer.Instance);
    }

    private string FieldOf(SigmaCorrelation correlation, string name, int place)
    {
        Node part = _resolved[correlation][place];
        foreach (CorrelationAlias alias in correlation.Aliases.Where(alias => alias.Name == name))
        {
            foreach ((string rule, string field) in alias.FieldByRule)
            {
                if (IsMeant(rule, part, correlation))
                {
                    return field;
                }
            }
        }

        return name;
    }

    private static CorrelationLogic LogicOf(SigmaCorrelation correlation) => new(
        correlation.Type,
        correlation.Timespan.Ticks,
        correlation.Rules.Length,
        correlation.Bounds,
        Rational.Of(correlation.Type == CorrelationType.ValueMedian ? 50 : correlation.Percentile ?? 0),
        correlation.Expression);

    private static string? Highest(IEnumerable<string?> levels) =>
        levels.Select(RuleLevels.Parse).Max() is { } highest ? highest.Name() : null;

    private ImmutableArray<Node>? Fault(SigmaCorrelation correlation, DiagnosticCode code, string key, string item, string message)
    {
        _findings.Add(new CorrelationFinding(correlation, code, key, item, message));
        return null;
    }
}
