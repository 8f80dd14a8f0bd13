using System.Globalization;
using System.Text;
using System.Text.Json;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Matching;
using SigmaFunctions.Engine.RuleSets;
using SigmaFunctions.Telemetry.Events;

namespace SigmaFunctions.Telemetry.Tests;

/// <summary>
/// Rules of which each holds on the events that have one value in one field: whether what a matcher was given is what events hold
/// shows in the rules that match.
/// </summary>
internal sealed class FieldRules
{
    private const int LongestValue = 200;

    private readonly SortedSet<string> _detections = new(StringComparer.Ordinal);

    /// <summary>A detector of such rules for all fields and all values of events.</summary>
    public static Detector Of(IEnumerable<DecodedEvent> events)
    {
        var rules = new FieldRules();
        foreach (DecodedEvent decoded in events)
        {
            foreach (EventView view in decoded.Event.Views)
            {
                rules.Add(view, decoded.Event.OwnValues);
            }
        }

        var set = RuleSet.Load([new RuleFile("rules.yml", rules.ToYaml())]);
        Assert.Equal(0, set.Rejected);
        return new Detector(set);
    }

    private void Add(EventView view, IEnumerable<FieldValue> ownValues)
    {
        foreach (LogSource source in view.LogSources)
        {
            string logSource = JsonSerializer.Serialize(new SortedDictionary<string, string?>
            {
                ["category"] = source.Category,
                ["product"] = source.Product,
                ["service"] = source.Service,
            }.Where(pair => pair.Value is not null).ToDictionary());
            foreach ((string name, FieldValue value) in view.Fields)
            {
                AddField(logSource, name, value);
            }

            AddKeywords(logSource, ownValues);
        }
    }

    private void AddField(string logSource, string name, FieldValue value)
    {
        // Behind a bar come modifiers; an empty name is none.
        if (name.Length == 0 || name.Contains('|', StringComparison.Ordinal))
        {
            return;
        }

        AddTest(logSource, $"{name}|exists", "true");
        AddTest(logSource, name, "null");
        switch (value.Kind)
        {
            case FieldValueKind.Array:
                foreach (FieldValue item in value.Items)
                {
                    AddField(logSource, name, item);
                }

                break;
            case FieldValueKind.Object:
                foreach ((string property, FieldValue child) in value.Properties)
                {
                    AddField(logSource, $"{name}.{property}", child);
                }

                break;
            case FieldValueKind.Text or FieldValueKind.Number or FieldValueKind.Boolean:
                AddText(logSource, name, value.Text);
                break;
        }
    }

    private void AddText(string logSource, string name, string text)
    {
        if (text.Length > LongestValue)
        {
            AddTest(logSource, $"{name}|cased|startswith", Quote(text[..LongestValue]));
            AddTest(logSource, $"{name}|cased|endswith", Quote(text[^LongestValue..]));
            return;
        }

        AddTest(logSource, $"{name}|cased", Quote(text));

        // Only a number is the same as one that is written otherwise.
        if (ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        {
            AddTest(logSource, name, Quote($"{text}.0"));
        }
    }

    private void AddKeywords(string logSource, IEnumerable<FieldValue> values)
    {
        foreach (FieldValue value in values)
        {
            if (value.Kind is FieldValueKind.Array or FieldValueKind.Object)
            {
                AddKeywords(logSource, value.Items);
                AddKeywords(logSource, value.Properties.Values);
            }
            else if (value.Text.Length is > 0 and <= LongestValue)
            {
                _detections.Add($"logsource: {logSource}\ndetection: {{k: [{Quote(value.Text)}], condition: k}}\n");
            }
        }
    }

    private void AddTest(string logSource, string key, string value) =>
        _detections.Add($"logsource: {logSource}\ndetection: {{s: {{{JsonSerializer.Serialize(key)}: {value}}}, condition: s}}\n");

    private static string Quote(string text)
    {
        var escaped = new StringBuilder();
        foreach (char c in text)
        {
            escaped.Append(c is '\\' or '*' or '?' ? "\\" : "").Append(c);
        }

        return JsonSerializer.Serialize(escaped.ToString());
    }

    private string ToYaml() => string.Join(
        "---\n", _detections.Select((detection, index) => $"title: Rule {index}\nid: {new Guid(index + 1, 0, 0, new byte[8])}\n{detection}"));
}
