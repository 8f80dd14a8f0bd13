using System.Diagnostics.CodeAnalysis;

namespace SigmaFunctions.Catalog.Attack;

/// <summary>What a tag of the namespace <c>attack</c> names.</summary>
public enum AttackTagKind
{
    /// <summary>A tactic, by its name or id.</summary>
    Tactic,

    /// <summary>A technique or sub-technique.</summary>
    Technique,

    /// <summary>A tool or malware (<c>s0002</c>).</summary>
    Software,

    /// <summary>A group (<c>g0010</c>).</summary>
    Group,

    /// <summary>A data source (<c>ds0005</c>).</summary>
    DataSource,
}

/// <summary>A tag of the namespace <c>attack</c>, taken apart; it may name what no catalogue knows.</summary>
/// <param name="Kind">What it names.</param>
/// <param name="Value">An id in upper case, or the short name of a tactic in lower case with hyphens.</param>
public readonly record struct AttackTag(AttackTagKind Kind, string Value)
{
    private const string Namespace = "attack.";

    /// <summary>Takes a tag apart, such as <c>attack.t1059.001</c>, <c>attack.credential_access</c> or <c>attack.s0002</c>.</summary>
    /// <returns>Whether it is of the namespace <c>attack</c> and names something.</returns>
    public static bool TryParse([NotNullWhen(true)] string? tag, out AttackTag result)
    {
        result = default;
        if (tag is null || tag.Length == Namespace.Length || !tag.StartsWith(Namespace, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        string value = tag[Namespace.Length..];
        result = KindOf(value) is { } kind
            ? new AttackTag(kind, value.ToUpperInvariant())
            : new AttackTag(AttackTagKind.Tactic, value.ToLowerInvariant().Replace('_', '-'));
        return true;
    }

    /// <summary>Whether a text is the id of a technique or sub-technique, in any case.</summary>
    public static bool IsTechniqueId(ReadOnlySpan<char> text) =>
        IsId(text, "T", 4) || (text.Length == 9 && text[5] == '.' && IsId(text[..5], "T", 4) && AreDigits(text[6..]));

    private static AttackTagKind? KindOf(ReadOnlySpan<char> value) =>
        IsTechniqueId(value) ? AttackTagKind.Technique
        : IsId(value, "TA", 4) ? AttackTagKind.Tactic
        : IsId(value, "S", 4) ? AttackTagKind.Software
        : IsId(value, "G", 4) ? AttackTagKind.Group
        : IsId(value, "DS", 4) ? AttackTagKind.DataSource
        : null;

    private static bool IsId(ReadOnlySpan<char> text, string prefix, int digits) =>
        text.Length == prefix.Length + digits && text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && AreDigits(text[prefix.Length..]);

    private static bool AreDigits(ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');
}
