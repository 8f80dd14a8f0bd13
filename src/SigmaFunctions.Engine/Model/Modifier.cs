using System.Collections.Frozen;
using SigmaFunctions.Engine.Diagnostics;

namespace SigmaFunctions.Engine.Model;

/// <summary>The value modifiers of the specification (2.1.0, "Modifiers").</summary>
internal enum Modifier
{
    All,
    Cased,
    Neq,
    Exists,
    Contains,
    StartsWith,
    EndsWith,
    Expand,
    Windash,
    Base64,
    Base64Offset,
    Utf16Le,
    Utf16Be,
    Utf16,
    Re,
    RegexIgnoreCase,
    RegexMultiline,
    RegexSingleLine,
    Cidr,
    FieldRef,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// <summary>Some of the modifiers.</summary>
internal readonly record struct ModifierSet
{
    private readonly ulong _bits;

    private ModifierSet(ulong bits) => _bits = bits;

    public static ModifierSet Of(params ReadOnlySpan<Modifier> modifiers)
    {
        ulong bits = 0;
        foreach (Modifier modifier in modifiers)
        {
            bits |= 1UL << (int)modifier;
        }

        return new ModifierSet(bits);
    }

    public bool Contains(Modifier modifier) => (_bits & (1UL << (int)modifier)) != 0;

    public bool Overlaps(ModifierSet other) => (_bits & other._bits) != 0;

    public ModifierSet Without(ModifierSet other) => new(_bits & ~other._bits);

    public static ModifierSet operator |(ModifierSet left, ModifierSet right) => new(left._bits | right._bits);
}

/// <summary>The names under which rules write modifiers.</summary>
internal static class ModifierNames
{
    private static readonly FrozenDictionary<string, Modifier> ByName = new Dictionary<string, Modifier>
    {
        ["all"] = Modifier.All,
        ["cased"] = Modifier.Cased,
        ["neq"] = Modifier.Neq,
        ["exists"] = Modifier.Exists,
        ["contains"] = Modifier.Contains,
        ["startswith"] = Modifier.StartsWith,
        ["endswith"] = Modifier.EndsWith,
        ["expand"] = Modifier.Expand,
        ["windash"] = Modifier.Windash,
        ["base64"] = Modifier.Base64,
        ["base64offset"] = Modifier.Base64Offset,
        ["utf16le"] = Modifier.Utf16Le,
        ["wide"] = Modifier.Utf16Le,
        ["utf16be"] = Modifier.Utf16Be,
        ["utf16"] = Modifier.Utf16,
        ["re"] = Modifier.Re,
        ["i"] = Modifier.RegexIgnoreCase,
        ["m"] = Modifier.RegexMultiline,
        ["s"] = Modifier.RegexSingleLine,
        ["cidr"] = Modifier.Cidr,
        ["fieldref"] = Modifier.FieldRef,
        ["gt"] = Modifier.GreaterThan,
        ["gte"] = Modifier.GreaterThanOrEqual,
        ["lt"] = Modifier.LessThan,
        ["lte"] = Modifier.LessThanOrEqual,
        ["minute"] = Modifier.Minute,
        ["hour"] = Modifier.Hour,
        ["day"] = Modifier.Day,
        ["week"] = Modifier.Week,
        ["month"] = Modifier.Month,
        ["year"] = Modifier.Year,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    // What other languages of rules call them.
    private static readonly FrozenDictionary<string, string> Synonyms = new Dictionary<string, string>
    {
        ["regex"] = "re",
        ["regexp"] = "re",
        ["not"] = "neq",
        ["ne"] = "neq",
        ["case"] = "cased",
        ["begins"] = "startswith",
        ["match"] = "re",
        ["matches"] = "re",
        ["like"] = "contains",
        ["prefix"] = "startswith",
        ["suffix"] = "endswith",
        ["ip"] = "cidr",
    }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenSet<string> NotNeeded = FrozenSet.ToFrozenSet(["equals", "eq", "is", "exact", "in", "any", "or", "oneof"], StringComparer.OrdinalIgnoreCase);

    private static readonly FrozenDictionary<Modifier, string> ByModifier =
        ByName.GroupBy(pair => pair.Value).ToFrozenDictionary(group => group.Key, group => group.MinBy(pair => pair.Key.Length).Key);

    public static bool TryParse(string name, out Modifier modifier) => ByName.TryGetValue(name, out modifier);

    public static string NameOf(Modifier modifier) => modifier == Modifier.Utf16Le ? "utf16le" : ByModifier[modifier];

    /// <summary>The sentence that names what was probably meant, with a blank before it; empty where nothing is near.</summary>
    public static string DidYouMean(string name, DiagnosticSink sink) => NotNeeded.Contains(name) ? " Leave it out: without it the whole value is compared, and one value of a list is enough." : Synonyms.TryGetValue(name, out string? meant) ? $" Did you mean '{meant}'?" : sink.DidYouMean(ByName.Keys, name);
}
