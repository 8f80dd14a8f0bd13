using System.Diagnostics.CodeAnalysis;

namespace SigmaFunctions.Engine.Model;

/// <summary>
/// When two ids of rules are one: equal texts, and equal UUIDs in whatever case (RFC 9562, section 4: output is in lower case, input in any). An id
/// is kept as its rule writes it.
/// </summary>
public sealed class RuleIdComparer : IEqualityComparer<string>
{
    private RuleIdComparer()
    {
    }

    /// <summary>The comparer.</summary>
    public static RuleIdComparer Instance { get; } = new();

    /// <inheritdoc/>
    public bool Equals(string? x, string? y) =>
        string.Equals(x, y, StringComparison.Ordinal) || (string.Equals(x, y, StringComparison.OrdinalIgnoreCase) && IsUuid(x));

    /// <inheritdoc/>
    public int GetHashCode(string obj) => StringComparer.OrdinalIgnoreCase.GetHashCode(obj);

    /// <summary>One text for ids that are one.</summary>
    public static string Canonical(string id) => IsUuid(id) ? id.ToLowerInvariant() : id;

    /// <summary>Whether an id is a UUID as rules write it: 8-4-4-4-12 hex digits.</summary>
    public static bool IsUuid([NotNullWhen(true)] string? id) => Guid.TryParseExact(id, "D", out _);
}
