using System.Collections.Immutable;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Values;

namespace SigmaFunctions.Engine.Correlating;

/// <summary>Correlations that can be evaluated, and what is wrong with the others.</summary>
/// <param name="Correlations">Each behind those that it refers to.</param>
/// <param name="SilentRules">Ids of rules that are building blocks of correlations alone, without detections of their own.</param>
/// <param name="Faults">What is wrong with a correlation, as sentences.</param>
internal sealed record CompiledCorrelations(
    ImmutableArray<CompiledCorrelation> Correlations,
    ImmutableHashSet<string> SilentRules,
    ImmutableArray<(SigmaCorrelation Correlation, DiagnosticCode Code, string Message)> Faults)
{
    /// <summary>None.</summary>
    public static CompiledCorrelations None { get; } = new([], ImmutableHashSet<string>.Empty, []);
}

/// <summary>
/// Resolves what correlations refer to: an id goes before a name, a name of the correlation's own file before those of others; what is missing, ambiguous,
/// refers to itself or depends on what is rejected is rejected.
/// </summary>
internal sealed class CorrelationCompiler
{
    private readonly Dictionary<string, Node> _byId = new(RuleIdComparer.Instance);
    private readonly ILookup<string, Node> _byName;
    private readonly Dictionary<SigmaCorrelation, ImmutableArray<Node>> _resolved = [];
    private readonly ImmutableArray<(SigmaCorrelation, DiagnosticCode, string)>.Builder _faults =
        ImmutableArray.CreateBuilder<(SigmaCorrelation, DiagnosticCode, string)>();

    private CorrelationCompiler(IEnumerable<SigmaRule> rules, IEnumerable<SigmaCorrelation> correlations)
    {
        List<Node> nodes =
        [
            .. rules.Select((rule, place) => new Node(rule.Id, rule.Name, rule.File, rule.Level, null, place)),
            .. correlations.Select(correlation => new Node(correlation.Id, correlation.Name, correlation.File, correlation.Level, correlation, -1)),
        ];
        foreach (Node node in nodes)
        {
            _byId.TryAdd(node.Id, node);
        }

        _byName = nodes.Where(node => node.Name is not null).ToLookup(node => node.Name!, StringComparer.Ordinal);
    }

    /// <summary>A rule or correlation that can be referred to.</summary>
    private sealed record Node(string Id, string? Name, string File, string? Level, SigmaCorrelation? Correlation, int Place);

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

        return new CompiledCorrelations(compiled.DrainToImmutable(), silent, _faults.DrainToImmutable());
    }

    private ImmutableArray<Node>? Resolve(SigmaCorrelation correlation)
    {
        ImmutableArray<Node>.Builder parts = ImmutableArray.CreateBuilder<Node>(correlation.Rules.Length);
        foreach (string reference in correlation.Rules)
        {
            if (Find(reference, correlation) is not { } part)
            {
                return null;
            }

            if (parts.Contains(part))
            {
                return Fault(correlation, DiagnosticCode.InvalidCorrelation, $"The correlation refers to '{Shortened.Of(reference)}' twice. Keep one of them.");
            }

            parts.Add(part);
        }

        return parts.DrainToImmutable();
    }

    private Node? Find(string reference, SigmaCorrelation from)
    {
        if (_byId.TryGetValue(reference, out Node? byId))
        {
            return byId;
        }

        List<Node> named = [.. _byName[reference].Where(node => node.File == from.File)];
        named = named.Count > 0 ? named : [.. _byName[reference]];
        if (named is [var only])
        {
            return only;
        }

        Fault(
            from,
            DiagnosticCode.UnresolvedReference,
            named.Count == 0
                ? $"The correlation refers to '{Shortened.Of(reference)}', which is no loaded rule or correlation.{Spelling.DidYouMean([.. _byName.Select(group => group.Key)], reference)} Correct the id or name."
                : $"The correlation refers to '{Shortened.Of(reference)}', and {named.Count} rules are named so: {string.Join(", ", named.Take(3).Select(node => node.File))}. Refer to one by its id.");
        return null;
    }

    /// <summary>Each behind those that it refers to; what refers to itself or to what is rejected is rejected.</summary>
    private List<SigmaCorrelation> Ordered()
    {
        var ordered = new List<SigmaCorrelation>();
        var usable = new Dictionary<SigmaCorrelation, bool>();
        var under = new HashSet<SigmaCorrelation>();
        foreach (SigmaCorrelation correlation in _resolved.Keys.OrderBy(one => one.Id, StringComparer.Ordinal))
        {
            Visit(correlation);
        }

        return ordered;

        // Chains are as long as rules make them; each link is a document.
        bool Visit(SigmaCorrelation correlation)
        {
            if (usable.TryGetValue(correlation, out bool known))
            {
                return known;
            }

            if (!_resolved.TryGetValue(correlation, out ImmutableArray<Node> parts))
            {
                return false;
            }

            if (!under.Add(correlation))
            {
                return false;
            }

            bool isUsable = true;
            foreach (SigmaCorrelation inner in parts.Select(part => part.Correlation).OfType<SigmaCorrelation>())
            {
                if (isUsable && !Visit(inner))
                {
                    isUsable = false;
                    Fault(
                        correlation,
                        DiagnosticCode.UnresolvedReference,
                        under.Contains(inner) && !usable.ContainsKey(inner) && _resolved.ContainsKey(inner)
                            ? "The correlation refers to itself, directly or through others. Break the circle."
                            : $"The correlation refers to '{Shortened.Of(inner.Name ?? inner.Id)}', which was rejected. Correct that one.");
                }
            }

            under.Remove(correlation);
            usable.Add(correlation, isUsable);
            if (isUsable)
            {
                ordered.Add(correlation);
            }

            return isUsable;
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
                if (rule == correlation.Rules[place] || rule == part.Name || RuleIdComparer.Instance.Equals(rule, part.Id))
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

    private ImmutableArray<Node>? Fault(SigmaCorrelation correlation, DiagnosticCode code, string message)
    {
        _faults.Add((correlation, code, message));
        return null;
    }
}
