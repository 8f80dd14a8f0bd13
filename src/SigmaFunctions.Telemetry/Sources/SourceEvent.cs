using System.Collections.Immutable;
using SigmaFunctions.Engine.Events;
using SigmaFunctions.Engine.Visibility;

namespace SigmaFunctions.Telemetry.Sources;

/// <summary>A field that rules see of an event.</summary>
/// <param name="Name">The field's name for rules.</param>
/// <param name="From">The source's own names of what it is made of: columns or event data, such as <c>FolderPath</c>,
/// <c>AdditionalFields.PipeName</c>. The same name alone where the field is handed on as it is.</param>
public sealed record SourceField(string Name, ImmutableArray<string> From);

/// <summary>One kind of events of a source, as the rules of some log sources see them.</summary>
public sealed class SourceEvent
{
    internal SourceEvent(string name, string? action, LogSourceSet logSources, ImmutableArray<SourceField> fields, IEnumerable<MissingPart>? missingParts = null)
    {
        Name = name;
        Action = action;
        LogSources = logSources;
        Fields = fields;
        Scope = new FieldScope(fields.Select(field => field.Name), missingParts);
    }

    private SourceEvent(string name, LogSourceSet logSources)
    {
        Name = name;
        LogSources = logSources;
        Fields = [];
        Scope = FieldScope.Open;
    }

    /// <summary>A table or an event id, such as <c>DeviceEvents</c>, <c>Sysmon 1</c>, <c>Security 4688</c>.</summary>
    public string Name { get; }

    /// <summary>The <c>ActionType</c> of a table's rows where it matters; one that stands for those that begin with it.</summary>
    public string? Action { get; }

    /// <summary>The log sources whose rules see these events.</summary>
    public LogSourceSet LogSources { get; }

    /// <summary>Every field that can come; empty where that is not known and <see cref="Scope"/> is open.</summary>
    public ImmutableArray<SourceField> Fields { get; }

    /// <summary>The same for the analysis of rules.</summary>
    public FieldScope Scope { get; }

    /// <summary>Events of which any field may come.</summary>
    internal static SourceEvent Open(string name, LogSourceSet logSources) => new(name, logSources);
}
