using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Linting;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>
/// Puts a rule set together from documents in the order of their files, those of the last layer first: ids are claimed and predicates
/// made one, then filters are applied to rules and the references of correlations are checked.
/// </summary>
/// <param name="events">What events have, for doubts about correlations whose rules' events lack a field; without it there are none of these.</param>
internal sealed class RuleSetBuilder(IEventFields? events = null)
{
    private readonly PredicateTable _predicates = new();
    private readonly Dictionary<string, CompiledRule> _rules = new(RuleIdComparer.Instance);
    private readonly Dictionary<string, SigmaCorrelation> _correlations = new(RuleIdComparer.Instance);
    private readonly List<(CompiledFilter Compiled, DiagnosticSink Sink)> _filters = [];
    private readonly Dictionary<string, (DiagnosticSink Sink, CorrelationPlaces Places)> _placesByCorrelation = new(RuleIdComparer.Instance);
    private readonly Dictionary<string, (string File, int Line, int Layer)> _placeById = new(RuleIdComparer.Instance);
    private readonly Dictionary<string, string> _idByName = new(StringComparer.Ordinal);
    private readonly List<DiagnosticSink> _sinks = [];
    private int _rejected;

    /// <param name="document">The document.</param>
    /// <param name="layer">Its layer; later layers must have been added before earlier ones.</param>
    public void Add(LoadedDocument document, int layer)
    {
        if (document.Id is { } id && _placeById.TryGetValue(id, out (string File, int Line, int Layer) place) && place.Layer > layer)
        {
            return;
        }

        _sinks.Add(document.Diagnostics);
        if (document.Rule is { } rule && Claim(rule.Rule.Id, rule.Rule.Name, document, layer))
        {
            _rules.Add(rule.Rule.Id, _predicates.Intern(rule));
        }

        if (document.Filter is { } filter && Claim(filter.Filter.Id, null, document, layer))
        {
            _filters.Add((_predicates.Intern(filter), document.Diagnostics));
        }

        if (document.Correlation is var (correlation, places) && Claim(correlation.Id, correlation.Name, document, layer))
        {
            _correlations.Add(correlation.Id, correlation);
            _placesByCorrelation.Add(correlation.Id, (document.Diagnostics, places));
        }

        if (document.Diagnostics.HasErrors)
        {
            _rejected++;
        }
    }

    public RuleSet Build(IReadOnlyCollection<Diagnostic> unreadable, string revision, bool usesPlaceholders)
    {
        ApplyFilters();
        CheckCorrelations();
        return new RuleSet(
            [.. _rules.Values.OrderBy(rule => rule.Rule.Id, StringComparer.Ordinal)],
            [.. _filters.Select(filter => filter.Compiled.Filter).OrderBy(filter => filter.Id, StringComparer.Ordinal)],
            [.. _correlations.Values.OrderBy(correlation => correlation.Id, StringComparer.Ordinal)],
            [.. unreadable.Concat(_sinks.SelectMany(sink => sink.Diagnostics))
                // What is wrong with a global document is wrong with each that it is merged into.
                .Distinct()
                .OrderBy(item => item.File, StringComparer.Ordinal).ThenBy(item => item.Line).ThenBy(item => item.Column)],
            _rejected + unreadable.Count,
            revision,
            usesPlaceholders);
    }

    /// <summary>Takes an id, and a name if there is one; false after reporting that the id is taken.</summary>
    private bool Claim(string id, string? name, LoadedDocument document, int layer)
    {
        DiagnosticSink sink = document.Diagnostics;
        if (!_placeById.TryAdd(id, (sink.File, document.Position.Line, layer)))
        {
            sink.Report(DiagnosticCode.DuplicateId, document.IdPosition, $"The id {id} is already taken by {PlaceOf(id)}. Give this document an id of its own.");
            return false;
        }

        if (name is not null && !_idByName.TryAdd(name, id))
        {
            sink.Report(DiagnosticCode.DuplicateName, document.NamePosition, $"The name '{Shortened.Of(name)}' is already taken by {PlaceOf(_idByName[name])}, which filters mean by it; correlations of other files can mean neither. Give this document another name.");
        }

        return true;
    }

    private string PlaceOf(string id) => $"{_placeById[id].File}({_placeById[id].Line})";

    private void ApplyFilters()
    {
        foreach ((CompiledFilter? filter, DiagnosticSink? sink) in _filters)
        {
            List<string> named = filter.Filter.Rules.IsEmpty
                ? [.. _rules.Keys]
                : filter.Filter.Rules.Select(Resolve).OfType<string>().Where(_rules.ContainsKey).Distinct(RuleIdComparer.Instance).ToList();
            foreach (string reference in filter.Filter.Rules)
            {
                if (Resolve(reference) is not { } id || !_rules.ContainsKey(id))
                {
                    sink.Report(DiagnosticCode.FilterWithoutRule, new Position(filter.Filter.Line, 1), $"The filter names '{Shortened.Of(reference)}', which is no loaded rule. Correct the id or name.");
                }
            }

            int applied = 0;
            foreach (string id in named.Where(id => filter.Filter.LogSource.Covers(_rules[id].Rule.LogSource)))
            {
                _rules[id] = _rules[id].With([filter]);
                applied++;
            }

            if (applied == 0 && (named.Count > 0 || filter.Filter.Rules.IsEmpty))
            {
                sink.Report(DiagnosticCode.FilterWithoutRule, new Position(filter.Filter.Line, 1), "No rule that the filter names has a log source within the filter's own. Widen the filter's log source.");
            }
        }
    }

    private void CheckCorrelations()
    {
        ImmutableArray<SigmaRule> rules = [.. _rules.Values.Select(rule => rule.Rule)];
        CompiledCorrelations compiled = CorrelationCompiler.Compile(rules, _correlations.Values);
        foreach (CorrelationFinding finding in compiled.Findings)
        {
            (DiagnosticSink sink, CorrelationPlaces places) = _placesByCorrelation[finding.Correlation.Id];
            sink.Report(finding.Code, places.Of(finding.Key, finding.Item), finding.Message);
            if (finding.Code.Severity == DiagnosticSeverity.Error && _correlations.Remove(finding.Correlation.Id))
            {
                _rejected++;
            }
        }

        CorrelationFieldLints? fields = events is null ? null : new CorrelationFieldLints(events, rules, compiled.Correlations);
        foreach (CompiledCorrelation correlation in compiled.Correlations)
        {
            (DiagnosticSink sink, CorrelationPlaces places) = _placesByCorrelation[correlation.Correlation.Id];
            fields?.Run(correlation, places, sink);
        }
    }

    private string? Resolve(string reference) =>
        _placeById.ContainsKey(reference) ? reference : _idByName.GetValueOrDefault(reference);
}
