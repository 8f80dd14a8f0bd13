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

    private static readonly ModifierSet NotAsWritten = ModifierSet.Of(
        Modifier.Re, Modifier.Expand, Modifier.Base64, Modifier.Base64Offset, Modifier.FieldRef, Modifier.Exists, Modifier.Cidr);

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
            && !Vocabulary.Services.Contains(category)
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
                CheckNames(item, field);
                CheckPaths(item, field);
            }
            else
            {
                CheckKeywords(item);
            }

            foreach (YamlScalar reference in item.Modifiers.Any(syntax => syntax.Modifier == Modifier.FieldRef) ? item.Values : [])
            {
                CheckField(reference.Value, reference.Position);
            }
        }
    }

    private void CheckField(string field, Position position)
    {
        if (_fields!.Contains(field))
        {
            return;
        }

        if (field.IndexOf('.', StringComparison.Ordinal) is > 0 and int dot && _fields.Contains(field[..dot]))
        {
            // The field of an object belongs to it.
            if (ModifierNames.TryParse(field[(dot + 1)..], out Modifier _))
            {
                _sink.Report(
                    DiagnosticCode.UnknownField,
                    position,
                    $"No event of {_logSource} has the field '{Shortened.Of(field)}'. Did you mean '{field[..dot]}|{field[(dot + 1)..]}'? A modifier follows '|'.");
            }

            return;
        }

        _sink.Report(
            DiagnosticCode.UnknownField,
            position,
            $"No event of {_logSource} has the field '{Shortened.Of(field)}'.{_sink.DidYouMean(_fields, field)} Names of fields are compared exactly, case included.");
    }

    /// <summary>A keyword such as <c>Image:C:\a.exe</c>: without the blank it is no field.</summary>
    private void CheckKeywords(DetectionItem item)
    {
        foreach (YamlScalar value in item.Values)
        {
            if (value.IsPlain && value.Value.IndexOf(':', StringComparison.Ordinal) is > 0 and int colon && value.Value[..colon] is var name && _fields!.Contains(name))
            {
                _sink.Report(
                    DiagnosticCode.KeywordLikeField,
                    value.Position,
                    $"'{Shortened.Of(value.Value)}' is searched for as it stands. If a field is meant, write a blank behind the colon: {name}: …");
            }
        }
    }

    /// <summary>What stands in no full path of Windows: slashes, and variables instead of their values.</summary>
    private void CheckPaths(DetectionItem item, string field)
    {
        if (_logSource.Product != "windows" || !_events.IsFullPath(_logSource, field) || item.Modifiers.Any(syntax => NotAsWritten.Contains(syntax.Modifier)))
        {
            return;
        }

        foreach (YamlScalar value in item.Values)
        {
            if (Variable().Match(value.Value) is { Success: true } variable)
            {
                _sink.Report(
                    DiagnosticCode.NameForPath,
                    value.Position,
                    $"'{field}' holds a path without variables, so '{variable.Value}' never stands in it. Write the folder, or '|expand' if it is a placeholder.");
            }
            else if (Slashes().IsMatch(value.Value))
            {
                _sink.Report(
                    DiagnosticCode.NameForPath,
                    value.Position,
                    $@"'{field}' holds a path of Windows, which has no '/'. Write '{Shortened.Of(value.Value.Replace('/', '\\'))}'.");
            }
        }
    }

    private void CheckNames(DetectionItem item, string field)
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

    // A slash and the name of a file, or a drive and a slash.
    [GeneratedRegex(@"^(\*?/[^\\/*?]{1,200}\.[A-Za-z0-9]{2,4}\*?$|[A-Za-z]:/)", RegexOptions.CultureInvariant)]
    private static partial Regex Slashes();

    [GeneratedRegex(@"%[A-Za-z_()0-9]{2,40}%", RegexOptions.CultureInvariant)]
    private static partial Regex Variable();

    [GeneratedRegex(@"^(?<name>[^\\/:%*?<>]{1,200}\.[A-Za-z0-9]{2,4})\*?$", RegexOptions.CultureInvariant)]
    private static partial Regex FileName();
}
