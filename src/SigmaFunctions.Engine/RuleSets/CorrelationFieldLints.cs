using System.Collections.Immutable;
using SigmaFunctions.Engine.Correlating;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Linting;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Rules;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>Doubts about fields that correlations group by, count or sum and that no event of their rules has, so that these take no part.</summary>
/// <param name="events">What events have.</param>
/// <param name="rules">The rules.</param>
/// <param name="correlations">The correlations, each behind those that it refers to.</param>
internal sealed class CorrelationFieldLints(IEventFields events, ImmutableArray<SigmaRule> rules, ImmutableArray<CompiledCorrelation> correlations)
{
    // What is told of a correlation's rules one by one.
    private const int MaxReports = 20;

    private readonly Dictionary<(int Correlation, string Field), IReadOnlySet<string>?> _known = [];

    public void Run(CompiledCorrelation correlation, CorrelationPlaces places, DiagnosticSink sink)
    {
        var told = new HashSet<(string, string, LogSource?)>();
        for (int place = 0; place < correlation.Parts.Length; place++)
        {
            CorrelationPart part = correlation.Parts[place];
            string rule = correlation.Correlation.Rules[place];
            Check(correlation.Correlation.GroupBy, part.GroupBy, "group-by");
            Check(correlation.Correlation.Fields, part.Fields, "field");

            void Check(ImmutableArray<string> names, ImmutableArray<string> fields, string key)
            {
                for (int i = 0; i < names.Length && told.Count < MaxReports; i++)
                {
                    (LogSource? logSource, IReadOnlySet<string>? known) = FieldsOf(part, fields[i]);
                    if (known is not null && !IsKnown(known, fields[i]) && told.Add((key, fields[i], logSource)))
                    {
                        string which = logSource is null ? "of what completes it" : $"of {logSource}";
                        sink.Report(
                            DiagnosticCode.UnknownCorrelationField,
                            places.Of(key, names[i]),
                            $"No event {which} has the field '{Shortened.Of(fields[i])}', so that the matches of '{Shortened.Of(rule)}' take no part.{sink.DidYouMean(known, fields[i])} An alias names the field that a rule's events have.");
                    }
                }
            }
        }
    }

    /// <summary>The log source of a rule and what its events have; null where any field may come.</summary>
    private (LogSource? LogSource, IReadOnlySet<string>? Known) FieldsOf(CorrelationPart part, string field) =>
        part.Rule is { } rule ? (rules[rule].LogSource, events.Of(rules[rule].LogSource)) : (null, FieldsOf(part.Correlation!.Value, field));

    /// <summary>What the matches of a correlation have: the names of its group, and all that those have which complete it.</summary>
    private IReadOnlySet<string>? FieldsOf(int place, string field)
    {
        if (correlations[place].Correlation.GroupBy.Contains(field))
        {
            return null;
        }

        if (!_known.TryGetValue((place, field), out IReadOnlySet<string>? known))
        {
            List<IReadOnlySet<string>?> below = [.. correlations[place].Parts.Select(part => FieldsOf(part, field).Known)];
            known = below.Contains(null) ? null : below.SelectMany(one => one!).ToHashSet(StringComparer.Ordinal);
            _known.Add((place, field), known);
        }

        return known;
    }

    // What is within an object belongs to it.
    private static bool IsKnown(IReadOnlySet<string> known, string field) =>
        known.Contains(field) || (field.IndexOf('.', StringComparison.Ordinal) is > 0 and int dot && known.Contains(field[..dot]));
}
