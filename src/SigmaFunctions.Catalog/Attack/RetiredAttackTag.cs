using System.Collections.Immutable;

namespace SigmaFunctions.Catalog.Attack;

/// <summary>A tag that names what the catalogue's version of ATT&amp;CK no longer has.</summary>
/// <param name="Tag">The tag as it is written.</param>
/// <param name="Was">What it named.</param>
/// <param name="State">Why it is no longer in force; never <see cref="AttackState.Current"/>.</param>
/// <param name="Now">What stands in its place: one technique, or tactics in matrix order; empty for what is deprecated.</param>
public sealed record RetiredAttackTag(string Tag, AttackName Was, AttackState State, ImmutableArray<AttackName> Now);

/// <summary>What a technique or tactic is called.</summary>
/// <param name="Id">The id of a technique (<c>T1685</c>), or the short name of a tactic (<c>stealth</c>).</param>
/// <param name="Name">Its full name.</param>
public sealed record AttackName(string Id, string Name)
{
    /// <summary>The tag that names it.</summary>
    public string Tag => $"attack.{Id.ToLowerInvariant()}";

    /// <summary>The name, with the id of a technique before it: <c>T1685 Disable or Modify Tools</c>, <c>Stealth</c>.</summary>
    public override string ToString() => AttackTag.IsTechniqueId(Id) ? $"{Id} {Name}" : Name;

    internal static AttackName Of(AttackTechnique technique) => new(technique.Id, technique.FullName);

    internal static AttackName Of(AttackTactic tactic) => new(tactic.ShortName, tactic.Name);
}
