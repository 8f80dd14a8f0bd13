using System.Collections.Immutable;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Rules.Linting;
using SigmaFunctions.Engine.Rules.Yaml;

namespace SigmaFunctions.Engine.Rules;

/// <summary>
/// Puts a rule set together: documents are read and compiled one by one, then filters are applied to rules and the references of
/// correlations are checked.
/// </summary>
internal sealed class RuleSetBuilder(PlaceholderSet placeholders)
{
    private readonly RuleCompiler _compiler = new(placeholders);
    private readonly SortedDictionary<string, CompiledRule> _rules = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, SigmaCorrelation> _correlations = new(StringComparer.Ordinal);
    private readonly List<(CompiledFilter Compiled, DiagnosticSink Sink)> _filters = [];
    private readonly Dictionary<string, DiagnosticSink> _sinkByCorrelation = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _placeById = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _idByName = new(StringComparer.Ordinal);
    private readonly List<DiagnosticSink> _sinks = [];
    private int _rejected;

    public void Add(RuleFile file)
    {
        foreach (var (root, sink) in RuleCollection.Resolve(YamlDocumentReader.Read(file)))
        {
            _sinks.Add(sink);
            if (root is not null)
                AddDocument(root, sink);
            if (sink.HasErrors)
                _rejected++;
        }
    }

    public RuleSet Build(IReadOnlyCollection<Diagnostic> unreadable, string revision)
    {
        ApplyFilters();
        CheckCorrelations();
        return new RuleSet(
            [.. _rules.Values],
            [.. _filters.Select(filter => filter.Compiled.Filter).OrderBy(filter => filter.Id, StringComparer.Ordinal)],
            [.. _correlations.Values],
            [.. unreadable.Concat(_sinks.SelectMany(sink => sink.Diagnostics))
                .OrderBy(item => item.File, StringComparer.Ordinal).ThenBy(item => item.Line).ThenBy(item => item.Column)],
            _rejected + unreadable.Count,
            revision);
    }

    private void AddDocument(YamlMapping root, DiagnosticSink sink)
    {
        if (root["correlation"] is not null)
        {
            if (CorrelationReader.Read(root, sink) is { } correlation && Claim(correlation.Id, correlation.Name, root, sink))
            {
                _correlations.Add(correlation.Id, correlation);
                _sinkByCorrelation.Add(correlation.Id, sink);
            }
        }
        else if (root["filter"] is not null)
        {
            var syntax = FilterReader.Read(root, sink);
            var (identifiers, condition) = _compiler.Compile(syntax.Detection, sink);
            if (!sink.HasErrors && syntax.Filter is { } filter && condition is not null && Claim(filter.Id, null, root, sink))
                _filters.Add((new CompiledFilter(filter, identifiers, condition), sink));
        }
        else
        {
            var syntax = RuleReader.Read(root, sink);
            new MetadataLints(root, sink).Run();
            new DetectionLints(syntax.Detection, sink).Run();
            new ConditionLints(syntax.Detection, sink).Run();
            if (_compiler.Compile(syntax) is { } rule && Claim(rule.Rule.Id, rule.Rule.Name, root, sink))
                _rules.Add(rule.Rule.Id, rule);
        }
    }

    /// <summary>Takes an id, and a name if there is one; false after reporting that the id is taken.</summary>
    private bool Claim(string id, string? name, YamlMapping root, DiagnosticSink sink)
    {
        if (!_placeById.TryAdd(id, $"{sink.File}({root.Position.Line})"))
        {
            sink.Report(DiagnosticCode.DuplicateId, root["id"]?.Position ?? root.Position, $"The id {id} is already taken by {_placeById[id]}. Give this document an id of its own.");
            return false;
        }

        if (name is not null && !_idByName.TryAdd(name, id))
            sink.Report(DiagnosticCode.DuplicateName, root["name"]!.Position, $"The name '{Shortened.Of(name)}' is already taken by {_placeById[_idByName[name]]}, which references to it mean. Give this document another name.");
        return true;
    }

    private void ApplyFilters()
    {
        foreach (var (filter, sink) in _filters)
        {
            var named = filter.Filter.Rules.IsEmpty
                ? [.. _rules.Keys]
                : filter.Filter.Rules.Select(Resolve).OfType<string>().Where(_rules.ContainsKey).Distinct(StringComparer.Ordinal).ToList();
            foreach (string reference in filter.Filter.Rules)
                if (Resolve(reference) is not { } id || !_rules.ContainsKey(id))
                    sink.Report(DiagnosticCode.FilterWithoutRule, new Position(filter.Filter.Line, 1), $"The filter names '{Shortened.Of(reference)}', which is no loaded rule. Correct the id or name.");

            int applied = 0;
            foreach (string id in named.Where(id => filter.Filter.LogSource.Covers(_rules[id].Rule.LogSource)))
            {
                _rules[id] = _rules[id].With(filter);
                applied++;
            }

            if (applied == 0 && (named.Count > 0 || filter.Filter.Rules.IsEmpty))
                sink.Report(DiagnosticCode.FilterWithoutRule, new Position(filter.Filter.Line, 1), "No rule that the filter names has a log source within the filter's own. Widen the filter's log source.");
        }
    }

    private void CheckCorrelations()
    {
        // Rejecting one correlation can leave another without what it refers to.
        bool again = true;
        while (again)
        {
            again = false;
            foreach (var correlation in _correlations.Values.ToList())
            {
                string? fault = FaultOf(correlation);
                if (fault is null)
                    continue;
                _sinkByCorrelation[correlation.Id].Report(DiagnosticCode.UnresolvedReference, new Position(correlation.Line, 1), fault);
                _correlations.Remove(correlation.Id);
                _rejected++;
                again = true;
            }
        }

        foreach (var correlation in _correlations.Values)
            _sinkByCorrelation[correlation.Id].Report(
                DiagnosticCode.CorrelationNotEvaluated, new Position(correlation.Line, 1), "Correlations are not evaluated yet: the rules that this one refers to alert alone. Expect no alert from it.");
    }

    private string? FaultOf(SigmaCorrelation correlation)
    {
        foreach (string reference in correlation.Rules)
            if (Resolve(reference) is not { } id || !(_rules.ContainsKey(id) || _correlations.ContainsKey(id)))
                return $"The correlation refers to '{Shortened.Of(reference)}', which is no loaded rule or correlation. Correct the id or name.";
        return Reaches(correlation, correlation.Id, []) ? "The correlation refers to itself, directly or through others. Break the circle." : null;
    }

    private bool Reaches(SigmaCorrelation from, string id, HashSet<string> visited) => from.Rules
        .Select(Resolve)
        .OfType<string>()
        .Any(next => next == id || (visited.Add(next) && _correlations.TryGetValue(next, out var correlation) && Reaches(correlation, id, visited)));

    private string? Resolve(string reference) =>
        _placeById.ContainsKey(reference) ? reference : _idByName.GetValueOrDefault(reference);
}
