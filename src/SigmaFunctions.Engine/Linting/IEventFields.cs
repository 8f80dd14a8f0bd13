using SigmaFunctions.Engine.Events;

namespace SigmaFunctions.Engine.Linting;

/// <summary>What is known about the events that rules are for, so that a rule that none of them can satisfy is doubted.</summary>
public interface IEventFields
{
    /// <summary>Every field that events of a log source can have, by exact names; null where any may come.</summary>
    IReadOnlySet<string>? Of(LogSource logSource);

    /// <summary>Whether a field of events of a log source holds the full path of a file, where there is a file at all.</summary>
    bool IsFullPath(LogSource logSource, string field);

    /// <summary>Whether some event can be of a log source with this category and product.</summary>
    bool HasCategory(string category, string product);
}
