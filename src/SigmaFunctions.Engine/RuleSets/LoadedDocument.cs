using System.Collections.Frozen;
using SigmaFunctions.Engine.Compilation;
using SigmaFunctions.Engine.Diagnostics;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Files;
using SigmaFunctions.Engine.Linting;
using SigmaFunctions.Engine.Logic;
using SigmaFunctions.Engine.Model;
using SigmaFunctions.Engine.Rules;
using SigmaFunctions.Engine.Yaml;

namespace SigmaFunctions.Engine.RuleSets;

/// <summary>
/// A document after all that can be said about it alone; at most one of rule, filter and correlation is there, and none if it is
/// rejected. What it was read from is no longer held.
/// </summary>
internal sealed record LoadedDocument(DiagnosticSink Diagnostics)
{
    // A document without any of these is not about a rule; their slips are told one by one.
    private static readonly FrozenSet<string> RuleMarks = FrozenSet.ToFrozenSet(
        ["title", "id", "status", "level", "logsource", "log_source", "detection", "detections"], StringComparer.OrdinalIgnoreCase);

    public CompiledRule? Rule { get; private init; }

    public CompiledFilter? Filter { get; private init; }

    public CorrelationSyntax? Correlation { get; private init; }

    /// <summary>Id of the rule, filter or correlation; null if there is none.</summary>
    public string? Id => Rule?.Rule.Id ?? Filter?.Filter.Id ?? Correlation?.Correlation.Id;

    /// <summary>Where the document begins.</summary>
    public Position Position { get; private init; }

    /// <summary>Where its id stands, or where it begins if it states none.</summary>
    public Position IdPosition { get; private init; }

    /// <summary>Where its name stands, if it has one.</summary>
    public Position NamePosition { get; private init; }

    /// <summary>The documents of a file. Safe for concurrent use.</summary>
    public static List<LoadedDocument> Load(RuleFile file, RuleCompiler compiler, IEventFields? events)
    {
        var documents = new List<LoadedDocument>();
        foreach ((YamlMapping? root, DiagnosticSink? sink) in RuleCollection.Resolve(YamlDocumentReader.Read(file)))
        {
            documents.Add(root is null ? new LoadedDocument(sink) : Load(root, sink, compiler, events));
        }

        return documents;
    }

    private static LoadedDocument Load(YamlMapping root, DiagnosticSink sink, RuleCompiler compiler, IEventFields? events)
    {
        var document = new LoadedDocument(sink)
        {
            Position = root.Position,
            IdPosition = root["id"]?.Position ?? root.Position,
            NamePosition = root["name"]?.Position ?? root.Position,
        };
        if (root["correlation"] is not null)
        {
            CorrelationSyntax? correlation = CorrelationReader.Read(root, sink);
            if (correlation is not null)
            {
                new CorrelationLints(correlation.Correlation, correlation.Places, sink).Run();
            }

            return document with { Correlation = correlation };
        }

        if (root["filter"] is not null)
        {
            FilterSyntax filter = FilterReader.Read(root, sink);
            (System.Collections.Immutable.ImmutableArray<CompiledIdentifier> identifiers, Expression? condition) = compiler.Compile(filter.Detection, sink);
            Doubt(filter.Detection, filter.Filter?.LogSource);
            return sink.HasErrors || filter.Filter is null || condition is null
                ? document
                : document with { Filter = new CompiledFilter(filter.Filter, identifiers, condition) };
        }

        if (!root.Entries.Any(entry => RuleMarks.Contains(entry.Key.Value)))
        {
            sink.Report(DiagnosticCode.NotAMapping, root.Position, "This is no Sigma rule: it has no 'title', no 'logsource' and no 'detection'. Add them, or keep YAML of other kinds elsewhere.");
            return document;
        }

        RuleSyntax syntax = RuleReader.Read(root, sink);
        new MetadataLints(root, sink).Run();
        new DetectionLints(syntax.Detection, sink).Run();
        new ConditionLints(syntax.Detection, sink).Run();
        Doubt(syntax.Detection, syntax.Rule?.LogSource);
        return document with { Rule = compiler.Compile(syntax) };

        void Doubt(DetectionSyntax detection, LogSource? logSource)
        {
            if (events is not null && logSource is not null)
            {
                new EventLints(events, logSource, sink).Run(detection, root["logsource"]);
            }
        }
    }
}
