using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Explaining;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Engine.Values;
using SigmaFunctions.Storage.Model;

namespace SigmaFunctions.Pages.Model;

/// <summary>The values of an event, and which parts of them made its rules match.</summary>
internal sealed class Marks
{
    // What says most of an event, in this order; of others it is the first value that made a rule match.
    private static readonly ImmutableArray<string> Telling =
        ["CommandLine", "ProcessCommandLine", "ScriptBlockText", "Payload", "TargetObject", "ImageLoaded", "TargetFilename", "QueryName", "DestinationHostname"];

    private readonly Dictionary<string, MarkedText> _values;

    private Marks(Dictionary<string, MarkedText> values) => _values = values;

    /// <summary>The fields by name.</summary>
    public IEnumerable<StoryField> Fields => _values
        .OrderBy(pair => pair.Key, StringComparer.OrdinalIgnoreCase)
        .Select(pair => new StoryField(pair.Key.Length == 0 ? "keyword" : pair.Key, pair.Value));

    /// <summary>Reads what is known of an event.</summary>
    /// <param name="rows">Its detections.</param>
    /// <param name="rules">The rules that run; null where they are not at hand, so that nothing is marked.</param>
    /// <param name="decoded">The record, read again; null where that is not possible, so that there is the evidence of the rows alone.</param>
    public static Marks Of(ImmutableArray<BoardRow> rows, RuleLookup? rules, SigmaEvent? decoded)
    {
        var spans = new Dictionary<(string Field, string Value), List<TextSpan>>();
        foreach (BoardRow row in rules is null ? [] : rows)
        {
            Detection detection = row.Detection;
            ImmutableArray<MatchedValue> matched = decoded is null
                ? MatchedParts.OfEvidence(rules!, detection.RuleId, [.. detection.Fields.Select(field => (field.Field, field.Value))])
                : MatchedParts.Of(rules!, detection.RuleId, decoded);
            foreach (MatchedValue value in matched)
            {
                if (!spans.TryGetValue((value.Field, value.Value), out List<TextSpan>? found))
                {
                    spans.Add((value.Field, value.Value), found = []);
                }

                found.AddRange(value.Spans);
            }
        }

        var values = new Dictionary<string, MarkedText>(StringComparer.Ordinal);
        if (decoded?.Views.OrderByDescending(view => view.Fields.Count).FirstOrDefault() is { } view)
        {
            foreach ((string name, FieldValue value) in view.Fields)
            {
                if (TextOf(value) is { Length: > 0 } text)
                {
                    values[name] = Marked(name, text);
                }
            }
        }

        foreach (DetectedField field in rows.SelectMany(row => row.Detection.Fields))
        {
            values.TryAdd(field.Field, Marked(field.Field, field.Value));
        }

        return new Marks(values);

        // What a keyword found is marked wherever it stands.
        MarkedText Marked(string name, string text) =>
            new(text, TextSpan.Merge([.. spans.GetValueOrDefault((name, text), []), .. spans.GetValueOrDefault(("", text), [])]));
    }

    /// <summary>The value that says most of the event; null where nothing is known.</summary>
    public (string Field, MarkedText Text)? Gist(Detection detection)
    {
        foreach (string field in Telling)
        {
            if (_values.TryGetValue(field, out MarkedText? text))
            {
                return (field, text);
            }
        }

        if (detection.Facts?.Process?.CommandLine is { Length: > 0 } command)
        {
            return ("CommandLine", new MarkedText(command, []));
        }

        return detection.Fields is [var first, ..] && _values.TryGetValue(first.Field, out MarkedText? value)
            ? (first.Field.Length == 0 ? "keyword" : first.Field, value)
            : null;
    }

    private static string TextOf(FieldValue value) => value.Kind switch
    {
        FieldValueKind.Array => string.Join(", ", value.Items.Select(TextOf).Where(text => text.Length > 0)),
        FieldValueKind.Object => string.Join(", ", value.Properties.Select(property => $"{property.Key}={TextOf(property.Value)}")),
        _ => value.Text,
    };
}
