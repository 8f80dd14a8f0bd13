using System.Text.RegularExpressions;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.Linting;

/// <summary>Doubts about what no event of the log source has.</summary>
internal sealed partial class EventLints
{
    private static readonly ModifierSet Elsewhere = ModifierSet.Of(
        Modifier.Contains, Modifier.EndsWith, Modifier.Re, Modifier.Expand, Modifier.Base64, Modifier.Base64Offset, Modifier.Utf16, Modifier.Utf16Be,
        Modifier.Utf16Le, Modifier.FieldRef, Modifier.Exists, Modifier.Cidr);

    private readonly IEventFields _events;
    private readonly LogSource _logSource;
    private readonly DiagnosticSink _sink;
    private readonly IReadOnlySet<string>? _fields;

    public EventLints(IEventFields events, LogSource logSource, DiagnosticSink sink)
    {
        _events = events;
        _logSource = logSource;
        _sink = sink;
        _fields = events.Of(logSource);
    }

    public void Run(DetectionSyntax detection, YamlNode? logSource)
    {
        if (_logSource is { Category: { } category, Product: "windows" }
            && logSource is YamlMapping map && map["category"] is { } place
            && !category.AsSpan().ContainsAnyInRange('A', 'Z')
            && !Vocabulary.Categories.Contains(category)
            && Vocabulary.NearestCategory(category, "windows") is null
            && !_events.HasCategory(category, "windows"))
        {
            _sink.Report(
                DiagnosticCode.UnknownCategory,
                place.Position,
                $"The category '{Shortened.Of(category)}' is none that events of Windows have here. If a mapping of yours gives it to events, name the mapping with --mapping; else correct it.");
        }

        if (_fields is null)
        {
            return;
        }

        foreach (DetectionItem item in detection.Items)
        {
            if (item.Field is { } field)
            {
                CheckField(field, item.Position);
                CheckPaths(item, field);
            }

            foreach (YamlScalar reference in item.Modifiers.Any(syntax => syntax.Modifier == Modifier.FieldRef) ? item.Values : [])
            {
                CheckField(reference.Value, reference.Position);
            }
        }
    }

    private void CheckField(string field, Position position)
    {
        // The field of an object belongs to it.
        if (_fields!.Contains(field) || (field.IndexOf('.', StringComparison.Ordinal) is > 0 and int dot && _fields.Contains(field[..dot])))
        {
            return;
        }

        _sink.Report(
            DiagnosticCode.UnknownField,
            position,
            $"No event of {_logSource} has the field '{Shortened.Of(field)}'.{Spelling.DidYouMean(_fields, field)} Names of fields are compared exactly, case included.");
    }

    private void CheckPaths(DetectionItem item, string field)
    {
        if (!_events.IsFullPath(_logSource, field) || item.Modifiers.Any(syntax => Elsewhere.Contains(syntax.Modifier)))
        {
            return;
        }

        foreach (YamlScalar value in item.Values)
        {
            if (FileName().Match(value.Value) is { Success: true } name)
            {
                string separator = _logSource.Product is "linux" or "macos" ? "/" : @"\";
                _sink.Report(
                    DiagnosticCode.NameForPath,
                    value.Position,
                    $"'{field}' holds the full path of a file, which is never '{Shortened.Of(value.Value)}'. Write {field}|endswith: '{separator}{Shortened.Of(name.Groups["name"].Value)}'.");
            }
        }
    }

    [GeneratedRegex(@"^(?<name>[^\\/:%*?<>]{1,200}\.[A-Za-z0-9]{2,4})\*?$", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
